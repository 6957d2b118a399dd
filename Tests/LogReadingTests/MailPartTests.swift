import Foundation
import KernelLog
import LogReading
import TestSupport
import Testing

/// Logs that were attached to a mail.
@Suite("Attachments")
struct MailPartTests {
  static let log = """
    [    1.000000] DMAR: DRHD: handling fault status reg 2
    [    1.000002] DMAR: [DMA Read] Request device [02:00.0] PASID ffffffff fault addr bdf6f000 [fault reason 06] PTE Read access is not set

    """

  static func mail(_ content: Data, end: String = "--part--\n") -> String {
    let coded = content.base64EncodedString(options: [
      .lineLength76Characters, .endLineWithLineFeed,
    ])
    return """
      From: a reporter
      Content-Type: multipart/mixed; boundary="part"

      --part
      Content-Type: text/plain

      words
      --part
      Content-Type: application/octet-stream; name="dmesg"
      Content-Transfer-Encoding: base64

      \(coded)
      \(end)
      """
  }

  @Test(
    "a log in base64 is read; its records stand on the mail's lines",
    arguments: ["--part--\n", "\n", ""])
  func text(end: String) throws {
    let found = events(in: Self.mail(Data(Self.log.utf8), end: end))
    #expect(faults(found).map(notation) == ["Read 02:00.0 bdf6f000 0x06"])
    let event = try #require(found.last)
    #expect((12...15).contains(event.lines.lowerBound))
  }

  @Test("a packed log in base64 is unpacked")
  func packed() throws {
    let packed = try Tool.run("/bin/gzip", ["-c"], input: Data(Self.log.utf8)).output
    let found = faults(events(in: Self.mail(packed)))
    #expect(found.map(notation) == ["Read 02:00.0 bdf6f000 0x06"])
  }

  @Test("a part that is cut or damaged ends without a trap")
  func damaged() throws {
    let packed = try Tool.run("/bin/gzip", ["-c"], input: Data(Self.log.utf8)).output
    let whole = Array(Self.mail(packed).utf8)
    for end in stride(from: 0, to: whole.count, by: 7) {
      _ = events(in: Array(whole[..<end]))
      var broken = whole
      broken[end] = 0x41
      _ = events(in: broken)
    }
  }

  @Test("words that look like base64 outside a part are left alone")
  func outside() {
    #expect(faults(events(in: "RE1BUjogW0RNQSBSZWFkXQ==\n" + Self.log)).count == 1)
  }
}
