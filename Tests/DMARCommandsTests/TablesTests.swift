import Foundation
import TestSupport
import Testing
import Text

@Suite("Ranges of an image's tables")
struct TablesTests {
  private struct Leaf {
    var start: UInt64
    var physical: UInt64
    /// 1 reads, 2 writes.
    var rights: UInt64
    var size: UInt64

    var last: UInt64 { start + size - 1 }
    var allows: String { (rights & 1 != 0 ? "r" : "-") + (rights & 2 != 0 ? "w" : "-") }
    var unit: String { size == 4096 ? "4 KiB" : size == 2 << 20 ? "2 MiB" : "1 GiB" }
  }

  /// Writes tables in which each leaf is a range of its own, and answers the leaves: pages at the
  /// addresses' beginning, then a large page of each size far above.
  private static func write(_ path: String, tables: Int) throws -> [Leaf] {
    var words = [UInt64](repeating: 0, count: (8 + tables) * 512)
    words[512] = 0x2001
    words[1024 + 0x10 * 2] = 0x3001
    words[1024 + 0x10 * 2 + 1] = 0x502
    words[1536] = 0x4003
    words[2048] = 0x5003
    var leaves: [Leaf] = []
    for table in 0..<tables {
      words[2560 + table] = UInt64(8 + table) << 12 | 3
      for index in 0..<512 {
        let number = UInt64(table * 512 + index)
        // Neighbours never follow each other in memory; some lie high.
        let page = number * 7919 % 0xfffff + (number & 7 == 1 ? 1 << 39 : 0)
        let rights = number % 3 + 1
        words[(8 + table) * 512 + index] = page << 12 | rights
        leaves.append(Leaf(start: number << 12, physical: page << 12, rights: rights, size: 4096))
      }
    }
    words[2560 + 511] = 0x1_2340_0083
    leaves.append(Leaf(start: 511 << 21, physical: 0x1_2340_0000, rights: 3, size: 2 << 20))
    words[2048 + 511] = 0x40_0000_0081
    leaves.append(Leaf(start: 511 << 30, physical: 0x40_0000_0000, rights: 1, size: 1 << 30))
    try words.withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
    return leaves
  }

  private static func rows(_ leaves: [Leaf]) -> [String] {
    columns(
      [["  IOVA", "LAST", "MEMORY", "ALLOWS", "PAGES"]]
        + leaves.map { leaf in
          [
            "  0x" + String(leaf.start, radix: 16), "0x" + String(leaf.last, radix: 16),
            "0x" + String(leaf.physical, radix: 16), leaf.allows, "1 x \(leaf.unit)",
          ]
        })
  }

  @Test(
    "every range has its row, and the columns are as wide as their widest number",
    arguments: [1, 9])
  func text(tables: Int) throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "image").path
    let leaves = try Self.write(path, tables: tables)
    let printed = try Tool.dmar("tables", path, "--root", "0x1000")
    #expect(printed.status == 0, "\(printed.errorText)")
    let lines = printed.outputText.split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(4).last
        == "domain 5 (00:02.0): \(leaves.count) pages in \(leaves.count) ranges, \(1026 + tables * 2) MiB"
    )
    #expect(Array(lines.dropFirst(4)) == Self.rows(leaves))
  }

  private struct Document: Decodable {
    struct Domain: Decodable {
      var pages: Int
      var ranges: [Range]
    }
    struct Range: Decodable {
      var iova: String
      var last: String
      var physical: String
      var allows: String
      var page_size: UInt64
    }
    var schema: String
    var domains: [Domain]
    var flaws: [String]
  }

  @Test("the JSON document holds every range, one member a line")
  func json() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "image").path
    let leaves = try Self.write(path, tables: 3)
    let printed = try Tool.dmar("tables", path, "--root", "0x1000", "--format", "json")
    #expect(printed.status == 0, "\(printed.errorText)")
    let document = try JSONDecoder().decode(Document.self, from: Data(printed.outputText.utf8))
    #expect(document.schema == "dmar-tables/1" && document.flaws.isEmpty)
    let domain = try #require(document.domains.first)
    #expect(document.domains.count == 1 && domain.pages == leaves.count)
    #expect(domain.ranges.count == leaves.count)
    for (range, leaf) in zip(domain.ranges, leaves) {
      #expect(range.iova == "0x" + String(leaf.start, radix: 16))
      #expect(range.last == "0x" + String(leaf.last, radix: 16))
      #expect(range.physical == "0x" + String(leaf.physical, radix: 16))
      #expect(range.allows == leaf.allows && range.page_size == leaf.size)
    }
    #expect(
      printed.outputText.contains(
        """
              "ranges": [
                {
                  "iova": "0x0",
                  "last": "0xfff",
                  "physical": "0x0",
                  "allows": "r-",
                  "page_size": 4096
                },
                {
        """))
    #expect(printed.outputText.hasSuffix("        }\n      ]\n    }\n  ],\n  \"flaws\": []\n}\n"))
  }

  @Test(
    "tables that point to themselves end, in every way that they are asked",
    arguments: [false, true])
  func circles(isScalable: Bool) throws {
    var words = [UInt64](repeating: 0, count: 1 << 17)
    for index in 0..<512 {
      let isFirst = index % 2 == 0
      words[index] = isScalable || isFirst ? 0x1001 : 0
      if isScalable {
        // 2^20 PASIDs, whose directory leads to one table.
        words[512 + index] = index % 4 == 0 ? 0x2001 | 7 << 9 : 0
        words[1024 + index] = 0x3001
        words[1536 + index] = index % 8 == 0 ? 0x4081 : 0
      } else {
        words[512 + index] = isFirst ? 0x4001 : 0x102 | UInt64(index) << 8
      }
      words[2048 + index] = 0x4003
    }
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "image").path
    try words.withUnsafeBytes { Data($0) }.write(to: URL(filePath: path))
    words.swapAt(2048, 2)
    let other = folder.url.appending(path: "other").path
    try words.withUnsafeBytes { Data($0) }.write(to: URL(filePath: other))
    let root = isScalable ? "0x400" : "0"
    for rest in [[], ["--format", "json"], ["--physical", "0x4000"], ["--diff", other]] {
      let line = (["tables", path, "--root", root] + rest).joined(separator: " ")
      let tool = try Tool.shell(
        "ulimit -v 4194304; timeout 100 $DMAR \(line) | tail -c 300", in: folder)
      #expect(tool.status == 0 && tool.errorText.isEmpty, "\(rest): \(tool.errorText)")
    }
    let walk = try Tool.dmar(
      "walk", path, "--root", root, "--device", "00:03.0", "--iova", "0x1000")
    #expect(walk.status == 0, "\(walk.errorText)")
  }

  @Test(
    "an address of memory is found in whichever range holds it, and two images differ by their ranges"
  )
  func questions() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "image").path
    let leaves = try Self.write(path, tables: 1)
    let leaf = leaves[300]
    let reached = try Tool.dmar(
      "tables", path, "--root", "0x1000", "--physical", "0x\(String(leaf.physical + 8, radix: 16))")
    #expect(reached.outputText.contains("0x\(String(leaf.start + 8, radix: 16))"))
    let other = folder.url.appending(path: "other").path
    _ = try Self.write(other, tables: 2)
    let difference = try Tool.dmar("tables", path, "--root", "0x1000", "--diff", other)
    #expect(difference.outputText.split(separator: "\n").count == 512)
    #expect(
      try Tool.dmar("tables", path, "--root", "0x1000", "--diff", path).outputText
        == "no range differs\n")
  }
}
