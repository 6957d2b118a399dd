internal import Diagnosis
internal import KernelLog
internal import LinuxIOMMU
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// The scenario as a whole: its machine, its boot, then what its steps need.
extension ScenarioBuilder {
  /// Memory below the firmware's and the devices' ranges.
  private static let lowMemory: UInt64 = 0x8000_0000
  /// What the tables of a segment that the log does not show may need.
  private static let stretch: UInt64 = 0x0c00_0000
  /// Addresses from here on are garbage in an entry, not memory that a machine has.
  private static let mostMemory: UInt64 = 1 << 43

  /// Makes the scenario.
  ///
  /// - Parameter boot: runs the kernel's boot, and gives what memory holds then; nil where nothing is
  ///   run.
  mutating func build(
    from name: String, booting boot: (ScenarioDescription) -> ((UInt64) -> UInt64?)?
  ) {
    var size = Self.lowMemory
    let segments = Set(log.units.map { $0.segment }).sorted()
    while size <= highestTable + 0x1000_0000 * UInt64(max(segments.count, 1)) { size *= 2 }
    free = size - Self.stretch
    beyond = size + 0x100_0000_0000
    if let width = log.hostAddressWidth, beyond >> UInt64(width) != 0 {
      beyond = max(size, (1 << UInt64(width)) - 0x1000_0000)
    }
    scenario.summary = "Rebuilt by dmar import from \(name)."
    scenario.machine.memorySize = size
    chooseSplat()
    scenario.kernel = kernel
    machine()
    self.boot()
    placeTables(booting: boot)
    if let load = boot(scenario) { baseline = { load($0) ?? 0 } }
    let (free, beyond) = (free, beyond)
    steps { unit in
      // Two segments may have functions of the same bus and number.
      let place = UInt64(segments.firstIndex(of: unit.segment) ?? 0)
      return TableImage(
        root: unit.root, free: free - Self.stretch * place, beyond: beyond,
        levels: [4, 3].first { unit.capability.supports(secondStageLevels: $0) } ?? 5)
    }
  }

  /// The highest table address in the log, which memory has to reach.
  private var highestTable: UInt64 {
    var highest: UInt64 = 0
    func note(_ addresses: UInt64...) {
      for address in addresses where address < Self.mostMemory { highest = max(highest, address) }
    }
    for row in log.contents.debugfs {
      switch row.value {
      case .rootTable(_, let address), .interruptTable(let address): note(address)
      case .context(_, let rootHigh, let rootLow, _, let low, _, let entry):
        note(rootHigh, rootLow, low)
        if entry.count > 2 { note(entry[0], entry[2]) }
      case .page(_, let entries):
        // The last one is the page's, which may lie anywhere.
        for entry in entries.filter({ $0 != 0 }).dropLast() {
          note(SecondStageEntry(rawValue: entry)[inPlace: .address])
        }
      default: break
      }
    }
    for fault in log.timeline.faults {
      for line in fault.dump?.lines ?? [] {
        switch line.value {
        case .rootEntry(let low), .pasidDirectoryEntry(let low): note(low)
        case .scalableRootEntry(let high, let low): note(high, low)
        case .contextEntry(_, let low): note(low)
        case .pasidTableEntry(let index, let value) where index == 0 || index == 2: note(value)
        case .pageTableEntry(_, let value):
          note(SecondStageEntry(rawValue: value)[inPlace: .address])
        default: break
        }
      }
    }
    return highest
  }

  private mutating func machine() {
    scenario.machine.notes.above["memory"] = [
      "assumed: as much memory as the tables in the log reach, and room for others"
    ]
    scenario.machine.tableFile = log.files.table.map { FileName($0) }
    scenario.machine.units = log.units.map(log.description)
    let functions = log.listedFunctions
    let listed = functions.map { $0.key }
    let unlisted = unlistedRequesters(listed)
    let lookedUp =
      (splat == nil ? [] : unlisted)
      + log.queueDevices.filter { !listed.contains($0) && log.contents.topology == nil }
    scenario.machine.snapshotFile = log.files.snapshot.map { FileName($0) }
    scenario.machine.functions =
      lookedUp.map { address in
        var function = FunctionDescription(
          at: address, vendor: 0x8086, device: 0, classCode: PCIClass.unassigned.rawValue)
        function.notes = Notes(["assumed: the look-up finds it; the log does not say what it is"])
        return function
      } + functions.map(log.description)
    let known = Set(scenario.machine.functions.map { $0.invention.address })
    scenario.machine.functions += unlisted.filter { !known.contains($0) && !isOfSnapshot($0) }.map {
      var function = FunctionDescription()
      function.invention.address = $0
      function.isAbsent = true
      function.notes = Notes(["the log does not show it on the bus"])
      return function
    }
    if let splat {
      scenario.machine.addresses = [Keyed("pci.klist_devices", splat.detail.lockAddress)]
      scenario.machine.interrupted = splat.interruptedContext
    }
  }

  private mutating func boot() {
    scenario.boot.pages.notes.above["list"] = [
      "assumed: the driver's own pages lie where the log's tables do not, but for the root"
    ]
    let pages = log.pagesOfUnits + (splat == nil ? [] : pagesOfDumpedDomains)
    scenario.boot.pages.list = pages.map { PhysicalAddress(rawValue: $0) }
    scenario.boot.pages.base = PhysicalAddress(rawValue: free + 0x0b00_0000)
    for fault in log.timeline.faults {
      guard case .interrupt(let index) = fault.observation.request,
        fault.observation.reason == FaultReason.interruptSourceMismatch.rawValue
      else { continue }
      let other = SourceID(rawValue: fault.observation.source.rawValue ^ 0x0100)
      let unit = log.unitIndex(of: fault.requester)
      scenario.boot.interrupts.append(
        .init(
          index: Int(index), entry: .init(vector: 0x30, destination: 1, source: other),
          unit: unit == 0 ? nil : log.units[unit].name))
      scenario.boot.notes.above["interrupts"] = [
        "assumed: the entry belongs to somebody else, whoever it is"
      ]
    }
    scenario.boot.commandLine = oopsCommandLine
    scenario.boot.domains = domains
    if !domains.isEmpty {
      scenario.boot.notes.above["domains"] = [
        "from dmar_translation_struct and domain_translation_struct, or from dumps"
      ]
    }
  }

  /// Faulting devices that the log says nothing else of.
  private func unlistedRequesters(_ listed: [PCIAddress]) -> [PCIAddress] {
    var found: [PCIAddress] = []
    var known = Set(listed)
    let requesters =
      log.timeline.faults.map { $0.requester } + log.timeline.refusedPages.map { $0.device }
    for requester in requesters where known.insert(requester).inserted { found.append(requester) }
    return found
  }

  /// A function of the snapshot, which the scenario points to.
  private func isOfSnapshot(_ address: PCIAddress) -> Bool {
    log.files.snapshot != nil && log.contents.topology?[address] != nil
  }

  /// What debugfs shows is mapped, whatever faulted.
  private var domains: [DomainDescription] {
    let image = DomainImage(log.shownRows)
    // Those of the dumps are first: their tables are the first of the driver's pages.
    let dumped = (splat == nil ? [] : dumpedDomains).map { domain in
      var description = image.domains[domain.id] ?? .init()
      description.id = DomainID(rawValue: UInt16(clamping: domain.id))
      if image.domains[domain.id] == nil { description.levels = domain.levels }
      description.devices =
        domain.devices + description.devices.filter { !domain.devices.contains($0) }
      return description
    }
    let known = Set(dumped.map { UInt64($0.id.rawValue) })
    return dumped
      + image.domains.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }.map { $0.value }
  }
}
