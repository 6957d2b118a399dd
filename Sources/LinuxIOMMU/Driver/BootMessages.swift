public import ACPITables
internal import KernelLog
internal import VTdFormats

/// What the driver says while it boots, where a scenario wants to see it.
public struct BootMessages: Hashable, Sendable {
  /// The table that firmware left.
  public var table: DMARTable
  /// The words of the kernel's command line that the driver answers.
  public var commandLine: [String]

  public init(table: DMARTable, commandLine: [String]) {
    self.table = table
    self.commandLine = commandLine
  }
}

extension IntelIOMMUDriver {
  private func announce(_ line: BootLine) { kernel.print(.info, line.text()) }

  /// intel_iommu_setup: each `intel_iommu=` of the command line, option by option.
  func announceCommandLine(_ words: [String]) {
    for word in words where word.hasPrefix("intel_iommu=") {
      for option in word.dropFirst("intel_iommu=".count).split(separator: ",") {
        switch option {
        case "on": announce(.enabled)
        case "sm_on": announce(.scalableModeAllowed)
        default: break
        }
      }
    }
  }

  /// parse_dmar_table: each structure is printed, then taken in; a unit's own line comes with that.
  func announceTable(_ table: DMARTable) {
    announce(.hostAddressWidth(table.hostAddressWidth))
    var number = 0
    for structure in table.structures {
      switch structure {
      case .unit(let hardware):
        announce(
          .hardwareUnit(
            base: PhysicalAddress(rawValue: hardware.registerBase), flags: UInt32(hardware.flags)))
        if units.indices.contains(number) { announceUnit(units[number], number) }
        number += 1
      case .reservedMemory(let region):
        announce(.reservedMemory(base: region.base, end: region.limit))
      case .rootPortATS(let ports):
        announce(.rootPortATS(flags: UInt32(ports.flags)))
      case .affinity(let affinity):
        announce(
          .affinity(
            base: PhysicalAddress(rawValue: affinity.registerBase),
            domain: affinity.proximityDomain))
      case .namespaceDevice(let device):
        let name = String(decoding: device.nameBytes.prefix { $0 != 0 }, as: UTF8.self)
        announce(.namespaceDevice(number: device.number, name: name))
      case .socATC(let cache):
        announce(.integratedATS(flags: UInt32(cache.flags)))
      case .socProperties, .unknown:
        break
      }
    }
  }

  /// alloc_iommu.
  private func announceUnit(_ unit: IntelIOMMU, _ number: Int) {
    announce(
      .unit(
        number: number, base: unit.registerBase,
        version: UInt8(truncatingIfNeeded: unit.port.read32(at: RegisterOffset.ver)),
        cap: unit.capability.rawValue, ecap: unit.extendedCapability.rawValue))
  }

  /// parse_ioapics_under_ir: the interrupt controllers that each unit's scope names.
  func announceInterruptSources(_ table: DMARTable) {
    for (number, hardware) in table.units.enumerated() {
      let base = PhysicalAddress(rawValue: hardware.registerBase)
      for scope in hardware.scopes {
        switch scope.kind {
        case .ioapic: announce(.ioapic(id: Int(scope.enumerationID), base: base, unit: number))
        case .hpet: announce(.hpet(id: Int(scope.enumerationID), base: base))
        default: break
        }
      }
    }
  }

  func announceInterruptRemapping() {
    if units.contains(where: { $0.interruptTable != nil }) {
      announce(.interruptRemapping(x2apic: false))
    }
  }

  /// intel_iommu_init: what the table does not have.
  func announceMissing(_ table: DMARTable) {
    var types: Set<UInt16> = []
    for structure in table.structures { types.insert(structure.type) }
    let kinds: [(type: UInt16, structure: BootLine.DMARStructure)] = [
      (1, .rmrr), (2, .atsr), (5, .satc),
    ]
    for (type, structure) in kinds where !types.contains(type) { announce(.notFound(structure)) }
  }

  func announceQueues() {
    for (number, unit) in units.enumerated() {
      announce(
        unit.queue == nil
          ? .registerBasedInvalidation(unit: number) : .queuedInvalidation(unit: number))
    }
  }

  func announceDone() { announce(.directedIO) }
}
