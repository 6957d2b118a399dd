import KernelLog
import LogReading
import PCI
import VTdFormats

/// Faults that are one phenomenon: they are told once, with one verdict.
///
/// Faults of one function that differ in nothing but the page or the boot belong together; so do
/// those of several functions of one device at one address; so do all of a device that works on
/// garbage, whatever reason each has.
struct IncidentKey: Hashable {
  private var machine: Int
  private var segment: UInt16
  private var bus: UInt8
  private var device: UInt8
  /// Nil where several functions share the address.
  private var function: UInt8?
  private var address: UInt64?
  private var reason: UInt8?
  private var isInterrupt: Bool
  private var pasid: UInt32?
  private var cause: Finding.Cause

  init(_ fault: Explanation.Fault, among shared: Set<SharedAddress>) {
    let group = fault.group
    let source = group.key.source
    machine = group.key.machine
    segment = group.key.segment ?? 0
    bus = source.bus
    device = source.device
    function = source.function
    cause = fault.verdict?.cause ?? .unknown
    isInterrupt = group.access == nil
    pasid = group.pasid?.rawValue
    guard cause != .garbageDescriptors else { return }
    reason = group.key.reason
    if let own = SharedAddress(fault), shared.contains(own) {
      function = nil
      address = own.address
    }
  }
}

/// What faults of several functions of one device have in common.
struct SharedAddress: Hashable {
  private var machine: Int
  private var segment: UInt16
  private var bus: UInt8
  private var device: UInt8
  fileprivate var address: UInt64
  private var reason: UInt8?
  private var cause: Finding.Cause?

  init?(_ fault: Explanation.Fault) {
    guard let address = fault.group.address else { return nil }
    self.address = address
    machine = fault.group.key.machine
    segment = fault.group.key.segment ?? 0
    bus = fault.group.key.source.bus
    device = fault.group.key.source.device
    reason = fault.group.key.reason
    cause = fault.verdict?.cause
  }

  /// Those that more than one function has.
  static func find(_ faults: [Explanation.Fault]) -> Set<SharedAddress> {
    var first: [SharedAddress: UInt8] = [:]
    var shared: Set<SharedAddress> = []
    for fault in faults {
      guard let key = SharedAddress(fault) else { continue }
      let function = fault.group.key.source.function
      if first[key, default: function] != function { shared.insert(key) }
      first[key] = first[key] ?? function
    }
    return shared
  }
}

extension Explanation {
  /// The faults, those of one incident together, in the order of their first lines.
  public var incidents: [[Fault]] {
    let shared = SharedAddress.find(faults)
    var order: [IncidentKey] = []
    var incidents: [IncidentKey: [Fault]] = [:]
    for fault in faults {
      let key = IncidentKey(fault, among: shared)
      if incidents[key] == nil { order.append(key) }
      incidents[key, default: []].append(fault)
    }
    return order.compactMap { incidents[$0] }
  }
}
