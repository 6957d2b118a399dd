import KernelLog
import LogReading
import PCI
import Testing

/// `lspci -t`, alone and in what mail makes of it.
@Suite("Bus trees")
struct BusTreeTests {
  static let plain = """
    -[0000:00]-+-00.0
               +-01.0-[01]----00.0
               +-1c.0-[02]--
               +-1c.4-[03-05]--+-00.0
               |               +-00.1
               |               \\-01.0-[04]----00.0
               +-1f.0
               \\-1f.3

    """
  static let functions = [
    "00:00.0", "00:01.0", "01:00.0", "00:1c.0", "00:1c.4", "03:00.0", "03:00.1", "03:01.0",
    "04:00.0", "00:1f.0", "00:1f.3",
  ]

  static func tree(_ log: String) -> [BusTreeFunction] {
    events(in: log).flatMap { event -> [BusTreeFunction] in
      if case .fact(.busTree(let functions)) = event.kind { return functions }
      return []
    }
  }

  @Test("every function is found on its bus, and every bridge with the buses below")
  func plain() {
    let found = Self.tree(Self.plain)
    #expect(found.map(\.address.shortDescription) == Self.functions)
    let bridges = found.filter { $0.secondary != nil }.map {
      "\($0.address.shortDescription) \($0.secondary ?? 0)-\($0.subordinate ?? 0)"
    }
    #expect(bridges == ["00:01.0 1-1", "00:1c.0 2-2", "00:1c.4 3-5", "03:01.0 4-4"])
  }

  @Test("several roots and segments, as servers have them")
  func roots() {
    let found = Self.tree(
      """
      -+-[10000:e1]---01.0-[e2]----00.0
       +-[0000:ff]-+-08.0
       |           \\-08.2
       \\-[0000:00]-+-00.0
                   \\-02.0

      """)
    #expect(
      found.map(\.address.description) == [
        "10000:e1:01.0", "10000:e2:00.0", "0000:ff:08.0", "0000:ff:08.2", "0000:00:00.0",
        "0000:00:02.0",
      ])
  }

  @Test("-v puts names behind the functions")
  func names() {
    let found = Self.tree(
      """
      -[0000:00]-+-00.0  Intel Corporation Device 9b61
                 \\-1d.0-[3b]----00.0  Realtek Semiconductor Co., Ltd. RTL8111

      """)
    #expect(
      found.map(\.words) == [
        "Intel Corporation Device 9b61", "", "Realtek Semiconductor Co., Ltd. RTL8111",
      ])
  }

  @Test("quote marks and indentation do not move the branches", arguments: ["> ", ">> ", "    "])
  func quoted(mark: String) {
    let log = Self.plain.split(separator: "\n").map { mark + $0 + "\n" }.joined()
    #expect(Self.tree(log).map(\.address.shortDescription) == Self.functions)
  }

  @Test(
    "lines that only look like a tree are not read as one",
    arguments: [
      "+-1f.0\n", "-[zz]\n", "| a | b |\n|---|---|\n| 1 | 2 |\n", "-[0000:00]-\n", "\\-\n",
    ])
  func others(text: String) {
    #expect(Self.tree(text).isEmpty)
  }
}
