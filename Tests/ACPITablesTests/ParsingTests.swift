import ACPITables
import TestSupport
import Testing

@Suite("The DMAR table")
struct ParsingTests {
  @Test("the Q35 machine's table has the length that its kernel printed, and reads back")
  func q35() throws {
    let bytes = SampleTables.q35.bytes
    #expect(bytes.count == 0x88)
    #expect(bytes.reduce(0) { $0 &+ $1 } == UInt8(0))
    let table = try DMARTable(parsing: bytes)
    #expect(table.hostAddressWidth == 39)
    #expect(table.units.map(\.registerBase) == [0xfed9_0000])
    #expect(table.units.first?.scopes.count == 9)
    #expect(table.units.first?.includesAll == false)
  }

  @Test("every structure and scope reads back as it was written, byte for byte")
  func roundTrip() throws {
    let bytes = SampleTables.everything.bytes
    let table = try DMARTable(parsing: bytes)
    #expect(table == SampleTables.everything)
    #expect(table.bytes == bytes)
  }

  @Test("a table with any values round trips, reserved bytes and wrong checksum included")
  func anyValues() throws {
    var random = SplitMix(state: 5)
    for _ in 0..<400 {
      // Keep lengths and types, let everything else be anything.
      var bytes = SampleTables.everything.bytes
      let kept = Self.lengthBytes(of: SampleTables.everything)
      for index in 4..<bytes.count where !kept.contains(index) {
        bytes[index] = UInt8(truncatingIfNeeded: random.next())
      }
      #expect(try DMARTable(parsing: bytes).bytes == bytes)
    }
  }

  /// The bytes of `table` that say where things begin: types and lengths.
  static func lengthBytes(of table: DMARTable) -> Set<Int> {
    var kept: Set<Int> = [4, 5, 6, 7]
    var start = 48
    for structure in table.structures {
      kept.formUnion(start..<(start + 4))
      var inner = start + structure.bytes.count - structure.scopes.map(\.bytes.count).reduce(0, +)
      for scope in structure.scopes {
        kept.insert(inner + 1)
        inner += scope.bytes.count
      }
      start += structure.bytes.count
    }
    return kept
  }

  struct Lie: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let message: String
    let change: @Sendable (inout [UInt8]) -> Void

    init(_ name: String, _ message: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void) {
      testDescription = name
      self.message = message
      self.change = change
    }
  }

  static let lies: [Lie] = [
    Lie("empty", "offset 0x0: DMA Remapping table: 48 bytes expected, 0 there") { $0 = [] },
    Lie("header cut", "48 bytes expected, 47 there") { $0 = Array($0.prefix(47)) },
    Lie("another table", "signature \"APIC\", expected \"DMAR\"") {
      $0.replaceSubrange(0..<4, with: Array("APIC".utf8))
    },
    Lie("table length 0", "length 0, expected at least 48") { $0[4] = 0 },
    Lie("table longer than the file", "137 bytes expected, 136 there") { $0[4] = 0x89 },
    Lie("structure length 0", "offset 0x30: DRHD structure: length 0, expected at least 16") {
      $0[50] = 0
    },
    Lie("structure length 3", "offset 0x30: DRHD structure: length 3") { $0[50] = 3 },
    Lie("structure beyond the end", "length 89, but only 88 bytes are left") { $0[50] = 89 },
    Lie("structure overlaps the next", "offset 0x80: RMRR structure: length 0, expected") {
      $0[50] = 80
      $0[48 + 80] = 1
      $0[48 + 81] = 0
      $0[48 + 82] = 0
      $0[48 + 83] = 0
    },
    Lie("unknown type without length", "structure of unknown type 9: length 0") {
      $0[48] = 9
      $0[50] = 0
    },
    Lie("two bytes left", "offset 0x86: remapping structure: 4 bytes expected, 2 there") {
      $0[50] = 86
      $0[48] = 9
    },
    Lie("scope length 0", "offset 0x40: device scope: length 0, expected at least 6") {
      $0[65] = 0
    },
    Lie("scope beyond its structure", "offset 0x80: device scope: length 10, but only 8 bytes") {
      $0[129] = 10
    },
    Lie("half a step", "offset 0x40: device scope: length 7 leaves half a step") { $0[65] = 7 },
    Lie("scope cut", "offset 0x84: device scope: 6 bytes expected, 4 there") { $0[121] = 12 },
  ]

  @Test("a table that cannot be walked is refused with offset and structure", arguments: lies)
  func refuses(lie: Lie) {
    var bytes = SampleTables.q35.bytes
    lie.change(&bytes)
    let error = #expect(throws: ACPITableError.self) { try DMARTable(parsing: bytes) }
    #expect(error?.description.contains(lie.message) == true, "\(error?.description ?? "none")")
    // The disassembler takes the same way.
    #expect(throws: ACPITableError.self) { try DMARTable.disassemble(bytes) }
  }

  @Test("cut at any byte a table is refused, never read beyond its end")
  func truncated() {
    let bytes = SampleTables.everything.bytes
    for length in 0..<bytes.count {
      #expect(throws: ACPITableError.self) { try DMARTable(parsing: Array(bytes.prefix(length))) }
    }
  }

  @Test("whatever is read disassembles into every one of its bytes, once")
  func anything() throws {
    var random = SplitMix(state: 9)
    var read = 0
    for _ in 0..<4_000 {
      var bytes = SampleTables.everything.bytes
      for _ in 0..<(random.next() % 4) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let table = try? DMARTable(parsing: bytes) else { continue }
      read += 1
      let length = table.bytes.count
      #expect(table.bytes == Array(bytes.prefix(length)))
      var covered = Array(repeating: 0, count: length)
      for field in try DMARTable.disassemble(bytes).flatMap(\.fields) {
        for index in field.offset..<(field.offset + field.length) { covered[index] += 1 }
      }
      #expect(covered.allSatisfy { $0 == 1 })
      _ = try DMARTable.findings(in: bytes)
    }
    // Both ways were taken often.
    #expect(read > 500 && read < 3_900)
  }
}
