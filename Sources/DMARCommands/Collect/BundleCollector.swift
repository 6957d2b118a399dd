internal import Glibc
internal import PCI
internal import PCIHost
internal import Scenario
internal import ScenarioFormat
import Text

/// Reads the machine's files into a bundle, and remembers what it took and what it could not read.
struct BundleCollector {
  private struct Taken {
    var name: String
    var count: Int
    var note: String?
  }

  private let system: SystemFiles
  private let isRaw: Bool
  private var pseudonyms: Pseudonyms
  private var taken: [Taken] = []
  private var missing: [(name: String, why: String)] = []
  private let time: Int
  private let started = SystemFiles.now()

  private static let folder = "dmar-bundle"

  init(_ system: SystemFiles, isRaw: Bool) {
    self.system = system
    self.isRaw = isRaw
    pseudonyms = Pseudonyms(
      host: system.line("/proc/sys/kernel/hostname") ?? "",
      users: system.names(in: "/home") ?? [])
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    time = now.tv_sec
  }

  private mutating func add(
    _ name: String, _ bytes: [UInt8], note: String? = nil, into tar: borrowing TarWriter
  ) throws(CollectError) {
    // A binary table holds no names of people; everything else is text, which may.
    let content = isRaw || bytes.contains(0) ? bytes : pseudonyms.replace(bytes)
    try tar.add("\(Self.folder)/\(name)", content, time: time)
    taken.append(Taken(name: name, count: content.count, note: note))
  }

  mutating func files(into tar: borrowing TarWriter) throws(CollectError) {
    for row in CollectPlan.rows {
      let files = CollectPlan.files(row.source, system)
      var found = false
      for path in files {
        switch system.read(path) {
        case .bytes(let bytes, let cut):
          found = true
          guard !bytes.isEmpty else {
            // Of several files of one kind some may be empty, such as the reserved regions of a
            // group that has none; such a file is not missing.
            if let why = cut ?? (files.count == 1 ? "it is empty" : nil) {
              missing.append((path, why))
            }
            continue
          }
          try add(String(path.dropFirst()), bytes, note: cut, into: tar)
        case .unreadable(let number):
          found = found || number != ENOENT
          if number == ENOENT, files.count == 1 { continue }
          missing.append((path, why(number)))
        }
      }
      if !found { missing.append((Self.name(row.source), absent(row))) }
    }
  }

  private static func name(_ source: CollectPlan.Source) -> String {
    switch source {
    case .file(let path), .folder(let path, _), .each(let path, _): path
    }
  }

  private func absent(_ row: CollectPlan.Row) -> String {
    let name = Self.name(row.source)
    // A folder that only root may enter looks empty, which is not the row's usual reason.
    for folder in ["/sys/kernel/debug", "/sys/kernel/tracing"]
    where name.hasPrefix(folder) && system.exists(folder) && system.names(in: folder) == nil {
      return why(EACCES)
    }
    return row.absent
  }

  private func why(_ number: Int32) -> String {
    (number == EACCES || number == EPERM) && geteuid() != 0
      ? "not root: run it with sudo" : SystemFiles.words(number)
  }

  /// The bus, as `dmar pci snapshot` writes it.
  mutating func bus(into tar: borrowing TarWriter) throws(CollectError) {
    do {
      switch try HostPCISource().enumerate() {
      case .found(let topology, _):
        try add("pci.yaml", Array(PCISnapshotFile.text(of: topology).utf8), into: tar)
        let listing = FunctionListing(system, topology)
        try add("lspci", Array(listing.text.utf8), into: tar)
      case .noPCI(let reason): missing.append(("the PCI bus", "\(reason)"))
      }
    } catch let error as CollectError {
      throw error
    } catch {
      missing.append(("the PCI bus", "\(error)"))
    }
  }

  /// Reads the counts of interrupts a second time. A count that has grown shows that faults go on,
  /// even where the kernel's rate limiter keeps them out of the log.
  mutating func interruptsAgain(into tar: borrowing TarWriter) throws(CollectError) {
    let path = "/proc/interrupts"
    guard case .bytes(let bytes, let cut) = system.read(path), !bytes.isEmpty else { return }
    try add(String(path.dropFirst()) + ".later", bytes, note: cut, into: tar)
  }

  /// Waits until `seconds` have passed since the collection began.
  func waitForCounts(seconds: Int) {
    let end = started + seconds
    while SystemFiles.now() < end { usleep(100_000) }
  }

  /// Traces until a fault comes, the time is over, or a signal asks to end; returns the signal.
  mutating func trace(seconds: Int, into tar: borrowing TarWriter) throws(CollectError) -> Int32? {
    for name in TraceInstance.removeLeftOvers(system) {
      StandardError.print(
        "dmar: removed the tracing instance \(name), which a killed run left over")
    }
    var signals = HeldSignals(leavingIgnored: [SIGHUP])
    defer { signals.release() }
    let instance: TraceInstance
    do {
      instance = try TraceInstance(system)
    } catch {
      missing.append(("a trace of mappings", "\(error)"))
      return nil
    }
    defer { instance.remove() }
    let log = open(system.path("/dev/kmsg"), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    defer { if log >= 0 { close(log) } }
    if log >= 0 { lseek(log, 0, SEEK_END) }
    let end = SystemFiles.now() + seconds
    var signal: Int32?
    while SystemFiles.now() < end, signal == nil, !Self.hasFault(log) {
      signal = signals.wait(milliseconds: 250)
    }
    // The trace goes on for 100 ms after the fault, since the events that follow it help too.
    if signal == nil { signal = signals.wait(milliseconds: 100) }
    instance.stop()
    switch system.read("\(instance.path)/trace") {
    case .bytes(let bytes, let cut): try add("trace", bytes, note: cut, into: tar)
    case .unreadable(let number): missing.append(("the trace", SystemFiles.words(number)))
    }
    return signal
  }

  /// Whether a fault record has come since the last look.
  private static func hasFault(_ log: Int32) -> Bool {
    guard log >= 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = read(log, &buffer, buffer.count)
      guard count > 0 else {
        if count < 0, errno == EINTR || errno == EPIPE { continue }
        return false
      }
      let text = String(decoding: buffer[..<count], as: UTF8.self)
      if text.contains("DMAR: [") || text.contains("DMAR:[") { return true }
    }
  }

  /// What was taken and what was not, as a file of the bundle.
  mutating func manifest(into tar: borrowing TarWriter) throws(CollectError) {
    var text = "dmar collect\n"
    for file in taken {
      text +=
        "taken \(file.name), \(counted(file.count, "byte"))\(file.note.map { ", \($0)" } ?? "")\n"
    }
    for file in missing { text += "missing \(file.name): \(file.why)\n" }
    if !isRaw { text += "pseudonyms \(pseudonyms.summary)\n" }
    try tar.add("\(Self.folder)/MANIFEST", Array(text.utf8), time: time)
  }

  /// What people are told.
  func lines(for output: String) -> [String] {
    let bytes = taken.reduce(0) { $0 + $1.count }
    var lines = ["\(output): \(counted(taken.count, "file")), \(counted(bytes, "byte"))"]
    lines += taken.filter { $0.note != nil }.map { "  \($0.name): \($0.note ?? "")" }
    if !missing.isEmpty {
      lines.append("not there or not readable:")
      lines += missing.map { "  \($0.name): \($0.why)" }
    }
    if !isRaw, !pseudonyms.summary.isEmpty {
      lines.append("replaced by pseudonyms: \(pseudonyms.summary)")
    }
    lines.append("next: dmar explain \(output)")
    return lines
  }
}
