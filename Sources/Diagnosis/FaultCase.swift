import ACPITables
import KernelLog
import KernelProfiles
import LogReading
import PCI
import VTdFormats

/// One fault with what the logs say around it: the questions that rules ask.
struct FaultCase: Sendable {
  let fault: FaultGroup
  let log: LogContents
  let index: FaultIndex
  /// Whether the device draws: the processor's graphics, or a function of class 03.
  let isDisplay: Bool

  init(fault: FaultGroup, log: LogContents, index: FaultIndex) {
    self.fault = fault
    self.log = log
    self.index = index
    isDisplay = Self.isDisplay(fault, log.functions[fault.function])
  }

  private static func isDisplay(_ fault: FaultGroup, _ function: LogContents.Function?) -> Bool {
    if let code = function?.classCode { return PCIClass(rawValue: code).isDisplay }
    return fault.key.source == SourceID(bus: 0, device: 2, function: 0)
      || FunctionWords.isDisplay(function?.words ?? "")
  }

  var reason: UInt8? { fault.key.reason }
  var knownReason: FaultReason? { reason.map { FaultReason(rawValue: $0) } }
  var device: String { fault.function.shortDescription }
  var place: [LogPlace] { [fault.first] }

  /// Whether Linux printed the record. It is not known here how another system hands out DMA
  /// addresses, so for such a record nothing is concluded from where an address lies.
  var isOfLinux: Bool { fault.observation.system == nil }

  /// Whether the log names a reason, and it is one of these: `isReason(FaultReason.pageMissing)`.
  func isReason(_ reasons: Set<FaultReason>) -> Bool {
    knownReason.map { reasons.contains($0) } ?? false
  }

  /// Whether the log names this reason.
  func isReason(_ asked: FaultReason) -> Bool { knownReason == asked }

  /// The function's own entry, where the log lists it.
  var function: LogContents.Function? {
    log.functions[fault.function].flatMap { $0.isListed ? $0 : nil }
  }

  /// Functions of the same device that the log lists.
  var siblings: [PCIAddress] {
    index.functions(onBusOf: fault.function).filter {
      $0.device == fault.function.device && $0 != fault.function
    }
  }

  /// Whether the log lists the functions of the faulting function's bus, so that its absence from
  /// the list means something. A driver's line does not count: it names one function only.
  var isBusListed: Bool {
    let count = index.functions(onBusOf: fault.function).count {
      guard let function = log.functions[$0] else { return false }
      return function.vendor != nil || function.group != nil || !function.words.isEmpty
    }
    // A bus below a bridge often has one function only, so that one is enough for a list.
    return count >= 2 || count == 1 && bridgeAbove != nil
  }

  /// Firmware regions around the address: `RMRR` lines, identity maps, and those that sysfs lists for
  /// the groups of devices.
  var regions: [Noted<LogContents.Region>] {
    guard let address = fault.address else { return [] }
    return log.regions.filter { $0.value.contains(address) }
      + log.groupRegions.filter { $0.value.contains(address) }
  }

  /// Whether the kernel may have handed out the address. It does so downwards from 4 GiB, or from
  /// the limit of the device's DMA mask or of the page tables; the top sixteenth below a limit
  /// counts.
  var isLikeAllocated: Bool {
    guard let address = fault.address else { return false }
    let width = UInt64.bitWidth - address.leadingZeroBitCount
    return Self.maskWidths.contains(width) && address >> UInt64(width - 4) == 0xf
  }

  /// The widths in bits of the DMA masks that drivers ask for, and of page tables of 3, 4, 5
  /// levels.
  private static let maskWidths: Set = [32, 36, 39, 40, 44, 46, 47, 48, 52, 57]

  /// What the firmware's memory map calls the address.
  var memory: Noted<(region: LogContents.Region, type: String)>? {
    guard let address = fault.address else { return nil }
    return log.memory.first { $0.value.region.contains(address) }
  }

  /// A memory window of a function that the address lies in.
  var window: Noted<LogContents.Region>? {
    guard let address = fault.address else { return nil }
    return log.windows.first { $0.value.contains(address) }
  }

  /// The notes on the function that show this sign.
  func notes(_ sign: DriverSign) -> [Noted<DriverRemark>] {
    (log.notes[fault.function] ?? []).filter { $0.value.tells(sign) }
  }

  func boot(_ matches: (BootLine) -> Bool) -> [Noted<BootLine>] {
    log.boot.filter { matches($0.value) }
  }

  /// The unit of the dump, or the one that the DMAR table names for the device, or the only one.
  var unit: Noted<LogContents.Unit>? {
    if let name = fault.dump?.unit {
      return log.units.first { "dmar\($0.value.number)" == name }
    }
    if let platform = log.platform, let index = platform.coverage(of: fault.function).unit {
      let base = platform.units[index].definition.registerBase
      return log.units.first { $0.value.base.rawValue == base }
    }
    return log.units.count == 1 ? log.units.first : nil
  }

  /// The bridge that leads to the device's bus.
  var bridgeAbove: (address: PCIAddress, bridge: LogContents.Bridge)? {
    log.bridges.filter {
      $0.key.segment == fault.function.segment && $0.value.secondary == fault.function.bus
    }.min { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The buses below the device, where it is a bridge.
  var busesBelow: LogContents.Bridge? { log.bridges[fault.function] }

  /// The first line that says that Linux's units are set up, in the fault's own boot.
  var bringUp: Noted<BootLine>? {
    index.bringUps.first { isSameBoot($0.place) }
  }

  /// Whether the driver had not brought its units up when the fault was printed.
  var isBeforeBringUp: Bool { bringUp.map { isBefore($0.place, $0.time) } ?? false }

  var uptime: UInt64? { fault.firstTime?.uptime }

  /// The entry that is not present at which the dumped walk ends: its level and index, and the
  /// range of addresses that it would map. Nil without a dump, or where the walk ends in another
  /// way.
  var hole: (level: Int, index: UInt64, first: UInt64, last: UInt64)? {
    guard let address = fault.address, let last = fault.dump?.pageEntries.last,
      (1...5).contains(last.level)
    else { return nil }
    let isFirstStage = fault.dump?.pasidEntry.map { $0.translationType == .firstStage } ?? false
    guard
      isFirstStage
        ? !FirstStageEntry(rawValue: last.value)[flag: .present]
        : !SecondStageEntry(rawValue: last.value).isPresent
    else { return nil }
    let size = Paging.byteCount(level: last.level)
    let first = address & ~(size &- 1)
    return (last.level, Paging.index(of: address, level: last.level), first, first | (size &- 1))
  }

  /// The last entry of the dumped walk, where it is a leaf: level and value.
  var leaf: (level: Int, entry: SecondStageEntry, places: [LogPlace])? {
    if let last = fault.dump?.pageEntries.last {
      let entry = SecondStageEntry(rawValue: last.value)
      if last.level == 1 || entry[flag: .pageSize], entry.isPresent {
        return (last.level, entry, fault.dump?.lines.suffix(1).map { $0.place } ?? [])
      }
      return nil
    }
    // Without a dump, a walk that the reporter printed with a tool of his own will do.
    guard let walk = log.toolWalks.last, let last = walk.last, log.faults.count <= 4 else {
      return nil
    }
    let entry = SecondStageEntry(rawValue: last.value.value)
    guard last.value.level == 1 || entry[flag: .pageSize], entry.isPresent else { return nil }
    return (last.value.level, entry, walk.map { $0.place })
  }

  /// Whether the leaf allows what the device wanted.
  var leafAllows: Bool? {
    guard let leaf, let access = fault.access else { return nil }
    return access == .read ? leaf.entry[flag: .read] : leaf.entry[flag: .write]
  }

  // MARK: Time and order

  /// Whether a line belongs to the boot that the fault happened in: no other boot of the same file
  /// begins between them.
  func isSameBoot(_ place: LogPlace) -> Bool {
    guard place.file == fault.first.file else { return true }
    let low = min(place, fault.first)
    let high = max(place, fault.first)
    return !log.bootStarts.contains {
      $0.file == place.file && low < $0 && $0 <= high
    }
  }

  /// Whether the fault's first record came before a line: by the times where both have one, else
  /// by the order of the lines of one file.
  func isBefore(_ place: LogPlace, _ time: LogTime?) -> Bool {
    if let then = time?.uptime, let now = fault.firstTime?.uptime, then != now { return now < then }
    return place.file == fault.first.file && fault.first < place
  }

  /// How long a line came before the fault's first record, in microseconds; nil where the line
  /// came later or where times are missing.
  func ago(_ time: LogTime?) -> UInt64? {
    guard let then = time?.uptime, let now = fault.firstTime?.uptime, now >= then else {
      return nil
    }
    return now - then
  }

  /// Marks of some kinds in the fault's boot.
  func marks(_ kinds: KernelMessage.Kind...) -> [Noted<KernelMessage>] {
    log.marks.filter { kinds.contains($0.value.kind) && isSameBoot($0.place) }
  }

  func messages(_ kinds: KernelMessage.Kind...) -> [LogContents.MessageGroup] {
    log.messages.filter { kinds.contains($0.message.kind) }
  }

  /// The line that reports a wake-up shortly before one of the fault's records: within two
  /// seconds, or within eighty lines where there are no times.
  var resume: Noted<KernelMessage>? {
    let wakeUps = marks(.resume)
    for sighting in fault.sightings {
      for mark in wakeUps {
        if let then = mark.time?.uptime, let now = sighting.time?.uptime {
          if now >= then, now - then < 2_000_000 { return mark }
        } else if mark.place.file == sighting.place.file, mark.place < sighting.place,
          sighting.place.line - mark.place.line < 80
        {
          return mark
        }
      }
    }
    return nil
  }

  /// Notes on the function that came shortly before the fault: within `seconds`, or on the lines
  /// before it where there are no times.
  func earlier(_ notes: [Noted<DriverRemark>], seconds: UInt64) -> [Noted<DriverRemark>] {
    notes.filter { note in
      guard isSameBoot(note.place) else { return false }
      if let then = note.time?.uptime {
        return fault.sightings.contains {
          $0.time?.uptime.map { $0 >= then && $0 - then <= seconds * 1_000_000 } ?? false
        }
      }
      return note.place.file == fault.last.file && note.place < fault.last
    }
  }

  /// What DMA_API_DEBUG says about the very page that faults.
  var debugMessages: [LogContents.MessageGroup] {
    guard let address = fault.address else { return [] }
    return messages(.dmaMisuse).filter { group in
      guard group.message.device == nil || group.message.device == fault.function,
        let named = group.message.deviceAddress
      else { return false }
      return named.page == address.page
    }
  }

  /// All faults of the same device in the same boot.
  var ofDevice: DeviceFaults { index.device(of: fault) }

  // MARK: What the device is

  /// The lines that show that a guest has the device.
  var guestLines: [LogPlace] {
    let notes = (log.notes[fault.function] ?? []).filter { $0.value.isOfGuests }
    let hidden = log.marks.filter {
      $0.value.kind == .assignment && $0.value.device == fault.function
        && DriverRemark.givesToGuests($0.value.driver)
    }
    return Array((notes.map { $0.place } + hidden.map { $0.place }).sorted().prefix(4))
  }

  /// `0x1000` in the words that verdicts use.
  var addressText: String {
    fault.address.map { "0x\(hex($0))" } ?? "an address that the log hides"
  }

  /// `a DMA read from` or `a DMA write to`.
  var accessText: String { fault.access == .read ? "a DMA read from" : "a DMA write to" }

  /// The kernel's release, where the log has its banner.
  var kernel: KernelRelease? {
    let banner = log.kernels.last { isSameBoot($0.place) && $0.place < fault.first }
    return (banner ?? log.kernels.first).flatMap { KernelRelease($0.value) }
  }

  /// The same as two numbers.
  var release: (major: Int, minor: Int)? {
    kernel.map { ($0.numbers[0], $0.numbers[1]) }
  }

  var isKdump: Bool { index.isKdump }
}
