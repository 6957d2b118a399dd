import Foundation
import TestSupport
import Testing
import Unpacking

@testable import DMARCommands

/// Folders, archives and files that are not logs, as a user gives them.
@Suite("Inputs of every kind")
struct EvidenceInputTests {
  private static let log = """
    [   10.000000] DMAR: DRHD: handling fault status reg 2
    [   10.000100] DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0xfffb2000 [fault reason 0x06] PTE Read access is not set

    """

  @Test("a folder is read as one machine: a log, its copy in syslog, the bus, packed files")
  func folder() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "dmesg")
    let line = """
      mkdir -p sos/var/log sos/sos_commands/pci; cp dmesg sos/dmesg
      sed 's/^/Mar  2 10:00:10 host kernel: /' dmesg | xz > sos/var/log/messages.xz
      echo '03:00.0 Ethernet controller [0200]: Example Adapter [8086:1533] (rev 03)' > sos/sos_commands/pci/lspci
      head -c 5000 /dev/zero > sos/sos_commands/blob; truncate -s 100G sos/lastlog; ln -s /dev/zero sos/endless
      $DMAR explain --format ndjson sos; rm sos/lastlog; tar --sort=name -cJf sos.tar.xz sos; $DMAR explain --width 400 sos.tar.xz
      """
    let tool = try Tool.shell(line, in: folder)
    #expect(tool.status == 0, "\(tool.errorText)")
    let text = tool.outputText
    #expect(text.contains("\"count\":1,"))
    #expect(text.contains("Ethernet controller [0200]: Example Adapter [8086:1533]"))
    #expect(text.contains("sos.tar.xz/sos/dmesg:2"))
    #expect(text.contains("the same records also (sos.tar.xz/sos/var/log/messages.xz:2)"))
    #expect(text.contains("1 fault record, 1 incident"))
  }

  @Test("a scenario that is given as a log is called one, and is not an all-clear")
  func scenarioAsLog() throws {
    let folder = try TemporaryFolder()
    let line = """
      $DMAR new fault > mine.yaml; $DMAR explain mine.yaml; echo $?
      $DMAR explain --format json mine.yaml > out.json; echo $?; $DMAR replay mine.yaml | $DMAR explain - > out; echo $?
      """
    let tool = try Tool.shell(line, in: folder)
    #expect(tool.outputText == "65\n65\n0\n")
    #expect(
      tool.errorText.hasPrefix("dmar: mine.yaml: a scenario; `dmar replay` prints its kernel's log")
    )
  }

  @Test("what is not text is named, and is not an all-clear")
  func binary() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "dmesg")
    let picture = try Tool.shell(
      "printf '\\x89PNG\\r\\n\\x1a\\n\\0\\0\\0\\rIHDR' > a.png; $DMAR explain a.png", in: folder)
    #expect(picture.status == 65)
    #expect(picture.errorText.contains("a.png: binary: a PNG picture"))
    let both = try Tool.shell("$DMAR explain dmesg a.png", in: folder)
    #expect(both.status == 65)
    #expect(both.errorText.contains("not read: a.png: binary: a PNG picture"))
    #expect(both.outputText.contains("1 fault record"))
  }

  @Test(
    "a file of a kind that is known is named by it, however much of it looks like text",
    arguments: [("%%PDF-1.7\\n", "a PDF document"), ("\\177ELF\\2\\1", "an ELF file")])
  func mostlyText(head: String, name: String) throws {
    let folder = try TemporaryFolder()
    let tool = try Tool.shell(
      "(printf '\(head)'; seq 1 2000) > a.bin; $DMAR explain a.bin", in: folder)
    #expect(tool.status == 65)
    #expect(tool.errorText.contains("a.bin: binary: \(name)"))
  }

  @Test("packed or encrypted data of no known kind is called binary")
  func random() throws {
    let folder = try TemporaryFolder()
    let tool = try Tool.shell(
      "seq 1 20000 | xz | tail -c +100 > a.bin; $DMAR explain a.bin", in: folder)
    #expect(tool.status == 65)
    #expect(tool.errorText.contains("a.bin: binary, of no kind that is known here"))
  }

  @Test("the one member of an archive is named in findings")
  func oneMember() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "dmesg")
    let tool = try Tool.shell(
      "tar -cJf a.tar.xz dmesg; $DMAR explain --width 400 a.tar.xz", in: folder)
    #expect(tool.outputText.contains("seen    once (a.tar.xz/dmesg:2)"))
  }

  @Test("a history of many megabytes is read whole, a piece of the file after the other")
  func longHistory() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "dmesg")
    // The first 8 MiB end within one of the events that matter.
    let line = """
      awk 'BEGIN { for (i = 1; i <= 80000; i++) {
        page = i >= 63549 && i <= 63552 || i > 79998 ? "0xfffb2000" : "0xc0001000"
        end = page; sub(/2000/, "3000", end); sub(/1000/, "2000", end)
        printf "     dd-123     [001] d..2. %5d.%06d: ", i / 20000, i % 20000 * 50
        sub(/0x/, "0x00000000", page); sub(/0x/, "0x00000000", end)
        if (i % 2) printf "map: IOMMU: iova=%s - %s paddr=0x0000000123456000 size=4096\\n", page, end
        else printf "unmap: IOMMU: iova=%s - %s size=4096 unmapped_size=4096\\n", page, end } }' > trace
      $DMAR explain --history 0xfffb2000 dmesg trace
      """
    let tool = try Tool.shell(line, in: folder)
    #expect(tool.status == 0, "\(tool.errorText)")
    let places = tool.outputText.split(separator: "\n").compactMap { line in
      line.split(separator: " ").last.map(String.init)
    }
    let expected = [63549, 63550, 63551, 63552, 79999, 80000].map { "trace:\($0)" } + ["dmesg:2"]
    #expect(Array(places.dropFirst()) == expected)
  }

  @Test("a packed file that is cut is explained as far as it goes, and ends with 65")
  func cut() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "dmesg")
    let tool = try Tool.shell(
      "(cat dmesg; seq 1 60000) | gzip | head -c 60000 > cut.gz; $DMAR explain cut.gz", in: folder)
    #expect(tool.status == 65)
    #expect(tool.outputText.contains("1 fault record"))
    #expect(tool.errorText.contains("not read: cut.gz: the gzip data ends too early"))
  }

  @Test(
    "text that unfolds without end is explained as far as it was read, which is said, and ends with 65"
  )
  func bomb() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "dmesg")
    let tool = try Tool.shell(
      """
      (cat dmesg; yes 'usb 1-1: new device' | head -c 20000000) | xz > bomb.xz
      $DMAR explain bomb.xz
      """, in: folder)
    #expect(tool.status == 65)
    #expect(tool.outputText.contains("1 fault record"))
    #expect(
      tool.errorText.contains(
        "not read: bomb.xz: it unfolds to more than 500 times its size, which no log does; "
          + "only the first 8 MiB were read"))
  }

  @Test(
    "packed input is read up to a limit of lines, and the message says how far it was read"
  )
  func events() {
    let text = (0..<100).map { number in
      "[ \(number).000000] DMAR: [DMA Write NO_PASID] Request device [00:1f.2] fault addr 0x\(number)000 "
        + "[fault reason 0x05] PTE Write access is not set\n"
    }.joined()
    var reader = MemberReader(input: "a.gz", allowance: UnfoldingAllowance(events: 10))
    var count = 0
    var unread: [String] = []
    func sink(_ piece: EvidencePiece) {
      if case .event = piece { count += 1 }
      if case .unread(let input) = piece { unread.append(input.words) }
    }
    reader.take(.begin(path: "a.gz"), sink)
    for byte in text.utf8 {
      withUnsafeBytes(of: byte) { reader.take(.bytes($0), sink) }
    }
    reader.take(.end, sink)
    #expect(reader.isOver && count == 10)
    #expect(unread.count == 1)
    #expect(unread.first?.hasPrefix("more than 10 lines that tell something") == true, "\(unread)")
  }

  @Test("logs of two machines are told apart")
  func machines() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "dmesg")
    let tool = try Tool.shell(
      """
      for host in alpha beta; do sed "s/^/Mar  2 10:00:10 $host kernel: /" dmesg; done > messages
      $DMAR explain --width 400 messages
      """, in: folder)
    #expect(tool.outputText.contains("2 machines speak here: alpha; beta"))
    #expect(tool.outputText.contains("2 fault records"))
    #expect(tool.outputText.contains("of alpha"))
    #expect(tool.outputText.contains("of beta"))
  }

  @Test("Ctrl-C ends a followed log with what is known of all of it", arguments: ["INT", "TERM"])
  func followedToTheSignal(signal: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "a")
    // A shell has background jobs ignore SIGINT; `env` gives it its meaning back.
    let line = """
      for format in json text; do
        env --default-signal=INT $DMAR explain --follow --format $format a > out & p=$!
        for i in $(seq 200); do sleep 0.05; [ $format = json ] || grep -q 0xfffb2000 out && [ $i -gt 9 ] && break; done
        kill -\(signal) $p; wait $p; echo $?; grep -oE '1 fault record|"fault_records": *1' out
      done
      """
    let tool = try Tool.shell(line, in: folder)
    #expect(tool.outputText.hasPrefix("0\n\"fault_records\""))
    #expect(tool.outputText.hasSuffix("\n0\n1 fault record\n"))
  }

  @Test("a signal that is ignored stays ignored, and a second one ends what waits for its reader")
  func followedInBackground() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "a")
    let line = """
      env --ignore-signal=INT $DMAR explain --follow a > out & p=$!
      sleep 1; kill -INT $p; sleep 0.3; kill -0 $p && echo alive; kill -TERM $p; wait $p; echo $?
      mkfifo f; exec 9<> f; head -c 65536 /dev/zero > f
      $DMAR explain --follow a > f & p=$!
      sleep 1; kill -TERM $p; sleep 0.3; kill -0 $p && echo alive; kill -TERM $p; wait $p; echo $?
      """
    let tool = try Tool.shell(line, in: folder)
    #expect(tool.outputText == "alive\n0\nalive\n143\n")
  }

  @Test("several logs are followed at once")
  func follow() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.log, as: "dmesg")
    let tool = try Tool.shell(
      """
      mkfifo a b; (sleep 0.2; cat dmesg) > a & (sed s/03:00/04:00/ dmesg) > b &
      timeout 20 $DMAR explain --follow --format ndjson a b | grep -c '"type":"fault"'
      """, in: folder)
    #expect(tool.outputText == "2\n")
  }

  @Test("import says what system a log is of")
  func importOfOthers() throws {
    let tool = try Tool.dmar("import", "Tests/Golden/logs/freebsd.log")
    #expect(tool.errorText.contains("the log is one of FreeBSD"))
  }
}
