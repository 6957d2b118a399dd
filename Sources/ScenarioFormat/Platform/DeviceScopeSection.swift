public import ACPITables
import Text
internal import VTdFormats

/// An element of a structure's list of scopes.
struct ScopeEntry: Section {
  static var sectionName: String { "device scope" }
  static var isFlow: Bool { false }
  var scope: DeviceScope?

  init() {}
  init(_ scope: DeviceScope) { self.scope = scope }

  mutating func visit(_ field: inout Fields) {
    for key in ["endpoint", "sub-hierarchy", "ioapic", "hpet", "acpi"] {
      field.choice(
        key, &scope,
        { (read: DeviceScope) in
          var scope = read
          scope.kind = DeviceScope.Kind(key: key) ?? read.kind
          return scope
        },
        { $0.kind.name != nil && $0.kind.key == key ? $0 : nil },
        .either(.path, .section, isSimple: { $0.isPathOnly }), "a device scope")
    }
    field.choice(
      "other", &scope, { $0.scope },
      { $0.kind.name == nil ? OtherScope(scope: $0) : nil }, .section,
      "a device scope of another type", example: "{type: 0x7f, path: 00:02.0}")
    field.oneChoice()
    let size = scope?.bytes.count ?? 0
    field.check(
      size <= Int(UInt8.max), at: field.givenKey,
      "the scope takes \(size) bytes; at most \(UInt8.max) were expected")
  }
}

/// A scope of a type that the program does not know.
struct OtherScope: Section {
  static var sectionName: String { "other scope" }
  var scope = DeviceScope()

  mutating func visit(_ field: inout Fields) {
    field.required("type", &scope.kind, .number(0...0xff), "the scope's type", example: "0x7f")
    scope.visit(&field)
  }
}

extension DeviceScope: Section {
  package static var sectionName: String { "scope" }

  /// A scope of no type, without a path.
  package init() { self.init(Kind(rawValue: 0), path: []) }

  /// Whether its path says all of it.
  var isPathOnly: Bool {
    kind.name != nil && enumerationID == 0 && flags == 0 && reserved == 0
      && ScopePath.text(of: self) != nil
  }

  package mutating func visit(_ field: inout Fields) {
    let hasPath = ScopePath.text(of: self) != nil
    var path = hasPath ? ScopePath(startBus: startBus, hops: self.path) : nil
    var bus = hasPath || !field.isWriting ? nil : startBus
    var steps =
      hasPath || !field.isWriting ? nil : self.path.flatMap { [$0.device, $0.function] }
    field("id", &enumerationID, .number(), "enumeration id")
    field(
      "path", &path, .path, "start bus and steps", example: "00:1c.0/00.0")
    field(
      "start_bus", &bus, .number(0...0xff, .hex(2)), "the bus, where there is no path")
    field(
      "steps", &steps, .bytes(), "the path's bytes, where they are not a device and function",
      example: "[0x1f, 0x09]")
    field("flags", &flags, .number(0...0xff, .hex), "properties, in a SIDP")
    field("reserved", &reserved, .number(0...0xff, .hex), "a number")
    if let path { (startBus, self.path) = (path.startBus, path.hops) }
    if let bus { startBus = bus }
    guard let steps else { return }
    field.check(
      steps.count % 2 == 0, at: "steps",
      "\(counted(steps.count, "byte")); two for each step were expected")
    self.path = stride(from: 0, to: steps.count - 1, by: 2).map {
      Hop(device: steps[$0], function: steps[$0 + 1])
    }
  }
}

extension Form where Value == DeviceScope {
  /// A scope that is all said by its path.
  static var path: Form<DeviceScope> {
    Form<ScopePath>.path.map(
      { path in
        var scope = DeviceScope()
        (scope.startBus, scope.path) = (path.startBus, path.hops)
        return scope
      }, { ScopePath(startBus: $0.startBus, hops: $0.path) })
  }
}

extension Form where Value == ScopePath {
  static var path: Form {
    .init(
      .form(
        TextForm(
          name: "a bus and steps such as 00:02.0 or 00:1c.0/00.0",
          pattern: "^[0-9a-fA-F]{1,2}:[0-9a-fA-F]{1,2}\\.[0-7](/[0-9a-fA-F]{1,2}\\.[0-7])*$"
        ) { ScopePath($0) != nil }),
      parse: { ScopePath($0) }, print: { $0.text })
  }
}

/// `00:1c.0/00.0`: a start bus and the steps from there.
struct ScopePath {
  let startBus: UInt8
  let hops: [DeviceScope.Hop]

  init(startBus: UInt8, hops: [DeviceScope.Hop]) {
    self.startBus = startBus
    self.hops = hops
  }

  init?(_ text: String) {
    func number(_ text: Substring, upTo limit: UInt8) -> UInt8? {
      guard (1...2).contains(text.utf8.count), text.allSatisfy({ $0.isHexDigit }),
        let value = UInt8(text, radix: 16), value <= limit
      else { return nil }
      return value
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let bus = number(parts[0], upTo: 0xff) else { return nil }
    var hops: [DeviceScope.Hop] = []
    for step in parts[1].split(separator: "/", omittingEmptySubsequences: false) {
      let pair = step.split(separator: ".", omittingEmptySubsequences: false)
      guard pair.count == 2, let device = number(pair[0], upTo: 0x1f),
        let function = number(pair[1], upTo: 7)
      else { return nil }
      hops.append(DeviceScope.Hop(device: device, function: function))
    }
    startBus = bus
    self.hops = hops
  }

  var text: String {
    let steps = hops.map { "\(hex(UInt64($0.device), digits: 2)).\($0.function)" }
    return "\(hex(UInt64(startBus), digits: 2)):\(steps.joined(separator: "/"))"
  }

  /// The path of `scope` as text; nil where it has steps that are not a device and function, or none.
  static func text(of scope: DeviceScope) -> String? {
    guard !scope.path.isEmpty, scope.path.allSatisfy({ $0.device <= 0x1f && $0.function <= 7 })
    else { return nil }
    return ScopePath(startBus: scope.startBus, hops: scope.path).text
  }
}
