import Diagnosis
import LogReading
import Testing

/// Faults that are explained while they come.
@Suite("Followed faults")
struct FollowedFaultTests {
  private static func line(_ number: Int) -> String {
    let time = "[ \(9_000 + number / 60).\(String(1_000_000 + number % 60 * 16_667).dropFirst())]"
    return "\(time) DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr "
      + "0x\(String((0x100000 + number) << 12, radix: 16)) [fault reason 0x06] PTE Read access is "
      + "not set\n"
  }

  @Test("the verdicts are those of one look at all, though the index grows piece by piece")
  func verdicts() throws {
    var collector = LogCollector()
    collector.begin(file: "log")
    collector.noteChanges()
    var reader = LogReader()
    var followed = FollowedFaults()
    var told: [Explanation.Fault] = []
    for number in 0..<300 {
      Array(Self.line(number).utf8).withUnsafeBytes { bytes in
        reader.read(bytes) { collector.take($0) }
      }
      reader.flush { collector.take($0) }
      let changes = collector.takeChanges()
      #expect(changes == [number])
      told += followed.explain(changes, collector.contents)
    }
    #expect(told.count == 300)
    let all = Explanation(collector.contents).faults
    for (one, other) in zip(told.suffix(30), all.suffix(30)) {
      #expect(one.verdict?.cause == other.verdict?.cause)
      #expect(one.verdict?.confidence == other.verdict?.confidence)
    }
  }

  @Test("a fault that comes again, and its dump, are changes; nothing new is none")
  func changes() {
    var collector = LogCollector()
    collector.begin(file: "log")
    var reader = LogReader()
    func read(_ text: String) -> [Int] {
      Array(text.utf8).withUnsafeBytes { bytes in
        reader.read(bytes) { collector.take($0) }
      }
      reader.flush { collector.take($0) }
      return collector.takeChanges()
    }
    // Nobody has asked for them yet.
    #expect(read(Self.line(0)).isEmpty)
    collector.noteChanges()
    #expect(read(Self.line(1)) == [1])
    #expect(read(Self.line(0)) == [0])
    #expect(read("[ 9001.0] usb 1-4: new device\n").isEmpty)
    #expect(read("[ 9002.0] DMAR: Dump dmar0 table entries for IOVA 0x100000000\n") == [0])
  }
}
