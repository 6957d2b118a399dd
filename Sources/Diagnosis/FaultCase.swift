import ACPITables
import KernelLog
import PCI
import VTdFormats

/// One fault with what the logs say around it: the questions that rules ask.
struct FaultCase: Sendable {
  let fault: FaultGroup
  let log: LogContents

  var reason: UInt8? { fault.key.reason }
  var device: String { fault.function.shortDescription }
  var place: [LogPlace] { [fault.first] }

  func isReason(_ codes: UInt8...) -> Bool { reason.map(codes.contains) ?? false }

  /// Whether the log names a reason, and it is one of these: `isReason(FaultReason.pageMissing)`.
  func isReason(_ reasons: Set<FaultReason>) -> Bool {
    reason.map { reasons.contains(FaultReason(rawValue: $0)) } ?? false
  }

  /// The function's own entry, where the log lists it.
  var function: LogContents.Function? {
    log.functions[fault.function].flatMap { $0.isListed ? $0 : nil }
  }

  /// Functions of the same device that the log lists.
  var siblings: [PCIAddress] {
    log.functions.filter {
      $0.value.isListed && $0.key.segment == fault.function.segment
        && $0.key.bus == fault.function.bus && $0.key.device == fault.function.device
        && $0.key != fault.function
    }.keys.sorted()
  }

  /// Whether the log holds a list of functions that the faulting one would have to be in: its own
  /// bus is listed.
  var isBusListed: Bool {
    let count = log.functions.filter {
      $0.value.isListed && $0.key.segment == fault.function.segment
        && $0.key.bus == fault.function.bus
    }.count
    // Behind a bridge that the log shows one function is a list already.
    return count >= 2 || count == 1 && bridgeAbove != nil
  }

  /// Firmware regions around the address: `RMRR` lines and identity maps.
  var regions: [Noted<LogContents.Region>] {
    guard let address = fault.address else { return [] }
    return log.regions.filter { $0.value.contains(address) }
  }

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

  func notes(_ words: String...) -> [Noted<LogContents.Note>] {
    (log.notes[fault.function] ?? []).filter { note in
      words.contains { note.value.text.contains($0) }
    }
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

  /// Whether the driver had not brought its units up when the fault was printed.
  var isBeforeBringUp: Bool {
    let marks = boot {
      switch $0 {
      case .interruptRemapping, .queuedInvalidation, .registerBasedInvalidation: true
      default: false
      }
    }.filter { $0.place.file == fault.first.file }
    return marks.first.map { fault.first < $0.place } ?? false
  }

  var uptime: UInt64? { fault.firstTime?.uptime }

  /// The last entry of the dumped walk, where it is a leaf: level and value.
  var leaf: (level: Int, entry: SecondStageEntry, places: [LogPlace])? {
    if let last = fault.dump?.pageEntries.last {
      let entry = SecondStageEntry(rawValue: last.value)
      if last.level == 1 || entry[flag: .pageSize], entry.isPresent {
        return (last.level, entry, fault.dump?.lines.suffix(1).map(\.place) ?? [])
      }
      return nil
    }
    // A walk of the reporter's own tool.
    guard let walk = log.toolWalks.last, let last = walk.last, log.faults.count <= 4 else {
      return nil
    }
    let entry = SecondStageEntry(rawValue: last.value.value)
    guard last.value.level == 1 || entry[flag: .pageSize], entry.isPresent else { return nil }
    return (last.value.level, entry, walk.map(\.place))
  }

  /// Whether the leaf allows what the device wanted.
  var leafAllows: Bool? {
    guard let leaf, let access = fault.access else { return nil }
    return access == .read ? leaf.entry[flag: .read] : leaf.entry[flag: .write]
  }

  var isKdump: Bool {
    !boot { line in
      switch line {
      case .translationAlreadyEnabled, .translationTablesCopied, .interruptTableCopied: true
      default: false
      }
    }.isEmpty
  }
}
