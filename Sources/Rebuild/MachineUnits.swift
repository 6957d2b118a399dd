internal import ACPITables
internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// The units of a rebuilt machine: all that a DMAR table lists, or the one that the log is about.
extension LoggedMachine {
  /// The unit's place among `units` that gets the requests of `requester`.
  func unitIndex(of requester: PCIAddress) -> Int {
    guard units.count > 1 else { return 0 }
    return tableIndex(of: requester)
      ?? units.firstIndex { $0.covers.contains(requester) }
      ?? units.firstIndex { $0.segment == requester.segment } ?? 0
  }

  /// The same by the DMAR table; nil without one.
  private func tableIndex(of requester: PCIAddress) -> Int? {
    guard files.table != nil, let platform = contents.platform else { return nil }
    let interrupting = platform.interruptSources.first {
      // Kernels before 7.2 print no segment.
      $0.sourceID == requester.sourceID
        && (requester.segment == 0
          || UInt32(platform.units[$0.unit].definition.segment) == requester.segment)
    }?.unit
    return interrupting ?? platform.coverage(of: requester).unit ?? 0
  }

  var machineUnits: [MachineUnit] {
    guard let table = contents.table, files.table != nil, !table.units.isEmpty else {
      return shownUnits
    }
    var own: [Int: [FaultTimeline.Fault]] = [:]
    if isScalable, table.units.count > 1 {
      for (requester, faults) in Dictionary(grouping: timeline.faults, by: { $0.requester }) {
        if let index = tableIndex(of: requester) { own[index, default: []] += faults }
      }
    }
    return table.units.enumerated().map { index, listed in
      let name = "dmar\(index)"
      let known = contents.units.first { $0.value.base.rawValue == listed.registerBase }?.value
      var unit = machineUnit(
        name, base: listed.registerBase, known, faults: own[index] ?? [],
        isAlone: table.units.count == 1,
        root: root(of: name, index))
      unit.segment = UInt32(listed.segment)
      return unit
    }
  }

  /// Without a table: a unit for each that the dumps name, and for each segment whose functions fault.
  private var shownUnits: [MachineUnit] {
    var shown: [ShownUnit] = []
    for fault in timeline.faults {
      guard let name = fault.dump?.unit else { continue }
      let requester = fault.requester
      let index =
        shown.firstIndex { $0.name == name }
        ?? {
          shown.append(ShownUnit(name: name, segment: requester.segment))
          return shown.count - 1
        }()
      if !shown.contains(where: { $0.functions.contains(requester) }) {
        shown[index].functions.append(requester)
      }
    }
    if shown.isEmpty {
      shown = [ShownUnit(name: unitName, segment: timeline.faults.first?.requester.segment ?? 0)]
    }
    for fault in timeline.faults {
      let segment = fault.requester.segment
      if shown.contains(where: { $0.segment == segment }) { continue }
      shown.append(ShownUnit(name: freeName(shown), segment: segment))
    }
    shown.sort { ($0.name.utf8.count, $0.name) < ($1.name.utf8.count, $1.name) }
    return shown.enumerated().map { index, unit in
      let known =
        contents.units.first { "dmar\($0.value.number)" == unit.name }?.value
        ?? (shown.count == 1 ? self.unit : nil)
      var described = machineUnit(
        unit.name, base: known?.base.rawValue ?? (index == 0 ? nil : Self.assumedBase(index)),
        known, faults: faults(of: index, shown), isAlone: shown.count == 1,
        root: root(of: unit.name, index))
      described.segment = unit.segment
      // The first of a segment has what no other one is named for.
      let isFirst = shown.firstIndex { $0.segment == unit.segment } == index
      described.covers = isFirst ? [] : unit.functions
      return described
    }
  }

  /// The faults of a unit: those whose dumps name it, and of the first of a segment all others there.
  private func faults(of index: Int, _ shown: [ShownUnit]) -> [FaultTimeline.Fault] {
    let isFirst = shown.firstIndex { $0.segment == shown[index].segment } == index
    return timeline.faults.filter { fault in
      let named = shown.firstIndex { $0.functions.contains(fault.requester) }
      return named.map { $0 == index }
        ?? (isFirst && fault.requester.segment == shown[index].segment)
    }
  }

  /// A unit that the log's faults show.
  private struct ShownUnit {
    var name: String
    var segment: UInt32
    var functions: [PCIAddress] = []
  }

  /// A unit that no dump names: one of the boot lines, else one more.
  private func freeName(_ shown: [ShownUnit]) -> String {
    let told = contents.units.map { "dmar\($0.value.number)" }
    let more = (0...shown.count).map { "dmar\(told.count + $0)" }
    return (told + more).first { name in !shown.contains { $0.name == name } } ?? ""
  }

  /// Registers of a unit whose boot line is missing, a page for each.
  private static func assumedBase(_ index: Int) -> UInt64 {
    0xfed9_0000 &+ UInt64(page: UInt64(index))
  }

  private func machineUnit(
    _ name: String, base: UInt64?, _ known: LogContents.Unit?, faults: [FaultTimeline.Fault],
    isAlone: Bool, root: UInt64
  ) -> MachineUnit {
    let isScalable = isAlone ? self.isScalable : isScalable(known?.extended, faults)
    return MachineUnit(
      name: name, base: base, knownCapability: known?.capability,
      capability: known?.capability ?? assumedCapability,
      extended: known?.extended ?? assumedExtended(isScalable: isScalable), isScalable: isScalable,
      root: root)
  }

  /// A real unit's that takes page requests.
  private static let pageRequestExtended: UInt64 = 0x3_ed9c_e4f0_50de

  /// A real unit's, with what it needs to refuse what the log says it refused.
  private func assumedExtended(isScalable: Bool) -> ExtendedCapability {
    var extended = ExtendedCapability(rawValue: Self.assumedExtended)
    guard isScalable else { return extended }
    if !timeline.refusedPages.isEmpty {
      extended = ExtendedCapability(rawValue: Self.pageRequestExtended)
    }
    for flag in [BitField<ExtendedCapability>.scalableMode, .secondStage, .firstStage] {
      extended[flag: flag] = true
    }
    for fault in timeline.faults {
      switch fault.observation.faultReason {
      case .ridPASIDInvalid: extended[flag: .ridPASID] = true
      case .supervisorRequestsDisabled: extended[flag: .supervisorRequests] = true
      case .executeRequestsDisabled, .executeNotPermitted: extended[flag: .executeRequests] = true
      case .secondStageAccessedDirty: extended[flag: .secondStageAccessedDirty] = true
      case .firstStageTableNotWritable: extended[flag: .scalableModePageWalkCoherency] = true
      default: break
      }
    }
    return extended
  }

  /// A real unit's, with the widths of the tables that the dumps show, and wide enough for the addresses
  /// that were refused for another reason than width.
  private var assumedCapability: Capability {
    var capability = Capability(rawValue: Self.assumedCapability)
    let levels = Set(timeline.faults.compactMap { $0.dumpedLevels })
    if let widest = levels.max() {
      capability[.supportedAdjustedGuestAddressWidths] = levels.reduce(0) {
        $0 | Capability.width(ofLevels: $1)
      }
      capability[.maximumGuestAddressWidth] = UInt64(Paging.width(levels: widest)) - 1
    }
    // As many fault records as a status names; sixteen lie before the next registers.
    let record = timeline.faults.compactMap { $0.firstRecord }.max() ?? 0
    if record > 0, record < 16 {
      capability[.numberOfFaultRecords] = record < 8 ? 7 : 15
    }
    let highest =
      timeline.faults.compactMap { fault -> UInt64? in
        guard case .dma(_, _, let address) = fault.observation.request,
          fault.observation.faultReason?.row?.problem != .beyondWidth
        else { return nil }
        return address.rawValue
      }.max() ?? 0
    let width = 64 - highest.leadingZeroBitCount
    if width > Int(capability[.maximumGuestAddressWidth]) + 1 {
      capability[.maximumGuestAddressWidth] = width > 48 ? 56 : 47
      if levels.isEmpty { capability[.supportedAdjustedGuestAddressWidths] = 0 }
      capability[.supportedAdjustedGuestAddressWidths] |=
        Capability.width(ofLevels: width > Paging.width(levels: 4) ? 5 : 4)
    }
    for fault in timeline.faults {
      switch fault.observation.faultReason {
      case .postedDescriptorAccess, .postedDescriptorReserved:
        capability[flag: .postedInterrupts] = true
      case .addressBeyondWidth, .scalableAddressBeyondWidth:
        guard case .dma(_, _, let address) = fault.observation.request,
          address.rawValue >> UInt64(Paging.width(levels: 4)) == 0,
          address.rawValue >> UInt64(Paging.width(levels: 3)) != 0
        else { continue }
        // The address is beyond three levels.
        capability[.supportedAdjustedGuestAddressWidths] |= Capability.width(ofLevels: 3)
      default: break
      }
    }
    return capability
  }

  /// Where the driver's root table is: debugfs tells; else a page that no dumped table uses.
  private func root(of name: String, _ index: Int) -> UInt64 {
    var first: UInt64?
    for row in contents.debugfs {
      guard case .rootTable(let unit, let address) = row.value else { continue }
      if unit == name { return address.pageStart }
      first = first ?? address.pageStart
    }
    // The one unit that is described may have another name in the log.
    if index == 0, contents.table == nil, let first { return first }
    if let register = register(RegisterOffset.rtaddr, of: name) { return register.pageStart }
    return 0x0400_0000 + UInt64(page: UInt64(index))
  }

  /// The last value that `iommu_regset` shows of a unit's register.
  private func register(_ offset: Int, of name: String) -> UInt64? {
    var current = ""
    var found: UInt64?
    for row in contents.debugfs {
      switch row.value {
      case .registers(let unit, _): current = unit
      case .register(_, UInt64(offset), let value) where current == name || units.count == 1:
        found = value
      default: break
      }
    }
    return found == 0 ? nil : found
  }

  /// Where a unit's interrupt table lies.
  func interruptTable(of unit: MachineUnit) -> UInt64 {
    var name = ""
    var shown: UInt64?
    for row in contents.debugfs where shown == nil {
      switch row.value {
      case .interrupts(let unit): name = unit
      case .interruptTable(let address) where name == unit.name: shown = address.pageStart
      default: break
      }
    }
    let index = units.firstIndex { $0.name == unit.name } ?? 0
    return shown ?? 0x0600_0000 + UInt64(index) * 0x10_0000
  }

  /// The pages that the driver asks for while it brings its units up: first the interrupt table and
  /// the queue of each, then, unit by unit, a queue where there is none yet, the root table.
  var pagesOfUnits: [UInt64] {
    var pages: [UInt64] = []
    // The driver's second round: a queue for a unit that has none yet, then the root.
    var secondRound: [UInt64] = []
    for (index, unit) in units.enumerated() {
      let queue =
        register(RegisterOffset.iqa, of: unit.name).map { $0.pageStart }
        ?? 0x0500_0000 + UInt64(index) * 0x2000
      let hasQueue = unit.extended[flag: .queuedInvalidation]
      if remapsInterrupts, unit.extended[flag: .interruptRemapping] {
        pages.append(interruptTable(of: unit))
        if hasQueue { pages.append(queue) }
      } else if hasQueue {
        secondRound.append(queue)
      }
      secondRound.append(unit.root)
    }
    return pages + secondRound
  }

  func description(_ unit: MachineUnit) -> UnitDescription {
    var description = UnitDescription()
    description.name = unit.name
    description.hardware.capability = unit.capability
    description.hardware.extendedCapability = unit.extended
    if let width = hostAddressWidth {
      description.hardware.hostAddressWidth = width
    } else if let width = widthOfRefusedEntry {
      description.hardware.hostAddressWidth = width
      description.notes.above["host_address_width"] = [
        "assumed: an entry that was refused for its reserved bits has none but those from here on"
      ]
    }
    description.segment = unit.segment
    description.covers = unit.covers
    if let base = unit.base {
      description.hardware.registerBase = PhysicalAddress(rawValue: base)
    }
    if !unit.covers.isEmpty {
      description.notes.above["covers"] = ["the dumps of their faults name this unit"]
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
    let quirks = quirks(of: unit)
    if !quirks.isEmpty { description.notes.above["quirks"] = quirks.map({ $0.reason }) }
    for quirk in quirks { description.hardware.quirks.formUnion(quirk.quirks) }
    return description
  }
}

extension FaultTimeline.Fault {
  /// Levels of the second stage in the entries of the dump, where it was not refused for them.
  fileprivate var dumpedLevels: Int? {
    let levels: Int
    if let context = dump?.context, dump?.root != nil {
      let entry = ContextEntry(low: context.low, high: context.high)
      guard entry[flag: .present], observation.faultReason != .contextInvalid else { return nil }
      levels = entry.levels
    } else if let entry = dump?.pasidEntry, entry[flag: .present],
      observation.faultReason != .pasidEntryInvalid,
      [.secondStage, .nested].contains(entry.translationType)
    {
      levels = entry.secondStageLevels
    } else {
      return nil
    }
    return (3...5).contains(levels) ? levels : nil
  }
}
