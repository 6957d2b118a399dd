internal import PCI

/// What a scenario says of a function that it invents.
enum FunctionSchema {
  static let section = Section(
    name: "function",
    fields: [
      Field("vendor", .integer(0...0xffff), "vendor id"),
      Field("device", .integer(0...0xffff), "device id"),
      Field("class", .integer(0...0xff_ffff), "class code, three bytes"),
      Field("absent", .boolean, "the function sends requests and the bus does not show it"),
      Field("external", .boolean, "a port that leads out of the machine (ExternalFacingPort)"),
      Field("bus_master", .boolean, "false: Bus Master Enable is clear, so it sends nothing"),
      Field("port", .oneOf(portTypes.map(\.name)), "what it is in PCI Express' terms"),
      Field("buses", .section(buses), "the buses below a bridge"),
      Field("acs", .form(.accessControl), "its access control bits that are on, such as VRCU"),
      Field("memory", .list(.section(memory)), "where it answers memory requests"),
      Field("window", .section(window), "the memory that a bridge passes down"),
      Field(
        "ats", .integer(1...32),
        "it has a TLB of its own (ATS) that takes so many invalidations; needs port"),
      Field("pasid", .integer(1...20), "its requests carry PASIDs of so many bits; needs port"),
      Field("page_requests", .boolean, "it asks for pages (PRI); needs port"),
    ])

  static let portTypes: [(name: String, type: ExpressPortType)] = ExpressPortType.allCases.map {
    ($0.name.lowercased().split(separator: " ").joined(separator: "-"), $0)
  }

  private static let buses = Section(
    name: "buses",
    fields: [
      Field("secondary", .integer(1...0xff), required: true, "the bus right below"),
      Field("subordinate", .integer(1...0xff), "the last bus below; the same unless given"),
    ])

  private static let memory = Section(
    name: "memory",
    fields: [
      Field("base", .integer(0...(.max)), required: true, "its address"),
      Field("size", .size, required: true, "its size"),
    ])

  private static let window = Section(
    name: "window",
    fields: [
      Field("base", .integer(0...0xffff_ffff), required: true, "first byte, at a megabyte"),
      Field("limit", .integer(0...0xffff_ffff), required: true, "last byte"),
    ])
}

extension TextForm {
  static let accessControl = TextForm(
    name: "letters of V, B, R, C, U, E and T, or none", pattern: "^(none|[VBRCUET]+)$"
  ) { accessControlBits($0) != nil }

  /// The bits that `letters` name.
  static func accessControlBits(_ letters: String) -> AccessControl? {
    if letters == "none" { return [] }
    var bits: AccessControl = []
    for letter in letters {
      guard let entry = AccessControl.names.first(where: { $0.letter == String(letter) }) else {
        return nil
      }
      bits.insert(entry.bit)
    }
    return bits.isEmpty ? nil : bits
  }
}
