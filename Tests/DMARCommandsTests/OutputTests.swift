import Foundation
import TestSupport
import Testing

/// Commands with results on standard output, and inputs for them.
private let commands = [
  "replay s.yaml", "replay --format json s.yaml", "replay --qtest-script q.yaml", "test s.yaml",
  "test --tap s.yaml", "walk s.yaml --device 00:1a.0 --iova 0", "profiles", "profiles 6.1",
  "explain l.log", "explain --format ndjson l.log", "import l.log", "schema", "decode --list",
  "decode reason 0x05", "acpi --yaml t.yaml", "pci --from p.yaml", "pci snapshot --from p.yaml",
  "lockcheck p.tsv", "--help", "--version", "test --help",
]

/// A folder with an input for each command.
private func inputs() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  _ = try folder.write(
    "extends: \(Repository.path("Configs/klist-splat/report.yaml"))\n", as: "s.yaml")
  _ = try folder.write(
    "extends: \(Repository.path("Configs/klist-splat/report.yaml"))\nboot: {driver: off}\n",
    as: "q.yaml")
  _ = try folder.write(
    "[   10.0] DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0x5000 "
      + "[fault reason 0x05] PTE Write access is not set\n", as: "l.log")
  _ = try folder.write(
    "host_address_width: 39\nstructures: [{drhd: {base: 0xfed90000, include_all: true}}]\n",
    as: "t.yaml")
  _ = try folder.write("name\tops\texpected\na\tL(A) U(A)\tSUCCESS\n", as: "p.tsv")
  _ = try folder.write(
    "pci_snapshot: 1\nfunctions:\n  \"00:02.0\": {vendor: 0x8086, device: 1, class: 0x030000}\n",
    as: "p.yaml")
  return folder
}

@Suite("Output that is lost is an error")
struct LostOutputTests {
  @Test(
    "an output whose name, or whose link's, is no UTF-8 is refused, and nothing is written elsewhere"
  )
  func foreignName() throws {
    let folder = try TemporaryFolder()
    let line = """
      name=$(printf 'x\\377'); echo old > "$name"; ln -s "$name" link
      for o in link "$name" "$name.new"; do $DMAR lockcheck --program 'L(A) U(A)' --junit "$o" 2> e; echo $?; done
      ls | wc -l; cat "$name"
      """
    let tool = try Tool.shell(line, in: folder)
    let counts = tool.outputText.split { $0.isWhitespace }.filter { $0.allSatisfy(\.isNumber) }
    #expect(counts.filter { $0 == "73" }.count == 3, "\(tool.outputText)")
    #expect(tool.outputText.hasSuffix("3\nold\n"))
  }

  @Test("a file that has the name of a folder of outputs is an error, though nothing goes there")
  func fileInsteadOfFolder() throws {
    let folder = try TemporaryFolder()
    let line =
      "touch file; \"$DMAR\" test \(Repository.path("Configs/driver/unmap-strict.yaml")) --report file"
    let tool = try Tool.shell(line, in: folder)
    #expect(tool.status == 73)
    #expect(tool.errorText.contains("dmar: file: Not a directory"))
  }

  @Test("output to a full device is an error, with a message and exit 74", arguments: commands)
  func full(command: String) throws {
    let folder = try inputs()
    let works = try Tool.shell("\"$DMAR\" \(command)", in: folder)
    try #require(works.status == 0, "\(works.errorText)")
    let result = try Tool.shell("\"$DMAR\" \(command) > /dev/full", in: folder)
    #expect(result.status == 74)
    #expect(result.errorText.contains("dmar: standard output: No space left on device"))
  }

  @Test("output is an error where standard output is closed, with exit 74", arguments: commands)
  func closed(command: String) throws {
    let folder = try inputs()
    let result = try Tool.shell("\"$DMAR\" \(command) >&-", in: folder)
    #expect(result.status == 74)
    #expect(result.errorText.contains("dmar: standard output: Bad file descriptor"))
  }

  @Test("a reader that went away is not an error, whether the signal is ignored or not")
  func reader() throws {
    let folder = try inputs()
    let line = "\"$DMAR\" schema | true; exec 3>&2; "
    let plain = try Tool.shell("set -o pipefail; \(line) echo ${PIPESTATUS[0]}", in: folder)
    #expect(plain.errorText.isEmpty)
    let ignored = try Tool.shell(
      "trap '' PIPE; \"$DMAR\" schema | sleep 0; echo ${PIPESTATUS[0]}", in: folder)
    #expect(ignored.outputText == "0\n")
    #expect(ignored.errorText.isEmpty)
  }

  @Test("files beside a lost standard output are still written")
  func junit() throws {
    let folder = try inputs()
    let result = try Tool.shell("\"$DMAR\" test s.yaml --junit j.xml > /dev/full", in: folder)
    #expect(result.status == 74)
    #expect(
      try String(contentsOf: folder.url.appending(path: "j.xml"), encoding: .utf8)
        .contains("</testsuites>"))
  }
}

@Suite("A file is written whole, where it stands")
struct OutputFileTests {
  /// Commands that write the file `o`.
  static let writers = [
    "test s.yaml --junit o", "import l.log -o o", "acpi --build t.yaml -o o",
    "pci snapshot --from p.yaml -o o",
  ]

  @Test("a link stays a link, and what it points to is replaced", arguments: writers)
  func link(command: String) throws {
    let result = try Tool.shell(
      "mkdir d; echo old > d/t; ln -s d/t k; ln -s k o; \"$DMAR\" \(command) > out; "
        + "readlink o; grep -c '^old$' d/t; ls -A d", in: try inputs())
    #expect(result.outputText == "k\n0\nt\n", "\(result.errorText)")
  }

  @Test("a link to nothing makes what it points to", arguments: writers)
  func danglingLink(command: String) throws {
    let result = try Tool.shell(
      "ln -s t o; \"$DMAR\" \(command) > out; readlink o; [ -s t ] && echo made", in: try inputs())
    #expect(result.outputText == "t\nmade\n", "\(result.errorText)")
  }

  @Test("the mode is kept; a new file has the umask's", arguments: writers)
  func mode(command: String) throws {
    let result = try Tool.shell(
      "umask 027; \"$DMAR\" \(command) > out; stat -c %a o; chmod 604 o; \"$DMAR\" \(command) > out; "
        + "stat -c %a o", in: try inputs())
    #expect(result.outputText == "640\n604\n", "\(result.errorText)")
  }

  @Test("descriptors and FIFOs are written", arguments: writers)
  func special(command: String) throws {
    let through = command.replacing(" o", with: " /proc/self/fd/3")
    let fifo = try Tool.shell(
      "mkfifo o; (timeout 20 cat o > got) & \"$DMAR\" \(command) > out; wait; [ -p o ] && "
        + "[ -s got ] && echo both; \"$DMAR\" \(through) 3> f > out; [ -s f ] && echo passed",
      in: try inputs())
    #expect(fifo.outputText == "both\npassed\n", "\(fifo.errorText)")
  }

  @Test("a folder and a missing folder are exit 73 and leave nothing", arguments: writers)
  func refused(command: String) throws {
    let missing = command.replacing(" o", with: " no/o")
    let result = try Tool.shell(
      "mkdir o; \"$DMAR\" \(command) > out; echo $?; \"$DMAR\" \(missing) > out; echo $?; ls -A o",
      in: try inputs())
    #expect(result.outputText == "73\n73\n")
    #expect(result.errorText.contains("dmar: o: Is a directory\n"))
    #expect(result.errorText.contains("dmar: no/o: No such file or directory\n"))
  }

  @Test(
    "an input is never the output",
    arguments: ["import l.log -o ./l.log", "acpi --build t.yaml -o t.yaml"])
  func input(command: String) throws {
    let folder = try inputs()
    let result = try Tool.shell(
      "cat l.log t.yaml | cksum; \"$DMAR\" \(command); echo $?; cat l.log t.yaml | cksum",
      in: folder)
    let lines = result.outputText.split(separator: "\n")
    #expect(lines.count == 3 && lines[1] == "73" && lines[0] == lines[2], "\(result.outputText)")
  }

  @Test("a recorder that is killed leaves what came before it, beside a file that was there")
  func recorder() throws {
    let result = try Tool.shell(
      "echo old > o; for f in o new; do { printf 'writel 0x100000 0x1\\n'; sleep 2; } "
        + "| \"$DMAR\" serve --qtest --record $f > out & recorder=$!; sleep 1; "
        + "kill -9 $recorder; done; wait; cat o; grep -c write_memory o.partial new",
      in: try inputs())
    #expect(result.outputText == "old\no.partial:1\nnew:1\n", "\(result.errorText)")
  }

  @Test("a socket that cannot be made is an output, one that is not there an input")
  func sockets() throws {
    let result = try Tool.shell(
      "echo mine > file; for where in '--listen no/s' '--listen file' '--connect s'; do "
        + "\"$DMAR\" serve --qtest $where < /dev/null; echo $?; done; cat file", in: try inputs())
    #expect(result.outputText == "73\n73\n66\nmine\n", "\(result.errorText)")
  }

  @Test("a recorder that ends well replaces the old file")
  func recorded() throws {
    let result = try Tool.shell(
      "echo old > o; printf 'writel 0x100000 0x1\\n' | \"$DMAR\" serve --qtest --record o > out; "
        + "grep -c write_memory o; ls -A | grep partial", in: try inputs())
    #expect(result.outputText == "1\n", "\(result.errorText)")
  }
}

@Suite("Inputs that break a careless program")
struct HostileTests {
  static let folder = Repository.path("Tests/Hostile")

  static let scripts = ["output", "input", "hang", "trap"].flatMap { kind in
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(kind)")) ?? [])
      .filter { $0.hasSuffix(".sh") }.map { "\(kind)/\($0)" }.sorted()
  }

  @Test("hostile inputs lead to what each script says", arguments: scripts)
  func script(name: String) throws {
    let result = try Tool.run("/bin/bash", ["\(Self.folder)/\(name)", Tool.dmarPath])
    #expect(result.status == 0, "\(result.outputText)")
  }

  /// Scenarios, with what the command line has besides, and the exit codes that are right.
  static let scenarios = ["trap", "hang", "memory"].flatMap { kind in
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(kind)")) ?? [])
      .filter { $0.hasSuffix(".yaml") }.map { "\(kind)/\($0)" }.sorted()
  }

  @Test("hostile inputs end within 10 s and 4 GiB", arguments: scenarios)
  func scenario(name: String) throws {
    let options =
      name.hasPrefix("trap/07") || name.hasPrefix("hang/8") || name.hasPrefix("hang/3")
      ? "--debugfs d" : name.hasPrefix("trap/10") ? "--qtest-script" : ""
    let result = try Tool.shell(
      "ulimit -v 4194304; timeout 60 \"$DMAR\" replay \(options) '\(Self.folder)/\(name)' > out",
      in: try TemporaryFolder())
    let mayPass = ["trap/06", "trap/07", "trap/10", "hang", "memory"].contains {
      name.hasPrefix($0)
    }
    #expect(result.status == 65 || (mayPass && result.status == 0), "\(result.status)")
  }

  @Test("standard input without data yet is not at its end")
  func standardInput() throws {
    let result = try Tool.run(
      "/usr/bin/env", ["python3", "\(Self.folder)/input/nonblocking-stdin.py", Tool.dmarPath])
    #expect(result.status == 0, "\(result.outputText)")
  }
}
