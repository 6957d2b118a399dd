internal import ACPITables
internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// dmar_dev_scope_init: which device each of the table's scopes means.
///
/// Which unit covers which function is the bus's own business here; the driver says what is odd about
/// it, and gives up where a scope names something else than the bus has.
extension BootReport {
  /// False where a scope's type does not match its device: the driver leaves all units alone.
  func findScopes(_ messages: BootMessages) -> Bool {
    findNamespaceDevices(messages)
    var isFine = true
    for function in messages.bus.functions {
      if !findScopes(of: function, messages) { isFine = false }
    }
    return isFine
  }

  /// init_no_remapping_devices: a unit none of whose devices is there is not used. On a bus without
  /// functions, which says nothing, none is passed over.
  func ignoreEmptyUnits(_ messages: BootMessages) {
    guard !messages.bus.functions.isEmpty else { return }
    for hardware in messages.table.units where !hardware.includesAll {
      let isUsed = hardware.scopes.contains { scope in
        switch scope.kind {
        case .endpoint, .subHierarchy:
          scope.address(in: messages.bus, segment: hardware.segment)
            .flatMap { messages.bus[$0] } != nil
        case .namespaceDevice: messages.namespace != nil
        default: false
        }
      }
      if !isUsed { functionTable.unit(at: hardware.registerBase)?.isEmpty = true }
    }
  }

  // MARK: Devices of the ACPI name space

  /// dmar_acpi_dev_scope_init: each ANDD's device, and the unit whose scope has its number.
  private func findNamespaceDevices(_ messages: BootMessages) {
    guard let namespace = messages.namespace else { return }
    for device in messages.table.namespaceDevices {
      guard let name = namespace[device.name] else {
        kernel.announce(.namespaceDeviceUnknown(device.name))
        continue
      }
      if let (base, scope) = scope(ofNamespaceDevice: device.number, messages.table),
        let hop = scope.path.first
      {
        let source = SourceID(bus: scope.startBus, device: hop.device, function: hop.function)
        kernel.announce(.namespaceDeviceFound(name: name, base: base, source: source))
      } else {
        kernel.announce(.namespaceDeviceWithoutScope(number: device.number, name: name))
      }
    }
  }

  private func scope(
    ofNamespaceDevice number: UInt8, _ table: DMARTable
  ) -> (PhysicalAddress, DeviceScope)? {
    for hardware in hardwareInOrder(table) {
      let scope = hardware.scopes.first {
        $0.kind == .namespaceDevice && $0.enumerationID == number
      }
      if let scope { return (PhysicalAddress(rawValue: hardware.registerBase), scope) }
    }
    return nil
  }

  // MARK: Functions of the bus

  private enum Match {
    case found
    case notFound
    /// dmar_insert_dev_scope's -EINVAL.
    case otherType
  }

  /// Scopes of one structure of the table, and the segment that they are in.
  private typealias Scopes = (scopes: [DeviceScope], segment: UInt16)

  /// dmar_pci_bus_add_dev: the units first, then reserved regions, root ports and integrated ATS,
  /// each list from its newest on. A function may have several regions; of the rest, one.
  private func findScopes(of function: PCIFunction, _ messages: BootMessages) -> Bool {
    let table = messages.table
    let units = hardwareInOrder(table).filter { !$0.includesAll }
    let structures = table.structures.reversed()
    let ports = structures.compactMap { structure -> Scopes? in
      guard case .rootPortATS(let ports) = structure, !ports.allPorts else { return nil }
      return (ports.scopes, ports.segment)
    }
    let caches = structures.compactMap { structure -> Scopes? in
      guard case .socATC(let cache) = structure else { return nil }
      return (cache.scopes, cache.segment)
    }
    let bus = messages.bus
    return find(function, in: units.map { ($0.scopes, $0.segment) }, bus)
      && table.reservedMemory.reversed().allSatisfy {
        match(function, $0.scopes, $0.segment, bus) != .otherType
      }
      && find(function, in: ports, bus)
      && (kernel.build.behaviour.capabilityAudit == .off || find(function, in: caches, bus))
  }

  /// Looks for the function up to the first that means it; false where that is of another type.
  private func find(_ function: PCIFunction, in list: [Scopes], _ bus: PCITopology) -> Bool {
    for (scopes, segment) in list {
      let match = match(function, scopes, segment, bus)
      if match != .notFound { return match == .found }
    }
    return true
  }

  private func match(
    _ function: PCIFunction, _ scopes: [DeviceScope], _ segment: UInt16, _ bus: PCITopology
  ) -> Match {
    guard UInt32(segment) == function.address.segment else { return .notFound }
    for scope in scopes where scope.kind == .endpoint || scope.kind == .subHierarchy {
      guard isMeant(function.address, by: scope, bus) else { continue }
      guard scope.matchesHeader(of: function) else {
        kernel.announce(.scopeMismatch(function.address))
        return .otherType
      }
      return .found
    }
    return .notFound
  }

  /// dmar_match_pci_path: the steps from a root bus. A path of one step that begins on the device's
  /// own bus is firmware's mistake, which is put up with.
  private func isMeant(_ address: PCIAddress, by scope: DeviceScope, _ bus: PCITopology) -> Bool {
    let bridges = bus.path(to: address)
    let steps = (bridges.map { $0.address } + [address])
    let root = steps.first?.bus ?? address.bus
    let hops = steps.map { DeviceScope.Hop(device: $0.device, function: $0.function) }
    if scope.startBus == root, scope.path == hops { return true }
    guard scope.path == [hops[hops.count - 1]], scope.startBus == address.bus else { return false }
    kernel.announce(.firmwareBadScope(address.sourceID))
    return true
  }

  /// `dmar_drhd_units`: from the newest on, and the one that covers all the rest last.
  func hardwareInOrder(_ table: DMARTable) -> [HardwareUnit] {
    table.units.filter { !$0.includesAll }.reversed() + table.units.filter { $0.includesAll }
  }
}
