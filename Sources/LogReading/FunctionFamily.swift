import Text

/// Functions of the kernel that do one kind of work, told by their names: in stacks of defects and of
/// lock reports.
public enum FunctionFamily: Hashable, Sendable, CaseIterable {
  /// Remapping, and what hands out addresses for it.
  case remapping
  /// The DMA layer's own.
  case dmaLayer
  /// The invalidation queue.
  case queue
  /// What waits for the invalidation queue.
  case queueWait
  /// The flush of a device's TLB.
  case deviceTLB
  /// What takes a device away.
  case removal
  /// What ends a mapping.
  case unmapping
  /// What writes a domain's entries.
  case mapping
  /// The handler of faults.
  case faultHandler
  /// What looks a device up on its bus.
  case lookUp
  /// What prints on a console.
  case console
  /// What takes, checks or reports locks for others, or prints.
  case lockPrimitive
  /// Where a stack begins.
  case stackBottom
  /// What prints a report of its own.
  case otherReport
  /// What everybody calls, and no tracker files a report under.
  case helper
  /// What runs work, and waits for it: its locks stand for the work itself.
  case workRunner
  /// RCU's own, and the allocators that free for it.
  case readCopyUpdate
  /// What takes and drops a socket's lock.
  case socketLock
  /// What has to do with locks and stacks by its name.
  case anyLock

  /// How the names of a family look. An asterisk stands for any characters, none included, and only at
  /// a name's beginning or end.
  private var names: [String] {
    switch self {
    case .remapping: Self.remappingNames
    case .dmaLayer: ["dma_*"]
    case .queue: ["qi_*"]
    case .queueWait: ["qi_submit*"]
    case .deviceTLB: ["*dev_iotlb*", "*dev_tlb*"]
    case .removal:
      [
        "*release_device*", "*device_del*", "*pciehp*", "*remove_one_dev_info*", "*pci_stop*",
        "*pci_remove*", "*detach*", "*block_translation*",
      ]
    case .unmapping: ["*unmap*"]
    case .mapping: ["*domain_mapping"]
    case .faultHandler: ["dmar_fault*"]
    case .lookUp:
      [
        "bus_find_device*", "bus_to_subsys*", "bus_for_each*", "klist_*", "next_device*",
        "pci_get_dev*", "pci_get_domain_bus*", "pci_find*",
      ]
    case .console:
      [
        "vprintk*", "printk*", "_printk*", "console_*", "serial*", "uart_*", "univ8250*",
        "call_console*",
      ]
    case .lockPrimitive: Self.lockNames
    case .stackBottom: ["entry_*", "ret_from_fork*", "system_call*", "do_syscall*", "el0_*"]
    case .otherReport: ["warn_alloc*", "dump_header*", "kasan_report*", "should_fail*"]
    case .helper: Self.helperNames
    case .workRunner: ["*process_one_work*", "*flush_workqueue*"]
    case .readCopyUpdate: ["*rcu*", "*kmem*", "*slab*"]
    case .socketLock: ["*lock_sock*", "*release_sock*"]
    case .anyLock: ["*lock*", "*stack*", "*IRQ*"]
    }
  }

  private static let remappingNames = [
    "dmar_*", "__dmar_*", "intel_iommu_*", "intel_map_*", "intel_unmap_*", "intel_alloc_coherent*",
    "intel_svm_*", "intel_pasid_*", "intel_irq_remap*", "intel_setup_irq_remapping*", "intel_ir_*",
    "intel_irq_*", "intel_unmap*", "qi_*", "iommu_*", "__iommu_*", "domain_*", "__domain_*",
    "device_to_iommu*", "iova_*", "alloc_iova*", "free_iova*", "__free_iova*", "remove_iova*",
    "pci_device_group*", "init_dmars*", "free_dmar*", "alloc_iommu*", "si_domain*", "cache_tag_*",
    "prq_event*", "vfio_iommu*", "vfio_pin*", "vfio_unpin*", "iommufd_*", "iopt_*", "irte_*",
    "modify_irte*", "swiotlb_*",
  ]

  private static let lockNames = [
    "dump_stack*", "dump_backtrace*", "show_stack*", "show_trace*", "print_*", "check_*",
    "validate_chain*", "mark_*", "valid_state*", "lock_acquire*", "lock_release*",
    "lock_sock_nested*", "lock_is_held*", "__lock_*", "lockdep_*", "_raw_*", "__raw_*", "do_raw_*",
    "mutex_*", "__mutex*", "ww_mutex*", "__ww_mutex*", "__down*", "down_*", "up_*", "__up*",
    "rwsem_*", "spin_*", "__spin*", "_spin*", "read_lock*", "write_lock*", "register_lock_class*",
    "__might_*", "___might_*", "might_*", "debug_check_no*", "debug_object*", "trace_hardirqs*",
    "trace_softirqs*", "__trace_hardirqs*", "hardirqs_*", "local_bh_*", "__local_bh*",
    "__flush_work*", "flush_work*", "cancel_work*", "__cancel_work*", "console_lock*",
    "console_trylock*", "console_unlock*", "rt_mutex*", "rt_spin*", "queued_spin*", "queued_read*",
    "queued_write*", "kmem_cache_*", "__kmalloc*", "kmalloc*", "kfree*", "slab_*", "fs_reclaim*",
    "percpu_*", "rcu_read*", "rcu_lockdep*", "assert_*", "vprintk*", "printk*", "__printk*",
    "bust_spinlocks*", "_printk*", "wait_for_completion*", "__wait_for*", "complete_*",
    "perf_trace_lock*", "find_usage*", "try_to_wake*", "srcu_*", "*copy_to_user*",
    "*copy_from_user*", "down", "up", "complete", "iput", "_atomic_dec_and_lock",
    "atomic_dec_and_mutex_lock", "refcount_dec_and_lock", "refcount_dec_and_mutex_lock",
    "lock_sock",
    "destroy_workqueue", "drain_workqueue", "raw_spin_lock", "warn_alloc", "panic", "nmi_panic",
    "arch_local_irq_restore", "arch_local_irq_enable", "__down_trylock_console_sem",
  ]

  /// Whether a function is of the family.
  package func contains(_ name: String) -> Bool {
    Self.patterns[self]?.contains { $0.fits(name) } ?? false
  }

  private static let patterns = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, $0.names.map(Pattern.init)) })

  private struct Pattern: Sendable {
    private enum Place: Sendable { case whole, beginning, end, anywhere }
    private let words: String
    private let place: Place

    init(_ text: String) {
      place =
        switch (text.first == "*", text.last == "*") {
        case (false, false): .whole
        case (false, true): .beginning
        case (true, false): .end
        case (true, true): .anywhere
        }
      words = text.filter { $0 != "*" }
    }

    func fits(_ name: String) -> Bool {
      switch place {
      case .whole: name == words
      case .beginning: name.hasPrefix(words)
      case .end: name.hasSuffix(words)
      case .anywhere: name.contains(words)
      }
    }
  }
}
