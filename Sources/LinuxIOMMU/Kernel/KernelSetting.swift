internal import KernelLog
internal import Lockdep

/// One field of ``KernelBehaviour`` by name: what scenario files, the profile table and `dmar matrix`
/// know of it.
public struct KernelSetting: Sendable {
  /// The key in a scenario's `kernel.behaviour`.
  public let key: String
  public let summary: String
  /// The names of its values, oldest behaviour first where there is an order.
  public let values: [String]
  private let get: @Sendable (KernelBehaviour) -> String
  private let set: @Sendable (String, inout KernelBehaviour) -> Bool

  init<Value>(
    _ key: String, _ field: any WritableKeyPath<KernelBehaviour, Value> & Sendable,
    _ summary: String
  ) where Value: CaseIterable & RawRepresentable & SendableMetatype, Value.RawValue == String {
    self.key = key
    self.summary = summary
    values = Value.allCases.map(\.rawValue)
    get = { $0[keyPath: field].rawValue }
    set = { name, behaviour in
      guard let value = Value(rawValue: name) else { return false }
      behaviour[keyPath: field] = value
      return true
    }
  }

  /// The name of the field's value.
  public func value(in behaviour: KernelBehaviour) -> String { get(behaviour) }

  /// Gives the field the value of that name; false if it has none.
  public func apply(_ value: String, to behaviour: inout KernelBehaviour) -> Bool {
    set(value, &behaviour)
  }

  /// Every field.
  public static let all: [KernelSetting] =
    [
      KernelSetting(
        "fault_lines", \.faultLines, "the shape of fault lines, F1 (2.6) to F7 (5.15 on)"),
      KernelSetting("fault_reasons", \.faultReasons, "which reasons have texts"),
      KernelSetting(
        "rate_limit", \.rateLimit, "what the limiter of dmar_fault is asked about"),
      KernelSetting(
        "status_clear", \.statusClear, "what dmar_fault writes to FSTS when it is done"),
      KernelSetting("table_walk", \.tableWalk, "how the dump finds the page table"),
      KernelSetting("queue_errors", \.queueErrors, "what is printed where the queue stops"),
      KernelSetting(
        "time_out_retry", \.timeOutRetry, "whether a timed-out invalidation is tried again"),
      KernelSetting("time_out_abort", \.timeOutAbort, "which waits a time-out aborts"),
      KernelSetting(
        "page_request_lines", \.pageRequestLines, "the lines about page requests that are refused"),
      KernelSetting("boot_lines", \.bootLines, "the shape of boot lines"),
      KernelSetting(
        "capability_audit", \.capabilityAudit,
        "units' features are compared, and the absence of SATC is told"),
      KernelSetting(
        "reserved_region_check", \.reservedRegionCheck, "what is said about bad reserved regions"),
      KernelSetting("take_over", \.takeOver, "what a crash kernel does with the tables it finds"),
      KernelSetting("shutdown", \.shutdown, "what becomes of translation before a kexec"),
      KernelSetting(
        "remapping_found", \.remappingFound, "how interrupt remapping that was on is told"),
      KernelSetting("oops_prefix", \.oopsPrefix, "which oopses begin with Oops:"),
      KernelSetting("panic_end", \.panicEnd, "how a panic repeats its reason at the end"),
      KernelSetting(
        "option_words", \.optionWords, "what is said about intel_iommu=forcedac and strict"),
      KernelSetting("device_lines", \.deviceLines, "where lines about one device have its name"),
      KernelSetting(
        "platform_opt_in", \.platformOptIn, "whether firmware can switch remapping on"),
      KernelSetting(
        "graphics_quirks", \.graphicsQuirks, "graphics devices that no unit translates for"),
      KernelSetting(
        "graphics_translation", \.graphicsTranslation,
        "what becomes of a unit of graphics alone when units are switched off"),
      KernelSetting("scalable_mode", \.scalableMode, "scalable mode as built (Kconfig's default)"),
      KernelSetting(
        "virtual_command", \.virtualCommandRegisters,
        "whether iommu_regset has VCCAP, VCMD and VCRSP"),
      KernelSetting(
        "interrupt_destination", \.interruptDestination,
        "how interrupt entries name a CPU while there are few"),
      KernelSetting(
        "register_lock", \.registerLock, "the kind of register_lock and of the queue's lock"),
      KernelSetting("klist_add", \.klistAdd, "how klist_add_* takes the klist's lock"),
      KernelSetting("klist_next", \.klistNext, "how klist_next and klist_prev take it"),
      KernelSetting("klist_put", \.klistPut, "how klist_put, hence klist_del, takes it"),
      KernelSetting(
        "spinlock_names", \.spinlockNames, "what spin_lock_init calls the class of a lock"),
    ] + splats + driver + coreLocks + printing

  private static let splats: [KernelSetting] = [
    KernelSetting("splat_heads", \.splat.heads, "the box around the title of a lock report"),
    KernelSetting("splat_locks", \.splat.locks, "a held lock's address, and the place behind at:"),
    KernelSetting("splat_usage", \.splat.usage, "how many characters stand between the braces"),
    KernelSetting(
      "wait_types", \.splat.waitTypes, "locks have wait types, printed behind the braces"),
    KernelSetting("splat_traces", \.splat.traces, "the frames of the traces in a lock report"),
    KernelSetting("splat_scenarios", \.splat.scenarios, "the unsafe locking scenario"),
    KernelSetting("splat_paths", \.splat.paths, "the dependencies behind an irq-safe lock"),
    KernelSetting("splat_uses", \.splat.uses, "how often a class was used, as ops:"),
    KernelSetting("splat_first_use", \.splat.firstUse, "the first shared use has its own line"),
    KernelSetting("splat_pieces", \.splat.pieces, "lines that are printed in pieces"),
    KernelSetting("splat_exit", \.splat.taskExit, "the report on a task that ends with locks held"),
    KernelSetting("splat_key_advice", \.splat.keyAdvice, "the advice about non-static keys"),
    KernelSetting("backtrace", \.backtrace, "what dump_stack prints"),
  ]

  private static let driver: [KernelSetting] = [
    KernelSetting("driver_locks", \.driver.locking, "which locks guard domains, and how"),
    KernelSetting(
      "first_stage", \.driver.firstStage,
      "the DMA API's domains use first-stage tables where both stages are there"),
    KernelSetting(
      "write_only_mappings", \.driver.writeOnlyMappings,
      "a mapping for writes alone lets nothing be read"),
    KernelSetting(
      "no_execute_bits", \.driver.noExecuteBits, "XD in first-stage entries, NXE in PASID entries"),
    KernelSetting(
      "context_at_probe", \.driver.contextAtProbe,
      "scalable-mode context entries are set when functions are probed"),
    KernelSetting(
      "device_files", \.driver.deviceFiles, "debugfs shows each function's tables by itself"),
    KernelSetting("identity_domain", \.driver.identityDomain, "what identity domains are made of"),
    KernelSetting(
      "identity_graphics", \.driver.identityGraphics,
      "igfx_off gives graphics devices the identity domain"),
    KernelSetting(
      "group_types", \.driver.groupTypes, "what a write to a group's type file does"),
    KernelSetting(
      "batched_flushes", \.driver.batchedFlushes, "the descriptors of one flush share one wait"),
    KernelSetting(
      "default_domains", \.driver.defaultDomains,
      "when a device gets a domain that nobody has asked for"),
    KernelSetting(
      "narrow_identity", \.driver.narrowIdentity,
      "a device that passes through and cannot address all of memory"),
    KernelSetting(
      "alignment_warning", \.driver.alignmentWarning,
      "when a flush of a process's pages in a device's TLB is called misaligned"),
    KernelSetting(
      "page_request_drain", \.driver.pageRequestDrain,
      "how page requests are drained when a PASID's translation goes"),
    KernelSetting(
      "page_request_switch", \.driver.pageRequestSwitch,
      "when a device's page requests are switched on"),
  ]

  public static func named(_ key: String) -> KernelSetting? { all.first { $0.key == key } }
}
