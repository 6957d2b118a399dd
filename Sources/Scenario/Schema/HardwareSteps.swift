/// What the CPU does to memory and registers by a scenario's word.
enum HardwareSteps {
  static let memoryWrite = Section(name: "write_memory", fields: content)
  static let memoryCheck = Section(name: "check_memory", fields: content)
  static let registerWrite = Section(name: "write_register", fields: register)
  static let registerCheck = Section(name: "check_register", fields: register)

  private static let content = [
    Field("address", .integer(0...0xf_ffff_ffff_ffff), required: true, "first physical address"),
    Field("words", .list(.integer(0...(.max))), "64-bit words"),
    Field("bytes", .form(.hexBytes), "bytes, instead of words"),
    Field("fill", .integer(0...0xff), "one byte over and over, instead of words"),
    Field("size", .size, "how many bytes fill takes"),
  ]

  private static let register = [
    Field("unit", .text, required: true, "the unit's name"),
    Field("offset", .integer(0...0xfff), required: true, "offset in the register page"),
    Field("value", .integer(0...(.max)), required: true, "the value"),
    Field("width", .oneOf(["32", "64"]), "bits, 32 unless given"),
  ]
}
