/// What the firmware's memory map calls a range, in the words of old kernels and of 7.0 on.
enum MemoryKind: Sendable {
  case ram
  case reserved
  case firmwareTables
  case other

  init(_ words: String) {
    if words.hasPrefix("usable") || words.hasPrefix("System RAM") {
      self = .ram
    } else if words.hasPrefix("reserved") || words.hasPrefix("device reserved") {
      self = .reserved
    } else if words.hasPrefix("ACPI NVS") || words.hasPrefix("ACPI data") {
      self = .firmwareTables
    } else {
      self = .other
    }
  }
}
