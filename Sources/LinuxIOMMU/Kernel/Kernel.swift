public import KernelLog
public import KernelRuntime
public import Lockdep
public import PCI
public import VTdFormats

/// A running Linux kernel, as far as a DMA fault can see it.
///
/// It boots, sets units up, attaches devices to domains and handles interrupts. It reaches hardware
/// through unit ports, memory and configuration space only, and tells what it does as it does it
/// (``KernelHost/events``).
public final class Kernel {
  let context: KernelContext
  private let driverCore: DriverCore
  private let pci: PCICore
  let core: IOMMUCore
  let functionTable: FunctionTable
  let flusher: Flusher
  private let faultReporter: FaultReporter
  private let pageRequests: PageRequests
  let users: Processes
  let processTables: ProcessTables
  let driver: Domains
  let remapping: InterruptRemapping
  let bringUp: BringUp
  private let debugfs: Debugfs
  private let faultInterruptLock: KernelLock
  let timers = KernelTimers<DriverError>()
  /// Domains and processes that users made, by name.
  var domains: [DomainReference: IOMMUDomain] = [:]
  var processes: [String: IOMMUProcess] = [:]

  /// A kernel that is loaded and not booted: ``boot(_:)`` comes next.
  ///
  /// - Parameters:
  ///   - build: the kernel: release, configuration, behaviour.
  ///   - units: the remapping units.
  ///   - pages: the pages that it takes for tables.
  ///   - addresses: where named objects lie, for messages that print an address; other objects get
  ///     addresses of the kernel's own choice.
  ///   - commandLine: its words, of which those count that the driver knows.
  ///   - host: what it meets of the machine.
  public init(
    build: KernelBuild, units: [AttachedUnit], pages: PageAllocator,
    addresses: [String: UInt64] = [:], commandLine: [String] = [], on host: KernelHost
  ) {
    context = KernelContext(
      build: build, addresses: addresses, commandLine: commandLine, timer: host.timer,
      events: host.events, locks: host.locks)
    driverCore = DriverCore(in: context)
    pci = PCICore(core: driverCore, in: context)
    let options = IOMMUOptions(build, commandLine: commandLine)
    let tables = TableMemory(pages, of: host)
    functionTable = FunctionTable(
      units.enumerated().map { [context] in
        IntelIOMMU($1, number: $0, usesScalableMode: options.usesScalableMode, in: context)
      })
    let locks = DomainLocks(in: context)
    core = IOMMUCore(in: context)
    flusher = Flusher(
      in: context, tables: tables, pci: pci, host: host, units: functionTable.units)
    processTables = ProcessTables(tables: tables)
    pageRequests = PageRequests(
      in: context, core: core, tables: tables, flusher: flusher, host: host, pci: pci,
      functionTable: functionTable, processes: processTables)
    let deviceTables = DeviceTables(
      in: context, locks: locks, tables: tables, flusher: flusher, pageRequests: pageRequests,
      functionTable: functionTable)
    users = Processes(
      in: context, tables: processTables, deviceTables: deviceTables, pageRequests: pageRequests,
      flusher: flusher)
    driver = Domains(
      in: context, core: core, locks: locks, deviceTables: deviceTables, processes: users,
      host: host, timers: timers, options: options)
    faultReporter = FaultReporter(
      in: context, tables: tables, pci: pci, functionTable: functionTable)
    let switches = UnitSwitches(in: context, faults: faultReporter, functionTable: functionTable)
    remapping = InterruptRemapping(
      in: context, core: core, flusher: flusher, switches: switches)
    bringUp = BringUp(
      in: context, faults: faultReporter, pageRequests: pageRequests, domains: driver,
      switches: switches, remapping: remapping)
    debugfs = Debugfs(kernel: context, tables: tables, functionTable: functionTable)
    faultInterruptLock = context.makeLock(
      .rawSpinlock, class: "&irq_desc_lock_class", instance: "dmar.irq_desc.lock")
  }

  /// The parts of a running kernel, and devices and domains, hold on to one another: left alone, they
  /// would keep the machine's memory for ever.
  deinit {
    functionTable.letGoOfDevices()
    driverCore.end()
    timers.end()
    context.end()
  }

  /// The faults printed so far, in order.
  public var faults: [FaultLine] { faultReporter.faults }

  /// How far the table dumps behind them came.
  public var dumps: [DumpOutcome] { faultReporter.dumps }

  /// The worst of them; nil where there was none.
  public var dumpOutcome: DumpOutcome? {
    DumpOutcome.allCases.last { faultReporter.dumps.contains($0) }
  }

  /// The units that a CPU waits for in vain, in the order in which that happened.
  public var hangs: [String] { context.hangs }

  /// What the kernel died of; nil while it runs.
  public var death: KernelDeath? { context.death }

  /// The reports that the lock validator has made so far.
  public var lockReports: [LockReport] { context.locks?.validator.reports ?? [] }

  /// The lines of /proc/lockdep_chains: each order in which locks were taken so far.
  public var lockChains: [String] { context.locks?.validator.chainListing() ?? [] }

  /// The functions of a stored trace or a frame as messages print them.
  public func symbol(for frame: LockdepFrame) -> String {
    context.locks?.symbol(for: frame) ?? "0x0"
  }

  /// The CPU that the kernel runs on now, and the task there: what an access to hardware is done by.
  public var running: (cpu: Int, task: RunningTask) {
    (context.cpu, RunningTask(context.currentTask))
  }

  /// The lock classes that the validator knows, in the order in which they came; none without one.
  public var lockClasses: [ClassDescription] { context.locks?.validator.classes ?? [] }

  /// The orders in which locks were taken, in the order in which they were seen.
  public var lockDependencies: [LockDependency] {
    context.locks?.validator.dependencies() ?? []
  }

  /// The name of a class as lists print it.
  public func listedName(of lockClass: ClassDescription) -> String {
    context.locks?.validator.listedName(of: lockClass) ?? lockClass.name
  }

  // MARK: Boot

  /// How the kernel finds its devices.
  public struct BootPlan: Hashable, Sendable {
    /// How many blocks of memory are registered as devices.
    public var memoryBlocks: Int
    /// Whether they are added with interrupts off, which no kernel does; for what-ifs.
    public var addsMemoryWithInterruptsOff: Bool
    /// The PCI functions that the scan of the bus finds, in its order.
    public var functions: [ProbedFunction]
    /// Whether each group of functions gets a domain, as it does in every kernel; a scenario that
    /// makes its domains itself says no.
    public var makesDefaultDomains: Bool
    /// Interrupt entries set up and taken down, in order.
    public var interrupts: [InterruptEntryChange]
    /// What the driver says meanwhile; nil for a log that begins later.
    public var messages: BootMessages?
    /// The driver leaves the units alone: somebody else programs them.
    public var leavesUnits = false
    /// The memory that the host bridge passes on to the bus: DMA never goes there.
    public var hostBridgeWindows: [ClosedRange<UInt64>] = []
    /// The kernel runs because another one crashed (kdump).
    public var isCrashKernel = false

    /// What a boot does.
    public init(
      memoryBlocks: Int = 1, addsMemoryWithInterruptsOff: Bool = false,
      functions: [ProbedFunction] = [], makesDefaultDomains: Bool = false,
      interrupts: [InterruptEntryChange] = [], messages: BootMessages? = nil
    ) {
      self.memoryBlocks = memoryBlocks
      self.addsMemoryWithInterruptsOff = addsMemoryWithInterruptsOff
      self.functions = functions
      self.makesDefaultDomains = makesDefaultDomains
      self.interrupts = interrupts
      self.messages = messages
    }
  }

  /// Registers the first devices, scans the PCI bus, sets the units up.
  ///
  /// - Throws: `DriverError` where a unit's tables would not lie in memory.
  public func boot(_ plan: BootPlan) throws(DriverError) {
    context.run(as: .kernelInit, in: Self.initFunctions) {
      context.call("driver_init") { addMemory(plan) }
    }
    context.run(as: .kernelInit, in: Self.initFunctions + Self.pciScanFunctions) {
      for function in plan.functions { pci.add(function.address) }
    }
    functionTable.find(plan.functions)
    faultReporter.isBystander = plan.leavesUnits
    if plan.leavesUnits { return }
    defer { context.console?.isOpened() }
    driver.hostBridgeWindows = plan.hostBridgeWindows
    try context.run(as: .kernelInit, in: Self.initFunctions + Self.driverFunctions) {
      () throws(DriverError) in
      try bringUp.run(
        plan.interrupts, plan.messages, functions: plan.functions,
        isCrashKernel: plan.isCrashKernel)
      if bringUp.isLeftAlone || !driver.options.isOn { return }
      bringUp.distrustCachingMode(says: plan.messages != nil)
      if plan.makesDefaultDomains {
        try core.whileProbing { () throws(DriverError) in
          try driver.probe(plan.functions, plan.messages)
        }
      }
      bringUp.enableTranslation()
    }
    if plan.messages != nil, !bringUp.isLeftAlone, driver.options.isOn {
      context.announce(.directedIO)
    }
    try remapping.change(plan.interrupts.filter { $0.isLate })
  }

  /// pci_iommu_init is an initial call; it starts the driver.
  private static let driverFunctions = [
    "do_initcalls", "do_initcall_level", "do_one_initcall", "pci_iommu_init", "intel_iommu_init",
  ]

  /// memory_dev_init: the first devices of a boot that go onto a bus.
  private func addMemory(_ plan: BootPlan) {
    context.call("memory_dev_init") {
      let bus = DeviceBus("memory", in: context)
      for index in 0..<plan.memoryBlocks {
        context.call("add_memory_block") {
          let saved =
            plan.addsMemoryWithInterruptsOff
            ? (context.locks?.disableInterrupts() ?? .untouched) : .untouched
          context.call("device_register") {
            driverCore.add(CoreDevice("memory\(index)", bus: bus, in: context))
          }
          if saved == .wereOn { context.locks?.enableInterrupts() }
        }
      }
    }
  }

  /// The initial thread, from its first function to do_basic_setup.
  private static let initFunctions = [
    "ret_from_fork", "kernel_init", "kernel_init_freeable", "do_basic_setup",
  ]

  /// From the initial calls to the scan of a root bus: acpi_init walks the namespace from its root
  /// over \_SB to the host bridge, one acpi_bus_attach a level.
  private static let pciScanFunctions =
    ["do_initcalls", "do_initcall_level", "do_one_initcall", "acpi_init", "acpi_scan_init"]
    + ["acpi_bus_scan", "acpi_bus_attach"] + attachChildren + attachChildren
    + [
      "acpi_scan_attach_handler", "acpi_pci_root_add", "pci_acpi_scan_root",
      "acpi_pci_root_create", "pci_scan_child_bus", "pci_scan_child_bus_extend", "pci_scan_slot",
      "pci_scan_single_device",
    ]

  private static let attachChildren = [
    "acpi_dev_for_each_child", "device_for_each_child", "acpi_dev_for_one_check",
    "acpi_bus_attach",
  ]

  /// Removes a PCI function, as a write to its `remove` file in sysfs does.
  ///
  /// The driver takes it off its domain: entries that led there are cleared and flushed.
  public func removeDevice(_ address: PCIAddress) throws(DriverError) {
    let functions = [
      "dev_attr_store", "remove_store", "pci_stop_and_remove_bus_device_locked",
    ]
    try context.write(toSysfs: functions, by: .shell) { () throws(DriverError) in
      try core.removing { () throws(DriverError) in
        pci.remove(address)
        try core.announceRemoval(of: functionTable.devices[address]) { () throws(DriverError) in
          try driver.release(address)
        }
      }
    }
  }

  /// Every file below /sys/kernel/debug/iommu/intel.
  public var debugfsEntries: [DebugfsEntry] { debugfs.entries }

  /// The lines of all those files of one kind.
  public func debugfs(_ file: DebugfsFile) -> [String] { debugfs.lines(file) }

  // MARK: Lock programs

  /// Runs what a scenario says that some driver does with its locks, under the kernel's own
  /// validator; a lock of a name that the kernel uses is of the kernel's class.
  ///
  /// - Parameters:
  ///   - program: what is done.
  ///   - functions: what the program's functions were called from, outermost first.
  /// - Returns: nil in a kernel without a validator.
  @discardableResult
  public func run(_ program: LockProgram, calledFrom functions: [String]) -> LockProgramOutcome? {
    guard let locks = context.locks else { return nil }
    let host = LockProgramStage(calledFrom: functions, tracker: locks, in: context)
    return LockProgramRunner(program, on: host).run()
  }

  // MARK: Interrupts

  /// Handles the fault event of the unit with that message, which hit the CPU in `interrupted`.
  ///
  /// - Returns: false if the message belongs to no unit: a spurious interrupt.
  /// - Throws: `DriverError` where an answer to a page request would not lie in memory.
  @discardableResult
  public func interrupt(
    _ message: EventMessage, in interrupted: InterruptedContext
  ) throws(DriverError) -> Bool {
    if context.death != nil { return true }
    if let unit = functionTable.units.first(where: { $0.faultMessage == message }) {
      context.interrupt(interrupted, descriptorLock: faultInterruptLock) {
        faultReporter.handleFaults(of: unit)
      }
      return true
    }
    guard let unit = functionTable.units.first(where: { $0.pageRequestMessage == message }),
      unit.pageRequests != nil
    else { return false }
    try handlePageRequests(of: unit, in: interrupted)
    return true
  }

  /// Prints one record of a unit that the driver leaves alone, and the tables behind it, as the
  /// handler would; nothing is written to the unit.
  public func report(
    recordAt index: Int, ofUnit name: String, in interrupted: InterruptedContext
  ) {
    guard let unit = functionTable.units.first(where: { $0.name == name }) else { return }
    context.interrupt(interrupted, descriptorLock: faultInterruptLock) {
      faultReporter.report(recordAt: index, of: unit)
    }
  }

  /// The page-request interrupt does nothing but wake its thread.
  private func handlePageRequests(
    of unit: IntelIOMMU, in interrupted: InterruptedContext
  ) throws(DriverError) {
    context.interrupt(interrupted, descriptorLock: faultInterruptLock) {}
    let thread = KernelTask.interruptThread(unit.pageRequestMessage.data, of: unit.name)
    try context.run(
      as: thread, in: ["ret_from_fork", "kthread", "irq_thread", "irq_thread_fn"]
    ) { () throws(DriverError) in
      try context.call("prq_event_thread") { () throws(DriverError) in
        try pageRequests.handlePageRequests(of: unit)
      }
    }
  }

  // MARK: Invalidations

  /// Asks a device to drop 2^order pages from its TLB, as an unmap or a detach does.
  public func flushDeviceTLB(
    of device: PCIAddress, _ address: IOVA, order: Int, queueDepth: Int = 0
  ) throws(DriverError) {
    guard let unit = functionTable.unit(covering: device) else {
      throw DriverError(.noUnit(device.segment))
    }
    try flusher.flushDeviceTLB(
      of: device, address, order: order, queueDepth: queueDepth, by: unit)
  }

  /// Submits descriptors as they are given, to the unit at that place among the kernel's units.
  public func submit(_ descriptors: [[UInt64]], toUnit index: Int) throws(DriverError) {
    guard functionTable.units.indices.contains(index) else { return }
    try flusher.submit(descriptors, to: functionTable.units[index])
  }

  // MARK: Other kernels

  /// device_shutdown and iommu_shutdown, before another kernel takes the machine.
  public func shutDown() { bringUp.shutDown() }
}
