public import ACPITables
import KernelLog
import LogReading
public import PCI

/// What is known of a machine beside its log: the DMAR table and a snapshot of the bus.
extension LogCollector {
  /// Takes a DMAR table, read from the file that `begin` named last.
  public mutating func take(_ table: DMARTable) {
    contents.table = table
    for region in table.reservedMemory {
      let scopes = region.scopes.compactMap { scope -> PCIAddress? in
        guard let hop = scope.path.first, scope.path.count == 1 else { return nil }
        return PCIAddress(
          segment: UInt32(region.segment), bus: scope.startBus, device: hop.device,
          function: hop.function)
      }
      let value = LogContents.Region(
        start: region.base, end: region.limit, function: nil, reservedFor: scopes)
      contents.regions.append(Noted(value: value, place: filePlace, time: nil))
    }
    contents.eventCount += 1
  }

  /// Takes a snapshot of the bus, read from the file that `begin` named last.
  public mutating func take(_ topology: PCITopology) {
    contents.topology = topology
    for function in topology.functions {
      var entry =
        contents.functions[function.address]
        ?? LogContents.Function(place: filePlace, isListed: true)
      entry.vendor = function.identity.vendor
      entry.device = function.identity.device
      entry.classCode = function.identity.classCode.rawValue
      if entry.words.isEmpty { entry.words = function.name }
      entry.isListed = true
      contents.functions[function.address] = entry
      if let buses = function.bridgeBuses {
        contents.bridges[function.address] = LogContents.Bridge(
          secondary: buses.secondary, subordinate: buses.subordinate, place: filePlace)
      }
      for region in function.regions where region.kind != .io && region.size > 0 {
        let value = LogContents.Region(
          start: region.base, end: region.base &+ (region.size - 1), function: function.address)
        contents.windows.append(Noted(value: value, place: filePlace, time: nil))
      }
    }
    contents.eventCount += 1
  }

  private var filePlace: LogPlace {
    LogPlace(file: max(contents.files.count - 1, 0), line: LogPlace.wholeFile)
  }
}

extension LogContents {
  /// The machine as remapping sees it, where its table is known.
  package var platform: Platform? {
    table.map { Platform(topology: topology ?? shownTopology, table: $0) }
  }

  /// The bus as far as the log shows it: its functions, and the bridges with the buses below.
  private var shownTopology: PCITopology {
    PCITopology(
      functions.filter { $0.value.isListed }.map { address, function in
        var invented = InventedFunction(
          at: address, classCode: function.classCode.map { PCIClass(rawValue: $0) } ?? .unassigned)
        if let bridge = bridges[address] {
          invented.classCode = .bridge
          invented.portType = .rootPort
          invented.buses = BridgeBuses(
            primary: address.bus, secondary: bridge.secondary,
            subordinate: max(bridge.secondary, bridge.subordinate))
        }
        return invented.function
      })
  }
}
