@testable import Diagnosis
import LogReading
import Testing

/// What an address, a row of addresses and the phase of the machine tell.
@Suite("Patterns of addresses")
struct AddressPatternTests {
  static func fault(_ address: String, _ seconds: Int = 30, _ access: String = "Write") -> String {
    "[   \(seconds).000001] DMAR: [DMA \(access) NO_PASID] Request device [03:00.0] fault addr "
      + "\(address) [fault reason 0x05] PTE Write access is not set\n"
  }

  @Test(
    "the kernel's pointers are told from filling patterns",
    arguments: [
      (UInt64(0xffff_8881_0345_6000), true), (0xffff_ffff_8123_4000, true),
      (0xffff_ffff_ffff_f000, false), (0xffff_f000_0000_0000, false), (0xfffe_1000, false),
    ])
  func pointers(_ address: UInt64, _ isPointer: Bool) {
    #expect(AddressPattern.isKernelPointer(address) == isPointer)
  }

  @Test("a kernel pointer has its own verdict")
  func pointer() throws {
    let found = try #require(explanation(of: Self.fault("0xffff888103456000")).faults.first)
    #expect(found.verdict?.cause == .rawPhysicalAddress)
    #expect(found.verdict?.verdict.contains("kernel pointer 0xffff888103456000") == true)
  }

  @Test(
    "an address between 4 GiB and the top of a mask, where the allocator does not come, is physical",
    arguments: [
      ("0x1a5e12000", true), ("0x41a6aa000", true), ("0xfffe1000", false), ("0x7ffffe1000", false),
      ("0xffffc030b000", false), ("0xffffe1000", false),
    ])
  func aboveAllocated(_ address: String, _ isPhysical: Bool) throws {
    let found = try #require(explanation(of: Self.fault(address)).faults.first)
    let isTold = found.findings.contains { $0.clues.contains { $0.weight == .aboveAllocated } }
    #expect(isTold == isPhysical)
    // The argument is about Linux's allocator.
    let other = explanation(of: "vtd[0] fault: device 83:0:0 reason 0x6 R:\(address)\n")
    #expect(!other.faults.contains { $0.verdict?.cause == .rawPhysicalAddress })
  }

  @Test(
    "PASID 0 is not an address space of its own: the verdict is that of a request without a PASID",
    arguments: ["0xffff888103456000", "0x6f77206f6c6c6000", "0xdead000"])
  func pasidOfRequestsWithoutOne(address: String) throws {
    let log = Self.fault(address)
    let plain = try #require(explanation(of: log).faults.first?.verdict)
    let scalable = log.replacing("NO_PASID", with: "PASID 0x0")
    #expect(explanation(of: scalable).faults.first?.verdict?.verdict == plain.verdict)
  }

  @Test("text in an address is text, in the order of memory")
  func text() throws {
    // "hello wo" as eight bytes, of which a record does not tell the lowest.
    #expect(AddressPattern.text(0x6f77_206f_6c6c_6000) == "llo wo")
    #expect(AddressPattern.text(0x6b6b_6b6b_6b6b_6000) == nil)
    #expect(AddressPattern.text(0xffff_d000) == nil)
    let found = try #require(explanation(of: Self.fault("0x6f77206f6c6c6000")).faults.first)
    #expect(found.verdict?.cause == .garbageDescriptors)
    #expect(found.verdict?.clues.contains { $0.sentence.contains("\"llo wo\"") } == true)
  }

  @Test("an address that is the low half of another of the device was cut to 32 bits")
  func cut() throws {
    let log = Self.fault("0x1238fe45000") + Self.fault("0x8fe45000", 31)
    let found = try #require(
      explanation(of: log).faults.first { $0.group.address == 0x8fe4_5000 })
    #expect(found.verdict?.verdict.contains("cut to 32 bits") == true)
    #expect(found.verdict?.clues.contains { $0.weight == .cutTo32Bits } == true)
  }

  @Test("a machine that goes down and pages in a row are clues of a buffer that is gone")
  func shutdown() throws {
    let log =
      "[   29.000000] reboot: Restarting system\n"
      + (0..<5).map { Self.fault("0xfffe\($0)000") }.joined()
    let found = try #require(explanation(of: log).faults.first)
    let finding = try #require(found.findings.first { $0.cause == .unmappedTooEarly })
    #expect(finding.clues.contains { $0.weight == .duringShutdown })
    #expect(finding.clues.contains { $0.weight == .pagesInARow })
    // Long after the line another boot is meant.
    let later = "[   29.000000] reboot: Restarting system\n" + Self.fault("0xfffe0000", 95)
    let other = try #require(explanation(of: later).faults.first)
    #expect(!other.findings.contains { $0.clues.contains { $0.weight == .duringShutdown } })
  }
}
