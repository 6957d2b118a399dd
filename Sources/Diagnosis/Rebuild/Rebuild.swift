import KernelLog
import LogReading
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

  /// Files that the scenario points to, as seen from where it lies.
  public struct PlatformFiles: Sendable {
    /// The DMAR table.
    public var table: String?
    /// The snapshot of the bus.
    public var snapshot: String?

    public init(table: String? = nil, snapshot: String? = nil) {
      self.table = table
      self.snapshot = snapshot
    }
  }

  public init(
    _ contents: LogContents, _ timeline: FaultTimeline, from name: String,
    platform: PlatformFiles = PlatformFiles()
  ) {
    var writer = Writer(
      contents: contents, timeline: timeline, name: name, platform: platform)
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
    let files: PlatformFiles
    var omitted: [String] = []
    var faultCount = 0
    /// The lock report that the scenario leads to again.
    var splat: SplatImage?
    /// A lock report of another kind, as lock programs, with its line.
    var lockProgram: (line: Int, image: LockProgramImage)?
    /// Lock reports that it does not, and why.
    var splatNotes: [String] = []
    var text = ""
    /// The units that the scenario describes, in the kernel's order.
    private(set) var units: [MachineUnit]
    /// Where memory ends.
    var memorySize: UInt64 = 0
    /// What memory holds so far.
    var memory: [UInt64: UInt64] = [:]

    init(
      contents: LogContents, timeline: FaultTimeline, name: String, platform: PlatformFiles
    ) {
      self.contents = contents
      self.timeline = timeline
      self.name = name
      files = platform
      units = []
      units = machineUnits
    }

    var isScalable: Bool {
      timeline.faults.contains {
        $0.dump?.scalableRoot != nil || ($0.observation.reason ?? 0) >= 0x30
      }
        || contents.debugfs.contains { row in
          if case .context(_, _, _, _, _, .some, _) = row.value { true } else { false }
        }
    }
    var hasInterrupts: Bool {
      timeline.faults.contains {
        if case .interrupt = $0.observation.request { true } else { false }
      }
    }
    var hasDumps: Bool { timeline.faults.contains { $0.dump != nil } }

    /// The unit of the dumps, else the first.
    var unit: LogContents.Unit? {
      let name = timeline.faults.lazy.compactMap { $0.dump?.unit }.first
      return (contents.units.first { "dmar\($0.value.number)" == name } ?? contents.units.first)?
        .value
    }

    var unitName: String {
      timeline.faults.lazy.compactMap { $0.dump?.unit }.first ?? "dmar\(unit?.number ?? 0)"
    }

    /// Addresses from here on are garbage in an entry, not memory that a machine has.
    private static let mostMemory: UInt64 = 1 << 43

    /// The highest table address in the log, which memory has to reach.
    private var highestTable: UInt64 {
      var highest: UInt64 = 0
      func note(_ addresses: UInt64...) {
        for address in addresses where address < Self.mostMemory { highest = max(highest, address) }
      }
      for fault in timeline.faults {
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

    mutating func scenario() -> String {
      var size: UInt64 = Rebuild.lowMemory
      while size <= highestTable + 0x1000_0000 { size *= 2 }
      let free = size - 0x0c00_0000
      memorySize = size
      chooseSplat()
      header()
      kernel()
      machine(size)
      boot(free)
      steps { unit in
        let widths = unit.capability[.supportedAdjustedGuestAddressWidths]
        return TableImage(
          root: unit.root, free: free, beyond: size + 0x100_0000_0000,
          levels: widths & 4 != 0 ? 4 : widths & 2 != 0 ? 3 : 5)
      }
      return text
    }

    mutating func line(_ words: String) { text += words + "\n" }

    /// The words between quotation marks, as YAML escapes what may not stand there.
    func quoted(_ words: String) -> String {
      var escaped = ""
      for character in words {
        switch character {
        case "\"", "\\": escaped += "\\" + String(character)
        case _ where character.isNewline: escaped += "\\n"
        default: escaped.append(character)
        }
      }
      return "\"" + escaped + "\""
    }

    private mutating func header() {
      line("# yaml-language-server: $schema=Configs/schema.json")
      line("description: " + quoted("Rebuilt by dmar import from \(name)."))
      line("")
    }

    private mutating func machine(_ size: UInt64) {
      line("machine:")
      line("  # assumed: as much memory as the tables in the log reach, and room for others")
      line("  memory: 0x\(hex(size))")
      if let table = files.table { line("  dmar: \(quoted(table))") }
      line("  units:")
      for unit in units { describe(unit) }
      let functions = listedFunctions
      let lookedUp = splat == nil ? [] : unlistedSources(functions.map(\.key.sourceID))
      let snapshot = files.snapshot
      if snapshot != nil || !functions.isEmpty || !lookedUp.isEmpty {
        line("  pci:")
        if let snapshot { line("    snapshot: \(quoted(snapshot))") }
        if !functions.isEmpty || !lookedUp.isEmpty { line("    functions:") }
        for source in lookedUp {
          line("      # assumed: the look-up finds it; the log does not say what it is")
          line("      \"\(source)\": {vendor: 0x8086, device: 0x0000, class: 0xff0000}")
        }
        for (address, function) in functions { describe(address, function) }
      }
      if let splat { interrupted(splat) }
      line("")
    }

    private mutating func boot(_ free: UInt64) {
      line("boot:")
      line("  pages:")
      line(
        "    # assumed: the driver's own pages lie where the log's tables do not, but for the root")
      var pages = pagesOfUnits
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
  }
}
