import Foundation
import Glibc
import TestSupport
import Testing

/// The program itself, over real sockets.
@Suite(.serialized) struct ServerTests {
  private static let machine = ["-nodefaults", "-device", "intel-iommu", "-device", "edu"]

  private func listening(_ more: [String] = []) throws -> (program: Program, path: String) {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "s").path(percentEncoded: false)
    let program = try Program(
      Self.machine + ["-qtest", "unix:\(path),server=on,wait=off"] + more, in: folder)
    return (program, path)
  }

  @Test("libqtest's launch works: both sockets, greeting, negotiation, reset, SIGTERM and status 0")
  func libqtest() throws {
    let folder = try TemporaryFolder()
    let qtest = folder.url.appending(path: "qtest-1.sock").path(percentEncoded: false)
    let monitor = folder.url.appending(path: "qtest-1.qmp").path(percentEncoded: false)
    let listeners = (try Socket.listen(at: qtest), try Socket.listen(at: monitor))
    let program = try Program(
      [
        "-qtest", "unix:\(qtest)", "-qtest-log", "/dev/null", "-chardev",
        "socket,path=\(monitor),id=char0", "-mon", "chardev=char0,mode=control", "-display", "none",
        "-audio", "none", "-machine", "q35", "-smp", "1", "-m", "512", "-net", "none", "-device",
        "intel-iommu,scalable-mode=on,flts=on", "-device", "iommu-testdev", "-accel", "qtest",
      ], in: folder)
    let session = try listeners.0.accept()
    let control = try listeners.1.accept()
    #expect(try control.line().hasPrefix(#"{"QMP":{"version":"#))
    try control.send(#"{"execute":"query-machines"}"#)
    #expect(try control.line().hasPrefix(#"{"error":{"class":"CommandNotFound""#))
    try control.send(#"{"execute": "qmp_capabilities"}"#)
    #expect(try control.line() == #"{"return":{}}"#)
    try control.send(#"{"execute":"query-machines","id":7}"#)
    let machines = try control.line()
    #expect(machines.contains(#""alias":"q35""#) && machines.hasSuffix(#","id":7}"#))
    #expect(try session.ask("endianness") == ["OK little"])
    #expect(try session.ask("writel 0xfed90038 0") == ["OK"])
    try control.send(#"{"execute":"system_reset"}"#)
    let answers = try [control.line(), control.line()]
    #expect(answers.contains(#"{"return":{}}"#))
    #expect(answers.contains { $0.contains(#""event":"RESET""#) })
    #expect(try session.ask("readl 0xfed90038") == ["OK 0x0000000080000000"])
    #expect(program.terminate() == 0)
  }

  @Test(
    "a shell that becomes the program, as in libqtest, and sockets by descriptor and path= work")
  func shell() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "q.sock").path(percentEncoded: false)
    let listener = try Socket.listen(at: path)
    let program = try Program(
      [
        "-c",
        "exec \(Program.path) -qtest unix:path=\(path) -qtest-log /dev/null -chardev"
          + " socket,fd=0,id=char0 -mon chardev=char0,mode=control -display none -audio none"
          + " -machine q35 -smp 1 -m 512 -net none -device intel-iommu  -device iommu-testdev"
          + " -accel qtest",
      ], in: folder, binary: "/bin/sh", input: .socket)
    let session = try listener.accept()
    let control = try #require(program.input)
    #expect(try control.line().hasPrefix(#"{"QMP":{"version":"#))
    try control.send(#"{"execute":"qmp_capabilities"}"#)
    #expect(try control.line() == #"{"return":{}}"#)
    #expect(try session.ask("endianness") == ["OK little"])
    #expect(try session.ask("outb 0xcf9 6") == ["OK"])
    #expect(try control.line().contains(#""event":"RESET","data":{"guest":true"#))
    #expect(program.terminate() == 0)
  }

  @Test("-qtest-log has each request before its reply, long ones whole, and who came and went")
  func log() throws {
    let folder = try TemporaryFolder()
    let log = folder.url.appending(path: "log")
    let (program, path) = try listening(["-qtest-log", log.path(percentEncoded: false)])
    let data = String(repeating: "5a", count: 100_000)
    do {
      let session = try Socket.connect(to: path)
      // Two requests in one go, then one that is longer than any buffer.
      try session.send("endianness\nfoo  bar\n")
      #expect(try session.line() == "OK little")
      #expect(try session.line() == "FAIL Unknown command 'foo'")
      #expect(try session.ask("write 0x100000 100000 0x\(data)") == ["OK"])
      #expect(try session.ask("read 0x100000 100000") == ["OK 0x\(data)"])
    }
    #expect(program.terminate() == 0)
    let text = try String(contentsOf: log, encoding: .utf8)
    let lines = text.split(separator: "\n").map { $0.replacing(/\ \+?\d+\.\d{6}\]/, with: "]") }
    #expect(
      lines.prefix(9) == [
        "[I] OPENED", "[R] endianness", "[S] OK little", "[R] foo  bar",
        "[S] FAIL Unknown command 'foo'", "[R] write 0x100000 100000 0x\(data)", "[S] OK",
        "[R] read 0x100000 100000", "[S] OK 0x\(data)",
      ])
    #expect(text.hasPrefix("[I 0.000000] OPENED\n[R +0."))
  }

  @Test("a log that cannot be made is named, and status 1 follows")
  func logRefused() throws {
    let folder = try TemporaryFolder()
    let program = try Program(
      Self.machine + ["-qtest", "stdio", "-qtest-log", "/nonexistent/log"], in: folder)
    program.process.waitUntilExit()
    #expect(program.process.terminationStatus == 1)
  }

  @Test("the monitor's quit ends the program with status 0, and machine none has a monitor")
  func quit() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "m").path(percentEncoded: false)
    let program = try Program(
      ["-machine", "none", "-qmp", "unix:\(path),server=on,wait=off", "-display", "none"],
      in: folder)
    let control = try Socket.connect(to: path)
    _ = try control.line()
    try control.send(#"{"execute":"qmp_capabilities"}{"execute":"query-status"}"#)
    #expect(try control.line() == #"{"return":{}}"#)
    #expect(try control.line() == #"{"return":{"running":true,"status":"running"}}"#)
    try control.send(#"{"execute":"device_add","arguments":{"driver":"edu"}}"#)
    #expect(try control.line().contains("there is no machine"))
    try control.send(#"{"execute":"quit"}"#)
    #expect(try control.line() == #"{"return":{}}"#)
    #expect(try control.line().contains("SHUTDOWN"))
    #expect(program.exitStatus == 0)
  }

  @Test("devices come and go by the monitor")
  func hotplug() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "m").path(percentEncoded: false)
    let (program, qtest) = try listening(["-qmp", "unix:\(path),server=on,wait=off"])
    defer { _ = program.terminate() }
    let control = try Socket.connect(to: path)
    _ = try control.line()
    func execute(_ text: String) throws -> String {
      try control.send(text)
      return try control.line()
    }
    _ = try execute(#"{"execute":"qmp_capabilities"}"#)
    let add =
      #"{"execute":"device_add","arguments":{"driver":"iommu-testdev","id":"t","addr":"6"}}"#
    #expect(try execute(add) == #"{"return":{}}"#)
    #expect(try execute(add).contains("Duplicate device ID"))
    let session = try Socket.connect(to: qtest)
    _ = try session.ask("outl 0xcf8 0x80003000")
    #expect(try session.ask("inl 0xcfc") == ["OK 0x51b36"])
    let remove = #"{"execute":"device_del","arguments":{"id":"t"}}"#
    let answers = try [execute(remove), control.line()]
    #expect(answers.contains(#"{"return":{}}"#))
    #expect(answers.contains { $0.contains("DEVICE_DELETED") })
    #expect(try session.ask("inl 0xcfc") == ["OK 0xffffffff"])
    #expect(try execute(remove).contains("DeviceNotFound"))
  }

  @Test("a socket that it makes is its user's alone, and goes when the program goes")
  func mode() throws {
    let (program, path) = try listening()
    _ = try Socket.connect(to: path)
    var status = stat()
    #expect(lstat(path, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600)
    #expect(program.terminate() == 0)
    #expect(lstat(path, &status) != 0)
  }

  @Test("the machine's state stays between connections, and several clients share it")
  func sharing() throws {
    let (program, path) = try listening()
    defer { _ = program.terminate() }
    #expect(try Socket.connect(to: path).ask("writel 0x1000 7") == ["OK"])
    let watcher = try Socket.connect(to: path)
    #expect(try watcher.ask("readl 0x1000") == ["OK 0x0000000000000007"])
    #expect(try watcher.ask("irq_intercept_in ioapic") == ["OK"])
    let other = try Socket.connect(to: path)
    #expect(try other.ask("set_irq_in ioapic unnamed-gpio-in 9 1") == ["OK"])
    #expect(try watcher.line() == "IRQ raise 9")
  }

  @Test("bad clients change nothing for the next one")
  func badClients() throws {
    let (program, path) = try listening()
    defer { _ = program.terminate() }
    try Socket.connect(to: path).send("write 0x1000 4 0x0102")
    var generator = SplitMix(state: 1)
    for _ in 0..<50 {
      try Socket.connect(to: path).send(
        (0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
    // Asks for much and never reads it.
    let greedy = try Socket.connect(to: path)
    try greedy.send(String(repeating: "read 0 0x4000000\n", count: 20))
    var open: [Socket] = []
    for index in 0..<10_000 {
      let socket = try Socket.connect(to: path)
      if index % 100 == 0 { open.append(socket) }
    }
    let next = try Socket.connect(to: path)
    #expect(try next.ask("readl 0x1000") == ["OK 0x0000000000000000"])
    #expect(try residentKilobytes(program) < 100_000)
  }

  @Test("48 MiB in one write take constant memory")
  func longWrite() throws {
    let (program, path) = try listening(["-m", "512"])
    defer { _ = program.terminate() }
    let client = try Socket.connect(to: path)
    #expect(try client.ask("endianness") == ["OK little"])
    let before = try residentKilobytes(program)
    // To where nobody answers: the machine's own memory would count.
    try client.send("write 0x40000000 0x1800000 0x")
    let piece = [UInt8](repeating: UInt8(ascii: "5"), count: 1 << 20)
    for _ in 0..<48 { try client.send(piece) }
    try client.send("\n")
    #expect(try client.line() == "OK")
    #expect(try residentKilobytes(program) < before + 4096)
  }

  private func residentKilobytes(_ program: Program) throws -> Int {
    let text = try String(
      contentsOfFile: "/proc/\(program.process.processIdentifier)/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
      .flatMap { Int($0) } ?? .max
  }

  @Test("a wrong command line is named, with QEMU's status 1")
  func usage() throws {
    let tool = try Tool.run(Program.path, ["-device", "e1000", "-qtest", "stdio"])
    #expect(tool.status == 1)
    #expect(
      tool.errorText
        == "dmar-system-x86_64: -device e1000: 'e1000' is not a device of this machine; "
        + "it has intel-iommu, edu, iommu-testdev\n")
  }

  @Test("the shell session of the documentation prints what it says")
  func shellExample() throws {
    let blocks = try Self.blocks()
    let script = try #require(blocks.first { $0.language == "sh" })
    let folder = URL(filePath: Program.path).deletingLastPathComponent().path(percentEncoded: false)
    let tool = try Tool.run("/bin/sh", ["-c", "PATH=\(folder):$PATH\n\(script.text)"])
    #expect(tool.outputText == blocks.first { $0.language == "text" }?.text)
  }

  @Test(
    "the Python client of the documentation prints what it says",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "no python3"))
  func pythonExample() throws {
    let blocks = try Self.blocks()
    let script = try #require(blocks.first { $0.language == "python" })
    let (program, path) = try listening()
    defer { _ = program.terminate() }
    _ = try Socket.connect(to: path)
    let tool = try Tool.run("/usr/bin/python3", ["-c", script.text, path])
    #expect(tool.errorText == "")
    #expect(tool.outputText == blocks.last { $0.language == "text" }?.text)
  }

  /// The code of the article, by language.
  private static func blocks() throws -> [(language: String, text: String)] {
    let article = try String(
      contentsOfFile: Repository.path("Sources/QTest/QTest.docc/DrivingTheMachine.md"),
      encoding: .utf8)
    return article.components(separatedBy: "\n```").dropFirst().compactMap { part in
      guard let end = part.firstIndex(of: "\n"), end > part.startIndex else { return nil }
      return (String(part[..<end]), String(part[part.index(after: end)...]) + "\n")
    }
  }
}
