import LogReading
import VTdFormats

/// The registers of a unit as `iommu_regset` shows them, and what they say of the moment of reading.
struct RegisterState {
  let unit: String
  let base: UInt64
  private var values: [UInt64: UInt64] = [:]
  let place: LogPlace

  private init(unit: String, base: UInt64, place: LogPlace) {
    self.unit = unit
    self.base = base
    self.place = place
  }

  /// The last reading of each unit.
  static func states(_ log: LogContents) -> [RegisterState] {
    var states: [RegisterState] = []
    for row in log.debugfs {
      switch row.value {
      case .registers(let unit, let base):
        states.removeAll { $0.unit == unit && $0.values.isEmpty }
        states.append(RegisterState(unit: unit, base: base, place: row.place))
      case .register(_, let offset, let value):
        if let last = states.indices.last { states[last].values[offset] = value }
      default: continue
      }
    }
    var latest: [RegisterState] = []
    for state in states where !state.values.isEmpty {
      if let index = latest.firstIndex(where: { $0.unit == state.unit }) {
        latest[index] = state
      } else {
        latest.append(state)
      }
    }
    return latest
  }

  private func value(_ offset: Int) -> UInt64? { values[UInt64(offset)] }

  private var status: GlobalStatus? {
    value(RegisterOffset.gsts).map { GlobalStatus(rawValue: UInt32(truncatingIfNeeded: $0)) }
  }
  private var faults: FaultStatus? {
    value(RegisterOffset.fsts).map { FaultStatus(rawValue: UInt32(truncatingIfNeeded: $0)) }
  }

  /// `dmar0 when its registers were read: translation on, interrupt remapping on; …`
  var remark: Finding.Evidence? {
    guard let status else { return nil }
    var words = [
      "translation \(status[flag: .translation] ? "on" : "off")",
      "interrupt remapping \(status[flag: .interruptRemapping] ? "on" : "off")",
    ]
    words += troubles
    return Finding.Evidence(
      "\(unit) when its registers were read: \(words.joined(separator: ", "))", [place])
  }

  /// What is not as it should be.
  private var troubles: [String] {
    var words: [String] = []
    if let faults {
      if faults.rawValue == .max { return ["no answer: its fault status reads all ones"] }
      if faults[flag: .primaryFaultOverflow] {
        words.append("its records overflowed: faults beyond the last record are lost")
      }
      if faults[flag: .primaryPendingFault] {
        words.append("records wait to be read")
      }
      let isStopped =
        faults[flag: .invalidationQueueError] || faults[flag: .invalidationCompletionError]
        || faults[flag: .invalidationTimeOutError]
      if isStopped { words.append("its invalidation queue has stopped with an error") }
    }
    if let control = value(RegisterOffset.fectl),
      EventControl(rawValue: UInt32(truncatingIfNeeded: control))[flag: .interruptMask]
    {
      words.append("its fault interrupt is masked: no fault is told")
    }
    if let head = value(RegisterOffset.iqh), let tail = value(RegisterOffset.iqt), head != tail,
      status?[flag: .queuedInvalidation] == true
    {
      words.append("descriptors wait in its invalidation queue")
    }
    if let table = value(RegisterOffset.rtaddr), RootTableAddress(rawValue: table).mode == .abortDMA
    {
      words.append("its root table mode blocks every DMA without a record")
    }
    return words
  }
}
