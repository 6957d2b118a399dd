internal import ACPITables
internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// The units of a rebuilt machine: all that a DMAR table lists, or the one that the log is about.
extension ScenarioBuilder {
  struct MachineUnit {
    var name: String
    var base: UInt64?
    /// Nil where the log has no boot line of it.
    var knownCapability: Capability?
    var capability: Capability
    var extended: ExtendedCapability
    /// Where its root table lies.
    var root: UInt64
  }

  /// The unit's place among `units` that gets the requests of `source`.
  func unitIndex(of source: SourceID) -> Int {
    guard units.count > 1, let platform = contents.platform else { return 0 }
    let interrupting = platform.interruptSources.first { $0.sourceID == source }?.unit
    return interrupting ?? platform.coverage(of: PCIAddress(sourceID: source)).unit ?? 0
  }

  var machineUnits: [MachineUnit] {
    guard let table = contents.table, files.table != nil, !table.units.isEmpty else {
      return [machineUnit(unitName, base: unit?.base.rawValue, unit, root: root(of: unitName, 0))]
    }
    return table.units.enumerated().map { index, listed in
      let name = "dmar\(index)"
      let known = contents.units.first { $0.value.base.rawValue == listed.registerBase }?.value
      return machineUnit(name, base: listed.registerBase, known, root: root(of: name, index))
    }
  }

  private func machineUnit(
    _ name: String, base: UInt64?, _ known: LogContents.Unit?, root: UInt64
  ) -> MachineUnit {
    let extended =
      known?.extended.rawValue
      ?? (Self.assumedExtended | (isScalable ? 1 << 43 | 1 << 46 | 1 << 47 : 0))
    return MachineUnit(
      name: name, base: base, knownCapability: known?.capability,
      capability: known?.capability ?? assumedCapability,
      extended: ExtendedCapability(rawValue: extended), root: root)
  }

  /// A real unit's, wide enough for the addresses that were refused for another reason than width.
  private var assumedCapability: Capability {
    var capability = Capability(rawValue: Self.assumedCapability)
    let highest =
      timeline.faults.compactMap { fault -> UInt64? in
        guard case .dma(_, _, let address) = fault.observation.request,
          fault.observation.reason != 0x04
        else { return nil }
        return address.rawValue
      }.max() ?? 0
    let width = 64 - highest.leadingZeroBitCount
    if width > Int(capability[.maximumGuestAddressWidth]) + 1 {
      capability[.maximumGuestAddressWidth] = width > 48 ? 56 : 47
      // Five levels, or four.
      capability[.supportedAdjustedGuestAddressWidths] = width > 48 ? 1 << 3 : 1 << 2
    }
    return capability
  }

  /// Where the driver's root table is: debugfs tells; else a page that no dumped table uses.
  private func root(of name: String, _ index: Int) -> UInt64 {
    var first: UInt64?
    for row in contents.debugfs {
      guard case .rootTable(let unit, let address) = row.value else { continue }
      if unit == name { return address & ~0xfff }
      first = first ?? address & ~0xfff
    }
    // The one unit that is described may have another name in the log.
    if index == 0, contents.table == nil, let first { return first }
    return 0x0400_0000 + UInt64(index) * 0x1000
  }

  /// The pages that the driver asks for while it brings its units up: first the interrupt table and
  /// the queue of each, then, unit by unit, a queue where there is none yet, the root table.
  var pagesOfUnits: [UInt64] {
    var pages: [UInt64] = []
    // The driver's second round: a queue for a unit that has none yet, then the root.
    var secondRound: [UInt64] = []
    for (index, unit) in units.enumerated() {
      let queue = 0x0500_0000 + UInt64(index) * 0x2000
      let hasQueue = unit.extended[flag: .queuedInvalidation]
      if hasInterrupts, unit.extended[flag: .interruptRemapping] {
        pages.append(0x0600_0000 + UInt64(index) * 0x10_0000)
        if hasQueue { pages.append(queue) }
      } else if hasQueue {
        secondRound.append(queue)
      }
      secondRound.append(unit.root)
    }
    return pages + secondRound
  }

  func description(_ unit: MachineUnit) -> ScenarioDescription.UnitDescription {
    var description = ScenarioDescription.UnitDescription()
    description.name = unit.name
    description.hardware.capability = unit.capability
    description.hardware.extendedCapability = unit.extended
    if let base = unit.base {
      description.hardware.registerBase = PhysicalAddress(rawValue: base)
    }
    if unit.base == nil {
      description.notes.above["base"] = [
        "assumed: the boot lines are missing; these are a real unit's"
      ]
    } else if unit.knownCapability == nil {
      description.notes.above["cap"] = [
        "assumed: no boot line tells what it can do; these are a real unit's"
      ]
    }
    if units.count > 1, let index = units.firstIndex(where: { $0.name == unit.name }) {
      description.notes.above["fault_event"] = ["assumed: a vector of its own"]
      description.faultMessage = EventMessage(address: 0xfee0_1004, data: 0x21 + UInt32(index))
    }
    let quirks = self.quirks
    if !quirks.isEmpty { description.notes.above["quirks"] = quirks.map(\.reason) }
    for quirk in quirks { description.hardware.quirks.formUnion(quirk.quirks) }
    return description
  }

  /// Whether the dumps show a device with other entries than before: somebody has invalidated what
  /// the unit had cached of them.
  var dropsCaches: Bool {
    var seen: [SourceID: [DumpLine]] = [:]
    for fault in timeline.faults {
      let entries = (fault.dump?.lines ?? []).map(\.value).filter { line in
        switch line {
        case .rootEntry, .scalableRootEntry, .contextEntry, .pasidDirectoryEntry,
          .pasidTableEntry:
          true
        default: false
        }
      }
      let source = fault.observation.source
      if let before = seen[source], before != entries, !entries.isEmpty { return true }
      if !entries.isEmpty { seen[source] = entries }
    }
    return false
  }

  /// How the log's unit differs from the specification.
  private var quirks: [(quirks: UnitQuirks, reason: String)] {
    var quirks: [(UnitQuirks, String)] = []
    let isQEMU =
      isScalable
      && timeline.faults.contains {
        guard case .dma(_, let pasid?, _) = $0.observation.request else { return false }
        let isLegacyReason = $0.observation.reason.map { $0 < 0x30 } ?? false
        return pasid.rawValue == 0 && (isLegacyReason || $0.sendsNoPASIDs)
      }
    if isQEMU {
      let isOld = timeline.faults.contains(where: \.isMisreadPASIDEntry)
      quirks.append(
        (
          isOld ? .qemu7 : .qemu10,
          "the log has PASID 0 in scalable mode for requests without one, as QEMU records them"
        ))
    }
    // Only an emulated unit mixes the two modes' codes.
    let isLaterQEMU =
      !isQEMU && isScalable
      && timeline.faults.contains {
        guard case .dma(_, nil, _) = $0.observation.request, $0.dump?.scalableRoot != nil else {
          return false
        }
        return $0.observation.reason.map { $0 < 0x20 } ?? false
      }
    if isLaterQEMU {
      quirks.append(
        (
          .qemu11,
          "the log has a reason of legacy mode with scalable-mode tables, and no PASID, as QEMU 11 "
            + "records such faults"
        ))
    }
    if dropsCaches, !isQEMU, !isLaterQEMU {
      quirks.append(
        (
          .globalCommandsDropCaches,
          "assumed: a device's entries change between its faults, and the unit has to see it"
        ))
    }
    let hasIndex = timeline.faults.contains { fault in
      guard case .interrupt(let index) = fault.observation.request else { return false }
      return fault.observation.reason == 0x25 && index != 0
    }
    if hasIndex {
      quirks.append(
        (
          .compatibilityIndexFromAddress,
          "the log shows an index with reason 0x25, which the specification leaves undefined"
        ))
    }
    return quirks
  }
}
