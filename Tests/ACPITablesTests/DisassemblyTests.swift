import ACPITables
import Testing

@Suite("Printing a table")
struct DisassemblyTests {
  @Test("the Q35 machine's unit prints offset, length, field, value and meaning")
  func q35() throws {
    let lines = try DMARTable.disassembly(of: SampleTables.q35.bytes).split(separator: "\n")
    let expected = [
      "DMAR table, 136 bytes",
      "  0000 4   Signature                \"DMAR\"",
      "  0024 1   Host Address Width       26                 39 bits",
      "  0025 1   Flags                    01                 INTR_REMAP",
      "DRHD: DMA Remapping Hardware Unit Definition, 88 bytes",
      "  0038 8   Register Base Address    00000000fed90000",
      "Device Scope: IOAPIC, 8 bytes",
      "  0086 2   Path                     1f,04              device 1f, function 4",
    ]
    for line in expected { #expect(lines.contains { $0 == line }, "\(line)") }
  }

  @Test("a wrong checksum prints with the right one, unknown structures with their bytes")
  func lies() throws {
    var bytes = SampleTables.everything.bytes
    let right = bytes[9]
    bytes[9] = right &+ 1
    let text = try DMARTable.disassembly(of: bytes)
    #expect(text.contains("wrong, expected " + String(right, radix: 16)))
    #expect(text.contains("Unknown structure (type 119), 8 bytes"))
    #expect(text.contains("01 02 03 04"))
    #expect(text.contains("\"\\_SB.PCI0.I2C0\""))
    #expect(text.contains("INCLUDE_PCI_ALL") && text.contains("ALL_PORTS"))
    #expect(text.contains("ATC_HARDENED, ATC_REQUIRED"))
    #expect(text.contains("2 pages of 4 KiB"))
  }

  @Test(
    "a hex dump of any common form gives the table back",
    arguments: ["hexdump", "xxd", "acpidump", "kernel log", "iasl"])
  func dumps(form: String) throws {
    for table in [SampleTables.q35, SampleTables.everything] {
      let bytes = table.bytes
      var lines: [String] = []
      for start in stride(from: 0, to: bytes.count, by: 16) {
        let row = bytes[start..<min(start + 16, bytes.count)]
        let pairs = row.map { Self.two($0) }
        let characters = row.map {
          (0x20..<0x7f).contains($0) ? String(UnicodeScalar($0)) : "."
        }.joined()
        let offset = Self.padded(String(start, radix: 16), 8)
        switch form {
        case "xxd":
          let groups = stride(from: 0, to: pairs.count, by: 2).map {
            pairs[$0..<min($0 + 2, pairs.count)].joined()
          }
          lines.append("\(offset): \(groups.joined(separator: " "))  \(characters)")
        case "acpidump":
          lines.append(
            "    \(offset.suffix(4).uppercased()): "
              + pairs.joined(separator: " ").uppercased() + "  \(characters)")
        case "kernel log":
          lines.append("[    0.012\(start)] DMAR: \(offset): \(pairs.joined(separator: " "))")
          lines.append("[    0.012345] something else 0000: not hex")
        case "iasl":
          lines.append("    \(offset.suffix(4)): \(pairs.joined(separator: " "))  // \(characters)")
        default: break
        }
      }
      let text =
        form == "hexdump"
        ? HexDump.text(bytes) : "DMAR @ 0x0000000000000000\n" + lines.joined(separator: "\n")
      #expect(try HexDump.table(in: text) == bytes)
    }
  }

  @Test("a dump that ends early, or is not one, is refused with the reason")
  func noDump() {
    let text = HexDump.text(SampleTables.q35.bytes).split(separator: "\n")
    let cut = #expect(throws: ACPITableError.self) {
      try HexDump.table(in: text.prefix(3).joined(separator: "\n"))
    }
    #expect(cut?.kind == .truncated(needed: 0x88, available: 48))
    let none = #expect(throws: ACPITableError.self) { try HexDump.table(in: "no table here") }
    #expect(none?.description == "no hex dump of a DMAR table in the text")
  }

  static func two(_ byte: UInt8) -> String { padded(String(byte, radix: 16), 2) }

  static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}
