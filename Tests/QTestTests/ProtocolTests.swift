import QTest
import Testing
import Text

@Suite struct ProtocolTests {
  /// Request and reply; taken from QEMU 7.2, where it does not end the process.
  static let replies: [(request: String, reply: String)] = [
    ("endianness", "OK little"),
    ("endianness x", "OK little"),
    ("foo", "FAIL Unknown command 'foo'"),
    ("foo bar", "FAIL Unknown command 'foo'"),
    ("", "FAIL Unknown command ''"),
    (" readb 0x1000", "FAIL Unknown command ''"),
    ("READB 0x1000", "FAIL Unknown command 'READB'"),
    ("readb 0x10", "OK 0x0000000000000000"),
    ("inb 0x80", "OK 0x00ff"),
    ("inl 0x5000", "OK 0xffffffff"),
    ("readq 0xfed90008", "OK 0x00d2008c222f0606"),
    ("readl 0xfed90008", "OK 0x00000000222f0606"),
    ("readb 0xfed90008", "OK 0x0000000000000000"),
    ("readw 0xfed90008", "OK 0x0000000000000000"),
    ("readl 0xfed90009", "OK 0x0000000000000000"),
    ("readq 0xfed90009", "OK 0x0000d2008c000000"),
    ("readq 0xfed90004", "OK 0x222f060600000000"),
    ("readq 0xfed90230", "OK 0x0000000000000000"),
    ("read 0xfed90000 0x18", "OK 0x100000000000000006062f228c00d2004a0ff00000000000"),
    ("write 0x1000 4 0x", "ERR invalid argument size"),
    ("b64write 0x1000 4 A", "ERR invalid argument size"),
    ("memset 0x1000 0 1", "OK"),
    ("readq 0x100000000", "OK 0x0000000000000000"),
    ("readq 0xffffffffffffffff", "OK 0x0000000000000000"),
    ("irq_intercept_in foo", "FAIL Unknown device"),
    ("irq_intercept_out ioapic", "OK"),
    ("module_load hw- foo", "FAIL"),
    ("rtas 1 2 3", "FAIL Unknown command 'rtas'"),
    ("clock_step 100", "OK 100"),
    ("clock_set 99", "OK 99"),
    // QEMU ends the process for these.
    ("readb", "FAIL Bad arguments of 'readb'"),
    ("readb 12z", "FAIL Bad arguments of 'readb'"),
    ("readb 0x", "FAIL Bad arguments of 'readb'"),
    ("readb 0x10000000000000000", "FAIL Bad arguments of 'readb'"),
    ("outb 0x10080 1", "FAIL Bad arguments of 'outb'"),
    ("inq 0x80", "FAIL Unknown command 'inq'"),
    ("read 0x1000 0", "FAIL Bad arguments of 'read'"),
    ("read 0 0x7fffffffffffffff", "FAIL Length beyond the machine's memory"),
    ("write 0 0x7fffffffffffffff 0x00", "FAIL Length beyond the machine's memory"),
    ("memset 0xffffffffffffffff 2 1", "FAIL Address beyond 64 bits"),
    ("set_irq_in ioapic foo 0 1", "FAIL Unknown interrupt input"),
    ("set_irq_in ioapic unnamed-gpio-in 24 1", "FAIL Unknown interrupt input"),
    ("clock_step -5", "FAIL Bad arguments of 'clock_step'"),
    ("clock_set", "FAIL Bad arguments of 'clock_set'"),
  ]

  @Test("a request gets its reply, and the connection lives on", arguments: replies)
  func reply(request: String, reply: String) throws {
    let conversation = try Conversation()
    #expect(conversation.lines(request) == [reply])
    #expect(conversation.ask("endianness") == "OK little")
  }

  /// A write, and what 4 bytes at 0x1000 are then.
  static let writes: [(request: String, memory: String)] = [
    ("write 0x1000 4 0x01020304", "01020304"),
    ("write 0x1000 4 0x0102", "01020000"),
    ("write 0x1000 4 0xAbC", "ab000000"),
    ("write 0x1000 2 0xgg", "ff007777"),
    ("write 0x1000 2 xx1234", "12347777"),
    ("write 0x1000 1 0x1234", "12777777"),
    ("write 0x1000 4 0x01020304 junk", "01020304"),
    ("writeb 0x1000 0x1ff", "ff777777"),
    ("writew 010000 0x1234", "34127777"),
    ("writel 4096 0xffffffff12345678", "78563412"),
    ("writeq 0xfff 0x1122334455667788", "77665544"),
    ("b64write 0x1000 4 AQIDBA==", "01020304"),
    ("b64write 0x1000 4 AQI=", "01020000"),
    ("b64write 0x1000 2 AQIDBA==", "01027777"),
    ("memset 0x1000 3 0xfe", "fefefe77"),
  ]

  @Test("bytes lie in memory in the protocol's order", arguments: writes)
  func write(request: String, memory: String) throws {
    let conversation = try Conversation()
    _ = conversation.ask("memset 0x1000 8 0x77")
    #expect(conversation.ask(request) == "OK")
    #expect(conversation.ask("read 0x1000 4") == "OK 0x\(memory)")
  }

  @Test("Base64 comes back as it was sent, at every length", arguments: 1...9)
  func base64(count: Int) throws {
    let conversation = try Conversation()
    let digits = (0..<count).map { "\($0 + 1)0" }.joined()
    _ = conversation.ask("write 0x1000 \(count) 0x\(digits)")
    let text = conversation.ask("b64read 0x1000 \(count)").dropFirst(3)
    _ = conversation.ask("memset 0x1000 16 0")
    _ = conversation.ask("b64write 0x2000 \(count) \(text)")
    #expect(conversation.ask("read 0x2000 \(count)") == "OK 0x\(digits)")
  }

  @Test("a session means the same however its bytes are cut into pieces", arguments: 1...64)
  func pieces(size: Int) throws {
    let text =
      Self.replies.map(\.request).joined(separator: "\n") + "\n"
      + Self.writes.map(\.request).joined(separator: "\nread 0x1000 4\n") + "\n"
    let whole = try Conversation().send(text)
    let conversation = try Conversation()
    var cut = ""
    var rest = text.utf8[...]
    while !rest.isEmpty {
      cut += conversation.send(String(Substring(rest.prefix(size))))
      rest = rest.dropFirst(size)
    }
    #expect(cut == whole)
    #expect(whole.split(separator: "\n").count == Self.replies.count + 2 * Self.writes.count - 1)
  }

  @Test("a line that its client never ends changes nothing")
  func unfinished() throws {
    let machine = try Conversation().machine
    var first = QTestSession()
    _ = first.consume(Array("memset 0x1000 8 1\nwrite 0x1000 8 0x02".utf8), machine)
    var second = QTestSession()
    let reply = second.consume(Array("readq 0x1000\n".utf8), machine)
    #expect(String(decoding: reply, as: UTF8.self) == "OK 0x0101010101010101\n")
  }

  @Test("a write longer than a line may be goes to memory as it arrives, and means the same")
  func longWrite() throws {
    let conversation = try Conversation()
    let count = 3 * QTestSession.longestLine + 5
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    var reply = conversation.send("write 0x1003 \(count) 0x")
    for start in stride(from: 0, to: digits.utf8.count, by: 50_001) {
      reply += conversation.send(String(digits.dropFirst(start).prefix(50_001)))
    }
    #expect(reply == "")
    #expect(conversation.send("\n") == "OK\n")
    #expect(conversation.ask("read 0x1003 \(count)") == "OK 0x\(digits)")
    let text = conversation.ask("b64read 0x1003 \(count)").dropFirst(3)
    #expect(conversation.ask("b64write 0x200000 \(count) \(text)") == "OK")
    #expect(conversation.ask("read 0x200000 \(count)") == "OK 0x\(digits)")
  }

  @Test("any other line that is too long is refused at its end, and the next one is served")
  func longLine() throws {
    let conversation = try Conversation()
    for _ in 0..<4 {
      #expect(conversation.send(String(repeating: "x", count: QTestSession.longestLine)) == "")
    }
    #expect(
      conversation.send("\nendianness\n")
        == "FAIL Line longer than \(QTestSession.longestLine) bytes\nOK little\n")
    // Too long by one byte, with its end in the same piece.
    let line = String(repeating: "y", count: QTestSession.longestLine)
    #expect(conversation.send("z") == "")
    #expect(conversation.send(line + "\n").hasPrefix("FAIL Line longer"))
  }

  @Test("a long reply is made in pieces: output stays bounded and input waits")
  func longReply() throws {
    let machine = try Conversation().machine
    var session = QTestSession()
    let input = Array("memset 0x100000 0x100000 0x5a\nread 0x100000 0x100000\nendianness\n".utf8)
    var taken = 0
    var all: [UInt8] = []
    var largest = 0
    repeat {
      var output: [UInt8] = []
      taken += input.withUnsafeBytes {
        session.consume(UnsafeRawBufferPointer(rebasing: $0[taken...]), machine, &output)
      }
      largest = max(largest, output.count)
      all += output
    } while taken < input.count || session.isReplying
    #expect(largest < 2 * QTestSession.outputLimit)
    let expected = "OK\nOK 0x" + String(repeating: "5a", count: 0x100000) + "\nOK little\n"
    #expect(String(decoding: all, as: UTF8.self) == expected)
  }

  @Test("events of the watched sink come before the reply of the request that caused them")
  func events() throws {
    let conversation = try Conversation()
    #expect(conversation.lines("set_irq_in ioapic unnamed-gpio-in 5 1") == ["OK"])
    #expect(conversation.lines("irq_intercept_in ioapic") == ["OK"])
    #expect(conversation.lines("irq_intercept_in ioapic") == ["OK"])
    #expect(
      conversation.lines("irq_intercept_in lapic") == ["FAIL IRQ intercept already enabled"])
    #expect(
      conversation.lines("set_irq_in /machine/q35/ioapic unnamed-gpio-in 5 0")
        == ["IRQ lower 5", "OK"])
    #expect(conversation.lines("set_irq_in ioapic unnamed-gpio-in 5 0") == ["OK"])
  }

  @Test("the clock stops at each edge of the timer, and goes on to where it was sent")
  func clock() throws {
    let conversation = try Conversation()
    _ = conversation.ask("irq_intercept_in ioapic")
    // Half of 65536 counts at 1,193,182 Hz.
    #expect(conversation.lines("clock_step").last == "OK 27462700")
    #expect(conversation.lines("clock_step") == ["IRQ raise 0", "OK 54925401"])
    #expect(
      conversation.lines("clock_step 100000000").filter { $0.hasPrefix("IRQ") }
        == ["IRQ lower 0", "IRQ raise 0", "IRQ lower 0"])
    #expect(conversation.ask("clock_set 5") == "OK 154925401")
    #expect(conversation.ask("clock_step 9000000000000000000") == "OK 9000000000154925401")
  }
}
