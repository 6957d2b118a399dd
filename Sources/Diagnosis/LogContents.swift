public import ACPITables
public import KernelLog
public import LogReading
public import MachineEvidence
public import PCI
public import VTdFormats

/// A place in one of the logs that are read together.
public struct LogPlace: Hashable, Comparable, Sendable {
  /// Index into `LogContents.files`.
  public var file: Int
  /// Counted from 1; `wholeFile` for a file that has no lines.
  public var line: Int

  /// The line of what stands in a table or a snapshot.
  public static let wholeFile = 0

  /// A line of a file.
  public init(file: Int = 0, line: Int) {
    self.file = file
    self.line = line
  }

  public static func < (left: LogPlace, right: LogPlace) -> Bool {
    (left.file, left.line) < (right.file, right.line)
  }
}

/// Something that a log says, with its place.
public struct Noted<Value: Sendable>: Sendable {
  /// What is noted.
  public var value: Value
  /// Where it stands.
  public var place: LogPlace
  /// When it was printed; nil where the line has no time.
  public var time: LogTime?

  package init(value: Value, place: LogPlace, time: LogTime? = nil) {
    self.value = value
    self.place = place
    self.time = time
  }
}

/// Everything that a set of logs says about a machine and its faults, in bounded memory.
public struct LogContents: Sendable {
  /// Beyond these counts only totals are kept, so that a log of gigabytes does not fill the memory.
  static let mostFaults = 4096
  static let mostFunctions = 8192
  static let mostNotes = 16
  static let mostEvents = 1024
  static let mostSightings = 64

  /// A unit as the boot's lines describe it.
  public struct Unit: Sendable {
    /// Its number: `dmar0` has 0.
    public var number: Int
    /// Where its registers are.
    public var base: PhysicalAddress
    /// CAP_REG.
    public var capability: Capability
    /// ECAP_REG.
    public var extended: ExtendedCapability
  }

  /// A range of addresses.
  public struct Region: Sendable, Hashable {
    /// The first byte.
    public var start: UInt64
    /// The last byte.
    public var end: UInt64
    /// The function that it was mapped for; nil for an `RMRR` line, which does not say.
    public var function: PCIAddress?
    /// The functions that a DMAR table reserves it for.
    public var reservedFor: [PCIAddress] = []

    /// Whether an address lies in it.
    public func contains(_ address: UInt64) -> Bool { (start...max(start, end)).contains(address) }
  }

  /// What is known of a function.
  public struct Function: Sendable {
    /// Who made it; nil where the log does not say.
    public var vendor: UInt16?
    /// Which device it is; nil where the log does not say.
    public var device: UInt16?
    /// What kind of function it is; nil where the log does not say.
    public var classCode: UInt32?
    /// What a list calls it.
    public var words = ""
    /// What the database of names calls its vendor and device, where no list does.
    public var name = ""
    /// The driver that speaks for it.
    public var driver = ""
    /// Where it was first named.
    public var place: LogPlace
    /// Found on the bus, and not only named by somebody.
    public var isListed: Bool
    /// Its IOMMU group; nil where the log does not say.
    public var group: Int?
    /// The first line of the driver itself, which is when it began to use the device.
    public var driverLine: Noted<String>?
    /// Where the function was put into an IOMMU group; more than once where it came again.
    public var groupLines: [Noted<Int>] = []
    /// Where the bus code announced it.
    public var announcements: [Noted<UInt16>] = []
  }

  /// The buses behind a bridge.
  public struct Bridge: Sendable {
    /// The bus right behind it.
    public var secondary: UInt8
    /// The last bus behind it.
    public var subordinate: UInt8
    /// Where the line stands.
    public var place: LogPlace
  }

  /// A message that was printed once or many times.
  public struct MessageGroup: Sendable {
    /// The message.
    public var message: KernelMessage
    /// How many times it came.
    public var count = 1
    /// The first lines that it stands on.
    public var places: [LogPlace]
    /// The first time; nil where lines have none.
    public var firstTime: LogTime?
    /// The last time; nil where lines have none.
    public var lastTime: LogTime?
  }

  /// The files, in the order in which they were read.
  public internal(set) var files: [String] = []
  /// Whether a file is a part of what was given: a member of an archive, a file of a folder.
  var hasParts = false
  /// Whether places need the name of their file.
  var namesFiles: Bool { files.count > 1 || hasParts }
  /// Fault records, those that are alike together.
  public internal(set) var faults: [FaultGroup] = []
  /// Where lines stand that look like fault records and are none that can be read.
  public internal(set) var unreadRecords: [LogPlace] = []
  /// How many such lines there are.
  public internal(set) var unreadRecordCount = 0
  /// Fault records that did not fit into `faults`.
  public internal(set) var faultsNotKept = 0
  /// The units with their capabilities.
  public internal(set) var units: [Noted<Unit>] = []
  /// The units as the DMAR table lists them.
  public internal(set) var hardwareUnits: [Noted<(base: PhysicalAddress, flags: UInt32)>] = []
  /// The reserved regions.
  public internal(set) var regions: [Noted<Region>] = []
  /// The memory map.
  public internal(set) var memory: [Noted<(region: Region, type: String)>] = []
  /// The functions of the bus.
  public internal(set) var functions: [PCIAddress: Function] = [:]
  /// Memory of devices.
  public internal(set) var windows: [Noted<Region>] = []
  /// Drivers' own lines, by function.
  public internal(set) var notes: [PCIAddress: [Noted<DriverRemark>]] = [:]
  /// Lines of the boot.
  public internal(set) var boot: [Noted<BootLine>] = []
  /// Notes of the IOMMU driver.
  public internal(set) var driverNotes: [Noted<DriverNote>] = []
  /// Errors of the invalidation queue.
  public internal(set) var queueErrors: [Noted<QueueErrorLine>] = []
  /// Each fault status and how often it came.
  public internal(set) var statuses: [UInt32: Int] = [:]
  /// Where a status of all ones was read.
  public internal(set) var onesPlaces: [LogPlace] = []
  /// Lines that the limiter held back.
  public internal(set) var suppressed = 0
  /// Dumps that no fault stands before.
  public internal(set) var looseDumps: [TableDump] = []
  /// Walks that other tools printed.
  public internal(set) var toolWalks: [[Noted<(level: Int, value: UInt64)>]] = []
  /// Lock reports.
  public internal(set) var splats: [Noted<LockSplat>] = []
  /// Where the kernel reported a defect of its own in the driver: `WARNING … at FILE:LINE`.
  public internal(set) var defects: [Noted<String>] = []
  /// Panics.
  public internal(set) var panics: [Noted<DeathLine.PanicReason>] = []
  /// Addresses of oopses.
  public internal(set) var oopses: [Noted<UInt64>] = []
  /// Where a further boot begins in a file, by the order of reading.
  public internal(set) var bootStarts: [LogPlace] = []
  /// Kernel versions.
  public internal(set) var kernels: [Noted<String>] = []
  /// Whether the kernel's devices are in pass-through, by its own word; nil where it says none.
  public internal(set) var passesThrough: Bool?
  /// Names of the machine.
  public internal(set) var machines: [Noted<String>] = []
  /// Command lines.
  public internal(set) var commandLines: [Noted<String>] = []
  /// Rows of debugfs files.
  public internal(set) var debugfs: [Noted<DebugfsRow>] = []
  /// Pages that debugfs files list.
  public internal(set) var debugfsPages = 0
  /// The buses below each bridge, from boot lines, `lspci -t` or a snapshot.
  public internal(set) var bridges: [PCIAddress: Bridge] = [:]
  /// A DMAR table that was read along.
  public internal(set) var table: DMARTable?
  /// Functions from a snapshot of the bus.
  public internal(set) var topology: PCITopology?
  /// Functions that left their groups.
  public internal(set) var departures: [PCIAddress: LogPlace] = [:]
  /// Messages about remapping that are not fault records, in the order of their first lines.
  public internal(set) var messages: [MessageGroup] = []
  /// Lines that are evidence for others: suspend and resume, commands that no driver wrote.
  public internal(set) var marks: [Noted<KernelMessage>] = []
  /// Defects of the kernel with the functions that were running.
  public internal(set) var stumbles: [Noted<KernelStumble>] = []
  /// What the machine's own files say: interrupts, memory, groups, units, devices.
  public internal(set) var machine = MachineFacts()
  /// The lives of the mappings around the addresses that fault, from traces and dumps.
  public internal(set) var history = MappingHistory()
  /// How many things were found.
  public internal(set) var eventCount = 0
  /// The machines that speak; more than one where logs of several were given.
  var identities: [MachineIdentities.Identity] = []
  /// Systems other than Linux that printed a part of it, and where first.
  public internal(set) var systems: [Noted<OtherSystem>] = []
  /// Files that were not read, and why.
  public internal(set) var unread: [(path: String, words: String)] = []
  /// Whether the input is a kernel's log, though it may hold no event; an empty one is.
  public internal(set) var isLog = false
  /// What was put right in the lines of lock reports.
  public internal(set) var reportRepairs: [Repair] = []

  /// The contents of an empty log.
  public init() {}

  /// Whether the kernel was started with an option.
  package func isSet(_ option: KernelOption) -> Bool {
    commandLines.contains { option.isSet(in: $0.value) }
  }

  /// What a machine is called: by its host's name, or as its firmware calls it.
  func machineName(_ index: Int) -> String? {
    guard identities.indices.contains(index) else { return nil }
    return identities[index].host ?? identities[index].model
  }
}

/// The same fault seen once or many times: one device, one page, one reason.
public struct FaultGroup: Sendable {
  /// What makes records alike.
  public struct Key: Hashable, Sendable {
    /// The request.
    public var request: FaultLine.Request
    /// The source-id.
    public var source: SourceID
    /// The segment; nil where the line has none.
    public var segment: UInt16?
    /// The reason; nil where it is cut off.
    public var reason: UInt8?
    /// Which boot of its log it belongs to, counted from 0.
    public var boot = 0
    /// The address as it stands in the log, where its author or an accident hid a part of it.
    public var hiddenAddress: String?
    /// Which of the machines it belongs to, counted from 0.
    public var machine = 0
  }

  /// What makes the records alike.
  public var key: Key
  /// How many there are.
  public var count = 1
  /// How often the very same record stood in another file as well.
  public var duplicates = 0
  /// `callbacks suppressed` that came while this fault was the last one seen.
  public var suppressed = 0
  /// The first of them.
  public var first: LogPlace
  /// The last of them.
  public var last: LogPlace
  /// The lines of the first.
  public var firstLines: ClosedRange<Int>
  /// The time of the first; nil where lines have none.
  public var firstTime: LogTime?
  /// The time of the last; nil where lines have none.
  public var lastTime: LogTime?
  /// What the first line says.
  public var observation: FaultObservation
  /// The dump behind it; nil where there is none.
  public var dump: TableDump?
  /// The fault status before it; nil where there is none.
  public var status: UInt32?
  /// The first places and times that it was seen at.
  public var sightings: [Sighting] = []
  /// Which repairs were made, and on which line first.
  public var repairs: [Noted<Repair>] = []

  /// Whether the record has been seen in the subject of a mail alone.
  var isFromSubject: Bool { count == 1 && repairs.contains { $0.value == .mailSubject } }

  /// One record: where and when.
  public struct Sighting: Hashable, Sendable {
    /// Where it stands.
    public var place: LogPlace
    /// When it was printed; nil where the line has no time.
    public var time: LogTime?
  }

  /// Nil for an interrupt, and where the log hides the address.
  public var address: UInt64? {
    guard key.hiddenAddress == nil else { return nil }
    if case .dma(_, _, let address) = key.request { return address.rawValue }
    return nil
  }
  /// A read or a write; nil for an interrupt.
  public var access: FaultLine.Access? {
    if case .dma(let access, _, _) = key.request { return access }
    return nil
  }
  /// The PASID; nil where there is none.
  public var pasid: PASID? {
    if case .dma(_, let pasid, _) = key.request { return pasid }
    return nil
  }
  /// The PASID of an address space of its own; nil where there is none. PASID 0 does not count: in
  /// scalable mode the kernel uses it for requests without a PASID (RID_PASID), and some units,
  /// QEMU's among them, report it.
  public var ownPASID: PASID? { pasid.flatMap { $0.rawValue == 0 ? nil : $0 } }
  /// The interrupt's index; nil for a DMA.
  public var interruptIndex: UInt16? {
    if case .interrupt(let index) = key.request { return index }
    return nil
  }
  /// The function that the source-id names.
  public var function: PCIAddress {
    PCIAddress(segment: UInt32(key.segment ?? 0), sourceID: key.source)
  }
}

/// The table dump behind a fault.
public struct TableDump: Sendable {
  /// The lines.
  public var lines: [Noted<DumpLine>]

  package init(lines: [Noted<DumpLine>] = []) { self.lines = lines }

  /// The unit that the dump names; nil where it names none.
  public var unit: String? {
    lines.lazy.compactMap { if case .header(let unit, _) = $0.value { unit } else { nil } }.first
  }
  /// The root entry, legacy mode; nil where it is not shown.
  public var root: RootEntry? {
    lines.lazy.compactMap {
      if case .rootEntry(let low) = $0.value { RootEntry(low: low, high: 0) } else { nil }
    }.first
  }
  /// The root entry, scalable mode; nil where it is not shown.
  public var scalableRoot: ScalableRootEntry? {
    lines.lazy.compactMap {
      if case .scalableRootEntry(let high, let low) = $0.value {
        ScalableRootEntry(low: low, high: high)
      } else {
        nil
      }
    }.first
  }
  /// The context entry; nil where it is not shown.
  public var context: (high: UInt64, low: UInt64)? {
    lines.lazy.compactMap {
      if case .contextEntry(let high, let low) = $0.value { (high, low) } else { nil }
    }.first
  }
  /// The PASID table entry; nil where it is not shown.
  public var pasidEntry: PASIDTableEntry? {
    let words = lines.compactMap { line -> UInt64? in
      if case .pasidTableEntry(_, let value) = line.value { return value }
      return nil
    }
    return words.isEmpty ? nil : PASIDTableEntry(words: words)
  }
  /// The paging entries, from the top on.
  public var pageEntries: [(level: Int, value: UInt64)] {
    lines.compactMap {
      if case .pageTableEntry(let level, let value) = $0.value { (level, value) } else { nil }
    }
  }
  /// Why the dump ends; nil where nothing is said of it.
  public var stop: DumpStop? {
    lines.lazy.compactMap { if case .stop(let stop) = $0.value { stop } else { nil } }.first
  }
}
