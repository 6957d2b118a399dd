internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import Text
internal import VTdFormats
internal import VTdUnit

/// What mode the log's units are in, and how they differ from the specification.
extension LoggedMachine {
  /// Whether the tables are those of scalable mode: dumps and debugfs show it, then reasons that only
  /// one of the modes has, then the command line.
  var showsScalableMode: Bool {
    if timeline.faults.contains(where: { $0.dump?.scalableRoot != nil }) { return true }
    let hasRows = contents.debugfs.contains { row in
      if case .context(_, _, _, _, _, .some, _) = row.value { true } else { false }
    }
    if hasRows { return true }
    let reasons = timeline.faults.compactMap { $0.observation.faultReason }
    if reasons.contains(where: Self.isOfScalableMode) { return true }
    if timeline.faults.contains(where: { $0.dump?.root != nil }) { return false }
    // Only such a unit takes page requests.
    if !timeline.refusedPages.isEmpty { return true }
    if reasons.contains(where: Self.isOfLegacyMode) { return false }
    return hasPASIDs || isScalableByWord
  }

  /// The mode of one of several units: by its own faults, of which no unit in scalable mode has the codes
  /// of legacy mode (emulated ones do, and those are alone), else by what it can do.
  func isScalable(_ extended: ExtendedCapability?, _ faults: [FaultTimeline.Fault]) -> Bool {
    guard isScalable else { return false }
    if faults.contains(where: { $0.dump?.scalableRoot != nil }) { return true }
    let reasons = faults.compactMap { fault -> FaultReason? in
      if case .dma = fault.observation.request { fault.observation.faultReason } else { nil }
    }
    if reasons.contains(where: Self.isOfScalableMode) { return true }
    if !reasons.isEmpty { return false }
    return extended.map { $0[flag: .scalableMode] } ?? true
  }

  /// Only a unit in legacy mode refuses a request for its kind.
  private static func isOfLegacyMode(_ reason: FaultReason) -> Bool {
    reason == .pasidRequestInLegacyMode || reason == .pageRequestInLegacyMode
  }

  /// Only a unit in scalable mode has the codes behind those of interrupts, but for those two.
  private static func isOfScalableMode(_ reason: FaultReason) -> Bool {
    reason >= .rootTableAddressInvalid && !isOfLegacyMode(reason)
  }

  /// A request with a PASID that was refused for a reason of legacy mode: only an emulated unit in
  /// scalable mode records that.
  private var hasPASIDs: Bool {
    timeline.faults.contains {
      guard case .dma(_, .some, _) = $0.observation.request else { return false }
      return $0.observation.hasLegacyReason
    }
  }

  /// The command line asks for scalable mode, and the unit has it.
  private var isScalableByWord: Bool {
    let isAsked =
      contents.boot.contains { $0.value == .scalableModeAllowed }
      || contents.isSet(.scalableMode)
    return isAsked && unit.map { $0.extended[flag: .scalableMode] } ?? false
  }

  /// The log says that its machine is emulated.
  private var isEmulated: Bool {
    contents.machines.contains { $0.value.contains("QEMU") }
  }

  /// The faults of units in scalable mode.
  private var scalableFaults: [FaultTimeline.Fault] {
    guard isScalable else { return [] }
    return timeline.faults.filter { units[unitIndex(of: $0.requester)].isScalable }
  }

  /// Whether a fault shows PASID 0 where the request had none.
  var showsPASIDZero: Bool {
    scalableFaults.contains { fault in
      guard case .dma(_, let pasid?, _) = fault.observation.request, pasid.rawValue == 0 else {
        return false
      }
      let isLegacyReason =
        fault.observation.faultReason.map { $0 < .rootTableAddressInvalid } ?? false
      let lacksPASIDs = unit.map { !$0.extended[flag: .pasid] } ?? false
      return isLegacyReason || fault.sendsNoPASIDs || lacksPASIDs || isEmulated
    }
  }

  /// Whether a fault is told as QEMU 11 does. Only an emulated unit mixes the two modes' codes.
  var showsLaterQEMU: Bool {
    guard !recordsPASIDZero else { return false }
    let faults = scalableFaults
    let hasScalableCodes = faults.contains {
      ($0.observation.faultReason ?? .software) >= .scalableRootRead
    }
    return faults.contains { fault in
      guard case .dma(_, let pasid, _) = fault.observation.request,
        fault.observation.hasLegacyReason
      else { return false }
      return fault.dump?.scalableRoot != nil || pasid != nil || isEmulated || isScalableByWord
        || hasScalableCodes
    }
  }

  /// Whether the dumps show a device with other entries than before: somebody has invalidated what
  /// the unit had cached of them.
  var dropsCaches: Bool {
    var seen: [PCIAddress: [DumpLine]] = [:]
    for fault in timeline.faults {
      let entries = (fault.dump?.lines ?? []).map { $0.value }.filter { line in
        switch line {
        case .rootEntry, .scalableRootEntry, .contextEntry, .pasidDirectoryEntry,
          .pasidTableEntry:
          true
        default: false
        }
      }
      let source = fault.requester
      if let before = seen[source], before != entries, !entries.isEmpty { return true }
      if !entries.isEmpty { seen[source] = entries }
    }
    return false
  }

  /// How a unit of the log differs from the specification.
  func quirks(of unit: MachineUnit) -> [(quirks: UnitQuirks, reason: String)] {
    var quirks: [(quirks: UnitQuirks, reason: String)] = []
    if unit.isScalable, recordsPASIDZero {
      let isOld = timeline.faults.contains { $0.isMisreadPASIDEntry }
      quirks.append(
        (
          isOld ? .qemu7 : .qemu10,
          "the log has PASID 0 in scalable mode for requests without one, as QEMU records them"
        ))
    }
    if unit.isScalable, isLaterQEMU {
      quirks.append(
        (
          .qemu11,
          "the log has a reason of legacy mode in scalable mode, and no PASID, as QEMU 11 records "
            + "such faults"
        ))
    }
    if dropsCaches, !recordsPASIDZero, !isLaterQEMU {
      quirks.append(
        (
          [.globalCommandsDropCaches],
          "assumed: a device's entries change between its faults, and the unit has to see it"
        ))
    }
    if lacksQueueErrorRecord {
      quirks.append(
        ([.noQueueErrorRecord], "the log's unit does not say why or for whom its queue stopped"))
    }
    let hasIndex = timeline.faults.contains { fault in
      guard case .interrupt(let index) = fault.observation.request else { return false }
      return fault.observation.reason == FaultReason.compatibilityFormatBlocked.rawValue
        && index != 0
    }
    if hasIndex {
      quirks.append(
        (
          [.compatibilityIndexFromAddress],
          "the log shows an index with reason 0x25, which the specification leaves undefined"
        ))
    }
    return quirks
  }

  /// Whether the log's unit does not say why its queue stopped.
  var lacksQueueErrorRecord: Bool {
    timeline.queueStops.contains { stop in
      stop.lines.contains { line in
        switch line {
        case .queueError(reason: 0), .timeout(source: 0), .completionError(source: 0): true
        default: false
        }
      }
    }
  }
}
