internal import ACPITables
internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// What the driver says at boot of the table that firmware left and of the units in it, and what it
/// finds wrong with them.
struct BootReport {
  let kernel: KernelContext
  let functionTable: FunctionTable

  /// intel_iommu_setup: each `intel_iommu=` of the command line, option by option.
  func announceCommandLine(_ words: [String]) {
    for word in words where word.hasPrefix("intel_iommu=") {
      for option in word.dropFirst("intel_iommu=".count).split(separator: ",") {
        if let line = answer(to: String(option)) { kernel.announce(line) }
      }
    }
  }

  /// Options are recognised by how they begin.
  private func answer(to option: String) -> BootLine? {
    let words = kernel.build.behaviour.optionWords
    let answers: [(String, BootLine?)] = [
      ("on", .enabled), ("off", .disabled), ("igfx_off", .graphicsUnmapped),
      ("intgpu_off", .integratedGraphicsUnmapped),
      ("forcedac", words == .own ? .highAddressesForced : .highAddressesDeprecated),
      ("strict", words == .deprecated ? .strictDeprecated : .batchingOff),
      ("sp_off", .superpagesOff), ("sm_on", .scalableModeAllowed),
      ("sm_off", .scalableModeDisallowed), ("tboot_noforce", .notForcedByTboot),
    ]
    for (name, line) in answers where option.hasPrefix(name) { return line }
    return .unknownOption(option)
  }

  /// detect_intel_iommu: a unit that does not answer makes the driver leave everything alone. The
  /// table is read once more for interrupt remapping, as far as the bad unit.
  func announceBadUnit(_ messages: BootMessages) -> Bool {
    let bad = messages.table.units.first {
      functionTable.unit(at: $0.registerBase).map { !$0.answers } ?? true
    }
    guard let bad else { return false }
    kernel.announce(
      .firmwareBadUnit(
        base: bad.registerBase, allOnes: bad.registerBase != 0, messages.firmware))
    return true
  }

  /// detect_intel_iommu: the table may opt out of DMA remapping, over everybody's head.
  func announceOptOut() {
    kernel.announce(.remappingForcedOff)
    kernel.announce(.forcedOnIgnored)
  }

  /// parse_dmar_table: each structure is printed, then taken in; what is wrong with it, and a unit's
  /// own line, come with that. False where the driver can do nothing with it.
  func announceTable(_ messages: BootMessages) -> Bool {
    let table = messages.table
    guard table.rawHostAddressWidth >= Self.leastAddressWidth else {
      kernel.announce(.invalidAddressWidth)
      kernel.announce(.tableNotParsed)
      return false
    }
    kernel.announce(.hostAddressWidth(table.hostAddressWidth))
    for structure in table.structures {
      switch structure {
      case .unit(let hardware):
        kernel.announce(
          .hardwareUnit(
            base: PhysicalAddress(rawValue: hardware.registerBase), flags: UInt32(hardware.flags)))
        announceOddScopes(hardware.scopes)
        guard let unit = functionTable.unit(at: hardware.registerBase), unit.answers else {
          kernel.announce(.tableNotParsed)
          return false
        }
        announceUnit(unit)
      case .reservedMemory(let region):
        kernel.announce(.reservedMemory(base: region.base, end: region.limit))
        announceFaults(of: region, messages)
        announceOddScopes(region.scopes)
      case .rootPortATS(let ports):
        kernel.announce(.rootPortATS(flags: UInt32(ports.flags)))
        if !ports.allPorts { announceOddScopes(ports.scopes) }
      case .affinity(let affinity):
        let base = PhysicalAddress(rawValue: affinity.registerBase)
        kernel.announce(.affinity(base: base, domain: affinity.proximityDomain))
        if !table.units.contains(where: { $0.registerBase == affinity.registerBase }) {
          kernel.announce(.firmwareBadAffinity(base: base, messages.firmware))
        }
      case .namespaceDevice(let device):
        guard announceName(of: device, messages) else {
          kernel.announce(.tableNotParsed)
          return false
        }
      case .socATC(let cache):
        // Kernels before the structure was known pass over it, as over every one they do not know.
        if kernel.build.behaviour.capabilityAudit != .off {
          kernel.announce(.integratedATS(flags: UInt32(cache.flags)))
          announceOddScopes(cache.scopes)
        }
      case .socProperties, .unknown:
        break
      }
    }
    if table.units.isEmpty {
      kernel.announce(.firmwareNoUnit)
      kernel.announce(.noUnits)
    }
    return !table.units.isEmpty
  }

  /// PAGE_SHIFT - 1, as the table's field counts.
  private static let leastAddressWidth: UInt8 = 11

  /// dmar_alloc_dev_scope, which knows five kinds.
  private func announceOddScopes(_ scopes: [DeviceScope]) {
    for scope in scopes where scope.kind.name == nil { kernel.announce(.unsupportedScope) }
  }

  /// dmar_parse_one_andd: a name without an end makes the rest of the table unread.
  private func announceName(of device: NamespaceDevice, _ messages: BootMessages) -> Bool {
    guard device.nameBytes.contains(0) else {
      kernel.announce(.firmwareBadName(messages.firmware))
      return false
    }
    kernel.announce(.namespaceDevice(number: device.number, name: device.name))
    return true
  }

  /// rmrr_sanity_check: whole pages, in order, and reserved in the firmware's memory map.
  private func announceFaults(of region: ReservedMemory, _ messages: BootMessages) {
    guard kernel.build.behaviour.reservedRegionCheck == .map else { return }
    let mask = Paging.pageSize - 1
    var isBad = region.base & mask != 0 || (region.limit &+ 1) & mask != 0
    isBad = isBad || region.limit <= region.base
    if !isBad, let reserved = messages.reserved,
      !reserved.contains(where: { $0.contains(region.base) && $0.contains(region.limit) })
    {
      kernel.announce(.firmwareUncoveredRegion(base: region.base, end: region.limit))
      isBad = true
    }
    if isBad {
      kernel.announce(
        .firmwareBadRegion(base: region.base, end: region.limit, messages.firmware))
    }
  }

  /// alloc_iommu.
  private func announceUnit(_ unit: IntelIOMMU) {
    let number = unit.number
    switch unit.widths {
    case .some: break
    case .none: kernel.announce(.unitWithoutWidths(number))
    case .unknown: kernel.announce(.unitWithoutValidWidth(number))
    }
    kernel.announce(
      .unit(
        number: number, base: unit.registerBase,
        version: UInt8(truncatingIfNeeded: unit.port.read32(at: RegisterOffset.ver)),
        cap: unit.capability.rawValue, ecap: unit.extendedCapability.rawValue))
  }

  /// `dmar_drhd_units`, the order in which the driver goes through its units: the last of the table
  /// first, but those that take all that is left over come last, in the table's order.
  func unitsInOrder(_ table: DMARTable?) -> [IntelIOMMU] {
    guard let table else { return functionTable.units }
    let ordered = hardwareInOrder(table).compactMap { functionTable.unit(at: $0.registerBase) }
    return ordered + functionTable.units.filter { unit in !ordered.contains { $0 === unit } }
  }

  func announceMissing(_ table: DMARTable) {
    var types: Set<UInt16> = []
    for structure in table.structures { types.insert(structure.type) }
    var kinds: [(type: UInt16, structure: BootLine.DMARStructure)] = [(1, .rmrr), (2, .atsr)]
    if kernel.build.behaviour.capabilityAudit != .off { kinds.append((5, .satc)) }
    for (type, structure) in kinds where !types.contains(type) {
      kernel.announce(.notFound(structure))
    }
  }

  /// intel_iommu_init_qi's line.
  func announceQueue(of unit: IntelIOMMU) {
    let number = unit.number
    kernel.announce(
      unit.queue == nil
        ? .registerBasedInvalidation(unit: number, base: unit.registerBase)
        : .queuedInvalidation(unit: number, base: unit.registerBase))
  }
}
