import IOMMULab
import Testing

@Suite("a lab refuses what cannot work, and says what would")
struct MisuseTests {
  /// What is done, and words that the message has.
  private static let misuses:
    [(what: String, says: String, body: @Sendable (inout Lab) throws -> Void)] = [
      (
        "a device that is none", "bus:device.function was expected",
        { try $0.attach("nic", domain: 1) }
      ),
      ("domain 0", "1 to 65535 was expected", { try $0.attach("00:03.0", domain: 0) }),
      (
        "a first stage in legacy mode", "build scalable tables",
        { try $0.attach("00:03.0", domain: 1, stage: .first) }
      ),
      ("a map before any device", "call attach", { try $0.map(0x1000, to: 0x2000) }),
      (
        "an address between pages", "not a multiple of 4 KiB",
        {
          try $0.attach("00:03.0", domain: 1); try $0.map(0x1001, to: 0x2000)
        }
      ),
      (
        "an address wider than the tables", "use more levels",
        {
          try $0.attach("00:03.0", domain: 1); try $0.map(1 << 48, to: 0x2000)
        }
      ),
      (
        "the same page twice", "unmap it first",
        {
          try $0.attach("00:03.0", domain: 1)
          try $0.map(0x1000, to: 0x2000)
          try $0.map(0x1000, to: 0x3000)
        }
      ),
      (
        "a small page in a large one", "unmap the whole page",
        {
          try $0.attach("00:03.0", domain: 1)
          try $0.map(0x20_0000, to: 0x4000_0000, pages: .twoMiB)
          try $0.map(0x20_1000, to: 0x3000)
        }
      ),
      (
        "an unmap of nothing", "map it first",
        {
          try $0.attach("00:03.0", domain: 1); try $0.unmap(0x1000)
        }
      ),
      ("a flush before the start", "call start()", { try $0.flush() }),
      ("a command to a register that only shows", "written to GCMD", { try $0.write("GSTS", 1) }),
      ("64 bits to a register of 32", "wider than the 32 bits", { try $0.write("GCMD", 1 << 32) }),
      ("a register that is none", "it has VER, CAP", { _ = try $0.read("GSTATUS") }),
      (
        "a vector that is an exception", "16 to 255",
        { try $0.allowInterrupt(1, from: "00:03.0", vector: 3) }
      ),
      (
        "an interrupt entry beyond the table", "entries 0 to 255",
        { try $0.allowInterrupt(256, from: "00:03.0", vector: 0x41) }
      ),
      (
        "an interrupt elsewhere", "not in the interrupt range",
        { try $0.interrupt("00:03.0", address: 0x1000, data: 0) }
      ),
      (
        "a PASID of 21 bits", "0 to 1048575 was expected",
        { try $0.dma("00:03.0", .read, 0, pasid: 1 << 20) }
      ),
    ]

  @Test("each misuse has a message with its cure", arguments: misuses.indices)
  func misuse(_ index: Int) throws {
    let (what, says, body) = Self.misuses[index]
    var lab = try Lab(.legacy48)
    let error = #expect(throws: LabError.self, "\(what)") { try body(&lab) }
    #expect("\(error.map { "\($0)" } ?? "")".contains(says), "\(what)")
  }

  @Test("a register is read and written by name, with its width")
  func registers() throws {
    var lab = try Lab(.legacy48)
    #expect(try lab.read("gsts").value == 0)
    try lab.start()
    #expect("\(try lab.read("GSTS"))".contains("DMA remapping is on"))
  }

  @Test("without a start every DMA passes untranslated")
  func notStarted() throws {
    let lab = try Lab(.legacy48)
    #expect(try lab.dma("00:03.0", .write, 0x1234_5678).address?.rawValue == 0x1234_5678)
  }
}
