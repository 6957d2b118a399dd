import PCI
import Testing

@testable import MachineEvidence

@Suite("Events of a mapping history")
struct HistoryScannerTests {
  /// Reads `text` in pieces of `size` bytes and answers the events and what was counted.
  static func read(
    _ text: String, focus: [UInt64], piece size: Int = .max, width: Int32? = nil
  ) -> (events: [MappingEvent], scanner: HistoryScanner) {
    var scanner = HistoryScanner(AddressFocus(focus))
    if let width { scanner.width = min(width, scanner.width) }
    var events: [MappingEvent] = []
    var waiting: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while true {
      let next = rest.prefix(size)
      rest = rest.dropFirst(next.count)
      waiting += next
      let isLast = rest.isEmpty
      let done = waiting.withUnsafeBytes { bytes in
        scanner.scan(bytes, isLast: isLast) { event in
          events.append(event)
          return .everything
        }
      }
      waiting.removeFirst(done)
      if isLast { return (events, scanner) }
    }
  }

  struct Shape: CustomTestStringConvertible, Sendable {
    let name: String
    let line: String
    let task: String
    let processor: Int?
    let time: UInt64?
    var testDescription: String { name }
  }

  static let shapes = [
    Shape(
      name: "ftrace of 6.12", line: "           dd-123     [001] d..2.    10.100000: ",
      task: "dd-123", processor: 1, time: 10_100_000),
    Shape(
      name: "ftrace before 5.17", line: "           dd-123     [001] d..2    10.100000: ",
      task: "dd-123", processor: 1, time: 10_100_000),
    Shape(
      name: "ftrace without flags", line: "           dd-123     [001]    10.100000: ",
      task: "dd-123", processor: 1, time: 10_100_000),
    Shape(
      name: "ftrace with thread groups",
      line: "     kworker/0:1-77      (     77) [000] .....     9.000001: ", task: "kworker/0:1-77",
      processor: 0, time: 9_000_001),
    Shape(
      name: "a task's name with blanks and colons",
      line: "   my: app [x]-4711    [011] d.h2.    10.150000: ", task: "app [x]-4711",
      processor: 11, time: 10_150_000),
    Shape(
      name: "the latency form", line: "      dd-123       1d..2. 10100000us : ", task: "dd-123",
      processor: 1, time: 10_100_000),
    Shape(
      name: "the latency form with a mark", line: "      dd-123       1d..2.    57us+: ",
      task: "dd-123", processor: 1, time: 57),
    Shape(
      name: "the dump on an oops",
      line: "[   10.300000]       dd-123       1d..2. 10100000us : ", task: "dd-123", processor: 1,
      time: 10_100_000),
    Shape(
      name: "trace-cmd report", line: "              dd-123   [001]    10.100000: ",
      task: "dd-123", processor: 1, time: 10_100_000),
    Shape(
      name: "perf script", line: "kworker/u8:2   123 [001]    10.100000:        iommu:",
      task: "kworker/u8:2-123", processor: 1, time: 10_100_000),
    Shape(
      name: "a counter as clock", line: "           dd-123     [001] d..2. 12345678: ",
      task: "dd-123", processor: 1, time: nil),
  ]

  @Test("every shape of a trace's line is read", arguments: shapes)
  func shape(_ shape: Shape) throws {
    let text =
      shape.line
      + "map: IOMMU: iova=0x00000000ffffd000 - 0x00000000ffffe000 paddr=0x0000000123456000 size=4096\n"
    let event = try #require(Self.read(text, focus: [0xffff_d000]).events.first)
    #expect(event.kind == .tableMap)
    #expect(event.start == 0xffff_d000 && event.end == 0xffff_e000)
    #expect(event.physical == 0x1_2345_6000)
    #expect(event.moment.task == shape.task)
    #expect(event.moment.processor == shape.processor)
    #expect(event.moment.time == shape.time)
    #expect(event.moment.line == 1)
  }

  static let head = "           dd-123     [001] d..2.    10.100000: "

  struct Name: CustomTestStringConvertible, Sendable {
    let text: String
    let kind: MappingEvent.Kind
    let direction: LoggedDirection?
    var testDescription: String { text }
  }

  static let names = [
    Name(
      text:
        "dma_map_page: 0000:03:00.0 dir=TO_DEVICE dma_addr=ffffd000 size=4096 phys_addr=1 attrs=",
      kind: .map, direction: .toDevice),
    Name(
      text: "dma_map_phys: 0000:03:00.0 dir=FROM_DEVICE dma_addr=ffffd000 size=4096 phys_addr=1 "
        + "attrs=SKIP_CPU_SYNC|NO_WARN", kind: .map, direction: .fromDevice),
    Name(
      text:
        "dma_map_resource: 0000:03:00.0 dir=NONE dma_addr=ffffd000 size=4096 phys_addr=1 attrs=",
      kind: .map, direction: LoggedDirection.none),
    Name(
      text: "dma_unmap_phys: 0000:03:00.0 dir=TO_DEVICE dma_addr=ffffd000 size=4096 attrs=",
      kind: .unmap, direction: .toDevice),
    Name(
      text: "dma_alloc_pages: 0000:03:00.0 dir=BIDIRECTIONAL dma_addr=ffffd000 size=4096 "
        + "virt_addr=00000000abcdef01 flags=GFP_KERNEL attrs=", kind: .allocate,
      direction: .bidirectional),
    Name(
      text: "dma_free: 0000:03:00.0 dir=BIDIRECTIONAL dma_addr=ffffd000 size=4096 "
        + "virt_addr=00000000abcdef01 attrs=", kind: .free, direction: .bidirectional),
    Name(
      text: "dma_map_sg: 0000:03:00.0 dir=TO_DEVICE nents=1/1 ents=2/2 dma_addrs={0xaaaa0000,"
        + "0xffffd000} sizes={0x1000,0x1000} phys_addrs={0x1000,0x2000} attrs=", kind: .map,
      direction: .toDevice),
    Name(
      text: "dma_alloc_sgt: 0000:03:00.0 dir=TO_DEVICE dma_addr=ffffd000 size=4096 "
        + "phys_addrs={0x1000} flags=GFP_KERNEL attrs=", kind: .allocate, direction: .toDevice),
  ]

  @Test("the events of the DMA API name device, direction and range", arguments: names)
  func name(_ name: Name) throws {
    for group in ["", "dma:"] {
      let read = Self.read(Self.head + group + name.text + "\n", focus: [0xffff_d123])
      let event = try #require(read.events.first, "\(read.scanner.counts)")
      #expect(read.events.count == 1)
      #expect(event.kind == name.kind)
      #expect(event.direction == name.direction)
      #expect(event.start == 0xffff_d000 && event.end == 0xffff_e000)
      #expect(event.device == PCIAddress("0000:03:00.0"))
    }
  }

  @Test("failures, synchronisations and attachments are counted and tell nothing")
  func others() {
    let text = [
      "dma_alloc_err: 0000:03:00.0 dir=TO_DEVICE dma_addr=0 size=4096 virt_addr=0 flags= attrs=",
      "dma_sync_single_for_cpu: 0000:03:00.0 dir=TO_DEVICE dma_addr=ffffd000 size=4096",
      "io_page_fault: IOMMU:driver 0000:03:00.0 iova=0x00000000ffffd000 flags=0x0000",
    ].map { Self.head + $0 + "\n" }.joined()
    let read = Self.read(text, focus: [0xffff_d000])
    #expect(read.events.isEmpty)
    #expect(read.scanner.counts.others == 2)
  }

  @Test("events far from what is asked about are counted alone")
  func unasked() {
    let text =
      Self.head + "map: IOMMU: iova=0x00000000aaaad000 - 0x00000000aaaae000 paddr=0x1 size=4096\n"
      + Self.head + "unmap: IOMMU: iova=0x00000000aaaad000 - 0x00000000aaaae000 size=4096 "
      + "unmapped_size=4096\n"
    let read = Self.read(text, focus: [0xffff_d000])
    #expect(read.events.isEmpty)
    #expect(read.scanner.counts.tableMaps == 1)
    #expect(read.scanner.counts.tableUnmaps == 1)
    #expect(read.scanner.counts.first == 10_100_000)
  }

  @Test("rows of the dump of live mappings are read, old and new ones")
  func dump() throws {
    let rows = [
      "e1000e 0000:03:00.0 single idx 510 P=0x0000000123456000 D=ffffd000 L=1000 cln=0x48d1580 "
        + "DMA_FROM_DEVICE dma map error checked attrs=0x0",
      "e1000e 0000:03:00.0 single idx 510 P=123456000 N=123 D=ffffd000 L=1000 DMA_FROM_DEVICE "
        + "dma map error checked",
    ]
    for row in rows {
      let event = try #require(Self.read(row, focus: [0xffff_d000]).events.first)
      #expect(event.kind == .alive)
      #expect(event.name == "e1000e")
      #expect(event.direction == .fromDevice)
      #expect(event.start == 0xffff_d000 && event.end == 0xffff_e000)
      #expect(event.physical == 0x1_2345_6000)
    }
  }

  @Test("flushes tell their range")
  func flushes() throws {
    let text = [
      "map: IOMMU: iova=0x00000000ffffd000 - 0x00000000ffffe000 paddr=0x1 size=4096",
      "qi_submit: iotlb_inv dmar0: 0x200f2 0xffffd000 0x0 0x0",
      "qi_submit: iotlb_inv dmar0: 0x200e2 0x0 0x0 0x0",
      "qi_submit: inv_wait dmar0: 0x200000025 0x10005f634 0x0 0x0",
      "cache_tag_flush_range: dmar0 0000:03:00.0[0] type iotlb did 2 [0xffffd000-0xffffdfff] "
        + "addr 0xffffd000 mask 0x0",
    ].map { Self.head + $0 + "\n" }.joined()
    let read = Self.read(text, focus: [0xffff_d000])
    let flushes = read.events.filter { $0.kind == .flush }
    #expect(flushes.map(\.start) == [0xffff_d000, 0, 0xffff_d000])
    #expect(flushes.map(\.end) == [0xffff_e000, .max, 0xffff_e000])
    #expect(read.scanner.counts.flushes == 3)
  }

  @Test("lost events are counted")
  func lost() {
    let read = Self.read("CPU:1 [LOST 1234 EVENTS]\n", focus: [])
    #expect(read.scanner.counts.lost == 1234)
  }

  @Test("a mapping history reads the same in whatever pieces its bytes come")
  func pieces() {
    var text = ""
    for index in 0..<50 {
      let start = "00000000ffff\(String(index + 0x1000, radix: 16).suffix(1))000"
      text += Self.head + "map: IOMMU: iova=0x\(start) - 0x00000000fffff000 paddr=0x1 size=4096\n"
      text += "a line of something else\n"
    }
    let whole = Self.read(text, focus: [0xffff_d000])
    #expect(whole.events.count > 10)
    for size in [1, 7, 64, 1000] {
      let pieces = Self.read(text, focus: [0xffff_d000], piece: size)
      #expect(pieces.events == whole.events)
      #expect(pieces.scanner.counts == whole.scanner.counts)
    }
  }

  @Test("each width of the search finds the same lines and equals signs")
  func widths() {
    // Lines of every length around a block's, so that signs stand at every place of one.
    var text = ""
    for length in 0..<300 {
      text += String(repeating: "x", count: length % 150) + (length % 3 == 0 ? "=\n" : "\n")
      text += String(repeating: " ", count: length % 71) + Self.names[length % 8].text + "\n"
      text += Self.head + "unmap: IOMMU: iova=0x00000000ffffd000 - 0x00000000ffffe000 size=4096\n"
      text += String(repeating: "\n", count: length % 4)
    }
    let slow = Self.read(text, focus: [0xffff_d000], width: 0)
    #expect(slow.events.count == 600)
    #expect(slow.scanner.lineNumber == text.utf8.count { $0 == UInt8(ascii: "\n") } + 1)
    for width: Int32 in [1, 2] {
      let read = Self.read(text, focus: [0xffff_d000], width: width)
      #expect(read.events == slow.events)
      #expect(read.scanner.counts == slow.scanner.counts)
      #expect(read.scanner.lineNumber == slow.scanner.lineNumber)
    }
  }

  @Test("numbers that are read eight digits at a time are those that are read one by one")
  func quickNumbers() {
    let endings = [" ", ",", "g", "G", "/", ":", "@", "`", "\u{7f}", "\u{ff}", "\n", "="]
    let digits = Array("0123456789abcdefABCDEF90817263544".utf8)
    for length in 0..<20 {
      for (index, ending) in endings.enumerated() {
        let word = (0..<length).map { digits[($0 * 7 + index * 5) % digits.count] }
        let number = word.filter { $0 <= UInt8(ascii: "9") }
        for (word, behind) in [word, number].flatMap({ word in [0, 7, 16].map { (word, $0) } }) {
          let text =
            word + Array(ending.utf8) + [UInt8](repeating: UInt8(ascii: "1"), count: behind)
          text.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let line = LineBytes(base, bytes.count)
            for place in 0...word.count {
              if let quick = line.quickHexNumber(at: place) {
                #expect(quick == line.hexNumber(at: place) ?? (0, 0))
              }
              if let quick = line.quickDecimalNumber(at: place) {
                #expect(quick == line.decimalNumber(at: place) ?? (0, 0))
              }
            }
            if behind == 16, (1...16).contains(word.count) {
              #expect(line.quickHexNumber(at: 0) != nil)
            }
          }
        }
      }
    }
  }

  static let list =
    "dir=TO_DEVICE nents=2/2 ents=2/2 dma_addrs={0xaaaa0000,0xffffd000} "
    + "sizes={0x1000,0x1000} phys_addrs={0x123456000,0x7000} attrs="

  @Test("a scatter list is taken back by its physical addresses, in another file too")
  func lists() throws {
    let map = Self.head + "dma_map_sg: 0000:03:00.0 \(Self.list)\n"
    let other =
      Self.head
      + "dma_unmap_sg: 0000:03:00.0 dir=TO_DEVICE phys_addrs={0x999999000} attrs=\n"
    let unmap =
      Self.head
      + "dma_unmap_sg: 0000:03:00.0 dir=TO_DEVICE phys_addrs={0x123456000,0x7000} attrs=\n"
    let focus = AddressFocus([0xffff_d000])
    for texts in [[map + other + other + unmap], [map, other, unmap], [map + other, unmap]] {
      var history = MappingHistory()
      for (index, text) in texts.enumerated() {
        history.take(Array(text.utf8), by: HistoryScanner(focus, file: index))
      }
      history.finish(focus)
      let life = try #require(history.lives(at: 0xffff_d000).first)
      #expect(history.lives(at: 0xffff_d000).count == 1)
      #expect(life.physical == 0x7000)
      #expect(life.unmapped?.file == texts.count - 1)
      #expect(history.counts.unmaps == texts.joined().ranges(of: "dma_unmap_sg").count)
    }
  }

  @Test("a scatter list far from what is asked about is counted alone")
  func farList() {
    let first = Self.head + "map: IOMMU: iova=0x00000000aaaad000 - 0x00000000aaaae000 size=4096\n"
    let far = Self.list.replacing("0xffffd000", with: "0xbbbbd000")
    let text = first + Self.head + "dma_map_sg: 0000:03:00.0 \(far)\n"
    #expect(Self.read(text, focus: [0xffff_d000]).events.isEmpty)
    #expect(Self.read(text, focus: [0xbbbb_d000]).events.count == 1)
    #expect(Self.read(text, focus: [0xffff_d000]).scanner.counts.maps == 1)
  }

  @Test("hostile lines neither end the program nor count as events")
  func hostile() {
    let lines = [
      "=", "a=", "IOMMU: iova=0x", "map: IOMMU: iova=0x", " dir=", "dma_ dir=",
      ": x dir= dma_addr=",
      " D= L= idx ", "qi_submit: iotlb_inv", "cache_tag_flush_range [0x-0x",
      String(repeating: "=", count: 70000),
      "map: IOMMU: iova=0xffffffffffffffff - 0x0000000000000000 paddr=0x size=",
      "dma_map_sg: d dir=TO_DEVICE dma_addrs={0x1,0xffffffffffffffff} sizes={0xffffffffffffffff,0x2}",
      " [LOST 99999999999999999999 EVENTS]xxxx",
    ]
    for line in lines {
      _ = Self.read(line, focus: [0, .max])
      _ = Self.read(Self.head + line, focus: [0, .max])
    }
    #expect(Self.read(lines.joined(separator: "\n"), focus: []).scanner.counts.alive == 0)
  }
}
