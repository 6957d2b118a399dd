@testable import LogReading
import PCI
import Testing

/// Every form of the table is read as what it says.
@Suite("Messages are forms")
struct KernelMessageTests {
  static let rows = KernelMessageForms.rows.map { "\($0.kind.rawValue): \($0.form)" }

  /// A line with something in each hole.
  static func line(_ form: StaticString) -> String {
    var line = "\(form)"
    for (hole, value) in [
      ("%d", "7"), ("%llx", "0x1000"), ("%x", "0x1f"), ("%p", "0000:03:00.0"), ("%g", "00:04:00"),
      ("%s", "word"),
      ("%S", "something "),
    ] {
      line = line.split(separator: hole, omittingEmptySubsequences: false).joined(separator: value)
    }
    return line
  }

  /// Who says it: some forms have the telling word in their speaker's name.
  static func speaker(_ form: StaticString) -> String {
    func isOne(of rows: [KernelMessageForms.Row]) -> Bool {
      rows.contains { $0.form.description == form.description }
    }
    if isOne(of: KernelMessageForms.spokenByUnits) { return "DMAR: dmar0" }
    return isOne(of: KernelMessageForms.spokenByVFIO)
      ? "vfio-pci 0000:05:00.0" : "somebody 0000:05:00.0"
  }

  static func messages(_ text: String) -> [KernelMessage] {
    events(in: text + "\n").compactMap {
      if case .fact(.message(let message)) = $0.kind { message } else { nil }
    }
  }

  @Test("a form with its holes filled is read as its kind", arguments: rows.indices)
  func form(index: Int) {
    let row = KernelMessageForms.rows[index]
    let found = Self.messages("[   10.000000] \(Self.speaker(row.form)): \(Self.line(row.form))")
    #expect(found.contains { $0.kind == row.kind }, "\(row.form)")
  }

  @Test("a message names its device, or the one that speaks")
  func device() throws {
    let own = try #require(
      Self.messages("[ 1.0] DMAR: RMRR entry for device 05:00.0 is broken - applying workaround")
        .first)
    #expect(own.device?.shortDescription == "05:00.0")
    let speaker = try #require(
      Self.messages(
        "[ 1.0] vfio-pci 0000:04:00.1: DMAR: Device is ineligible for IOMMU domain attach due to platform RMRR requirement.  Contact your platform vendor."
      ).first)
    #expect(speaker.device?.shortDescription == "04:00.1")
    #expect(speaker.driver == "vfio-pci")
  }

  @Test("a message that a mail program broke is read whole")
  func wrapped() throws {
    let message = try #require(
      Self.messages(
        "[Fri Sep  3 09:05:56 2021] DMAR: ERROR: DMA PTE for vPFN 0xdf60d\nalready set (to 1000000000000 not 1a4388003)"
      ).first)
    #expect(message.numbers == [0xdf60d, 0x1000000000000, 0x1a4388003])
  }

  @Test(
    "a masked or cut number is not taken for a number",
    arguments: ["ffxxxxxx", "0xfffxx000", "XXXX", "7f******000", "ffff88W"])
  func masked(text: String) throws {
    let found = events(
      in:
        "[ 1.0] DMAR: [DMA Read NO_PASID] Request device [06:00.0] fault addr \(text) [fault reason 0x06] PTE Read access is not set\n"
    )
    guard case .fault(let fault) = try #require(found.first).kind else {
      Issue.record("no fault record")
      return
    }
    #expect(fault.hiddenAddress == text)
    #expect(fault.reason == 6)
    #expect(fault.line == nil)
  }
}
