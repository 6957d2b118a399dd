public import ACPITables
public import LinuxIOMMU
public import Lockdep
public import PCI
public import PhysicalMemory
internal import Synchronization
public import VTdFormats
public import VTdUnit

/// A machine: memory, a PCI bus, remapping units, one CPU, a kernel.
///
/// Nothing happens by itself: a DMA, a write, an interrupt is a call, and what came of it is in
/// ``events``. Hardware and kernel meet at registers, memory, configuration space and interrupts.
public final class Machine {
  /// The machine's memory.
  public let memory: PhysicalMemory
  /// The remapping units, in the order of the configuration.
  public let units: [NamedUnit]
  /// The kernel that runs.
  public private(set) var kernel: Kernel
  /// The machine's clock.
  public let clock: MachineClock
  /// The CPU has its interrupts off: ``settle()`` leaves them waiting.
  public var holdsInterrupts = false
  var routing: BusRouting
  let tap: AccessTap
  let bus: MachineBus
  private let interrupts: InterruptDelivery
  private let records: RecordLog
  /// The kernel's ways to the units, in their order.
  private let ports: [RegisterPort]
  /// The units as a kernel finds them.
  private let descriptions: [AttachedUnit]
  private let addresses: [String: UInt64]
  private let cpuCount: Int

  /// What a machine is made of.
  public struct Configuration {
    /// What a unit is, and how it is wired.
    public struct Unit {
      /// Its name, such as `dmar0`.
      public var name: String
      /// The PCI segment that it covers.
      public var segment: UInt32
      /// Functions that it covers where there is no table, before those of its segment.
      public var covers: Set<PCIAddress> = []
      /// Its capabilities, quirks and caches.
      public var hardware: VTdUnit.UnitConfiguration
      /// The message that the kernel sets it up to send for a fault.
      public var faultMessage: EventMessage
      /// Whether its registers are there; all of a unit that does not answer reads as ones.
      public var answers = true

      /// A unit that covers a segment.
      public init(
        name: String, segment: UInt32 = 0, hardware: VTdUnit.UnitConfiguration,
        faultMessage: EventMessage
      ) {
        self.name = name
        self.segment = segment
        self.hardware = hardware
        self.faultMessage = faultMessage
      }
    }

    /// Bytes of memory, from address 0.
    public var memorySize: UInt64
    /// The remapping units.
    public var units: [Unit]
    /// The PCI bus.
    public var pci: PCITopology
    /// Functions that send without being on the bus.
    public var hidden: PCITopology
    /// What each unit covers; nil where a unit has its whole segment.
    public var table: DMARTable?
    /// The kernel: release, configuration, behaviour.
    public var build: KernelBuild
    /// The pages that the kernel takes for tables.
    public var pages: PageAllocator
    /// Addresses of kernel objects that lines print, by name.
    public var addresses: [String: UInt64]
    /// What an interrupt finds on the CPU.
    public var interrupted: InterruptedContext
    /// With a second CPU, an interrupt may be handled while the first one is busy.
    public var cpuCount = 1
    /// The kernel's command line.
    public var commandLine: [String] = []

    /// A machine of these parts, with one CPU.
    public init(
      memorySize: UInt64, units: [Unit], pci: PCITopology = PCITopology(),
      hidden: PCITopology = PCITopology(), table: DMARTable? = nil, build: KernelBuild,
      pages: PageAllocator, addresses: [String: UInt64] = [:],
      interrupted: InterruptedContext = .idle
    ) {
      self.memorySize = memorySize
      self.units = units
      self.pci = pci
      self.hidden = hidden
      self.table = table
      self.build = build
      self.pages = pages
      self.addresses = addresses
      self.interrupted = interrupted
    }
  }

  /// Builds the machine and leaves it switched off: ``boot(_:)`` comes next.
  ///
  /// - Throws: ``MachineError`` for a machine that cannot be.
  public init(_ configuration: Configuration) throws(MachineError) {
    let memory: PhysicalMemory
    do {
      memory = try PhysicalMemory(size: configuration.memorySize)
    } catch {
      throw MachineError.memory(error)
    }
    let tap = AccessTap()
    let records = RecordLog()
    let interrupts = InterruptDelivery(configuration.interrupted, tap: tap)
    let unitEvents = tap.unitEvents
    var units: [NamedUnit] = []
    var ports: [RegisterPort] = []
    for unit in configuration.units {
      let name = unit.name
      let messages = interrupts.queue(of: unit.name)
      let hardware: RemappingUnit
      do {
        hardware = try RemappingUnit(
          configuration: unit.hardware, memory: memory, messages: { messages.append($0) },
          trace: { event in
            if case .faultRecorded(let record, _) = event { records.append(record) }
            unitEvents.append(event, of: name)
          })
      } catch {
        throw MachineError.unit(unit.name, error)
      }
      units.append(NamedUnit(name: unit.name, segment: unit.segment, hardware: hardware))
      ports.append(RegisterPort(hardware, named: unit.name, tap: tap, answers: unit.answers))
    }
    self.units = units
    self.ports = ports
    descriptions = zip(ports, configuration.units).map { port, unit in
      AttachedUnit(
        name: unit.name, segment: unit.segment, registerBase: unit.hardware.registerBase,
        port: port, faultMessage: unit.faultMessage)
    }
    addresses = configuration.addresses
    cpuCount = configuration.cpuCount
    clock = MachineClock()
    bus = MachineBus(configuration.pci)
    routing = BusRouting(configuration)
    self.tap = tap
    self.records = records
    self.interrupts = interrupts
    self.memory = memory
    kernel = Kernel(
      build: configuration.build, units: descriptions, pages: configuration.pages,
      addresses: addresses, commandLine: configuration.commandLine,
      on: Self.host(memory, bus, clock, tap, interrupts, cpuCount: cpuCount))
    interrupts.kernel = kernel
    connectDeviceTLBs()
  }

  /// The kernel's way to the machine holds on to what delivers interrupts, and that to the kernel.
  deinit { interrupts.kernel = nil }

  /// What a kernel meets of the machine besides its units.
  private static func host(
    _ memory: PhysicalMemory, _ bus: MachineBus, _ clock: MachineClock, _ tap: AccessTap,
    _ interrupts: InterruptDelivery, cpuCount: Int
  ) -> KernelHost {
    KernelHost(
      memory: memory, configurationSpace: bus, timer: clock, cpuCount: cpuCount,
      events: { interrupts.record(MachineEvent($0)) },
      locks: LockListener(
        isListening: { tap.witness != nil },
        hear: { moment in if let witness = tap.witness { witness(.locks(moment)) } }),
      stores: { address, value in
        tap.begin(.writeMemory(address, value.littleEndianBytes))
        tap.end()
      },
      takeInterrupts: { context throws(DriverError) in try interrupts.take(in: context) })
  }

  /// What happened so far, in order.
  public var events: [MachineEvent] { interrupts.events }

  /// What an interrupt finds on the CPU.
  public var interrupted: InterruptedContext {
    get { interrupts.interrupted }
    set { interrupts.interrupted = newValue }
  }

  /// The bus as the kernel sees it.
  public var pci: PCITopology { bus.topology }

  /// What the units recorded, in order, whether or not the kernel saw it.
  public var faultRecords: [FaultRecord] { records.all }

  // MARK: What the CPU does

  /// Ends a step: the CPU takes the interrupts that wait, unless it has them off.
  ///
  /// - Throws: `DriverError` where an answer of the kernel's would not lie in memory.
  public func settle() throws(DriverError) {
    if !holdsInterrupts { try deliverInterrupts() }
  }

  /// Lets the CPU take every interrupt that waits, one after the other.
  ///
  /// - Throws: `DriverError` where an answer of the kernel's would not lie in memory.
  public func deliverInterrupts() throws(DriverError) { try interrupts.take() }

  /// Boots the kernel; what it prints is in ``events``.
  ///
  /// - Throws: `DriverError` where a table would not lie in memory.
  public func boot(_ plan: Kernel.BootPlan) throws(DriverError) {
    interrupts.reachKernel = !plan.leavesUnits
    try kernel.boot(plan)
  }

  /// Lets a kernel whose driver leaves the units alone print what a unit has just recorded.
  func report(_ index: Int, of unit: NamedUnit) {
    if interrupts.reachKernel { return }
    tap.isMuted = true
    defer { tap.isMuted = false }
    kernel.report(recordAt: index, ofUnit: unit.name, in: interrupted)
  }

  /// Runs the kernel's timers that the clock has passed.
  ///
  /// - Throws: `DriverError` where a table would not lie in memory.
  public func runTimers() throws(DriverError) { try kernel.runTimers() }

  /// Removes a function, and everything below it, from the bus and from the kernel, which takes what
  /// is below first (pci_stop_and_remove_bus_device).
  ///
  /// - Throws: `DriverError` where a table of the driver's does not lie in memory.
  public func remove(_ device: PCIAddress) throws(DriverError) {
    routing.remove(device)
    let gone = bus.topology.remove(device).map { $0.address }
    for address in gone.reversed() where address != device { try kernel.removeDevice(address) }
    try kernel.removeDevice(device)
  }

  func record(_ event: MachineEvent) { interrupts.record(event) }

  /// Runs a lock program in the kernel.
  public func run(_ program: LockProgram, calledFrom functions: [String]) {
    kernel.run(program, calledFrom: functions)
  }

  /// Puts a new kernel, not booted yet, in the old one's place. Its clock starts anew.
  func replaceKernel(by build: KernelBuild, pages: PageAllocator, commandLine: [String]) {
    kernel = Kernel(
      build: build, units: descriptions, pages: pages, addresses: addresses,
      commandLine: commandLine,
      on: Self.host(memory, bus, clock, tap, interrupts, cpuCount: cpuCount))
    interrupts.kernel = kernel
    clock.restart()
  }

  /// From now on the registers of the unit at that place read as ones.
  public func stopAnswering(_ index: Int) {
    if ports.indices.contains(index) { ports[index].answers = false }
  }
}

/// Why a machine cannot be.
public enum MachineError: Error, CustomStringConvertible {
  /// Memory cannot be laid out as asked.
  case memory(PhysicalMemoryError)
  /// The unit of that name.
  case unit(String, ConfigurationError)

  public var description: String {
    switch self {
    case .memory(let error): "\(error)"
    case .unit(_, let error): "\(error)"
    }
  }
}

/// Fault records of all units, in the order in which they came.
private final class RecordLog: Sendable {
  private let records = UnitLock<[FaultRecord]>([])

  func append(_ record: FaultRecord) { records.withLock { $0.append(record) } }
  var all: [FaultRecord] { records.withLock { $0 } }
}

extension UInt64 {
  /// As they lie in memory.
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64($0 * 8)) }
  }
}
