import Text

// The requests, each in the form that QEMU's qtest server gives it.
extension QTestSession {
  /// Executes one line without its end.
  mutating func execute(
    _ line: UnsafeRawBufferPointer, _ target: some QTestTarget, _ output: inout [UInt8]
  ) {
    var words = RequestWords(line)
    guard let name = words.word() else { return }
    switch Command(name) {
    case .readRegister(let width):
      guard let address = words.number() else { return misuse(name, &output) }
      var value: UInt64 = 0
      withUnsafeMutableBytes(of: &value) {
        target.readMemory(address, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<width]))
      }
      answer(UInt64(littleEndian: value), digits: 16, target, &output)
    case .writeRegister(let width):
      guard let address = words.number(), let number = words.number() else {
        return misuse(name, &output)
      }
      withUnsafeBytes(of: number.littleEndian) {
        target.writeMemory(address, from: UnsafeRawBufferPointer(rebasing: $0[..<width]))
      }
      reply("OK", target, &output)
    case .readPort(let width):
      guard let port = words.number().flatMap(UInt16.init(exactly:)) else {
        return misuse(name, &output)
      }
      answer(UInt64(target.readPort(port, width: width)), digits: 4, target, &output)
    case .writePort(let width):
      guard let port = words.number().flatMap(UInt16.init(exactly:)), let value = words.number()
      else { return misuse(name, &output) }
      let mask = UInt32.max >> UInt32(32 - 8 * width)
      target.writePort(port, width: width, value: UInt32(truncatingIfNeeded: value) & mask)
      reply("OK", target, &output)
    case .endianness:
      reply("OK little", target, &output)
    case .other:
      executeRare(String(decoding: name, as: UTF8.self), &words, line, target, &output)
    }
  }

  private mutating func executeRare(
    _ name: String, _ words: inout RequestWords, _ line: UnsafeRawBufferPointer,
    _ target: some QTestTarget, _ output: inout [UInt8]
  ) {
    switch name {
    case "read": read(.hex, &words, name, target, &output)
    case "b64read": read(.base64, &words, name, target, &output)
    case "write": write(.hex, &words, line, name, target, &output)
    case "b64write": write(.base64, &words, line, name, target, &output)
    case "memset":
      guard let address = words.number(), let count = words.number(), let byte = words.number()
      else { return misuse(name, &output) }
      if let refusal = isTransfer(address, count, target) { return refuse(refusal, &output) }
      var fill = OutgoingFill(
        address: address, count: count, byte: UInt8(truncatingIfNeeded: byte))
      fill.run(target)
      reply("OK", target, &output)
    case "clock_step", "clock_set": moveClock(name, &words, target, &output)
    case "irq_intercept_in", "irq_intercept_out": intercept(name, &words, target, &output)
    case "set_irq_in":
      guard let path = words.text(), let line = words.text(), let number = words.number(),
        let level = words.number()
      else { return misuse(name, &output) }
      guard let sink = target.interruptSink(at: path) else {
        return refuse("FAIL Unknown device\n", &output)
      }
      guard target.driveLine(of: sink, named: line, number: number, level: level != 0) else {
        return refuse("FAIL Unknown interrupt input\n", &output)
      }
      reply("OK", target, &output)
    case "module_load":
      // There is nothing to load: every device is built in.
      guard words.word() != nil, words.word() != nil else { return misuse(name, &output) }
      reply("FAIL", target, &output)
    default:
      output.append(contentsOf: "FAIL Unknown command '\(name)'\n".utf8)
    }
  }

  private mutating func read(
    _ encoding: IncomingTransfer.Encoding, _ words: inout RequestWords, _ name: String,
    _ target: some QTestTarget, _ output: inout [UInt8]
  ) {
    guard let address = words.number(), let count = words.number(), count > 0 else {
      return misuse(name, &output)
    }
    if let refusal = isTransfer(address, count, target) { return refuse(refusal, &output) }
    // Reading a register can raise a line; such reads are short, and events come before replies.
    var transfer = OutgoingTransfer(encoding, address: address, count: count)
    var text: [UInt8] = []
    let isComplete = transfer.run(target, &text, limit: 1)
    reportChanges(of: target, to: &output)
    output.append(contentsOf: (encoding == .hex ? "OK 0x" : "OK ").utf8)
    output.append(contentsOf: text)
    if isComplete {
      output.append(UInt8(ascii: "\n"))
    } else {
      begin(transfer)
    }
  }

  private mutating func write(
    _ encoding: IncomingTransfer.Encoding, _ words: inout RequestWords,
    _ line: UnsafeRawBufferPointer,
    _ name: String, _ target: some QTestTarget, _ output: inout [UInt8]
  ) {
    guard let address = words.number(), let count = words.number(), let data = words.word() else {
      return misuse(name, &output)
    }
    if let refusal = isTransfer(address, count, target) { return refuse(refusal, &output) }
    guard data.count >= 3 else { return refuse("ERR invalid argument size\n", &output) }
    var transfer = IncomingTransfer(encoding, address: address, count: count)
    transfer.take(data, target)
    transfer.finish(target)
    reply("OK", target, &output)
  }

  /// `clock_step` without a number goes to the next timer, if there is one.
  private mutating func moveClock(
    _ name: String, _ words: inout RequestWords, _ target: some QTestTarget,
    _ output: inout [UInt8]
  ) {
    let now = target.clock
    let time: UInt64
    if let word = words.word() {
      // The clock is a signed number of nanoseconds.
      guard let number = RequestWords.number(word), number <= UInt64(Int64.max) else {
        return misuse(name, &output)
      }
      time = name == "clock_set" ? number : now + number
    } else if name == "clock_step" {
      time = target.nextDeadline ?? now
    } else {
      return misuse(name, &output)
    }
    guard time <= UInt64(Int64.max) else { return refuse("FAIL Time beyond 63 bits\n", &output) }
    target.advanceClock(to: time)
    reportChanges(of: target, to: &output)
    output.append(contentsOf: "OK \(target.clock)\n".utf8)
  }

  private mutating func intercept(
    _ name: String, _ words: inout RequestWords, _ target: some QTestTarget,
    _ output: inout [UInt8]
  ) {
    guard let path = words.text() else { return misuse(name, &output) }
    guard let sink = target.interruptSink(at: path) else {
      return refuse("FAIL Unknown device\n", &output)
    }
    // No device here has interrupt outputs that a path could name: nothing to watch.
    if name == "irq_intercept_in" {
      guard interception.begin(sink, after: target.lineChanges.count) else {
        return refuse("FAIL IRQ intercept already enabled\n", &output)
      }
    }
    reply("OK", target, &output)
  }

  private mutating func answer(
    _ value: UInt64, digits: Int, _ target: some QTestTarget, _ output: inout [UInt8]
  ) {
    reportChanges(of: target, to: &output)
    output.append(contentsOf: Self.valuePrefix)
    // Ports are padded to four digits, whatever their width.
    let needed = (UInt64.bitWidth - value.leadingZeroBitCount + 3) / 4
    Hexadecimal.append(value, digits: max(needed, digits), to: &output)
    output.append(UInt8(ascii: "\n"))
  }

  private static let valuePrefix = Array("OK 0x".utf8)

  private func misuse(_ name: UnsafeRawBufferPointer, _ output: inout [UInt8]) {
    misuse(String(decoding: name, as: UTF8.self), &output)
  }

  /// QEMU ends the process here; a machine that others use goes on.
  private func misuse(_ name: String, _ output: inout [UInt8]) {
    output.append(contentsOf: "FAIL Bad arguments of '\(name)'\n".utf8)
  }

  private func refuse(_ text: StaticString, _ output: inout [UInt8]) {
    text.withUTF8Buffer { output.append(contentsOf: $0) }
  }
}

/// The requests that a test sends in great numbers, recognised without making text of them.
private enum Command {
  case readRegister(width: Int)
  case writeRegister(width: Int)
  case readPort(width: Int)
  case writePort(width: Int)
  case endianness
  case other

  init(_ name: UnsafeRawBufferPointer) {
    self = .other
    switch name.count {
    case 3:
      guard name[0] == UInt8(ascii: "i"), name[1] == UInt8(ascii: "n"),
        let width = Self.width(name[2]), width < 8
      else { return }
      self = .readPort(width: width)
    case 4:
      guard name.starts(with: "out".utf8), let width = Self.width(name[3]), width < 8 else {
        return
      }
      self = .writePort(width: width)
    case 5:
      guard name.starts(with: "read".utf8), let width = Self.width(name[4]) else { return }
      self = .readRegister(width: width)
    case 6:
      guard name.starts(with: "write".utf8), let width = Self.width(name[5]) else { return }
      self = .writeRegister(width: width)
    case 10:
      if name.elementsEqual("endianness".utf8) { self = .endianness }
    default:
      break
    }
  }

  private static func width(_ letter: UInt8) -> Int? {
    switch letter {
    case UInt8(ascii: "b"): 1
    case UInt8(ascii: "w"): 2
    case UInt8(ascii: "l"): 4
    case UInt8(ascii: "q"): 8
    default: nil
    }
  }
}
