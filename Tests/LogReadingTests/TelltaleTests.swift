import TestSupport
import Testing

@testable import KernelLog
@testable import LogReading

/// A long log is searched for a few words; what has none of them would be lost.
@Suite("The words that lines are found by")
struct TelltaleTests {
  private static func holdsWord(_ text: String) -> Bool {
    Telltale.words.contains { text.contains($0) }
  }

  @Test(
    "every message holds one in words that it cannot lack",
    arguments: KernelMessageForms.rows.indices)
  func messages(_ index: Int) {
    let form = "\(KernelMessageForms.rows[index].form)"
    let pieces = form.split(separator: "%").enumerated().map { index, piece in
      index == 0 ? piece : piece.dropFirst()
    }
    // A unit's name, a driver's tag or a driver of vfio stands before these.
    let speaks = (KernelMessageForms.spokenByUnits + KernelMessageForms.spokenByVFIO).contains {
      "\($0.form)" == form
    }
    #expect(speaks || pieces.contains { Self.holdsWord(String($0)) }, "\(form)")
  }

  @Test("every record of another system holds one", arguments: OtherSystemForms.rows.map(\.form))
  func otherSystems(_ form: String) {
    let pieces = form.split(separator: "{").map { $0.split(separator: "}").last ?? "" }
    #expect(pieces.contains { Self.holdsWord(String($0)) }, "\(form)")
  }

  @Test("every head of a report holds one", arguments: StumbleCollector.heads.map { "\($0.0)" })
  func heads(_ head: String) {
    #expect(Self.holdsWord(head))
  }

  /// What follows a line that has a word, or is told with it.
  private static let companions = [
    "#PF: ", "PGD ", "Kernel Offset", "Rebooting in", "QI ", "Invalidation ",
  ]

  @Test("every line of the driver holds one, in every kernel, or follows one that does")
  func lines() throws {
    for form in DriverForms.all {
      let line = try #require(form.make(FormLawTests.values(form)))
      for kernel in FormLawTests.kernels {
        guard let text = line.text(kernel), !Self.companions.contains(where: text.hasPrefix) else {
          continue
        }
        #expect(Self.holdsWord(text), "\(text)")
      }
    }
  }

  @Test("a message is read wherever it stands")
  func far() {
    let ordinary = "[    9.000001] usb 1-4: new high-speed USB device number 7 using xhci_hcd\n"
    let message = "[    9.000002] vfio-pci 0000:03:00.0: Unable to power on device, stuck in D3\n"
    let text =
      String(repeating: ordinary, count: 6000) + message
      + String(repeating: ordinary, count: 6000)
    var reader = LogReader()
    var events: [LogEvent] = []
    Array(text.utf8).withUnsafeBytes { reader.read($0) { events.append($0) } }
    reader.finish { events.append($0) }
    let found = events.filter {
      if case .fact(.message(let message)) = $0.kind { return message.kind == .deviceStuck }
      return false
    }
    #expect(found.map(\.lines) == [6001...6001])
  }

  @Test(
    "each word's mark lies in it, and is of one of the groups", arguments: Telltale.rows.indices)
  func marks(_ index: Int) {
    let row = Telltale.rows[index]
    #expect(row.mark >= 0 && row.mark + 4 <= row.word.utf8CodeUnitCount, "\(row.word)")
    #expect((0..<8).contains(row.group), "\(row.word)")
    #expect(row.word.utf8CodeUnitCount <= 28, "\(row.word)")
  }

  @Test("what is passed over begins with a word, and the search takes it")
  func passedOver() {
    #expect(TraceEvent.words.count <= 8)
    for text in TraceEvent.words {
      #expect(text.utf8CodeUnitCount <= 28, "\(text)")
      #expect(Telltale.words.contains { "\(text)".hasPrefix($0) }, "\(text)")
    }
  }

  /// Texts over several strides of the search, where an event stands before a word, inside it, at the
  /// end, cut.
  @Test(
    "words behind an event of a trace are found, and parts of its words are not",
    arguments: [
      ("IOMMU: iova=0x12 DMAR", 17), ("IOMMU: iova=0xDMAR", 14),
      ("iommu:map: IOMMU: iova=0xiova", 25),
      ("IOMMU: iova=0", 0), ("iommu:mapp", 0), ("iommu:map: IOMMU: iova=0x", nil),
      ("iommu:unmap: IOMMU: iova=12", 13),
    ])
  func besideEvents(_ text: String, _ place: Int?) throws {
    for before in [0, 1, 55, 63, 64, 200, 5000] {
      for behind in [0, 3, 70, 400] {
        let bytes =
          Array(String(repeating: ".", count: before).utf8) + Array(text.utf8)
          + Array(String(repeating: "\n", count: behind).utf8)
        try bytes.withUnsafeBytes { bytes in
          let base = try #require(bytes.baseAddress)
          for width in 0...Telltale.width {
            let found = Telltale.find(base, 0, bytes.count, width: width)
            #expect(found.position == place.map { before + $0 }, "\(before), \(behind), \(width)")
            #expect(found.newlines == (place == nil ? behind : 0))
          }
        }
      }
    }
  }

  @Test(
    "the events of a trace are passed over, and the line behind them is read",
    arguments: [
      "           dd-123     [001] d..2.    10.100000: map: IOMMU: iova=0x00000000ffffd000 - 0x00000000ffffe000 paddr=0x0000000123456000 size=4096",
      "dd   123 [001]    10.100000:        iommu:unmap: IOMMU: iova=0x00000000ffffd000 - 0x00000000ffffe000 size=4096 unmapped_size=4096",
      "           dd-123     [001] d..2.    10.100000: qi_submit: iotlb_inv dmar0: 0x2 0x0 0x0 0x0",
      "           dd-123     [001] d..2.    10.100000: cache_tag_flush_range: dmar0 0000:00:02.0[0] type iotlb did 2 [0x1-0x2] addr 0x1000 mask 0x0",
      "           dd-123     [001] d..2.    10.100000: prq_report: dmar0/0000:00:02.0 seq# 7: rid=0x10 addr=0x7ffff r---- pasid=0x1 index=0x2",
      "           dd-123     [001] d..2.    10.100000: cache_tag_assign: dmar0/0000:00:02.0 type iotlb did 2 pasid 0 ref 1",
    ])
  func trace(_ event: String) {
    let fault =
      "[   11.000000] DMAR: [DMA Write NO_PASID] Request device [00:02.0] fault addr 0x1000 [fault reason 0x05] PTE Write access is not set\n"
    let text =
      String(repeating: "usb 1-4: new device\n", count: 5000)
      + String(repeating: event + "\n", count: 100) + fault
    var scanner = LineScanner()
    var seen: [Int] = []
    Array(text.utf8).withUnsafeBytes { bytes in
      _ = scanner.scan(bytes, isLast: true) { _, number, _ in
        seen.append(number)
        return 0
      }
    }
    // The line before a telling one is looked at too.
    #expect(seen.filter { $0 > LineScanner.attentiveStart } == [5100, 5101])
    var reader = LogReader()
    var events: [LogEvent] = []
    Array(text.utf8).withUnsafeBytes { reader.read($0) { events.append($0) } }
    reader.finish { events.append($0) }
    #expect(events.map(\.lines) == [5101...5101])
    // Events at the beginning keep no attention up.
    var records = RecordReader()
    let attention = Array(event.utf8).withUnsafeBytes {
      records.take($0, number: 1, isCut: false) { _ in }
    }
    #expect(attention == 0)
  }

  private static func isWord(_ text: [UInt8], at place: Int) -> Bool {
    Telltale.words.contains { text[place...].starts(with: $0.utf8) }
  }

  /// How many lines stand before the first word; all, where there is none.
  private static func naive(_ text: [UInt8], from start: Int) -> (isFound: Bool, newlines: Int) {
    let place = (start..<text.count).first { isWord(text, at: $0) }
    return (place != nil, text[start..<(place ?? text.count)].filter { $0 == 0x0a }.count)
  }

  @Test("the search by many bytes finds what the search by one finds", arguments: 0..<200)
  func search(_ seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let pieces =
      Telltale.words + ["DMA", "\n", "\n", "\u{fc}", "BUG", "iomm", "MAR", " usb 1-4: new", "0x1f"]
    var text: [UInt8] = []
    // Some texts go on over several strides of the search before a word comes.
    let isLong = seed % 10 == 0
    let length = 1 + random.next(below: isLong ? 6000 : 400)
    while text.count < length {
      // Words are seldom, and often cut.
      let piece = Array(pieces[random.next(below: pieces.count)].utf8)
      text += random.chance(isLong ? 400 : 8) ? piece : Array(piece.dropLast())
    }
    try text.withUnsafeBytes { bytes in
      let base = try #require(bytes.baseAddress)
      for start in stride(from: 0, to: text.count, by: isLong ? 331 : 7) {
        let expected = Self.naive(text, from: start)
        for width in 0...Telltale.width {
          let found = Telltale.find(base, start, text.count, width: width)
          #expect(found.newlines == expected.newlines, "from \(start) of \(text), width \(width)")
          #expect((found.position != nil) == expected.isFound)
          if let position = found.position { #expect(Self.isWord(text, at: position)) }
        }
      }
    }
  }
}
