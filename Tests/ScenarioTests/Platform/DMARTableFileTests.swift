import ACPITables
import Scenario
import ScenarioFormat
import TestSupport
import Testing

@Suite("DMAR tables as YAML")
struct DMARTableFileTests {
  /// Every structure and scope, each field away from its default.
  static let yaml = """
    revision: 2
    oem_id: OEMID
    oem_table_id: TABLE ID
    oem_revision: 0x7
    creator_id: [1, 2, 3, 4]
    creator_revision: 5
    host_address_width: 46
    flags: 0x85
    reserved: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    structures:
      - drhd:
          base: 0xd37fc000
          size: 1
          segment: 1
          scopes:
            - endpoint: 80:01.0/00.2
            - sub-hierarchy: {path: 80:02.0, flags: 3, reserved: 4}
            - ioapic: {id: 2, path: f0:1f.0}
            - hpet: {id: 1, path: f0:0f.0}
            - acpi: {id: 1, path: f0:15.0}
            - other: {type: 0x99, id: 7, start_bus: 3, steps: [0x20, 8]}
            - endpoint: {}
      - drhd: {base: 0xfed91000, include_all: true}
      - drhd: {base: 0xfed92000, flags: 0xfe}
      - rmrr: {base: 0x9d000000, limit: 0x9f7fffff, reserved: 9, scopes: [endpoint: 00:02.0]}
      - atsr: {all_ports: true, segment: 2}
      - atsr: {flags: 0x81, reserved: 7, scopes: [sub-hierarchy: 00:03.0]}
      - rhsa: {base: 0xd37fc000, proximity_domain: 1, reserved: 3}
      - andd: {number: 1, name: '\\_SB.PCI0.I2C0', reserved: [1, 2, 3]}
      - andd: {number: 2, name: [0x5c, 0x41]}
      - satc: {required: true, scopes: [endpoint: 00:02.0]}
      - sidp: {reserved: 1, segment: 3, scopes: [endpoint: {path: 00:02.0, flags: 0x1f}]}
      - unknown: {type: 0x77, bytes: [1, 2, 3]}
    """

  @Test("a table from YAML has the bytes that it says, and reads back to the same YAML")
  func roundTrip() throws {
    let table = try DMARTableFile.table(from: Self.yaml, file: "t.yaml")
    let bytes = table.bytes
    #expect(bytes.reduce(0) { $0 &+ $1 } == UInt8(0))
    #expect(try DMARTable(parsing: bytes) == table)
    let text = DMARTableFile.text(of: table)
    #expect(try DMARTableFile.table(from: text, file: "again.yaml") == table)
    #expect(DMARTableFile.text(of: try DMARTableFile.table(from: text, file: "t.yaml")) == text)
  }

  @Test("the bytes are those of the specification's layout")
  func bytes() throws {
    let yaml = """
      oem_id: BOCHS
      oem_table_id: BXPC
      creator_id: BXPC
      host_address_width: 39
      flags: 1
      structures:
        - drhd: {base: 0xfed90000, scopes: [ioapic: {path: ff:00.0}, endpoint: 00:1f.2]}
      """
    let expected: [UInt8] =
      Array("DMAR".utf8) + [0x50, 0, 0, 0, 1, 0] + Array("BOCHS BXPC    ".utf8)
      + [1, 0, 0, 0] + Array("BXPC".utf8) + [1, 0, 0, 0, 38, 1]
      + Array(repeating: 0, count: 10)
      + [0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0xd9, 0xfe, 0, 0, 0, 0]
      + [3, 8, 0, 0, 0, 0xff, 0, 0, 1, 8, 0, 0, 0, 0, 0x1f, 2]
    let bytes = try DMARTableFile.table(from: yaml, file: "t.yaml").bytes
    #expect(bytes.prefix(9) == expected.prefix(9) && bytes.dropFirst(10) == expected.dropFirst(10))
    #expect(bytes.reduce(0) { $0 &+ $1 } == UInt8(0))
  }

  @Test("whatever table can be read goes through YAML byte for byte")
  func anyTable() throws {
    var random = SplitMix(state: 21)
    let original = try DMARTableFile.table(from: Self.yaml, file: "t.yaml").bytes
    var read = 0
    for _ in 0..<300 {
      var bytes = original
      for _ in 0..<(1 + random.next() % 5) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let table = try? DMARTable(parsing: bytes) else { continue }
      read += 1
      let again = try DMARTableFile.table(from: DMARTableFile.text(of: table), file: "t.yaml")
      #expect(again.bytes == table.bytes)
    }
    #expect(read > 50)
  }

  @Test(
    "a table that cannot be is refused at its line and column",
    arguments: [
      ("structures: []", "t.yaml:1:1: the table has no host_address_width"),
      (
        "host_address_width: 39\nstructures:\n  - drhd: {base: 1, include_al: true}",
        "t.yaml:3:21: unknown key \"include_al\" in drhd; did you mean \"include_all\"?"
      ),
      (
        "host_address_width: 39\nstructures:\n  - drh: {base: 1}",
        "t.yaml:3:5: unknown key \"drh\" in structures[0]; did you mean \"drhd\"?"
      ),
      (
        "host_address_width: 39\nstructures:\n  - rmrr: {base: 1, limit: 2, scopes: [endpoint: 00:20.0]}",
        "t.yaml:3:50: endpoint is \"00:20.0\"; a bus and steps"
      ),
      (
        "host_address_width: 39\noem_id: TOOLONG\nstructures: []",
        "t.yaml:2:9: 7 characters; at most 6 were expected"
      ),
      (
        "host_address_width: 39\nreserved: [1]\nstructures: []",
        "t.yaml:2:11: 1 byte; 10 were expected"
      ),
      ("host_address_width: 0\nstructures: []", "t.yaml:1:21: host_address_width is \"0\""),
      (
        "host_address_width: 39\nstructures:\n  - drhd: {base: 1, scopes: [other: {id: 1}]}",
        "t.yaml:3:37: other has no type; a number from 0 to 255 was expected"
      ),
      (
        "host_address_width: 39\nstructures:\n"
          + "  - drhd: {base: 1, scopes: [endpoint: {steps: [1]}]}",
        "t.yaml:3:48: 1 byte; two for each step were expected"
      ),
    ])
  func refuses(text: String, message: String) {
    let error = #expect(throws: InputError.self) {
      try DMARTableFile.table(from: text, file: "t.yaml")
    }
    #expect(error?.description.prefix(message.count) ?? "" == message[...])
  }

  @Test("a structure or a scope that outgrows its length field is refused")
  func tooLong() {
    let steps = Array(repeating: "0", count: 252).joined(separator: ", ")
    let scope =
      "host_address_width: 39\nstructures:\n  - drhd: {base: 1, scopes: [endpoint: {steps: [\(steps)]}]}"
    let scopeError = #expect(throws: InputError.self) {
      try DMARTableFile.table(from: scope, file: "t.yaml")
    }
    #expect(scopeError?.message.contains("takes 258 bytes; at most 255") == true)
    let bytes = Array(repeating: "0", count: 65_532).joined(separator: ", ")
    let structure =
      "host_address_width: 39\nstructures:\n  - unknown: {type: 9, bytes: [\(bytes)]}"
    let error = #expect(throws: InputError.self) {
      try DMARTableFile.table(from: structure, file: "t.yaml")
    }
    #expect(error?.message.contains("takes 65536 bytes; at most 65535") == true)
  }
}
