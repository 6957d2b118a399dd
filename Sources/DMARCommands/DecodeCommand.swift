internal import ArgumentParser
internal import KernelLog
internal import Report
import Text
internal import VTdFormats
internal import Wording

/// `dmar decode`: raw values field by field.
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Decode raw values: registers, entries, descriptors, messages.",
    discussion: """
      Values are hexadecimal, with or without 0x. Where a structure has more than 64 bits, give its \
      64-bit words lowest first, or joined by colons highest first, as the kernel's debugfs prints \
      them: decode context 0x102:0x19a8001. Words that are left out are zero.

      Kinds: \(DecodeKind.names.joined(separator: ", ")).

      \(ExitStatus.help())
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Argument(help: ArgumentHelp("What the values are.", valueName: "kind"))
  var kind: String?

  @Argument(help: ArgumentHelp("The value, or its words.", valueName: "value"))
  var values: [String] = []

  @Flag(help: "List the kinds, with what they are.")
  var list = false

  @Flag(help: "Draw the bits as rulers above the fields.")
  var ruler = false

  @Option(help: "How to print: text or json.")
  var format = Format.text

  func validate() throws {
    if ruler, format != .text {
      throw ValidationError("--ruler is text; it excludes --format \(format.rawValue)")
    }
    if list {
      if kind != nil { throw ValidationError("--list takes no kind and no value") }
      return
    }
    guard let kind else { throw ValidationError("a kind was expected; --list shows them") }
    if DecodeKind(name: kind) == nil {
      let advice =
        nearest(to: kind, in: DecodeKind.names).map { "did you mean \"\($0)\"?" }
        ?? "one of these was expected: \(DecodeKind.names.joined(separator: ", "))"
      throw ValidationError("no kind is called \"\(kind)\"; \(advice)")
    }
    if values.isEmpty { throw ValidationError("a value of kind \(kind) was expected") }
  }

  func run() throws {
    var output = Output()
    if list {
      let width = DecodeKind.list.map(\.kind.count).max() ?? 0
      for (kind, what) in DecodeKind.list {
        output.print(kind + String(repeating: " ", count: width + 2 - kind.count) + what)
      }
    }
    guard let kind = kind.flatMap(DecodeKind.init(name:)) else {
      try output.flush()
      return
    }
    for (index, words) in try Self.structures(values, wordCount: kind.wordCount).enumerated() {
      var decoded = try kind.decode(words)
      if case .reason = kind { decoded.notes += Self.decimalReading(of: values[index]) }
      switch format {
      case .text:
        if ruler {
          let bits = BitRuler(
            name: decoded.name, words: decoded.words, bitWidth: decoded.bitWidth,
            fields: decoded.fields)
          for line in RulerText(bits, glyphs: TerminalGlyphs.current).lines { output.print(line) }
          output.print("")
        }
        for line in decoded.lines { output.print(line) }
      case .json: output.print(decoded.json.compact)
      }
    }
    try output.flush()
  }

  /// What a reason means that was written in decimal, as kernels before 5.14 print it: 12 is 0x0c.
  private static func decimalReading(of text: String) -> [(name: String, text: String)] {
    guard let code = UInt8(text), code >= 10 else { return [] }
    let meaning = FaultReason(rawValue: code).meaning ?? "a code that no table has"
    return [
      (
        "or",
        "0x\(hex(UInt64(code), digits: 2)), \(meaning), if \(text) is decimal: so kernels "
          + "before 5.14 print it"
      )
    ]
  }

  /// The words of each structure, lowest first.
  private static func structures(_ values: [String], wordCount: Int) throws -> [[UInt64]] {
    if values.contains(where: { $0.contains(":") }) {
      return try values.map { value in
        let words = try value.split(separator: ":", omittingEmptySubsequences: false).map(word)
        if words.count > wordCount { throw tooMany(words.count, wordCount) }
        return words.reversed()
      }
    }
    let words = try values.map { try word($0[...]) }
    if wordCount == 1 { return words.map { [$0] } }
    if words.count > wordCount { throw tooMany(words.count, wordCount) }
    return [words]
  }

  private static func tooMany(_ count: Int, _ expected: Int) -> ValidationError {
    ValidationError("\(count) words were given; the structure has \(expected)")
  }

  private static func word(_ text: Substring) throws -> UInt64 {
    // As in scenarios, `_` may stand between digits.
    var digits = text.hasPrefix("0x") || text.hasPrefix("0X") ? text.dropFirst(2) : text
    if digits.first != "_", digits.last != "_" { digits.removeAll { $0 == "_" } }
    guard let value = UInt64(digits, radix: 16), !digits.hasPrefix("+"), !digits.hasPrefix("-")
    else {
      throw ValidationError("\"\(text)\" is no hexadecimal number of at most 64 bits")
    }
    return value
  }
}
