public import ACPITables

/// DMAR tables as YAML.
public enum DMARTableFile {
  /// The table in the file at `path`: YAML, or the table itself as firmware has it.
  ///
  /// - Parameter place: where the path was written, for the error.
  /// - Throws: `InputError` with the place of the first thing that is not as it should be.
  public static func read(_ path: String, namedAt place: Place? = nil) throws -> DMARTable {
    let bytes = try Files.bytes(at: path, namedAt: place)
    guard bytes.starts(with: Array("DMAR".utf8)), bytes.contains(0) else {
      return try table(from: String(decoding: bytes, as: UTF8.self), file: path)
    }
    do {
      return try DMARTable(parsing: bytes)
    } catch {
      throw InputError(at: Place(file: path), "\(error)")
    }
  }

  /// The table in `text`, which stands in `file`.
  public static func table(from text: String, file: String) throws -> DMARTable {
    try table(from: try YAMLReader.value(of: text, file: file))
  }

  private static func table(from root: YAMLValue) throws -> DMARTable {
    try SchemaType.section(DMARTableSchema.section).check(root, as: "the table")
    return try table(from: CheckedValue(root))
  }

  static func table(from section: CheckedValue) throws -> DMARTable {
    var header = TableHeader()
    if let value = try section["revision"]?.integer(as: UInt8.self) { header.revision = value }
    if let value = section["oem_id"] { header.oemID = try identifier(value, 6) }
    if let value = section["oem_table_id"] { header.oemTableID = try identifier(value, 8) }
    if let value = section["creator_id"] { header.creatorID = try identifier(value, 4) }
    if let value = try section["oem_revision"]?.integer(as: UInt32.self) {
      header.oemRevision = value
    }
    if let value = try section["creator_revision"]?.integer(as: UInt32.self) {
      header.creatorRevision = value
    }
    var table = DMARTable(
      header: header,
      hostAddressWidth: try section.required("host_address_width").integer(as: Int.self),
      flags: TableFlags(rawValue: try section["flags"]?.integer(as: UInt8.self) ?? 0),
      structures: try section.required("structures").list().map { try structure(from: $0) })
    if let reserved = section["reserved"] { table.reserved = try bytes(reserved, count: 10) }
    if let checksum = try section["checksum"]?.integer(as: UInt8.self),
      checksum != table.rightChecksum
    {
      table.header.wrongChecksum = checksum
    }
    return table
  }

  /// Text padded with blanks, or bytes.
  private static func identifier(_ value: CheckedValue, _ count: Int) throws -> [UInt8] {
    if value.value.elements != nil { return try bytes(value, count: count) }
    let text = Array(try value.text().utf8)
    guard text.count <= count else {
      throw InputError(
        at: value.place, "\(text.count) characters; at most \(count) were expected")
    }
    return text + Array(repeating: 0x20, count: count - text.count)
  }

  private static func bytes(_ value: CheckedValue, count: Int? = nil) throws -> [UInt8] {
    let bytes = try value.list().map { try $0.integer(as: UInt8.self) }
    if let count, bytes.count != count {
      throw InputError(at: value.place, "\(bytes.count) bytes; \(count) were expected")
    }
    return bytes
  }

  private static func structure(from element: CheckedValue) throws -> RemappingStructure {
    guard let (key, section) = try element.table().first else {
      throw InputError(at: element.place, "an empty mapping; a structure was expected")
    }
    let structure = try self.structure(key, from: section)
    guard structure.bytes.count <= Int(UInt16.max) else {
      throw InputError(
        at: section.place,
        "the structure takes \(structure.bytes.count) bytes; at most \(UInt16.max) were expected")
    }
    return structure
  }

  private static func structure(_ key: String, from section: CheckedValue) throws
    -> RemappingStructure
  {
    let segment = try section["segment"]?.integer(as: UInt16.self) ?? 0
    let scopes = try section["scopes"]?.list().map { try scope(from: $0) } ?? []
    let flags = try section["flags"]?.integer(as: UInt8.self)
    func flag(_ key: String) throws -> Bool { try section[key]?.boolean() ?? false }
    switch key {
    case "drhd":
      var unit = HardwareUnit(
        includesAll: try flag("include_all"),
        size: try section["size"]?.integer(as: UInt8.self) ?? 0, segment: segment,
        registerBase: try section.required("base").integer(), scopes: scopes)
      if let flags { unit.flags = flags }
      return .unit(unit)
    case "rmrr":
      var region = ReservedMemory(
        segment: segment, base: try section.required("base").integer(),
        limit: try section.required("limit").integer(), scopes: scopes)
      region.reserved = try section["reserved"]?.integer(as: UInt16.self) ?? 0
      return .reservedMemory(region)
    case "atsr":
      var ports = RootPortATS(
        allPorts: try flag("all_ports"), segment: segment, scopes: scopes)
      if let flags { ports.flags = flags }
      ports.reserved = try section["reserved"]?.integer(as: UInt8.self) ?? 0
      return .rootPortATS(ports)
    case "rhsa":
      var affinity = StaticAffinity(
        registerBase: try section.required("base").integer(),
        proximityDomain: try section.required("proximity_domain").integer(as: UInt32.self))
      affinity.reserved = try section["reserved"]?.integer(as: UInt32.self) ?? 0
      return .affinity(affinity)
    case "andd":
      let name = try section.required("name")
      var device = NamespaceDevice(
        number: try section.required("number").integer(as: UInt8.self),
        name: name.value.scalar ?? "")
      if name.value.elements != nil { device.nameBytes = try bytes(name) }
      if let reserved = section["reserved"] { device.reserved = try bytes(reserved, count: 3) }
      return .namespaceDevice(device)
    case "satc":
      var cache = SoCATC(isRequired: try flag("required"), segment: segment, scopes: scopes)
      if let flags { cache.flags = flags }
      cache.reserved = try section["reserved"]?.integer(as: UInt8.self) ?? 0
      return .socATC(cache)
    case "sidp":
      var properties = SoCProperties(segment: segment, scopes: scopes)
      properties.reserved = try section["reserved"]?.integer(as: UInt16.self) ?? 0
      return .socProperties(properties)
    default:
      return .unknown(
        type: try section.required("type").integer(as: UInt16.self),
        body: try bytes(try section.required("bytes")))
    }
  }

  private static func scope(from element: CheckedValue) throws -> DeviceScope {
    guard let (key, section) = try element.table().first else {
      throw InputError(at: element.place, "an empty mapping; a device scope was expected")
    }
    let kind: DeviceScope.Kind
    if let known = DeviceScope.Kind(key: key) {
      kind = known
    } else {
      kind = DeviceScope.Kind(rawValue: try section.required("type").integer(as: UInt8.self))
    }
    let pathText = section.value.scalar ?? section["path"]?.value.scalar
    var scope = DeviceScope(kind, path: [])
    if let pathText {
      guard let path = ScopePath(pathText) else {
        throw InputError(at: section.place, "\"\(pathText)\"; \(TextForm.scopePath.name) expected")
      }
      scope.startBus = path.startBus
      scope.path = path.hops
    }
    guard section.value.scalar == nil else { return scope }
    scope.enumerationID = try section["id"]?.integer(as: UInt8.self) ?? 0
    scope.flags = try section["flags"]?.integer(as: UInt8.self) ?? 0
    scope.reserved = try section["reserved"]?.integer(as: UInt8.self) ?? 0
    if let bus = try section["start_bus"]?.integer(as: UInt8.self) { scope.startBus = bus }
    if let steps = section["steps"] {
      let raw = try bytes(steps)
      guard raw.count % 2 == 0 else {
        throw InputError(at: steps.place, "\(raw.count) bytes; two for each step were expected")
      }
      scope.path = stride(from: 0, to: raw.count, by: 2).map {
        DeviceScope.Hop(device: raw[$0], function: raw[$0 + 1])
      }
    }
    guard scope.bytes.count <= Int(UInt8.max) else {
      throw InputError(
        at: section.place,
        "the scope takes \(scope.bytes.count) bytes; at most \(UInt8.max) were expected")
    }
    return scope
  }
}
