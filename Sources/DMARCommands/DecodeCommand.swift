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
    _ = try Self.asUsage { () throws(DecodeFailure) in try DecodeKind.named(kind) }
    if values.isEmpty { throw ValidationError("a value of kind \(kind) was expected") }
  }

  func run() throws {
    var output = Output()
    if list {
      let width = DecodeKind.list.map(\.kind.count).max() ?? 0
      for (kind, what) in DecodeKind.list {
        output.print(kind.padded(to: width + 2) + what)
      }
    }
    guard let kind = kind.flatMap(DecodeKind.init(name:)) else {
      try output.flush()
      return
    }
    let decodings = try Self.asUsage { () throws(DecodeFailure) in try kind.decode(values) }
    for decoded in decodings {
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

  /// What cannot be decoded was typed wrong.
  private static func asUsage<Result>(_ body: () throws(DecodeFailure) -> Result)
    throws(ValidationError) -> Result
  {
    do throws(DecodeFailure) {
      return try body()
    } catch {
      throw ValidationError(error.description)
    }
  }
}
