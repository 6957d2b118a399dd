internal import ACPITables
internal import KernelLog
internal import PCI
import Text
internal import VTdFormats

/// A bus with everything that follows from it, for people and for programs.
struct PCIReport {
  let topology: PCITopology
  /// What classes are called.
  let classes: PCIClassNames
  let groups: IsolationGroups
  /// Nil where no DMAR table is known.
  let platform: Platform?

  init(
    topology: PCITopology, table: DMARTable?,
    classes: PCIClassNames = PCIClassNames(pciIDs: [])
  ) {
    self.topology = topology
    self.classes = classes
    groups = topology.isolationGroups()
    platform = table.map { Platform(topology: topology, table: $0) }
  }

  // MARK: For people

  /// A line for each function, in columns.
  var tableLines: [String] {
    var rows = [["ADDRESS", "IDS", "CLASS", "SOURCE-IDS", "GROUP", "UNIT", "NAME"]]
    if platform == nil { rows[0].remove(at: 5) }
    let coverages = coverageByAddress
    for function in topology.functions {
      let ids = aliases(of: function).map { "\($0)" }
      var row = [
        "\(function.address)", function.identity.ids, "\(function.identity.classCode)",
        Self.short(ids), groups.group(of: function.address).map { "\($0.id)" } ?? "-",
      ]
      if let coverage = coverages[function.address] { row.append(unitText(coverage)) }
      rows.append(row + [function.listing(classes)])
    }
    return columns(rows)
  }

  /// The buses below their bridges.
  var treeLines: [String] {
    let coverages = coverageByAddress
    func lines(_ tree: PCITree, _ depth: Int) -> [String] {
      let indent = String(repeating: "  ", count: depth)
      return ["\(indent)\(tree.bus)"]
        + tree.nodes.flatMap { node -> [String] in
          let function = node.function
          let devfn = function.sourceID.description.dropFirst(3)
          let buses = function.bridgeBuses.map {
            " to \(hex(UInt64($0.secondary), digits: 2))-\(hex(UInt64($0.subordinate), digits: 2))"
          }
          let unit = coverages[function.address].map { " [\(unitText($0))]" }
          let line =
            "\(indent)  \(devfn) \(function.identity.ids) \(kind(of: function))\(buses ?? ""): "
            + "\(function.name)\(unit ?? "")"
          return [line] + node.below.flatMap { lines($0, depth + 2) }
        }
    }
    return topology.tree.flatMap { lines($0, 0) }
  }

  /// Capabilities, base addresses and ids of one function, below its line.
  func detailLines(of function: PCIFunction) -> [String] {
    var lines: [String] = []
    let summary = function.configuration.capabilitySummary
    if !summary.isEmpty { lines.append("capabilities: " + summary.joined(separator: ", ")) }
    for region in function.regions {
      let prefetchable = region.isPrefetchable ? ", prefetchable" : ""
      lines.append(
        "BAR \(region.register): \(region.kind.rawValue) at 0x\(hex(region.base)), "
          + "0x\(hex(region.size)) bytes\(prefetchable)")
    }
    for alias in topology.aliases(of: function.address, knownTo: .hardware).dropFirst() {
      lines.append("also seen as \(alias.sourceID) (\(reason(alias)))")
    }
    return lines
  }

  /// What a reader should know: functions without a unit or with two.
  var warnings: [String] {
    guard let platform else { return [] }
    return platform.coverages().compactMap { address, coverage in
      switch coverage {
      case .none: "\(address): no unit covers it, its DMA is not remapped"
      case .ambiguous(let units):
        "\(address): in the scope of "
          + units.map { platform.units[$0].name }
          .joined(separator: " and ")
      case .named, .below, .includeAll: nil
      }
    }
  }

  private var coverageByAddress: [PCIAddress: Coverage] {
    guard let platform else { return [:] }
    return Dictionary(
      platform.coverages().map { ($0.address, $0.coverage) },
      uniquingKeysWith: { first, _ in first })
  }

  private func unitText(_ coverage: Coverage) -> String {
    guard let platform, let unit = coverage.unit else { return "none" }
    let name = platform.units[unit].name
    if case .ambiguous = coverage { return name + "?" }
    return name
  }

  private func aliases(of function: PCIFunction) -> [SourceID] {
    topology.aliases(of: function.address).map(\.sourceID)
  }

  private func kind(of function: PCIFunction) -> String {
    let port = function.configuration.express?.portType
    if function.identity.classCode.isBridge, let port { return port.name }
    return function.identity.classCode.name ?? "class \(function.identity.classCode)"
  }

  private func reason(_ alias: RequesterAlias) -> String {
    switch alias.origin {
    case .own: "its own"
    case .realRequester: "Volume Management Device"
    case .device(let note): note
    case .bridge: "taken over by the bridge \(alias.carrier)"
    }
  }

  /// All ids of a few, the first and the number of many.
  private static func short(_ ids: [String]) -> String {
    ids.count <= 4
      ? ids.joined(separator: ",") : ids[0] + ",… (\(ids.count))"
  }

  // MARK: For programs

  /// One JSON document.
  var json: String {
    let coverages = coverageByAddress
    return JSONValue.object([
      (
        "functions",
        .array(topology.functions.map { json(of: $0, coverage: coverages[$0.address]) })
      ),
      ("units", platform.map { .array($0.units.map(json)) } ?? .null),
    ]).pretty
  }

  private func json(of function: PCIFunction, coverage: Coverage?) -> JSONValue {
    let identity = function.identity
    func id(_ value: UInt16) -> JSONValue { .string("0x\(hex(UInt64(value), digits: 4))") }
    var members: [(String, JSONValue)] = [
      ("address", .string("\(function.address)")), ("vendor", id(identity.vendor)),
      ("device", id(identity.device)),
      ("class", .string("0x\(hex(UInt64(identity.classCode.rawValue), digits: 6))")),
      ("revision", .unsigned(UInt64(identity.revision))),
      ("subsystem_vendor", id(identity.subsystemVendor)), ("subsystem", id(identity.subsystem)),
      ("name", .string(function.name)),
      ("class_name", .string(classes.name(of: identity.classCode))),
      ("configuration_bytes", .count(function.configuration.count)),
      ("port_type", .text(function.configuration.express?.portType?.name)),
      ("capabilities", .array(function.configuration.capabilitySummary.map { .string($0) })),
    ]
    let buses = function.bridgeBuses.map { buses in
      JSONValue.object([
        ("secondary", .unsigned(UInt64(buses.secondary))),
        ("subordinate", .unsigned(UInt64(buses.subordinate))),
      ])
    }
    members.append(("buses", buses ?? .null))
    members.append(
      (
        "regions",
        .array(
          function.regions.map { region in
            .object([
              ("register", .unsigned(UInt64(region.register))),
              ("kind", .string(region.kind.rawValue)),
              ("prefetchable", .boolean(region.isPrefetchable)),
              ("base", .string("0x\(hex(region.base))")),
              ("size", .string("0x\(hex(region.size))")),
            ])
          })
      ))
    let known = Set(aliases(of: function))
    members.append(
      (
        "source_ids",
        .array(
          topology.aliases(of: function.address, knownTo: .hardware).map { alias in
            .object([
              ("id", .string("\(alias.sourceID)")), ("reason", .string(reason(alias))),
              ("known_to_linux", .boolean(known.contains(alias.sourceID))),
            ])
          })
      ))
    let group = groups.group(of: function.address)
    members.append(("group", group.map { .count($0.id) } ?? .null))
    if let coverage {
      members.append(("unit", coverage.unit == nil ? .null : .string(unitText(coverage))))
    }
    return .object(members)
  }

  private func json(of unit: PlatformUnit) -> JSONValue {
    .object([
      ("name", .string(unit.name)), ("segment", .unsigned(UInt64(unit.definition.segment))),
      ("base", .string("0x\(hex(unit.definition.registerBase))")),
      ("include_all", .boolean(unit.definition.includesAll)),
      ("scopes", .array(unit.definition.scopes.map { .string("\($0)") })),
    ])
  }
}
