internal import ACPITables
internal import LinuxIOMMU
internal import PCI

/// What the IOMMU driver asks about functions: their capabilities, and what the firmware's table says
/// of them.
struct FunctionTraits {
  let topology: PCITopology
  let table: DMARTable?
  /// Ports that lead out of the machine.
  var externalPorts: Set<PCIAddress> = []

  func traits(of function: PCIFunction) -> ProbedFunction.Traits {
    let space = function.configuration
    var traits = ProbedFunction.Traits(
      classCode: function.identity.classCode,
      ats: space.addressTranslationServices?.invalidateQueueDepth,
      platformAllowsATS: allowsATS(below: function.address),
      pasidWidth: space.pasid.map { Int($0.width) },
      hasPageRequests: space.pageRequestInterface != nil,
      reservedMemory: reservedMemory(of: function.address))
    traits.vendor = function.identity.vendor
    traits.device = function.identity.device
    traits.isExternalFacing = externalPorts.contains(function.address)
    traits.isUntrusted = topology.path(to: function.address)
      .contains { externalPorts.contains($0.address) }
    return traits
  }

  /// RMRRs whose scope names the function or a bridge above it.
  private func reservedMemory(of address: PCIAddress) -> [ClosedRange<UInt64>] {
    (table?.reservedMemory ?? []).filter { region in
      region.base <= region.limit && UInt32(region.segment) == address.segment
        && covers(region.scopes, region.segment, address)
    }.map { $0.base...$0.limit }
  }

  private func covers(_ scopes: [DeviceScope], _ segment: UInt16, _ address: PCIAddress) -> Bool {
    scopes.contains { scope in
      guard let target = scope.address(in: topology, segment: segment) else { return false }
      return target == address || topology[target]?.bridgeBuses?.contains(address.bus) == true
    }
  }

  /// dmar_ats_supported: a function of the root complex may; one behind a root port may if an ATSR
  /// structure names that port. Without a DMAR table nothing forbids ATS.
  private func allowsATS(below address: PCIAddress) -> Bool {
    guard let table, !topology.isRoot(address.onBus) else { return true }
    let port = topology.functions.first { function in
      function.address.segment == address.segment && topology.isRoot(function.address.onBus)
        && function.bridgeBuses?.contains(address.bus) == true
    }
    return table.structures.contains { structure in
      guard case .rootPortATS(let ports) = structure, UInt32(ports.segment) == address.segment
      else { return false }
      return ports.allPorts || port.map { covers(ports.scopes, ports.segment, $0.address) } == true
    }
  }
}
