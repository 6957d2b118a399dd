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

  init(_ fault: Explanation.Fault, among faults: [Explanation.Fault]) {
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
    guard let shared = group.address else { return }
    let isShared = faults.contains {
      $0.group.key.source.bus == source.bus && $0.group.key.source.device == source.device
        && $0.group.key.source.function != source.function && $0.group.address == shared
        && $0.group.key.reason == group.key.reason && $0.verdict?.cause == fault.verdict?.cause
        && ($0.group.key.segment ?? 0) == segment && $0.group.key.machine == machine
    }
    if isShared {
      function = nil
      address = shared
    }
  }
}

extension Explanation {
  /// The faults, those of one incident together, in the order of their first lines.
  public var incidents: [[Fault]] {
    var order: [IncidentKey] = []
    var incidents: [IncidentKey: [Fault]] = [:]
    for fault in faults {
      let key = IncidentKey(fault, among: faults)
      if incidents[key] == nil { order.append(key) }
      incidents[key, default: []].append(fault)
    }
    return order.compactMap { incidents[$0] }
  }
}
