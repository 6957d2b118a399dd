import CEpoll
import Glibc
import KernelLog
import Text

/// Serves the endpoints of a command line until nobody is left: one thread, one machine, as many
/// clients as there are descriptors.
public final class Server {
  private enum Source {
    case signals
    case listener(Launch.Language, path: String)
    case channel(Channel)
  }

  /// nil for `-machine none`.
  public let machine: Q35Machine?
  private let host: MonitorHost
  private let log: SessionLog?
  private let poll: Int32
  private var sources: [Int32: Source] = [:]
  /// Channels whose descriptor cannot be polled, such as a file on standard input.
  private var alwaysReady: [Channel] = []
  private var round: UInt64 = 0
  private var isOver = false
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

  /// Opens every endpoint.
  ///
  /// - Throws: `Q35MachineError` where a machine cannot be made or an endpoint cannot be opened.
  public init(_ launch: Launch, catalog: DeviceCatalog = .standard) throws(Q35MachineError) {
    if let configuration = launch.machine {
      machine = try Q35Machine(configuration)
    } else {
      machine = nil
    }
    log = try SessionLog(launch.log)
    host = MonitorHost(machine: machine, catalog: catalog, isPaused: launch.startsPaused)
    poll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard poll >= 0 else { throw Q35MachineError("epoll: \(UnixSocket.message(errno))") }
    Self.raiseDescriptorLimit()
    signal(SIGPIPE, SIG_IGN)
    try watchSignals()
    for (language, endpoint) in launch.endpoints { try open(endpoint, language) }
  }

  deinit {
    buffer.deallocate()
    close(poll)
  }

  /// Runs until the last client left, a signal came, or the monitor was told to quit.
  public func run() {
    var events = [epoll_event](repeating: epoll_event(), count: 64)
    while !isOver && hasClients {
      round += 1
      let observer = machine?.observer
      var time: Int32 = alwaysReady.isEmpty ? -1 : 0
      if time < 0, observer != nil { time = Self.pause }
      var count = epoll_wait(poll, &events, Int32(events.count), time)
      if count == 0, time > 0 {
        observer?.clientPaused()
        count = epoll_wait(poll, &events, Int32(events.count), -1)
      }
      for event in events.prefix(Int(max(count, 0))) { handle(event.data.fd, event.events) }
      for channel in alwaysReady { serve(channel, isReadable: true) }
    }
    removeListeners()
  }

  /// Milliseconds without a request that an observer hears of.
  private static let pause: Int32 = 20

  private var hasClients: Bool { sources.count > 1 || !alwaysReady.isEmpty }

  // MARK: Endpoints

  private func open(_ endpoint: Endpoint, _ language: Launch.Language) throws(Q35MachineError) {
    switch endpoint {
    case .none: break
    case .connect(let path):
      let descriptor = try UnixSocket.connect(to: path)
      add(descriptor, descriptor, isSocket: true, language)
    case .listen(let path):
      let descriptor = try UnixSocket.listen(at: path)
      sources[descriptor] = .listener(language, path: path)
      _ = watch(descriptor, EPOLLIN.rawValue, EPOLL_CTL_ADD)
    case .descriptor(let descriptor):
      UnixSocket.setNonblocking(descriptor)
      add(descriptor, descriptor, isSocket: true, language)
    case .standard: add(STDIN_FILENO, STDOUT_FILENO, isSocket: false, language)
    }
  }

  private func add(_ input: Int32, _ output: Int32, isSocket: Bool, _ language: Launch.Language) {
    let channel = Channel(
      input: input, output: output, isSocket: isSocket,
      dialogue: language == .qtest ? .qtest(QTestSession()) : .monitor(MonitorSession()),
      log: language == .qtest ? log : nil)
    channel.lastRound = round
    if watch(input, EPOLLIN.rawValue, EPOLL_CTL_ADD) {
      sources[input] = .channel(channel)
    } else {
      alwaysReady.append(channel)
    }
    // The monitor's greeting.
    if !channel.flush() { drop(channel) }
  }

  private func watch(_ descriptor: Int32, _ events: UInt32, _ operation: Int32) -> Bool {
    var event = epoll_event()
    event.events = events
    event.data.fd = descriptor
    return epoll_ctl(poll, operation, descriptor, &event) == 0
  }

  private func drop(_ channel: Channel) {
    if let index = alwaysReady.firstIndex(where: { $0 === channel }) {
      alwaysReady.remove(at: index)
    } else {
      sources[channel.input] = nil
      _ = watch(channel.input, 0, EPOLL_CTL_DEL)
    }
    channel.close()
  }

  private func removeListeners() {
    for (descriptor, source) in sources {
      guard case .listener(_, let path) = source else { continue }
      unlink(path)
      close(descriptor)
    }
  }

  // MARK: Events

  private func handle(_ descriptor: Int32, _ events: UInt32) {
    switch sources[descriptor] {
    case .signals: isOver = true
    case .listener(let language, _): accept(descriptor, language)
    case .channel(let channel):
      serve(channel, isReadable: events & ~EPOLLOUT.rawValue != 0)
    case nil: break
    }
  }

  private func accept(_ listener: Int32, _ language: Launch.Language) {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      if descriptor >= 0 {
        UnixSocket.setNonblocking(descriptor)
        add(descriptor, descriptor, isSocket: true, language)
      } else if errno == EMFILE || errno == ENFILE {
        guard dropIdlest() else { return }
      } else if errno != EINTR && errno != ECONNABORTED {
        return
      }
    }
  }

  /// No descriptor is left: the client that has been silent for longest makes room.
  private func dropIdlest() -> Bool {
    var idlest: Channel?
    for case .channel(let channel) in sources.values where channel.isSocket {
      if channel.lastRound < idlest?.lastRound ?? .max { idlest = channel }
    }
    guard let idlest else { return false }
    drop(idlest)
    return true
  }

  private func serve(_ channel: Channel, isReadable: Bool) {
    channel.lastRound = round
    let wasCongested = channel.isCongested
    let lives: Bool
    if wasCongested {
      lives = channel.resume(machine, host)
    } else if isReadable {
      lives = channel.receive(into: buffer, machine, host)
    } else {
      lives = true
    }
    distributeLineChanges(except: channel)
    distributeMonitorEvents()
    if !lives {
      drop(channel)
    } else if channel.isCongested != wasCongested {
      setDirection(channel)
    }
    if host.hasQuit { isOver = true }
  }

  /// While a client does not take its output, nothing more is read from it.
  private func setDirection(_ channel: Channel) {
    guard channel.isSocket else { return }
    _ = watch(
      channel.input, channel.isCongested ? EPOLLOUT.rawValue : EPOLLIN.rawValue, EPOLL_CTL_MOD)
  }

  /// What one client did to interrupt lines, others may be watching.
  private func distributeLineChanges(except origin: Channel) {
    guard let machine, !machine.lineChanges.isEmpty else { return }
    for channel in channels {
      if channel !== origin {
        channel.report(machine.lineChanges)
        deliver(channel)
      }
      channel.forgetChanges()
    }
    machine.forgetLineChanges()
  }

  private func distributeMonitorEvents() {
    let events = host.takeEvents()
    guard !events.isEmpty else { return }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    for (name, data) in events {
      let line = MonitorSession.line(
        .object(
          [
            (
              "timestamp",
              .object([
                ("seconds", .signed(Int64(now.tv_sec))),
                ("microseconds", .signed(Int64(now.tv_nsec / 1000))),
              ])
            ), ("event", .string(name)),
          ] + (data.map { [("data", $0)] } ?? [])))
      for channel in channels {
        guard case .monitor = channel.dialogue else { continue }
        channel.send(line)
        deliver(channel)
      }
    }
  }

  private func deliver(_ channel: Channel) {
    let wasCongested = channel.isCongested
    if !channel.flush() || channel.isBeyondLimit {
      // Gone, or so far behind that it will never be up to date again.
      drop(channel)
    } else if channel.isCongested != wasCongested {
      setDirection(channel)
    }
  }

  private var channels: [Channel] {
    sources.values.compactMap { if case .channel(let channel) = $0 { channel } else { nil } }
      + alwaysReady
  }

  // MARK: The process

  private func watchSignals() throws(Q35MachineError) {
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
    sigprocmask(SIG_BLOCK, &set, nil)
    let descriptor = signalfd(-1, &set, Int32(SFD_CLOEXEC))
    guard descriptor >= 0, watch(descriptor, EPOLLIN.rawValue, EPOLL_CTL_ADD) else {
      throw Q35MachineError("signalfd: \(UnixSocket.message(errno))")
    }
    sources[descriptor] = .signals
  }

  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(kind, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(kind, &limit)
  }
}
