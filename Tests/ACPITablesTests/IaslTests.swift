import ACPITables
import Glibc
import Testing

/// ACPICA's own disassembler as the judge.
@Suite("Tables as iasl sees them")
struct IaslTests {
  static let isInstalled = run("command -v iasl") != nil

  /// What a shell command prints; nil if it fails.
  static func run(_ command: String) -> String? {
    guard let pipe = popen(command + " 2>/dev/null", "r") else { return nil }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&buffer, 1, buffer.count, pipe)
      if count <= 0 { break }
      output.append(contentsOf: buffer[..<count])
    }
    return pclose(pipe) == 0 ? String(decoding: output, as: UTF8.self) : nil
  }

  /// Offset, length and value of a field.
  struct Field: Hashable, CustomStringConvertible {
    let offset: Int
    let length: Int
    let value: String

    var description: String { "\(offset) \(length) \(value)" }
  }

  /// The rows `[038h 0056   8]   Register Base Address : 00000000FED90000` of a disassembly. A
  /// text can wrap; numbers never do.
  static func rows(_ text: String) -> [Field] {
    text.split(separator: "\n").compactMap { line in
      guard line.first == "[", let close = line.firstIndex(of: "]"),
        let colon = line.firstIndex(of: ":")
      else { return nil }
      let numbers = line[..<close].split(separator: " ")
      guard numbers.count == 3, let offset = Int(numbers[1]), let length = Int(numbers[2]) else {
        return nil
      }
      var value = String(line[line.index(colon, offsetBy: 2)...])
      if value.first == "\"" {
        value = String(value.prefix(through: value.lastIndex(of: "\"") ?? value.startIndex))
      } else if let note = value.firstIndex(of: "[") {
        value = String(value[..<note])
      }
      while value.last == " " { value.removeLast() }
      return Field(offset: offset, length: length, value: normal(value))
    }
  }

  /// Text without blanks at its end; numbers in lower case, without blanks between bytes.
  static func normal(_ value: String) -> String {
    guard value.first == "\"" else { return value.lowercased().filter { $0 != " " } }
    var text = value.dropFirst().dropLast()
    while text.last == " " { text.removeLast() }
    return "\"\(text)\""
  }

  static func ours(_ bytes: [UInt8]) throws -> [Field] {
    try DMARTable.disassemble(bytes).flatMap(\.fields).map {
      Field(offset: $0.offset, length: $0.length, value: normal($0.value))
    }
  }

  /// A fresh directory, removed afterwards.
  static func inDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = try #require(run("mktemp -d")).split(separator: "\n").joined()
    defer { _ = run("rm -rf '\(directory)'") }
    return try body(directory)
  }

  static func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&buffer, 1, buffer.count, file)
    return Array(buffer.prefix(count))
  }

  /// Numbers that both print, as one; flags are a matter of taste, reserved bytes of width.
  static func compare(_ bytes: [UInt8], with disassembly: String) throws {
    let theirs = rows(disassembly)
    #expect(theirs.count > 12)
    let mine = Dictionary(grouping: try ours(bytes), by: \.offset).compactMapValues(\.first)
    for row in theirs {
      guard let field = mine[row.offset] else {
        // iasl splits no field that we keep whole.
        Issue.record("nothing at offset \(row.offset), iasl has \(row)")
        continue
      }
      // Flags and reserved bytes of a device scope are one word to iasl and two fields to us.
      if field.length != row.length {
        #expect(field.length + 1 == row.length && row.value == "0000")
        continue
      }
      #expect(field == row)
    }
  }

  @Test(
    "a table compiled from iasl's template reads as iasl disassembles it",
    .enabled(if: isInstalled, "iasl (Debian's acpica-tools) is not installed"))
  func template() throws {
    try Self.inDirectory { directory in
      let text = Self.run(
        "cd '\(directory)' && iasl -T DMAR >&2 && iasl dmar.asl >&2 && iasl -d dmar.aml >&2 "
          + "&& cat dmar.dsl")
      let bytes = Self.read(directory + "/dmar.aml")
      #expect(try DMARTable(parsing: bytes).bytes == bytes)
      #expect(try DMARTable.findings(in: bytes).allSatisfy { $0.kind != .noUnit })
      try Self.compare(bytes, with: try #require(text))
    }
  }

  @Test(
    "tables built here disassemble in iasl to what was built",
    .enabled(if: isInstalled, "iasl (Debian's acpica-tools) is not installed"),
    arguments: ["q35", "everything"])
  func built(name: String) throws {
    var table = name == "q35" ? SampleTables.q35 : SampleTables.everything
    // iasl knows types 0 to 4 in every version; of later ones it gives up the table.
    table.structures.removeAll { $0.type > 4 }
    for index in table.structures.indices {
      // The field that specification 4.0 made the size is reserved to older versions.
      if case .unit(var unit) = table.structures[index] {
        unit.size = 0
        table.structures[index] = .unit(unit)
      }
    }
    let bytes = table.bytes
    try Self.inDirectory { directory in
      let file = try #require(fopen(directory + "/dmar.dat", "w"))
      fwrite(bytes, 1, bytes.count, file)
      fclose(file)
      let text = Self.run("cd '\(directory)' && iasl -d dmar.dat >&2 && cat dmar.dsl")
      try Self.compare(bytes, with: try #require(text))
    }
  }
}
