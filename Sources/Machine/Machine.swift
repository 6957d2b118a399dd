public import ACPITables
internal import KernelLog
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
/// ``events``.
public final class Machine {
  public let memory: PhysicalMemory
  public private(set) var pci: PCITopology
  public let units: [Unit]
  public private(set) var kernel: Kernel
  public let clock: MachineClock
  /// What an interrupt finds on the CPU.
  public var interrupted: InterruptedContext
  public private(set) var events: [MachineEvent] = []
  var routing: BusRouting
  let tap: AccessTap
  /// The devices that have TLBs of their own.
  var deviceTLBs: [PCIAddress: ATSDevice] = [:]
  /// Functions whose TLB is on without the kernel's doing.
  var givenTLBs: Set<PCIAddress> = []
  /// The units as a kernel finds them.
  private let descriptions: [UnitDescription]
  private let addresses: [String: UInt64]

  /// A remapping unit with its name and the PCI segment that it covers.
  public struct Unit {
    public let name: String
    public let segment: UInt32
    public let hardware: RemappingUnit
    fileprivate let messages: MessageQueue
    fileprivate let recorded: RecordLog
    fileprivate let port: RegisterPort
  }

  /// What a machine is made of.
  public struct Configuration {
    public struct UnitConfiguration {
      public var name: String
      public var segment: UInt32
      public var hardware: VTdUnit.UnitConfiguration
      public var faultMessage: EventMessage
      /// Whether its registers are there; all of a unit that does not answer reads as ones.
      public var answers = true

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
    public var units: [UnitConfiguration]
    public var pci: PCITopology
    /// Functions that send without being on the bus.
    public var hidden: PCITopology
    /// What each unit covers; nil where a unit has its whole segment.
    public var table: DMARTable?
    public var build: KernelBuild
    public var pages: PageAllocator
    public var addresses: [String: UInt64]
    public var interrupted: InterruptedContext
    /// With a second CPU, an interrupt may be handled while the first one is busy.
    public var cpuCount = 1
    /// The kernel's command line.
    public var commandLine: [String] = []

    public init(
      memorySize: UInt64, units: [UnitConfiguration], pci: PCITopology = PCITopology(),
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

  /// Builds the machine and leaves it switched off: ``Kernel/boot(_:)`` comes next.
  ///
  /// - Throws: `PhysicalMemoryError` or `UnitConfigurationError` for a machine that cannot be.
  public init(_ configuration: Configuration) throws {
    let memory = try PhysicalMemory(size: configuration.memorySize)
    let clock = MachineClock()
    let tap = AccessTap()
    self.tap = tap
    let recorded = RecordLog()
    units = try configuration.units.map { unit in
      let messages = MessageQueue()
      let hardware = try RemappingUnit(
        configuration: unit.hardware, memory: memory, messages: { messages.append($0) },
        trace: { if case .faultRecorded(let record, _) = $0 { recorded.append(record) } })
      return Unit(
        name: unit.name, segment: unit.segment, hardware: hardware, messages: messages,
        recorded: recorded,
        port: RegisterPort(hardware, named: unit.name, tap: tap, answers: unit.answers))
    }
    descriptions = zip(units, configuration.units).map { unit, described in
      UnitDescription(
        name: unit.name, segment: unit.segment,
        registerBase: described.hardware.registerBase, port: unit.port,
        faultMessage: described.faultMessage)
    }
    addresses = configuration.addresses
    kernel = Kernel(
      build: configuration.build, units: descriptions, memory: memory, pages: configuration.pages,
      addresses: addresses, commandLine: configuration.commandLine, timer: clock,
      stores: { address, value in
        tap.hear(.writeMemory(address, value.littleEndianBytes))
      })
    self.memory = memory
    self.clock = clock
    pci = configuration.pci
    routing = BusRouting(configuration)
    interrupted = configuration.interrupted
    if configuration.cpuCount > 1 { useOtherCPU() }
    takeInterruptsWhileAsleep()
    connectDeviceTLBs()
  }

  /// What the units recorded, in order, whether or not the kernel saw it.
  public var faultRecords: [FaultRecord] { units.first?.recorded.all ?? [] }

  // MARK: What the CPU does

  /// Lets the CPU take every interrupt that waits, one after the other.
  public func deliverInterrupts() {
    for unit in units {
      while let message = unit.messages.popFirst() {
        events.append(.message(unit: unit.name, message))
        if kernel.isBystander { continue }
        let event = EventMessage(address: message.address.rawValue, data: message.data)
        events.append(.interrupt(event, task: interrupted.task))
        if !kernel.interrupt(event, in: interrupted) { events.append(.spurious(event)) }
        collectLog()
      }
    }
  }

  /// Boots the kernel; what it prints is in ``events``.
  public func boot(_ plan: Kernel.BootPlan) throws {
    defer { collectLog() }
    try kernel.boot(plan)
  }

  /// Lets a kernel whose driver leaves the units alone print what a unit has just recorded.
  func report(_ index: Int, of unit: Unit) {
    guard kernel.isBystander else { return }
    tap.isMuted = true
    defer { tap.isMuted = false }
    kernel.report(recordAt: index, ofUnit: unit.name, in: interrupted)
    collectLog()
  }

  /// Runs the kernel's timers that the clock has passed.
  ///
  /// - Throws: `DriverError` where a table would not lie in memory.
  public func runTimers() throws {
    defer { collectLog() }
    try kernel.runTimers()
  }

  /// Asks something of the kernel and takes what it prints.
  public func ask<Result>(_ body: (Kernel) throws -> Result) rethrows -> Result {
    defer { collectLog() }
    return try body(kernel)
  }

  /// Removes a function, and everything below it, from the bus and from the kernel, which takes what
  /// is below first (pci_stop_and_remove_bus_device).
  ///
  /// - Throws: `DriverError` where a table of the driver's does not lie in memory.
  public func remove(_ device: PCIAddress) throws {
    defer { collectLog() }
    routing.remove(device)
    let gone = pci.remove(device).map(\.address)
    for address in gone.reversed() where address != device { try kernel.removeDevice(address) }
    try kernel.removeDevice(device)
  }

  func record(_ event: MachineEvent) { events.append(event) }

  /// Runs a lock program in the kernel.
  public func run(_ program: LockProgram, calledFrom functions: [String]) {
    kernel.run(program, calledFrom: functions)
    collectLog()
  }

  private func collectLog() {
    events += kernel.drainLog().map { .log($0) }
    while knownHangs < kernel.hangs.count {
      events.append(.hang(unit: kernel.hangs[knownHangs]))
      knownHangs += 1
    }
    if let death = kernel.death, !knowsDeath {
      events.append(.death(death))
      knowsDeath = true
    }
  }

  private var knownHangs = 0
  private var knowsDeath = false

  /// Puts a new kernel, not booted yet, in the old one's place. Its clock starts anew.
  func replaceKernel(by build: KernelBuild, pages: PageAllocator, commandLine: [String]) {
    collectLog()
    let otherCPU = kernel.otherCPU
    kernel = Kernel(
      build: build, units: descriptions, memory: memory, pages: pages, addresses: addresses,
      commandLine: commandLine, timer: clock,
      stores: { [tap] address, value in
        tap.hear(.writeMemory(address, value.littleEndianBytes))
      })
    kernel.otherCPU = otherCPU
    takeInterruptsWhileAsleep()
    knownHangs = 0
    knowsDeath = false
    clock.restart()
  }

  /// From now on the registers of the unit at that place read as ones.
  public func stopAnswering(_ index: Int) {
    if units.indices.contains(index) { units[index].port.answers = false }
  }

  /// A task of the kernel that waits leaves the CPU to the interrupts.
  private func takeInterruptsWhileAsleep() {
    kernel.whileAsleep = { [unowned self] in
      let context = interrupted
      interrupted = .idle
      deliverInterrupts()
      interrupted = context
    }
  }

  /// What the second CPU does while the first one is in the middle of something: it takes the
  /// interrupts that wait.
  private func useOtherCPU() {
    kernel.otherCPU = { [unowned self] in
      let context = interrupted
      interrupted = .idle(cpu: 1)
      deliverInterrupts()
      interrupted = context
    }
  }
}

/// Fault records of all units, in the order in which they came.
private final class RecordLog: Sendable {
  private let records = Mutex<[FaultRecord]>([])

  func append(_ record: FaultRecord) { records.withLock { $0.append(record) } }
  var all: [FaultRecord] { records.withLock { $0 } }
}

/// Messages on their way from a unit to the CPU.
private final class MessageQueue: Sendable {
  private let messages = Mutex<[InterruptMessage]>([])

  func append(_ message: InterruptMessage) {
    messages.withLock { $0.append(message) }
  }

  func popFirst() -> InterruptMessage? {
    messages.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}

extension UInt64 {
  /// As they lie in memory.
  fileprivate var littleEndianBytes: [UInt8] {
    withUnsafeBytes(of: littleEndian) { Array($0) }
  }
}
