public import VTdFormats
public import VTdUnit
import Wording

/// An interrupt request that a lab sent.
public struct LabInterrupt: Hashable, Sendable, CustomStringConvertible {
  /// What the device wrote, and where.
  public let request: InterruptRequest
  /// What the unit made of it.
  public let outcome: InterruptOutcome
  /// Its way to its entry, as a value.
  public let report: InterruptReport
  /// The record that it left in the unit; nil where it was not blocked.
  public let record: FaultRecord?

  /// Why it was blocked; nil where it was not.
  public var reason: FaultReason? {
    if case .blocked(let reason, _) = outcome { reason } else { nil }
  }

  public var description: String {
    "\(request): \(outcome)"
  }

  /// Its way, as `dmar walk` prints it.
  public var walk: String { WalkText.lines(of: report).joined(separator: "\n") }
}

// Interrupts are writes: a device writes to 0xfeexxxxx, and the unit looks up who may.
extension Lab {
  /// Makes an interrupt entry that lets one device send a vector to a processor.
  ///
  /// - Parameters:
  ///   - index: which entry, 0 to 255.
  ///   - device: the only device that may use it.
  ///   - vector: 16 to 255.
  ///   - processor: the local APIC that takes it.
  public mutating func allowInterrupt(
    _ index: Int, from device: String, vector: Int, processor: Int = 0
  ) throws(LabError) {
    guard (16...255).contains(vector) else {
      throw .number(what: "vector", value: vector, range: 16...255)
    }
    guard (0...255).contains(processor) else {
      throw .number(what: "processor", value: processor, range: 0...255)
    }
    let source = try Self.source(device)
    let isFirst = tables.interruptTable == nil
    try build { (tables) throws(TableError) in
      try tables.allowInterrupt(
        index, vector: UInt8(vector), processor: UInt8(processor), from: source)
    }
    if isStarted && isFirst { try latchInterruptTable() }
  }

  /// Tells the unit where the interrupt table is and switches interrupt remapping on.
  func latchInterruptTable() throws(LabError) {
    guard let address = tables.interruptTableAddress else { return }
    unit.write64(address.rawValue, at: RegisterOffset.irta)
    try command(.setInterruptTable)
    try command(.interruptRemapping)
  }

  /// Sends an interrupt in the form that names an entry.
  ///
  /// - Parameters:
  ///   - device: `bus:device.function`.
  ///   - index: the entry that the request names.
  @discardableResult
  public func interrupt(_ device: String, _ index: Int) throws(LabError) -> LabInterrupt {
    guard let handle = UInt16(exactly: index) else {
      throw .number(what: "entry", value: index, range: 0...0xffff)
    }
    return try interrupt(device, address: RemappableAddress(handle: handle).rawValue, data: 0)
  }

  /// Sends any write to the interrupt range: how a forged interrupt begins.
  @discardableResult
  public func interrupt(_ device: String, address: UInt32, data: UInt32) throws(LabError)
    -> LabInterrupt
  {
    guard UInt64(address).isInterruptAddress else {
      throw .unit(
        "0x\(hex(UInt64(address))) is not in the interrupt range 0xfee00000 to 0xfeefffff")
    }
    let request = InterruptRequest(
      source: try Self.source(device), address: address, data: data)
    let report = unit.explain(request)
    let outcome = unit.interrupt(request)
    var record: FaultRecord?
    if case .blocked(_, .recorded) = outcome { record = faultRecords.last }
    return LabInterrupt(request: request, outcome: outcome, report: report, record: record)
  }
}
