import Glibc

/// One client's descriptors with what is on its way in both directions.
final class Channel {
  enum Dialogue {
    case qtest(QTestSession)
    case monitor(MonitorSession)
  }

  let input: Int32
  let output: Int32
  /// Whether the descriptors are this program's own, or standard input and output.
  let isSocket: Bool
  var dialogue: Dialogue
  /// Input that the session did not take yet, because its output is full.
  private var waiting: [UInt8] = []
  private var outgoing: [UInt8] = []
  private var sent = 0
  private(set) var isInputOver = false
  /// When it last sent something, in rounds of the loop.
  var lastRound: UInt64 = 0
  private let log: SessionLog?
  private let began = ContinuousClock.now

  init(
    input: Int32, output: Int32, isSocket: Bool, dialogue: Dialogue, log: SessionLog? = nil
  ) {
    self.input = input
    self.output = output
    self.isSocket = isSocket
    self.dialogue = dialogue
    self.log = log
    log?.opened()
    if case .monitor = dialogue { outgoing = MonitorSession.greeting }
  }

  /// Bytes of output that nobody asked for (events, changes of lines) which a client may leave
  /// unread. A client that reads at all is far below.
  private static let backlogLimit = 1 << 22

  /// Whether the client leaves more unread than is kept for it.
  var isBeyondLimit: Bool { outgoing.count - sent > Self.backlogLimit }

  /// Whether there is output that the client does not take at the moment.
  var isCongested: Bool { sent < outgoing.count }

  /// Whether everything that the client sent was answered and delivered.
  var isFinished: Bool { isInputOver && waiting.isEmpty && !isCongested && !isReplying }

  private var isReplying: Bool {
    if case .qtest(let session) = dialogue { session.isReplying } else { false }
  }

  /// Reads once and handles what came.
  ///
  /// - Returns: false where the client is gone.
  func receive(
    into buffer: UnsafeMutableRawBufferPointer, _ target: Q35Machine?, _ host: MonitorHost
  ) -> Bool {
    let count = read(input, buffer.baseAddress, buffer.count)
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    if count == 0 {
      isInputOver = true
      return !isFinished
    }
    return handle(UnsafeRawBufferPointer(rebasing: buffer[..<count]), target, host)
  }

  /// Goes on with input that was kept back.
  func resume(_ target: Q35Machine?, _ host: MonitorHost) -> Bool {
    guard flush() else { return false }
    while !isCongested && (!waiting.isEmpty || isReplying) {
      let kept = waiting
      waiting = []
      guard kept.withUnsafeBytes({ handle($0, target, host) }) else { return false }
    }
    return !isFinished
  }

  private func handle(
    _ bytes: UnsafeRawBufferPointer, _ target: Q35Machine?, _ host: MonitorHost
  ) -> Bool {
    var taken = 0
    repeat {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
      guard let count = take(rest, target, host), flush() else { return false }
      taken += count
    } while !isCongested && (taken < bytes.count || isReplying)
    if taken < bytes.count { waiting += bytes[taken...] }
    return true
  }

  private func take(
    _ bytes: UnsafeRawBufferPointer, _ target: Q35Machine?, _ host: MonitorHost
  ) -> Int? {
    switch dialogue {
    case .qtest(var session):
      // Moved out and back in, so that its buffers are not copied.
      dialogue = .qtest(QTestSession())
      defer { dialogue = .qtest(session) }
      guard let target else { return consume(bytes, &session, host.emptyMachine) }
      return consume(bytes, &session, target)
    case .monitor(var session):
      defer { dialogue = .monitor(session) }
      return session.consume(bytes, host, &outgoing) ? bytes.count : nil
    }
  }

  /// With a log, line by line, so that each reply stands behind its request.
  private func consume(
    _ bytes: UnsafeRawBufferPointer, _ session: inout QTestSession, _ target: some QTestTarget
  ) -> Int {
    guard let log else { return session.consume(bytes, target, &outgoing) }
    var taken = 0
    repeat {
      var line = UnsafeRawBufferPointer(start: nil, count: 0)
      // A long reply goes on first.
      if !session.isReplying {
        line = UnsafeRawBufferPointer(rebasing: bytes[taken...])
        if let end = line.firstIndex(of: UInt8(ascii: "\n")) {
          line = UnsafeRawBufferPointer(rebasing: line[...end])
        }
        log.received(line, after: seconds)
      }
      let before = outgoing.count
      taken += session.consume(line, target, &outgoing)
      logOutput(from: before)
    } while taken < bytes.count && outgoing.count < QTestSession.outputLimit
    return taken
  }

  private func logOutput(from start: Int) {
    guard let log, start < outgoing.count else { return }
    outgoing.withUnsafeBytes {
      log.sent(UnsafeRawBufferPointer(rebasing: $0[start...]), after: seconds)
    }
  }

  /// How long the client has been here.
  private var seconds: Double { (ContinuousClock.now - began) / .seconds(1) }

  /// Adds output that no input asked for.
  func send(_ bytes: [UInt8]) { outgoing += bytes }

  func report(_ changes: [LineChange]) {
    guard case .qtest(var session) = dialogue else { return }
    let before = outgoing.count
    session.report(changes, to: &outgoing)
    dialogue = .qtest(session)
    logOutput(from: before)
  }

  /// The target's list of changes starts over.
  func forgetChanges() {
    guard case .qtest(var session) = dialogue else { return }
    session.interception.forget()
    dialogue = .qtest(session)
  }

  /// Sends what the client takes. False where it is gone.
  func flush() -> Bool {
    while sent < outgoing.count {
      let count = outgoing.withUnsafeBytes { bytes in
        write(output, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
      }
      if count < 0 {
        if errno == EINTR { continue }
        let isFull = errno == EAGAIN
        // What was sent is not kept, however slowly the client reads.
        if sent > 1 << 16 {
          outgoing.removeFirst(sent)
          sent = 0
        }
        return isFull
      }
      sent += count
    }
    outgoing.removeAll(keepingCapacity: outgoing.capacity <= 4 * QTestSession.outputLimit)
    sent = 0
    return true
  }

  func close() {
    log?.closed(after: seconds)
    guard isSocket else { return }
    _ = Glibc.close(input)
  }
}
