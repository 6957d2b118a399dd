import KernelLog
import PCI
import VTdFormats

/// A scenario that replays to a log's DMAR lines, rebuilt from the log.
///
/// What the log does not tell is chosen so that the fault comes out, and marked `assumed:` with the
/// reason.
public struct Rebuild: Sendable {
  /// The scenario as YAML.
  public let yaml: String
  /// Faults that are not in it, and why.
  public let omitted: [String]
  public let faultCount: Int

  public init(_ contents: LogContents, _ timeline: FaultTimeline, from name: String) {
    var writer = Writer(contents: contents, timeline: timeline, name: name)
    yaml = writer.scenario()
    omitted = writer.omitted
    faultCount = writer.faultCount
  }
}

extension Rebuild {
  /// Real capabilities for a machine whose boot lines are missing.
  static let assumedCapability: UInt64 = 0x1c0_000c_4066_0462
  static let assumedExtended: UInt64 = 0x19_e2ff_0505e
  /// Memory below the firmware's and the devices' ranges.
  private static let lowMemory: UInt64 = 0x8000_0000

  struct Writer {
    let contents: LogContents
    let timeline: FaultTimeline
    let name: String
    var omitted: [String] = []
    var faultCount = 0
    /// The lock report that the scenario leads to again.
    var splat: SplatImage?
    /// Lock reports that it does not, and why.
    var splatNotes: [String] = []
    private var text = ""
    /// What memory holds so far.
    private var memory: [UInt64: UInt64] = [:]

    init(contents: LogContents, timeline: FaultTimeline, name: String) {
      self.contents = contents
      self.timeline = timeline
      self.name = name
    }

    var isScalable: Bool {
      timeline.faults.contains {
        $0.dump?.scalableRoot != nil || ($0.observation.reason ?? 0) >= 0x30
      }
        || contents.debugfs.contains { row in
          if case .context(_, _, _, _, _, .some, _) = row.value { true } else { false }
        }
    }
    private var hasInterrupts: Bool {
      timeline.faults.contains {
        if case .interrupt = $0.observation.request { true } else { false }
      }
    }
    private var hasDumps: Bool { timeline.faults.contains { $0.dump != nil } }

    /// The unit of the dumps, else the first.
    private var unit: LogContents.Unit? {
      let name = timeline.faults.lazy.compactMap { $0.dump?.unit }.first
      return (contents.units.first { "dmar\($0.value.number)" == name } ?? contents.units.first)?
        .value
    }

    private var unitName: String {
      timeline.faults.lazy.compactMap { $0.dump?.unit }.first ?? "dmar\(unit?.number ?? 0)"
    }

    /// The highest table address in the log, which memory has to reach.
    private var highestTable: UInt64 {
      var highest: UInt64 = 0
      for fault in timeline.faults {
        for line in fault.dump?.lines ?? [] {
          switch line.value {
          case .rootEntry(let low), .pasidDirectoryEntry(let low): highest = max(highest, low)
          case .scalableRootEntry(let high, let low): highest = max(highest, high, low)
          case .contextEntry(_, let low): highest = max(highest, low)
          case .pasidTableEntry(let index, let value) where index == 0 || index == 2:
            highest = max(highest, value)
          case .pageTableEntry(_, let value):
            highest = max(highest, SecondStageEntry(rawValue: value)[inPlace: .address])
          default: break
          }
        }
      }
      return min(highest, 1 << 46)
    }

    mutating func scenario() -> String {
      let extended =
        unit?.extended.rawValue
        ?? (Rebuild.assumedExtended | (isScalable ? 1 << 43 | 1 << 46 | 1 << 47 : 0))
      let capability = unit?.capability.rawValue ?? Rebuild.assumedCapability
      let hasQueue = ExtendedCapability(rawValue: extended)[flag: .queuedInvalidation]
      var size: UInt64 = Rebuild.lowMemory
      while size <= highestTable + 0x1000_0000 { size *= 2 }
      let root = rootTable
      let free = size - 0x0c00_0000
      let widths = VTdFormats.Capability(rawValue: capability)[.supportedAdjustedGuestAddressWidths]
      let levels = widths & 4 != 0 ? 4 : widths & 2 != 0 ? 3 : 5
      let image = TableImage(
        root: root, free: free, beyond: size + 0x100_0000_0000, levels: levels)
      chooseSplat()
      header()
      kernel()
      machine(size, capability, extended)
      boot(root, free, hasQueue)
      steps(image)
      return text
    }

    /// Where the driver's root table is: debugfs tells; else a page that no dumped table uses.
    private var rootTable: UInt64 {
      for row in contents.debugfs {
        if case .rootTable(_, let address) = row.value { return address & ~0xfff }
      }
      return 0x0400_0000
    }

    mutating func line(_ words: String) { text += words + "\n" }

    func quoted(_ words: String) -> String {
      "\"" + words.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline } + "\""
    }

    private mutating func header() {
      line("# yaml-language-server: $schema=Configs/schema.json")
      line("description: " + quoted("Rebuilt by dmar import from \(name)."))
      line("")
    }

    private mutating func kernel() {
      let generation = timeline.faults.lazy.compactMap { $0.observation.generation }.first
      let wording = timeline.faults.lazy.compactMap(\.wording).first
      line("kernel:")
      if let splat {
        identity(splat)
      } else if let release = contents.kernels.last?.value {
        line("  release: \(quoted(release))")
      } else {
        line("  # assumed: the log does not name the kernel")
        line("  release: \"6.1.0\"")
      }
      line("  configuration:")
      for note in splatNotes { line("    # \(note)") }
      if splat != nil {
        line(
          "    # the log has a lock report, and the wait types in it are those without raw nesting")
        line("    PROVE_LOCKING: true")
        line("    PROVE_RAW_LOCK_NESTING: false")
      } else {
        line("    # assumed: the log tells nothing of lock checking that a replay would need")
        line("    PROVE_LOCKING: false")
      }
      line("    # \(hasDumps ? "the log has table dumps" : "assumed: the log has no table dump")")
      line("    INTEL_IOMMU_DEBUGFS: \(hasDumps)")
      line("    scalable_mode: \(isScalable)")
      line("    IRQ_REMAP: \(hasInterrupts)")
      line("  behaviour:")
      if generation == nil { line("    # assumed: the fault lines have no kernel's exact shape") }
      line("    fault_lines: \((generation ?? .f7).rawValue)")
      if let splat {
        klistBehaviour(splat)
        callSites(splat)
      } else {
        if wording == nil, hasDumps { line("    # assumed: no dump tells how its kernel walks") }
        line("    table_walk: \(wording == .original ? "entry" : "checked-entry")")
      }
      line("")
    }

    private mutating func machine(_ size: UInt64, _ capability: UInt64, _ extended: UInt64) {
      line("machine:")
      line("  # assumed: as much memory as the tables in the log reach, and room for others")
      line("  memory: 0x\(hex(size))")
      line("  units:")
      line("    \(unitName):")
      if let unit {
        line("      base: 0x\(hex(unit.base.rawValue))")
      } else {
        line("      # assumed: the boot lines are missing; these are a real unit's")
        line("      base: 0xfed90000")
      }
      line("      cap: 0x\(hex(capability))")
      line("      ecap: 0x\(hex(extended))")
      let isQEMU =
        isScalable
        && timeline.faults.contains {
          guard case .dma(_, let pasid?, _) = $0.observation.request else { return false }
          return pasid.rawValue == 0 && ($0.observation.reason.map { $0 < 0x30 } ?? false)
        }
      if isQEMU {
        line(
          "      # the log has reasons 5 and 6 with PASID 0 in scalable mode, as QEMU records them")
        line("      quirks: [qemu-10]")
      }
      let functions = contents.functions.filter { $0.value.vendor != nil && $0.key.segment == 0 }
      let lookedUp = splat == nil ? [] : unlistedSources(functions.map(\.key.sourceID))
      if !functions.isEmpty || !lookedUp.isEmpty {
        line("  pci:")
        line("    functions:")
        for source in lookedUp {
          line("      # assumed: the look-up finds it; the log does not say what it is")
          line("      \"\(source)\": {vendor: 0x8086, device: 0x0000, class: 0xff0000}")
        }
        for (address, function) in functions.sorted(by: { $0.key < $1.key }) {
          line(
            "      \"\(address.shortDescription)\": {vendor: 0x\(hex(UInt64(function.vendor ?? 0), digits: 4)), "
              + "device: 0x\(hex(UInt64(function.device ?? 0), digits: 4)), "
              + "class: 0x\(hex(UInt64(function.classCode ?? 0xff0000), digits: 6))}")
        }
      }
      if let splat { interrupted(splat) }
      line("")
    }

    private mutating func boot(_ root: UInt64, _ free: UInt64, _ hasQueue: Bool) {
      line("boot:")
      line("  pages:")
      line(
        "    # assumed: the driver's own pages lie where the log's tables do not, but for the root")
      var pages: [UInt64] = []
      if hasInterrupts { pages.append(0x0600_0000) }
      if hasQueue { pages.append(0x0500_0000) }
      pages.append(root)
      if splat != nil { pages += pagesOfDumpedDomains }
      line("    list: [\(pages.map { "0x" + hex($0) }.joined(separator: ", "))]")
      line("    base: 0x\(hex(free + 0x0b00_0000))")
      let taken = timeline.faults.compactMap { fault -> (UInt16, SourceID)? in
        guard case .interrupt(let index) = fault.observation.request,
          fault.observation.reason == 0x26
        else { return nil }
        return (index, fault.observation.source)
      }
      if !taken.isEmpty {
        line("  # assumed: the entry belongs to somebody else, whoever it is")
        line("  interrupts:")
        for (index, source) in taken {
          let other = SourceID(rawValue: source.rawValue ^ 0x0100)
          line("    - {index: \(index), vector: 0x30, source: \"\(other)\"}")
        }
      }
      domains()
      line("")
    }

    /// Faulting devices that the log says nothing else of.
    private func unlistedSources(_ listed: [SourceID]) -> [SourceID] {
      var found: [SourceID] = []
      for fault in timeline.faults {
        let source = fault.observation.source
        if !listed.contains(source), !found.contains(source) { found.append(source) }
      }
      return found
    }

    /// What debugfs shows is mapped, whatever faulted.
    private mutating func domains() {
      let image = DomainImage(contents.debugfs)
      let dumped = splat == nil ? [] : dumpedDomains
      guard !image.domains.isEmpty || !dumped.isEmpty else { return }
      line("  # from dmar_translation_struct and domain_translation_struct, or from dumps")
      line("  domains:")
      // Those of the dumps are first: their tables are the first of the list above.
      var domains = dumped.map { domain in
        var image = image.domains[domain.id] ?? DomainImage.Domain(levels: domain.levels)
        image.devices = domain.devices + image.devices.filter { !domain.devices.contains($0) }
        return (key: domain.id, value: image)
      }
      let known = Set(domains.map(\.key))
      domains += image.domains.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
      for (id, domain) in domains {
        line("    \(id):")
        line("      levels: \(domain.levels)")
        let devices = domain.devices.map { "\"\($0)\"" }.joined(separator: ", ")
        line("      devices: [\(devices)]")
        if domain.mappings.isEmpty { continue }
        line("      mappings:")
        for mapping in domain.mappings {
          line(
            "        - {iova: 0x\(hex(mapping.iova)), target: 0x\(hex(mapping.target)), "
              + "size: 0x\(hex(mapping.size)), access: \(mapping.access)}")
        }
      }
    }

    private mutating func steps(_ image: TableImage) {
      line("steps:")
      var expected: [String] = []
      for fault in timeline.faults {
        guard let reason = fault.observation.reason else {
          omitted.append("line \(fault.line): its reason is cut off")
          continue
        }
        switch fault.observation.request {
        case .interrupt(let index): interrupt(fault, index, reason)
        case .dma(let access, let pasid, let address):
          let need = image.need(fault, isScalable: isScalable)
          if let obstacle = need.obstacle {
            omitted.append("line \(fault.line): it needs \(obstacle)")
            continue
          }
          separate()
          write(need, fault)
          let space = pasid.map { ", pasid: \($0.rawValue)" } ?? ""
          line("  # line \(fault.line) of the log")
          line(
            "  - dma: {device: \"\(fault.observation.source)\", access: \(access.rawValue), "
              + "address: 0x\(hex(address.rawValue)), length: 4\(quirkFree(space, reason))\(overflow(fault))}"
          )
          expected.append(
            "    - {device: \"\(fault.observation.source)\", access: \(access.rawValue), "
              + "address: 0x\(hex(address.rawValue)), reason: 0x\(hex(UInt64(reason), digits: 2))}")
        }
        faultCount += 1
      }
      if faultCount == 0 { text.removeLast("steps:\n".utf8.count) }
      if !expected.isEmpty, !hasInterrupts {
        line("")
        line("expect:")
        line("  faults:")
        for words in expected { line(words) }
      }
    }

    /// With one fault record and a status that tells of an overflow, the device tried again before
    /// the handler ran: the second fault found the record in use.
    private func overflow(_ fault: FaultTimeline.Fault) -> String {
      let capability = unit?.capability.rawValue ?? Rebuild.assumedCapability
      let records = VTdFormats.Capability(rawValue: capability)[.numberOfFaultRecords]
      guard let status = fault.status, status & 1 != 0, records == 0 else { return "" }
      return ", repeat: 2"
    }

    /// QEMU records a request without PASID as PASID 0; the device sent none.
    private func quirkFree(_ space: String, _ reason: UInt8) -> String {
      isScalable && reason < 0x30 && space == ", pasid: 0" ? "" : space
    }

    /// The limiter lets three faults pass in five seconds; the log has them all.
    private mutating func separate() {
      guard faultCount > 0 else { return }
      line("  # assumed: time enough that the limiter lets the next fault through")
      line("  - wait: 6")
    }

    private mutating func interrupt(
      _ fault: FaultTimeline.Fault, _ index: UInt16, _ reason: UInt8
    ) {
      guard [0x22, 0x25, 0x26].contains(reason) else {
        omitted.append(
          "line \(fault.line): an interrupt refused for reason 0x\(hex(UInt64(reason)))")
        faultCount -= 1
        return
      }
      separate()
      // Remappable format: the handle's bits 14:0 in 19:5, bit 15 in 2; bit 4 tells the format.
      let handle = UInt64(index)
      var address = 0xfee0_0000 | (handle & 0x7fff) << 5 | (handle >> 15) << 2
      if reason != 0x25 { address |= 1 << 4 }
      line("  # line \(fault.line) of the log; assumed: the message's data")
      line(
        "  - dma: {device: \"\(fault.observation.source)\", access: write, "
          + "address: 0x\(hex(address)), length: 4}")
    }

    /// The words that memory does not hold yet, neighbours together.
    private mutating func write(_ need: TableImage.Need, _ fault: FaultTimeline.Fault) {
      let changed = need.words.filter { (memory[$0.key] ?? 0) != $0.value }.sorted {
        $0.key < $1.key
      }
      guard !changed.isEmpty else { return }
      for assumption in need.assumptions { line("  # assumed: \(assumption)") }
      var runs: [(address: UInt64, words: [UInt64])] = []
      for (address, value) in changed {
        memory[address] = value
        if let last = runs.indices.last,
          runs[last].address + UInt64(runs[last].words.count) * 8 == address
        {
          runs[last].words.append(value)
        } else {
          runs.append((address, [value]))
        }
      }
      for run in runs {
        line(
          "  - write_memory: {address: 0x\(hex(run.address)), words: "
            + "[\(run.words.map { "0x" + hex($0) }.joined(separator: ", "))]}")
      }
    }
  }
}
