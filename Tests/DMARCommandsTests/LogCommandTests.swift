import Foundation
import TestSupport
import Testing

/// `dmar explain` and `dmar import` as a user runs them.
@Suite("Reading logs")
struct LogCommandTests {
  private static let fault =
    "DMAR: [DMA Read NO_PASID] Request device [00:12.0] fault addr 0x0 [fault reason 0x06] "
    + "PTE Read access is not set\n"

  private static func write(_ text: String) throws -> (TemporaryFolder, String) {
    let folder = try TemporaryFolder()
    return (folder, try folder.write(text, as: "kernel.log"))
  }

  @Test("the report is explained: the fault, its dump decoded, and the splat")
  func report() throws {
    let text = try Tool.dmar("explain", "Tests/Golden/report.log").outputText
    #expect(text.contains("DMA write by 00:1a.0 to 0x0, reason 0x05 PTE Write access is not set"))
    #expect(text.contains("its driver never gave it a DMA address"))
    #expect(text.contains("context entry[P=0x1"))
    #expect(text.contains("lock report: inconsistent lock state"))
    #expect(text.contains("klist_add_tail < bus_add_device"))
  }

  @Test("a packed log is explained as the unpacked one")
  func packed() throws {
    let lines = try Golden.lines("legacy.log.gz")
    let (folder, path) = try Self.write(lines.joined(separator: "\n") + "\n")
    defer { withExtendedLifetime(folder) {} }
    let plain = try Tool.dmar("explain", "--format", "json", path).outputText
    let packed = try Tool.dmar("explain", "--format", "json", "Tests/Golden/legacy.log.gz")
      .outputText
    #expect(
      plain.replacing(path, with: "") == packed.replacing("Tests/Golden/legacy.log.gz", with: ""))
    #expect(plain.contains("\"distinct_faults\": 9"))
  }

  @Test("JSON is one document, ndjson one object a line with its type")
  func formats() throws {
    let document = try Tool.dmar("explain", "--format", "json", "Tests/Golden/report.log").output
    let object = try #require(JSONSerialization.jsonObject(with: document) as? [String: Any])
    #expect(object["schema"] as? String == "dmar-explain/1")
    let faults = try #require(object["faults"] as? [[String: Any]])
    #expect(faults.first?["device"] as? String == "0000:00:1a.0")
    #expect(faults.first?["reason"] as? String == "0x05")
    let lines = try Tool.dmar("explain", "--format", "ndjson", "Tests/Golden/report.log").outputText
      .split(separator: "\n")
    let types = try lines.map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return object?["type"] as? String
    }
    #expect(types == ["fault", "lock_report", "summary"])
  }

  @Test("no line is wider than the terminal, but for a word that is")
  func width() throws {
    let text = try Tool.dmar("explain", "--width", "40", "Tests/Golden/report.log").outputText
    for line in text.split(separator: "\n") where line.count > 40 {
      #expect(line.split(separator: " ").contains { $0.count > 28 }, "\(line)")
    }
  }

  @Test("the exit code says what was there")
  func exitCodes() throws {
    let (folder, path) = try Self.write(Self.fault)
    let harmless = try folder.write(
      "[    0.057770] DMAR: [INTR-REMAP] Request device [f0:1f.0] fault index 0x0 "
        + "[fault reason 0x25] Blocked a compatibility format interrupt request\n"
        + "[    0.058974] DMAR-IR: Enabled IRQ remapping in xapic mode\n", as: "harmless.log")
    let empty = try folder.write("", as: "empty.log")
    let prose = try folder.write("Dear all,\nnothing here.\n", as: "prose.log")
    #expect(try Tool.dmar("explain", path).status == 0)
    #expect(try Tool.dmar("explain", "--fail-on", "serious", path).status == 1)
    #expect(try Tool.dmar("explain", "--fail-on", "serious", harmless).status == 0)
    #expect(try Tool.dmar("explain", "--fail-on", "any", harmless).status == 1)
    #expect(try Tool.dmar("explain", "/nonexistent").status == 66)
    // Nothing was logged: that is not an error, and a job that watches must not fail.
    let quiet = try Tool.dmar("explain", empty)
    #expect(quiet.status == 0)
    #expect(quiet.outputText.hasPrefix("no fault record"))
    let tool = try Tool.dmar("explain", prose)
    #expect(tool.status == 65)
    #expect(tool.outputText.isEmpty)
    #expect(tool.errorText.contains("a kernel log was expected"))
    #expect(try Tool.dmar("explain", "--bad").status == 64)
  }

  @Test("a followed log shows each fault once, and at its end the summary of all")
  func followedOnce() throws {
    let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let tool = try Tool.run(
      "/bin/sh",
      [
        "-c", "cat | \"$0\" explain --follow --format ndjson",
        products.appending(path: "dmar").path(percentEncoded: false),
      ], input: Data(Self.fault.utf8))
    let lines = tool.outputText.split(separator: "\n")
    #expect(lines.filter { $0.contains("\"type\":\"fault\"") }.count == 1)
    #expect(lines.last?.contains("\"type\":\"summary\"") == true)
    #expect(lines.last?.contains("\"fault_records\":1") == true)
  }

  @Test("COLUMNS narrows the text where no terminal tells")
  func columns() throws {
    let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let tool = try Tool.run(
      "/bin/sh",
      [
        "-c", "COLUMNS=50 \"$0\" explain Tests/Golden/report.log",
        products.appending(path: "dmar").path(percentEncoded: false),
      ])
    let long = tool.outputText.split(separator: "\n").filter { line in
      line.count > 50 && line.drop { $0 == " " }.contains(" ")
        && line.split(separator: " ").allSatisfy { $0.count < 34 }
    }
    #expect(long.isEmpty, "\(long)")
    #expect(tool.outputText.split(separator: "\n").count > 30)
  }

  @Test("several files are read together, and places name theirs")
  func severalFiles() throws {
    let (folder, path) = try Self.write(Self.fault.replacing("0x0 [", with: "0xbdf6f000 ["))
    let boot = try folder.write(
      "[    0.1] DMAR: RMRR base: 0x000000bdf6f000 end: 0x000000bdf7efff\n", as: "boot.log")
    let text = try Tool.dmar("explain", path, boot, "--width", "200").outputText
    #expect(text.contains("reserved region 0xbdf6f000-0xbdf7efff"))
    #expect(text.contains("boot.log:1"))
  }

  /// The lines of a log that import has to bring back.
  private static func lines(_ log: [String]) -> [String] {
    log.compactMap { line -> String? in
      guard let start = line.range(of: "DMAR: ") else { return nil }
      let text = line[start.lowerBound...]
      let isWanted = ["Request device", "Dump dmar", " entry", "pte level", "not present"]
        .contains { text.contains($0) }
      return isWanted ? String(text) : nil
    }
  }

  @Test(
    "import, then replay, gives back every fault and dump line of a golden log",
    arguments: [
      "legacy.log.gz", "scalable.log.gz", "ratelimit.log.gz", "klist-splat.log.gz", "report.log",
    ])
  func roundTrip(file: String) throws {
    let folder = try TemporaryFolder()
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", "Tests/Golden/\(file)", "-o", scenario)
    #expect(imported.status == 0, "\(imported.errorText)")
    #expect(imported.errorText.isEmpty)
    let replayed = try Tool.dmar("replay", "--no-timestamps", scenario)
    #expect(replayed.status == 0, "\(replayed.errorText)")
    let wanted = Self.lines(try Golden.lines(file))
    #expect(!wanted.isEmpty)
    let found = Self.lines(replayed.outputText.split(separator: "\n").map(String.init))
    #expect(found == wanted)
  }

  @Test(
    "an imported machine translates what debugfs shows as mapped, and nothing else",
    arguments: [
      ("legacy.log.gz", "00:1f.4", "0x43c123", "translated: 0x43c123 -> 0x43c123"),
      ("legacy.log.gz", "00:1f.4", "0x1000000", "fault reason 0x06"),
      ("legacy.log.gz", "00:1a.0", "0x43c123", "fault reason 0x06"),
      ("scalable.log.gz", "00:1f.4", "0xfff000", "translated: 0xfff000 -> 0xfff000"),
    ])
  func walk(file: String, device: String, iova: String, answer: String) throws {
    let folder = try TemporaryFolder()
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    #expect(try Tool.dmar("import", "Tests/Golden/\(file)", "-o", scenario).status == 0)
    let walk = try Tool.dmar("walk", scenario, "--device", device, "--iova", iova)
    #expect(walk.outputText.contains(answer), "\(walk.outputText)\(walk.errorText)")
  }

  @Test(
    "a fault without a dump is rebuilt so that its reason comes out, what was chosen is marked",
    arguments: [
      "[DMA Read] Request device [09:00.1] fault addr fff00000 [fault reason 01] Present bit in root entry is clear",
      "[DMA Read] Request device [09:00.1] fault addr fff00000 [fault reason 02] Present bit in context entry is clear",
      "[DMA Write] Request device [09:00.1] fault addr fff00000 [fault reason 03] Invalid context entry",
      "[DMA Write] Request device [09:00.1] PASID ffffffff fault addr fff00000 [fault reason 05] PTE Write access is not set",
      "[DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x06] PTE Read access is not set",
      "[DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x07] Next page table ptr is invalid",
      "[DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x09] Context table ptr is invalid",
      "[DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x0a] non-zero reserved fields in RTP",
      "[DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x0b] non-zero reserved fields in CTP",
      "[DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x0c] non-zero reserved fields in PTE",
      "[INTR-REMAP] Request device [00:11.0] fault index 0x3b [fault reason 0x26] Blocked an interrupt request due to source-id verification failure",
      "[INTR-REMAP] Request device [00:11.0] fault index 0x80 [fault reason 0x22] Present field in the IRTE entry is clear",
      "[DMA Read NO_PASID] Request device [81:00.0] fault addr 0xffffd000 [fault reason 0x39] SM: Present bit in Root Entry is clear",
      "[DMA Read NO_PASID] Request device [81:00.0] fault addr 0xffffd000 [fault reason 0x41] SM: Present bit in Context Entry is clear",
      "[DMA Read NO_PASID] Request device [81:00.0] fault addr 0xffffd000 [fault reason 0x51] SM: Present bit in Directory Entry is clear",
      "[DMA Read NO_PASID] Request device [81:00.0] fault addr 0xffffd000 [fault reason 0x59] SM: Present bit in PASID Table Entry is clear",
      "[DMA Read PASID 0x2] Request device [7a:02.0] fault addr 0x7f81c968d000 [fault reason 0x71] SM: Present bit in first-level paging entry is clear",
      "[DMA Read] Request device [41:00.0] PASID 1 fault addr 7ecdcd000 [fault reason 129] SM: U/S set 0 for first-level translation with user privilege",
    ])
  func assumed(line: String) throws {
    let (folder, path) = try Self.write("DMAR: DRHD: handling fault status reg 2\nDMAR: \(line)\n")
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", path, "-o", scenario)
    #expect(imported.status == 0, "\(imported.errorText)")
    #expect(try String(contentsOfFile: scenario, encoding: .utf8).contains("# assumed: "))
    let replayed = try Tool.dmar("replay", "--no-timestamps", scenario)
    #expect(
      replayed.outputText.contains("DMAR: \(line)\n"), "\(replayed.outputText)\(replayed.errorText)"
    )
  }

  @Test("a log without a fault is not imported")
  func nothingToImport() throws {
    let (folder, path) = try Self.write("[    0.1] DMAR: Host address width 39\n")
    defer { withExtendedLifetime(folder) {} }
    let tool = try Tool.dmar("import", path)
    #expect(tool.status == 65)
    #expect(tool.errorText.contains("no fault record"))
  }
}
