internal import Diagnosis
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// The functions of a rebuilt machine's bus.
extension LoggedMachine {
  /// Those that the log identifies, and with a table also the bridges that its scopes lead over;
  /// those of a snapshot are in it.
  var listedFunctions: [(key: PCIAddress, value: LogContents.Function)] {
    let segments = Set(units.map { $0.segment })
    return contents.functions.filter {
      ($0.value.vendor != nil || buses(below: $0.key) != nil)
        && segments.contains($0.key.segment)
        && (files.snapshot == nil || contents.topology?[$0.key] == nil)
    }.sorted { $0.key < $1.key }
  }

  private func buses(below address: PCIAddress) -> LogContents.Bridge? {
    files.table == nil ? nil : contents.bridges[address]
  }

  func description(_ address: PCIAddress, _ function: LogContents.Function)
    -> FunctionDescription
  {
    let bridge = buses(below: address)
    var description = FunctionDescription(
      at: address, vendor: function.vendor ?? 0x8086, device: function.device ?? 0,
      classCode: function.classCode ?? (bridge == nil ? PCIClass.unassigned : .bridge).rawValue)
    guard let bridge else { return description }
    let isInner = contents.bridges.values.contains {
      ($0.secondary...max($0.secondary, $0.subordinate)).contains(address.bus)
    }
    description.notes = Notes([
      "assumed: a port of PCI Express, which leaves the ids of requests as they are"
    ])
    description.invention.portType = isInner ? .downstreamPort : .rootPort
    description.invention.buses = BridgeBuses(
      primary: address.bus, secondary: bridge.secondary,
      subordinate: max(bridge.secondary, bridge.subordinate))
    return description
  }

  /// Devices that stops of queues are about, which have to be on the bus.
  var queueDevices: [PCIAddress] {
    var devices: [PCIAddress] = []
    for stop in timeline.queueStops {
      if let device = stop.device ?? (stop.refused == nil ? anyFunction : nil),
        !devices.contains(device)
      {
        devices.append(device)
      }
    }
    return devices
  }

  /// Some function, where the log does not say which.
  var anyFunction: PCIAddress? {
    listedFunctions.first { $0.key.device != 0 }?.key
      ?? PCIAddress(bus: 0, device: 2, function: 0)
  }
}
