import ACPITables
import Foundation
import TestSupport
import Testing

/// What `Fuzz/run DMARTableFuzz` starts from and what it ever found.
@Suite("Fuzz cases of the DMAR table")
struct FuzzCaseTests {
  static let cases: [URL] =
    (try? FileManager.default.contentsOfDirectory(
      at: Repository.root.appending(path: "Fuzz/Cases/DMARTable"), includingPropertiesForKeys: nil))
    ?? []

  @Test("each case is refused with a place, or comes back byte for byte", arguments: cases)
  func each(file: URL) throws {
    let bytes = [UInt8](try Data(contentsOf: file))
    do throws(ACPITableError) {
      let table = try DMARTable(parsing: bytes)
      #expect(table.bytes == Array(bytes.prefix(table.bytes.count)))
      let fields = try DMARTable.disassemble(bytes).flatMap(\.fields)
      #expect(fields.reduce(0) { $0 + $1.length } == table.bytes.count)
    } catch {
      #expect(error.description.contains("offset 0x"))
    }
  }

  @Test("there are cases")
  func some() {
    #expect(Self.cases.count >= 2)
  }
}
