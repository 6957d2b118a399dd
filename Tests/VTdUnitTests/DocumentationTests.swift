import Foundation
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@Suite("The page VTdUnit.docc")
struct DocumentationTests {
  /// The program of the page: what stands between the two marks, with the imports above.
  private func program() throws -> (RemappingUnit, Translation) {
    // begin
    let memory = try PhysicalMemory(size: 1 << 20)
    let unit = try RemappingUnit(
      configuration: UnitConfiguration(cap: 0xd2008c_222f0606, ecap: 0xf00f4a), memory: memory)
    let tables: [(at: UInt64, word: UInt64)] = [
      (0x1000, 0x2001),  // root entry of bus 0: the context table is at 0x2000
      (0x2180, 0x3001), (0x2188, 0x101),  // context entry of 00:03.0: domain 1, tables at 0x3000
      (0x3000, 0x4003), (0x4000, 0x5003), (0x5008, 0x7003),  // three levels: page 1 is at 0x7000
    ]
    for (address, word) in tables { memory.store64(word, at: PhysicalAddress(rawValue: address)) }
    unit.write64(0x1000, at: RegisterOffset.rtaddr)
    unit.write32(1 << 30, at: RegisterOffset.gcmd)  // SRTP: take the root table
    unit.write32(1 << 31, at: RegisterOffset.gcmd)  // TE: translate
    let device = SourceID(bus: 0, device: 3, function: 0)
    let result = unit.translate(
      DMARequest(source: device, address: IOVA(rawValue: 0x1234), access: .write))
    // end
    return (unit, result)
  }

  @Test("the program on VTdUnit's page does what the page says")
  func result() throws {
    let (unit, result) = try program()
    #expect(result.address?.rawValue == 0x7234)
    let device = SourceID(bus: 0, device: 3, function: 0)
    let blocked = unit.translate(
      DMARequest(source: device, address: IOVA(rawValue: 0x2000), access: .write))
    #expect(blocked.outcome == .blocked(.fault(.writeNotPermitted), .recorded(index: 0)))
  }

  @Test("the program on VTdUnit's page is the tested one, line for line")
  func sameProgram() throws {
    let here = URL(filePath: #filePath)
    let page = here.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
      .appending(path: "Sources/VTdUnit/VTdUnit.docc/VTdUnit.md")
    let shown = try lines(of: page).drop { $0 != "```swift" }.dropFirst().prefix { $0 != "```" }
    let own = try lines(of: here)
    let imports = own.prefix { $0.hasPrefix("import ") }
    for line in shown where line.hasPrefix("import ") { #expect(imports.contains(line)) }
    let compiled = own.drop { $0 != "    // begin" }.dropFirst().prefix { $0 != "    // end" }
      .map { String($0.dropFirst(4)) }
    #expect(!compiled.isEmpty)
    #expect(shown.filter { !$0.hasPrefix("import ") && !$0.isEmpty } == compiled)
  }

  private func lines(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
