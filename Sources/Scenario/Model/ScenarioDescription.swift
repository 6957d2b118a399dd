public import ACPITables
public import LinuxIOMMU
public import Machine
public import Lockdep
public import PCI
public import VTdFormats
public import VTdUnit

/// A scenario as it was written, checked and decoded.
public struct ScenarioDescription: Sendable {
  public var summary: String
  public var build: KernelBuild
  /// Whether the scenario says which release its kernel behaves as. Otherwise it is the newest one, and
  /// what the scenario prints may change when another release becomes known.
  public var namesRelease: Bool
  public var machine: MachineDescription
  public var boot: BootDescription
  public var steps: [Step]
  public var expectation: Expectation

  /// The machine of a scenario.
  public struct MachineDescription: Sendable {
    public var memorySize: UInt64
    public var memoryPlace: Place
    public var units: [UnitDescription]
    /// The functions of the machine that runs the scenario are on the bus too.
    public var usesHostBus: Bool
    /// The functions that a snapshot brings along.
    public var snapshot: PCITopology?
    public var functions: [FunctionDescription]
    /// Memory that the host bridge passes on.
    public var windows: [ClosedRange<UInt64>]
    /// What each unit covers; nil where a unit has its whole segment.
    public var table: DMARTable?
    public var interrupted: InterruptedContext
    public var cpuCount: Int
    /// The CPU has x2APIC mode.
    public var hasX2APIC: Bool
    public var firmware: BootMessages.FirmwareName
    /// Names of devices by the paths of their objects in the ACPI name space.
    public var namespace: [String: String]?
    /// I/O interrupt controllers; nil for those that the table has.
    public var interruptControllers: [Int]?
    /// tboot has started the kernel.
    public var isMeasuredLaunch: Bool
    public var addresses: [String: UInt64]
  }

  public struct UnitDescription: Sendable {
    public var name: String
    public var place: Place
    public var segment: UInt32
    public var hardware: UnitConfiguration
    public var faultMessage: EventMessage
    public var answers: Bool
  }

  public struct FunctionDescription: Sendable {
    public var invention: InventedFunction
    /// It sends requests without being on the bus.
    public var isAbsent: Bool
    /// It leads out of the machine.
    public var isExternal: Bool
  }

  /// What happens before the first step.
  public struct BootDescription: Sendable {
    public var memoryBlocks: Int
    public var addsMemoryWithInterruptsOff: Bool
    public var pages: PageAllocator
    public var pagesPlace: Place
    /// The driver makes a domain for each group of functions, as real kernels do.
    public var makesDefaultDomains: Bool
    /// The words of the kernel's command line; nil for a log that begins after the boot.
    public var commandLine: [String]?
    /// The driver leaves the units alone; the steps program them.
    public var leavesUnits: Bool
    /// What firmware's memory map reserves; nil where every region is believed to be.
    public var reserved: [ClosedRange<UInt64>]?
    public var times: [UInt64]
    public var interrupts: [InterruptEntryChange]
    public var domains: [DomainDescription]
  }

  public struct DomainDescription: Sendable {
    public var id: DomainID
    public var place: Place
    public var levels: Int
    public var devices: [DeviceName]
    public var mappings: [Mapping]
  }

  /// A device that a scenario names.
  public enum DeviceName: Hashable, Sendable {
    case address(PCIAddress)
    /// The first function on the bus that may send requests (Bus Master Enable).
    case first
  }

  /// One step with its time stamps.
  public struct Step: Sendable {
    public var place: Place
    public var action: Action
    public var times: [UInt64]
    /// Whether the CPU takes no interrupt before the next step.
    public var holdsInterrupts: Bool
  }

  public enum Action: Sendable {
    case dma(DMADescription)
    case driver(DriverAction)
    case removeDevice(PCIAddress)
    /// Lock operations of some driver, and what it was called from.
    case locks(LockProgram, functions: [String])
    case pageRequest(DeviceName, IOVA, PASID?)
    case writeMemory(PhysicalAddress, [UInt8])
    case writeRegister(RegisterDescription)
    /// Memory is to hold these bytes.
    case checkMemory(PhysicalAddress, [UInt8])
    /// A register is to have this value.
    case checkRegister(RegisterDescription)
    case resetUnit(String)
    /// Microseconds.
    case wait(UInt64)
    case event(EventAction)
  }

  /// A register of a unit with a value.
  public struct RegisterDescription: Hashable, Sendable {
    public var unit: String
    public var offset: Int
    public var value: UInt64
    /// 64 bits at once.
    public var isWide: Bool
  }

  public struct DMADescription: Hashable, Sendable {
    public var device: DeviceName
    /// The id that the requests carry where it is not the device's own: a phantom function's.
    public var claimedID: SourceID?
    public var access: DMAAccess
    public var address: DMAAddress
    public var length: UInt64
    public var pasid: PASID?
    public var count: Int
    public var attributes: Machine.DMA.Attributes
  }
}

/// What a scenario expects of its run; nil and empty expect nothing.
public struct Expectation: Sendable {
  /// The whole log.
  public var log: Log?
  public var contains: [String] = []
  public var lacks: [String] = []
  public var faults: [Fault]?
  /// What the units recorded, whatever the kernel makes of it.
  public var records: [RecordExpectation]?
  /// Vector and destination of each interrupt delivered.
  public var interrupts: [Interrupt]?
  public var splat: Splat?
  public var dump: Dump?
  /// Where each key of the section stands.
  var places: [String: Place] = [:]

  /// Whether nothing is expected.
  public var isEmpty: Bool { places.isEmpty }

  /// Where the value of a key stands.
  public func place(_ key: String) -> Place? { places[key] }

  /// A log file, line for line.
  public struct Log: Sendable {
    /// The file that holds it.
    public var path: String
    public var lines: [String]

    /// Whether that was printed, trailing blanks aside.
    public func isEqual(to printed: [String]) -> Bool {
      lines.map(withoutTrailingBlanks) == printed.map(withoutTrailingBlanks)
    }
  }

  public struct Fault: Hashable, Sendable, CustomStringConvertible {
    public var source: SourceID
    public var isRead: Bool
    public var address: IOVA
    public var reason: FaultReason

    public var description: String {
      "\(source) \(isRead ? "read" : "write") \(address) reason "
        + "0x\(hex(UInt64(reason.rawValue), digits: 2))"
    }
  }

  public struct Interrupt: Hashable, Sendable, CustomStringConvertible {
    public var vector: UInt8
    public var destination: UInt32

    public var description: String {
      "vector 0x\(hex(UInt64(vector), digits: 2)) to APIC \(destination)"
    }
  }

  public enum Splat: Sendable {
    case none
    case report(SplatDescription)
  }

  public struct SplatDescription: Sendable {
    public var title: String
    public var lockClass: String?
    public var usage: String?
    public var from: String?
    public var to: String?
    public var registeredIn: [String]
    public var takenIn: [String]
  }

  /// How far a table dump came.
  public enum Dump: String, CaseIterable, Sendable {
    /// It ended with the line that says where the walk ended.
    case complete
    /// It began, and the walk ended without a word.
    case cut
    /// The kernel died of it.
    case fatal
    case none
  }
}
