/// What the driver says while it sets units, interrupts and domains up, and what users of pass-through
/// hear from vfio and iommufd. `Tests/list-kernel-messages` names what is still missing.
extension KernelMessageForms {
  static let setup: [Row] =
    firmware + resources + features + defects + interruptSetup + groups + spokenByUnits
    + spokenByVFIO

  private static let firmware: [Row] = [
    (.tableUnusable, "DMAR: Unable to map DMAR"),
    (.tableUnusable, "DMAR: Record passes table end"),
    (.tableUnusable, "DMAR: No handler for DMAR structure type %d"),
    (.tableUnusable, "No DRHD structures in buffer returned by _DSM method"),
    (.tableUnusable, "DMAR: Failed to locate _DSM method"),
    (.tableUnusable, "DMAR: Unsupported force_on type (%d)"),
    (.namespaceDevice, "Failed to get device for ACPI object %S"),
    (.unitNotMapped, "DMAR: Can't reserve memory"),
    (.wrongUnit, "BIOS assigned incorrect VT-d unit for Intel(R) QuickData Technology device"),
  ]

  private static let resources: [Row] = [
    (.initializationFailed, "DMAR: Allocating root entry for %s failed"),
    (.initializationFailed, "DMAR: Failed to allocate seq_id"),
    (.initializationFailed, "IOVA: Couldn't register cpuhp handler"),
    (.initializationFailed, "iova: Couldn't create iova cache"),
    (.launchFailed, "tboot: IOMMU setup failed, DMAR can not resume"),
    (.launchFailed, "tboot: Failed to initialize DMAR"),
    (.launchFailed, "tboot: Failed to force IOMMU on"),
    (.directMappingFailed, "DMAR: Failed to build identity map for [%x-%x]"),
    (.domainAllocationFailed, "Domain context map failed"),
    (.domainAllocationFailed, "DMAR: Setup RID2PASID failed"),
    (.domainAllocationFailed, "Failed to attach domain to iommu"),
    (.domainAllocationFailed, "DMAR: PASID table allocation failed"),
    (.pageRequestsOff, "Failed to allocate page request queue"),
    (.pageRequestsOff, "Failed to create IRQ vector for page request queue"),
    (.pageRequestsOff, "Failed to request IRQ for page request queue"),
    (.flushQueueMissing, "iova flush queue initialization failed"),
    (.countersReduced, "DMAR: Cannot find the assigned event for counter %d"),
    (.countersReduced, "The number of IOMMU counters %d > max(%d), clipping"),
    (.countersReduced, "DMAR: PMU counter capability inconsistent, counter number reduced to %d"),
    (.countersReduced, "Failed to register PMU for iommu (seq_id = %d)"),
  ]

  private static let features: [Row] = [
    (.featureMissing, "DMAR: No first level translation support on %s"),
    (.featureMissing, "DMAR: No second level translation support on %s"),
    (.featureMissing, "DMAR: No supervisor request support on %s"),
    (.featureMissing, "DMAR: No 5-level paging support for first-level on %s"),
    (.featureMissing, "DMAR: No extended access flag support on %s"),
    (.featureMissing, "DMAR: No CPU write protect"),
    (.featureMissing, "5-level paging not supported"),
    (.featureMissing, "Invalid stage-1 address width %d"),
    (.featureMissing, "Dirty tracking not supported on translation type %d"),
    (.featureMissing, "Adjusted guest address width not compatible"),
    (.featureMissing, "s2 domain is not compatible"),
    (.featureMissing, "DMAR: Custom PASID allocator failed, scalable mode disabled"),
    (.readOnlyRefused, "Read-only mapping is disallowed on the domain which serves as the parent"),
  ]

  private static let defects: [Row] = [
    (.driverDefect, "DMAR: Invalid input npages = %d"),
    (.driverDefect, "DMAR: Cannot free active IOASID %d"),
    (.driverDefect, "IOMMU: %s: Unexpected error code %d"),
    (.driverDefect, "Invalid domain page table"),
    (.driverDefect, "Failed to get pasid entry of PASID %d"),
    (.driverDefect, "DMAR-IR: Requested mask %x exceeds the max invalidation handle mask value %x"),
    (.driverDefect, "no pending PRQ, drop response"),
    (.driverDefect, "Time out waiting for iommufd object to become free"),
  ]

  private static let interruptSetup: [Row] = [
    (.interruptEntryMissing, "DMAR-IR: Failed to allocate IRTE"),
    (.interruptSourceUnknown, "DMAR-IR: Failed to set source-id of IOAPIC (%d)"),
    (.interruptSourceUnknown, "DMAR-IR: Failed to set source-id of HPET block (%d)"),
    (.interruptSourceUnknown, "DMAR-IR: Exceeded Max HPET blocks"),
    (.interruptSourceUnknown, "DMAR-IR: Exceeded Max IO APICS"),
    (.interruptRemappingFailed, "DMAR-IR: Failed to enable queued invalidation"),
    (.interruptRemappingFailed, "Failed to setup irq remapping for %s"),
    (.interruptRemappingFailed, "DMAR-IR: IR%d: failed to allocate"),
    (.postedInterruptFailed, "DMAR-IR: Failed to setup IRQ %d for posted mode"),
  ]

  private static let groups: [Row] = [
    (.mappingRefused, "iommu: unaligned: iova %llx size %llx min_pagesz %llx"),
    (.rangeRefused, "specified DMA range outside IOMMU capability"),
    (.rangeRefused, "Incompatible range for DMA domain"),
    (.rangeRefused, "Failed to reserve IOVA [%S"),
    (.bounceBufferMissing, "DMA bounce buffers are inactive, unable to map unaligned transaction"),
    (
      .domainTypeConflict,
      "Device needs domain type %s but device %s in the same iommu group requires type %s"
    ),
    (.domainTypeConflict, "IOMMU driver error, requesting conflicting def_domain_type"),
    (.domainTypeConflict, "Device is not trusted, but driver is overriding group %d"),
    (.domainTypeRefused, "Cannot change default domain: %S"),
    (.domainTypeRefused, "Device cannot be in %s domain"),
    (.domainTypeRefused, "iommu: Device is still bound to driver"),
    (.aliasUnblocked, "DMA-aliased sibling may be prematurely unblocked"),
    (
      .unsafeInterrupts,
      "MSI interrupts are not secure, they cannot be isolated by the platform. Check that platform features like interrupt remapping are enabled"
    ),
    (.withoutIOMMU, "Adding kernel taint for vfio-noiommu cdev"),
  ]

  /// What stands behind a unit's name or the driver's tag, `dmar0: ` or `DMAR-IR: DRHD `: the name is
  /// the telling word.
  static let spokenByUnits: [Row] = [
    (.tablesNotCopied, "Failed to copy context table for bus %d"),
    (.featureMissing, "Supervisor PASID not supported"),
    (.featureMissing, "Supervisor PASID with user provided mm"),
    (.featureMissing, "SVM disabled, incompatible 1GB page capability"),
    (.featureMissing, "SVM disabled, incompatible paging mode"),
    (.featureMissing, "Doesn't support hardware pass through"),
    (.featureMissing, "Doesn't support large page"),
    (.driverDefect, "Unexpected context-cache invalidation type %x"),
    (.driverDefect, "Unexpected iotlb invalidation type %x"),
    (.pageRequestsOff, "Failed to allocate iopf queue"),
    (.interruptEntryMissing, "can't allocate an IRTE"),
    (.interruptRemappingFailed, "failed to parse managed IOAPIC/HPET"),
  ]

  /// What stands behind the name of a driver of vfio, which is the telling word.
  static let spokenByVFIO: [Row] = [
    (.guestGroupSplit, "group %d used in multiple address spaces"),
    (.guestContainer, "failed to setup container for group %d: %S"),
    (.deviceInUse, "Device is currently in use, task %S blocked until device is released"),
    (.deviceInUse, "No device request channel registered, blocked until released by user"),
    (.deniedByList, "device denylist disabled"),
    (.deniedByList, "exists in vfio-pci device denylist, driver probing disallowed"),
    (.virtualFunctions, "bound to driver %s while PF bound to driver %s"),
    (.virtualFunctions, "Cannot bind to PF with SR-IOV enabled"),
    (.assignmentPartly, "Failed to setup Intel IGD regions"),
    (.assignmentPartly, "Failed to setup AtomicOps info capability"),
    (.assignmentPartly, "vfio_pci: invalid id string %S"),
    (.assignmentPartly, "vfio_pci: failed to add dynamic id %S"),
    (.assignmentPartly, "vfio: misc device register failed"),
    // The driver of a network card says nothing below the level of an error.
    (.migrationFailed, "pds_vfio_pci %S: %S"),
    (.deviceStuck, "Failed to prepare FLR: %d"),
    (.deviceStuck, "Failed to wait for FLR: %d"),
    (.configurationOdd, "unknown length for PCI cap %x"),
    (.configurationOdd, "unknown length for PCI ecap %x"),
    (.configurationOdd, "PCI config conflict @%x"),
    (.configurationOdd, "Hardware bug: VF reports bogus INTx pin %d"),
  ]
}
