/// What firmware's memory map says, as a kernel's boot log prints it.
public enum MemoryMap {
  /// The reserved ranges of the `BIOS-e820:` lines in `log`, in their order.
  ///
  /// All forms are read: `[mem 0x9fc00-0x9ffff] reserved`, which is `device reserved` since 7.0, and
  /// the older `000000000009fc00 - 00000000000a0000 (reserved)`, whose end is the byte behind the
  /// range. Only the type "reserved" counts: it is the one that arch_rmrr_sanity_check accepts for an
  /// RMRR.
  public static func reserved(in log: String) -> [ClosedRange<UInt64>] {
    log.split { $0.isNewline }.compactMap { line in
      guard let start = position(of: "BIOS-e820:", in: line) else { return nil }
      return range(line[start...])
    }
  }

  private static func range(_ entry: Substring) -> ClosedRange<UInt64>? {
    let words = entry.split { " [](),".contains($0) }
    // `mem`, two numbers joined by a dash, the type.
    if words.count >= 3, words[0] == "mem",
      words[2...] == ["reserved"] || words[2...] == ["device", "reserved"]
    {
      let ends = words[1].split(separator: "-").compactMap { number($0.dropFirst(2)) }
      guard ends.count == 2, ends[0] <= ends[1] else { return nil }
      return ends[0]...ends[1]
    }
    guard words.count == 4, words[1] == "-", words[3] == "reserved",
      let first = number(words[0]), let end = number(words[2]), first < end
    else { return nil }
    return first...(end - 1)
  }

  private static func number(_ digits: Substring) -> UInt64? {
    digits.allSatisfy { $0.isHexDigit } ? UInt64(digits, radix: 16) : nil
  }

  /// Where `line` goes on after `text`.
  private static func position(of text: String, in line: Substring) -> Substring.Index? {
    var index = line.startIndex
    while index < line.endIndex {
      if line[index...].hasPrefix(text) { return line.index(index, offsetBy: text.count) }
      index = line.index(after: index)
    }
    return nil
  }
}
