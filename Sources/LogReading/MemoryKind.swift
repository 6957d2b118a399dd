/// What the firmware's memory map calls a range, in the words of old kernels and of 7.0 on.
public enum MemoryKind: Hashable, Sendable {
  /// Memory that the kernel may use.
  case ram
  /// Memory that the firmware keeps.
  case reserved
  /// Tables of ACPI.
  case firmwareTables
  /// Anything else.
  case other

  package init(_ words: String) {
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
