internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import VTdFormats

/// How each fault of a log is to come about in the scenario; replays show which way works.
struct RebuildPlan {
  enum Way: Hashable {
    /// The entries of its dump.
    case dumped
    /// The tables as they are.
    case asTheyAre
    /// Tables with what its reason says was wrong.
    case assumed
    /// Not at all, and why.
    case leftOut(String)
  }

  private var ways: [Int: Way] = [:]
  /// Whether steps happen when the log says; otherwise they wait for the limiter in between.
  var usesTimes: Bool

  init(_ timeline: FaultTimeline) {
    usesTimes = timeline.hasTimes
    for (index, fault) in timeline.faults.enumerated() {
      ways[index] =
        fault.dump?.root != nil || fault.dump?.scalableRoot != nil ? .dumped : .asTheyAre
    }
  }

  subscript(fault index: Int) -> Way {
    get { ways[index] ?? .assumed }
    set { ways[index] = newValue }
  }

  /// Tries the next way for each fault that did not come out.
  ///
  /// - Returns: whether there was one to try.
  mutating func advance(_ check: ReplayCheck, _ timeline: FaultTimeline) -> Bool {
    var isChanged = false
    for (index, found) in check.missing {
      switch self[fault: index] {
      case .dumped, .asTheyAre: self[fault: index] = .assumed
      case .assumed:
        self[fault: index] = .leftOut(Self.reason(timeline.faults[index], found))
      case .leftOut: continue
      }
      isChanged = true
    }
    return isChanged
  }

  private static func reason(_ fault: FaultTimeline.Fault, _ found: UInt8?) -> String {
    if let known = fault.obstacle { return known }
    guard let found else { return "replayed, nothing refuses its request" }
    if found == fault.observation.reason {
      return "replayed, its reason comes with another address, access or PASID"
    }
    return "replayed, its request is refused for reason 0x\(hex(UInt64(found), digits: 2))"
  }
}

extension FaultTimeline {
  /// Whether every fault has its time, and none comes before the one in front of it.
  fileprivate var hasTimes: Bool {
    var last: UInt64 = 0
    for fault in faults {
      guard !fault.times.isEmpty else { return false }
      for time in fault.times {
        guard let time, time >= last else { return false }
        last = time
      }
    }
    return true
  }
}

extension FaultTimeline.Fault {
  /// What is known to keep the fault from coming out in any machine of a scenario.
  fileprivate var obstacle: String? {
    guard let reason = observation.faultReason, let row = reason.row, row.meaning != nil else {
      return "no unit records reason 0x\(hex(UInt64(observation.reason ?? 0), digits: 2))"
    }
    guard case .dma(let access, let pasid, _) = observation.request else {
      if reason == .compatibilityFormatBlocked {
        return "no message in the old format leads to an odd index"
      }
      if row.structure == .postedDescriptor {
        return "no kernel prints its reason as an interrupt's"
      }
      if reason == .interruptIndexBeyondTable { return "no table is too small for the index" }
      return nil
    }
    switch reason {
    case .pasidRequestInLegacyMode, .pasidDisabled, .pasidBeyondDirectory, .executeRequestsDisabled,
      .executeNotPermitted:
      if pasid == nil { return "only a request with a PASID is refused for its reason" }
      if reason == .pasidBeyondDirectory {
        return "the smallest PASID directory has an entry for its PASID"
      }
      return nil
    case .ridPASIDInvalid:
      return pasid == nil ? nil : "only a request without a PASID is refused for its reason"
    case .pageRequestInLegacyMode, .pageRequestDisabled:
      return access == .write ? nil : "page requests are recorded as writes"
    case .scalableWriteNotPermitted, .writeNotPermitted:
      return nil
    case .firstStageAccessedDirtyRefused: return "the memory of a scenario refuses no update"
    case .addressBeyondWidth, .scalableAddressBeyondWidth:
      return "no unit has tables too narrow for its address"
    case .addressNotCanonical: return "its address is canonical"
    default: return nil
    }
  }
}
