import Foundation
import TestSupport
import Testing

/// `dmar import` of logs with a lock report in a table dump.
@Suite("Importing lock reports")
struct SplatImportTests {
  /// What the kernel printed from the first fault on, without time stamps and trailing blanks.
  private static func kernelLines(_ log: [String]) -> [String] {
    let start = log.firstIndex { $0.contains("DRHD: handling") } ?? log.startIndex
    return log[start...].compactMap { line -> String? in
      guard let match = line.firstMatch(of: /^\[ *[0-9]+\.[0-9]+\] ?/) else { return nil }
      return trimmed(line[match.range.upperBound...])
    }
  }

  private static func trimmed(_ line: Substring) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return String(line)
  }

  /// Imports a log and replays the result.
  private static func replay(_ path: String) throws -> (
    lines: [String], errors: String, yaml: String
  ) {
    let folder = try TemporaryFolder()
    let scenario = folder.url.appending(path: "s.yaml").path(percentEncoded: false)
    let imported = try Tool.dmar("import", path, "-o", scenario)
    #expect(imported.status == 0, "\(imported.errorText)")
    let replayed = try Tool.dmar("replay", "--no-timestamps", scenario)
    #expect(replayed.status == 0, "\(replayed.errorText)")
    var lines = replayed.outputText.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    return (
      lines.map(trimmed), imported.errorText, try String(contentsOfFile: scenario, encoding: .utf8)
    )
  }

  @Test(
    "import, then replay, gives back every line from the first fault on, the lock report among them",
    arguments: ["klist-splat.log.gz", "report.log"])
  func wholeReport(file: String) throws {
    // The machine of the golden log goes to sleep behind its last fault.
    let wanted = Self.kernelLines(try Golden.lines(file)).filter {
      !$0.hasPrefix("ACPI: PM:") && !$0.hasPrefix("reboot:")
    }
    #expect(wanted.contains("WARNING: inconsistent lock state"))
    let found = try Self.replay("Tests/Golden/\(file)")
    #expect(found.errors.isEmpty)
    #expect(found.lines == wanted)
  }

  @Test(
    "another task, taint, machine, address, offset or inlining of the same report comes back as well",
    arguments: [
      [("rngd", "a b/c"), ("1006", "7")],
      [("Not tainted", "Tainted: G        W  OE")],
      [("ff177021416f2d78", "ffff888100c0ffee")],
      [("5.20.0-0.rc0.20220812git7ebfc85e2cd7.10.fc38.x86_64 #1", "6.0.0-rc1+ #42")],
      [("klist_next+0x1b/0x160", "klist_next+0x2f/0x1a0")],
      [("mark_lock.cold+0x48/0xe1", "mark_lock.part.0+0x481/0x4e1")],
      [("(7811)", "(99)"), ("7812", "100"), ("(7794)", "(55)"), ("(7787)", "(51)")],
      [("RAX: 000055b21df61db8", "RAX: 0123456789abcdef"), ("<48>", "<f4>")],
      [("[   32.288634]   add_memory_block+0x108/0x1d0\n", "")],
      [("[   32.497674]  handle_irq_event+0x34/0x70\n", "")],
      [("[   32.406916]  ? find_held_lock+0x32/0x90\n", "")],
      [
        (
          "[   32.406897] Hardware name: Intel Corporation Idaville/Unknown, BIOS SB_IDVH "
            + ".001.001.000.000.008.00006.D-569F2C6B571C2177 Aug 11 2022\n", ""
        )
      ],
      [("00:1a.0", "3b:02.1")],
      [("status reg 3", "status reg 2")],
    ])
  func variants(changes: [(String, String)]) throws {
    var text = try Golden.lines("report.log").joined(separator: "\n") + "\n"
    for (old, new) in changes {
      #expect(text.contains(old))
      text = text.replacing(old, with: new)
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(text, as: "kernel.log")
    let found = try Self.replay(path)
    #expect(found.errors.isEmpty)
    #expect(found.lines == Self.kernelLines(text.split(separator: "\n").map(String.init)))
  }

  @Test(
    "a lock report that the model cannot meet is named, and the fault comes back without it",
    arguments: [
      ("&k->k_lock", "&iommu->lock", "its lock is not a klist's"),
      ("CPU: 0", "CPU: 3", "not that of CPU 0"),
      ("HC1[1]:SC0[0]", "HC1[1]:SC1[1]", "soft interrupt"),
      ("device_add+0x39d", "add_gadget+0x39d", "add_gadget is not on the known path"),
      ("-{2:2}", "", "older than 5.7"),
      ("-{2:2}", "-{3:3}", "wait types"),
      ("inconsistent lock state", "possible recursive locking detected", "inconsistent state"),
    ])
  func notReproduced(old: String, new: String, reason: String) throws {
    let text = try Golden.lines("report.log").joined(separator: "\n") + "\n"
    let folder = try TemporaryFolder()
    let path = try folder.write(text.replacing(old, with: new), as: "kernel.log")
    let found = try Self.replay(path)
    #expect(found.errors.contains("not reproduced"))
    #expect(found.errors.contains(reason), "\(found.errors)")
    #expect(found.yaml.contains("# the lock report of line"))
    #expect(found.yaml.contains("PROVE_LOCKING: false"))
    #expect(found.lines.contains { $0.contains("[DMA Write NO_PASID] Request device [00:1a.0]") })
    #expect(!found.lines.contains { $0.contains("Call Trace") })
  }
}
