import Glibc

/// One client's side of the protocol: bytes come in, bytes go out.
///
/// A session does no input or output of its own. Feed it what arrived with
/// ``consume(_:_:_:)-(UnsafeRawBufferPointer,_,_)``, send what it appended to the output, feed it
/// again. It stops taking input while a long reply waits to be sent, so its memory is bounded
/// whatever the client does:
///
/// - a line is kept until its end comes, up to ``longestLine``; so a client that goes away in the
///   middle of a line leaves nothing behind;
/// - the data of a longer `write` or `b64write` goes to memory as it arrives; any other longer line
///   is refused;
/// - long replies are made in pieces of ``outputLimit``.
public struct QTestSession {
  /// Bytes of a line that are kept; longer data is written as it arrives.
  public static let longestLine = 1 << 16
  /// Output after which no more input is taken.
  public static let outputLimit = 1 << 16

  private enum Phase {
    /// Between lines, or in one that is being kept.
    case line
    /// In the data of a long `write`.
    case data(IncomingTransfer)
    /// In a line that is too long; the rest of it is dropped.
    case excess
    /// The reply is not complete.
    case reply(OutgoingTransfer)
  }

  private var phase = Phase.line
  private var kept: [UInt8] = []
  var interception = Interception()

  /// A session before its first request.
  public init() {}

  /// Takes input; appends replies.
  ///
  /// - Parameters:
  ///   - input: what the client sent and was not taken yet; may be empty, to go on with a long
  ///     reply.
  ///   - target: the machine.
  ///   - output: receives text for the client.
  /// - Returns: how many bytes were taken: fewer than there are where `output` is full.
  public mutating func consume(
    _ input: UnsafeRawBufferPointer, _ target: some QTestTarget, _ output: inout [UInt8]
  ) -> Int {
    var taken = 0
    while true {
      if case .reply(var transfer) = phase {
        guard transfer.run(target, &output, limit: Self.outputLimit) else {
          phase = .reply(transfer)
          return taken
        }
        output.append(Self.newline)
        phase = .line
      }
      guard taken < input.count, output.count < Self.outputLimit else { return taken }
      let rest = UnsafeRawBufferPointer(rebasing: input[taken...])
      if let length = Self.firstNewline(of: rest) {
        take(UnsafeRawBufferPointer(rebasing: rest[..<length]), endsLine: true, target, &output)
        taken += length + 1
      } else {
        take(rest, endsLine: false, target, &output)
        taken += rest.count
      }
    }
  }

  /// The same for arrays: takes all input, and gives the output.
  ///
  /// - Parameters:
  ///   - input: what the client sent.
  ///   - target: the machine.
  ///   - limit: of an output that is longer, only the beginning is given: so many bytes at least, and at
  ///     most one piece of a reply more. A read of all memory is answered with twice as much text; what
  ///     stands behind the limit is not read.
  public mutating func consume(
    _ input: some Collection<UInt8>, _ target: some QTestTarget, keeping limit: Int = .max
  ) -> [UInt8] {
    let bytes = Array(input)
    var all: [UInt8] = []
    var taken = 0
    repeat {
      var output: [UInt8] = []
      taken += bytes.withUnsafeBytes {
        consume(UnsafeRawBufferPointer(rebasing: $0[taken...]), target, &output)
      }
      if all.count <= limit { all += output }
      if all.count > limit, isReplying { phase = .line }
    } while taken < bytes.count || isReplying
    return all
  }

  /// Whether a reply waits for its output to be taken.
  public var isReplying: Bool {
    if case .reply = phase { true } else { false }
  }

  /// Appends the events that this session watches, for changes that another session caused.
  public mutating func report(_ changes: [LineChange], to output: inout [UInt8]) {
    interception.report(changes[...], to: &output)
  }

  private static let newline = UInt8(ascii: "\n")

  private static func firstNewline(of text: UnsafeRawBufferPointer) -> Int? {
    guard let start = text.baseAddress, let found = memchr(start, Int32(newline), text.count) else {
      return nil
    }
    return UnsafeRawPointer(found) - start
  }

  private mutating func take(
    _ text: UnsafeRawBufferPointer, endsLine: Bool, _ target: some QTestTarget,
    _ output: inout [UInt8]
  ) {
    switch phase {
    case .line:
      if endsLine && kept.isEmpty {
        execute(text, target, &output)
      } else if kept.count + text.count <= Self.longestLine {
        kept.append(contentsOf: text)
        if endsLine {
          kept.withUnsafeBytes { execute($0, target, &output) }
          kept.removeAll(keepingCapacity: true)
        }
      } else {
        kept.append(contentsOf: text)
        leaveLine(target)
        kept = []
        if endsLine { take(.init(start: nil, count: 0), endsLine: true, target, &output) }
      }
    case .data(var transfer):
      transfer.take(text, target)
      phase = .data(transfer)
      if endsLine {
        transfer.finish(target)
        phase = .line
        reply("OK", target, &output)
      }
    case .excess:
      if endsLine {
        phase = .line
        output.append(contentsOf: "FAIL Line longer than \(Self.longestLine) bytes\n".utf8)
      }
    case .reply:
      break
    }
  }

  /// The kept part of a line is too long to be kept: it is data, or it is refused.
  private mutating func leaveLine(_ target: some QTestTarget) {
    phase = kept.withUnsafeBytes { line in
      var words = RequestWords(line)
      guard let encoding = Self.dataCommand(words.text() ?? ""), let address = words.number(),
        let count = words.number(), isTransfer(address, count, target) == nil
      else { return .excess }
      var transfer = IncomingTransfer(encoding, address: address, count: count)
      transfer.take(UnsafeRawBufferPointer(rebasing: line[words.offset...]), target)
      return .data(transfer)
    }
  }

  private static func dataCommand(_ name: String) -> IncomingTransfer.Encoding? {
    switch name {
    case "write": .hex
    case "b64write": .base64
    default: nil
    }
  }

  /// Why bytes cannot be moved; nil if they can.
  func isTransfer(
    _ address: UInt64, _ count: UInt64, _ target: some QTestTarget
  ) -> StaticString? {
    if count > target.longestTransfer { return "FAIL Length beyond the machine's memory\n" }
    if count > 0, address.addingReportingOverflow(count - 1).overflow {
      return "FAIL Address beyond 64 bits\n"
    }
    return nil
  }

  mutating func begin(_ transfer: OutgoingTransfer) { phase = .reply(transfer) }

  /// Events first, then the reply: so does QEMU.
  mutating func reply(
    _ text: StaticString, _ target: some QTestTarget, _ output: inout [UInt8]
  ) {
    reportChanges(of: target, to: &output)
    text.withUTF8Buffer { output.append(contentsOf: $0) }
    output.append(Self.newline)
  }

  mutating func reportChanges(
    of target: some QTestTarget, to output: inout [UInt8]
  ) {
    guard interception.isOn else { return }
    interception.reportNew(target.lineChanges, to: &output)
  }
}

/// The interrupt inputs that a session watches.
struct Interception {
  private var sink: InterruptSink?
  /// Changes of the target's list that were looked at already.
  private var seen = 0

  var isOn: Bool { sink != nil }

  /// Watches a sink from now on; false where another one is watched.
  mutating func begin(_ new: InterruptSink, after changes: Int) -> Bool {
    if let sink { return sink == new }
    sink = new
    seen = changes
    return true
  }

  /// The target forgot its list.
  mutating func forget() { seen = 0 }

  mutating func reportNew(_ changes: [LineChange], to output: inout [UInt8]) {
    guard seen < changes.count else { return }
    report(changes[seen...], to: &output)
    seen = changes.count
  }

  func report(_ changes: ArraySlice<LineChange>, to output: inout [UInt8]) {
    for change in changes where change.sink == sink {
      output.append(contentsOf: (change.level ? "IRQ raise " : "IRQ lower ").utf8)
      output.append(contentsOf: "\(change.number)\n".utf8)
    }
  }
}
