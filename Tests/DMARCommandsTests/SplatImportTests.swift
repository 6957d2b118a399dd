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
    #expect(imported.status == (imported.errorText.isEmpty ? 0 : 1), "\(imported.errorText)")
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
    #expect(found.errors.contains("its lock report does not come back: "))
    #expect(found.errors.contains(reason), "\(found.errors)")
    #expect(found.yaml.contains("# the lock report of line"))
    #expect(found.yaml.contains("PROVE_LOCKING: false"))
    #expect(found.lines.contains { $0.contains("[DMA Write NO_PASID] Request device [00:1a.0]") })
    #expect(!found.lines.contains { $0.contains("Call Trace") })
  }

  @Test(
    "a report of another kind comes back in its kind and its lock, from a lock program",
    arguments: [
      (
        """
        [ BUG: Invalid wait context ]
        6.7.5+ #1 Not tainted
        -----------------------------
        swapper/0/0 is trying to lock:
        ffffffff9d1e4a80 (&port_lock_key){....}-{3:3}, at: serial8250_console_write+0x88/0x4a0
        other info that might help us debug this:
        context-{2:2}
        2 locks held by swapper/0/0:
         #0: ffff8c0dc0a2c018 (&iommu->register_lock){....}-{2:2}, at: dmar_fault+0x1b/0x270
         #1: ffffffff9bd5ea00 (console_lock){....}-{0:0}, at: _printk+0x58/0x80
        stack backtrace:
        CPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.7.5+ #1
        Call Trace:
         <IRQ>
         lock_acquire+0xd0/0x300
         handle_irq_event+0x3c/0x80
         asm_common_interrupt+0x26/0x40
        """, "[ BUG: Invalid wait context ]", "(&port_lock_key){....}-{3:3}"
      ),
      (
        """
        WARNING: possible circular locking dependency detected
        5.14.0-rc7+ #1 Not tainted
        ------------------------------------------------------
        dsa_test/898 is trying to acquire lock:
        ff1100011f6e4c28 (&param->lock){+.+.}-{4:4}, at: iopf_queue_flush_dev+0x29/0x60

        but task is already holding lock:
        ffffffff82b2f7c8 (pasid_mutex){+.+.}-{4:4}, at: intel_svm_unbind+0x34/0x1e0

        the existing dependency chain (in reverse order) is:

        -> #1 (pasid_mutex){+.+.}-{4:4}:
               __mutex_lock+0x75/0x730
               intel_svm_page_response+0x8e/0x260

        -> #0 (&param->lock){+.+.}-{4:4}:
               __mutex_lock+0x75/0x730
               iopf_queue_flush_dev+0x29/0x60
        """, "WARNING: possible circular locking dependency detected", "(&param->lock){+.+.}-"
      ),
    ])
  func lockProgram(report: String, title: String, lock: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      report
        + "\n\nDMAR: [DMA Read NO_PASID] Request device [15:00.0] fault addr 0xffff1000 [fault reason 0x06] PTE Read access is not set\n",
      as: "kernel.log")
    let found = try Self.replay(path)
    #expect(found.errors.isEmpty, "\(found.errors)")
    #expect(found.yaml.contains("# assumed: who takes the locks"))
    #expect(found.lines.contains(title), "\(found.lines.joined(separator: "\n"))")
    #expect(found.lines.contains { $0.contains(lock) })
    #expect(found.lines.contains { $0.contains("Request device [15:00.0]") })
  }
}
