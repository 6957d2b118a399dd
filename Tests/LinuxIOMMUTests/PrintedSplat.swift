import KernelProfiles
import Lockdep
import LinuxIOMMU

/// A lock report as some kernel printed it, taken apart: which locks, in which order, from where. Done
/// again with the same locks, it has to come out as it was.
///
/// What belongs to a build or to one boot (frames, addresses, hashes) is taken from the text; the
/// wording and the layout are not.
final class PrintedSplat: ReportEnvironment {
  let lines: [String]
  let style: ReportStyle
  /// Locks that were taken by a try, by name.
  private let tries: Set<String>
  private let validator: Validator
  private let context: LockdepContext
  private var frames: [LockdepFrame: (address: UInt64?, symbol: String)] = [:]
  private var locks: [String: LockID] = [:]
  private var now: [LockdepFrame] = []

  init(_ lines: [String], kernel profile: KernelProfile, tries: Set<String> = []) {
    // Reclaim of memory is not a usage here: its two characters stay dots.
    let hasReclaim = profile.behaviour.splat.usage == .six
    self.lines =
      hasReclaim
      ? lines.map { line in
        line.replacing(#/\{([-+?.]{4})[-+?.]{2}\}/#) { "{\($0.output.1)..}" }
      } : lines
    self.tries = tries
    style = profile.behaviour.splat
    var configuration = LockdepConfiguration()
    configuration.hasWaitTypes = style.waitTypes == .printed
    validator = Validator(configuration)
    let owner = #/^(?<comm>.+)\/(?<pid>\d+) is trying to acquire lock:$/#
    let task = lines.lazy.compactMap { $0.wholeMatch(of: owner) }.first
    context = LockdepContext(
      cpu: validator.addCPU(),
      task: validator.addTask(
        comm: task.map { String($0.output.comm) } ?? "",
        pid: task.flatMap { Int32($0.output.pid) } ?? 0))
    validator.traceSource = { [unowned self] _ in now }
  }

  // MARK: Doing it again

  /// The lines that come out.
  func redo() -> [String] {
    let wanted = lock(behind: #/ is trying to acquire lock:$/#)
    var path = chain
    var held = held
    if path.isEmpty, let wanted, lines.contains(where: { $0.contains("possible circular") }) {
      // The report is cut short: some lock closes the circle.
      let other = Line(address: 0, name: "other", usage: "....", place: .none)
      path = [(other, []), (wanted, [])]
      held = [other]
    }
    // Each class was taken while the next one towards the wanted lock was held.
    for index in path.indices.dropLast().reversed() {
      use(path[index].lock)
      let outer = path[index + 1].lock
      acquire(outer, [])
      acquire(path[index].lock, path[index].frames)
      release(path[index].lock)
      release(outer)
    }
    for lock in held { use(lock) }
    if let wanted { use(wanted) }
    for lock in held { acquire(lock, []) }
    guard let wanted, let report = acquire(wanted, path.last?.frames ?? []) else { return [] }
    return render(report, in: self).flatMap {
      $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
  }

  /// Uses the lock by itself, as its usage says that it was used.
  private func use(_ lock: Line) {
    let isShared = lock.usage.dropFirst().first == "+"
    guard lock.usage.hasPrefix("+") || isShared else { return }
    for how in [Acquisition.exclusive, .read] {
      guard how == .read ? isShared : lock.usage.hasPrefix("+") else { continue }
      validator.acquire(id(of: lock), how, in: context, at: .none)
      release(lock)
    }
  }

  @discardableResult
  private func acquire(_ lock: Line, _ trace: [LockdepFrame]) -> LockReport? {
    now = trace
    var how = lock.usage.hasPrefix(".+") ? Acquisition.read : .exclusive
    how.isTrylock = tries.contains(lock.name)
    return validator.acquire(id(of: lock), how, in: context, at: lock.place)
  }

  private func release(_ lock: Line) {
    validator.release(id(of: lock), in: context, at: .none)
  }

  private func id(of lock: Line) -> LockID {
    if let known = locks[lock.name] { return known }
    let parts = lock.name.split(separator: "#")
    // The classes of the same name that came before.
    for version in 1..<(parts.count > 1 ? Int(parts[1]) ?? 1 : 1) {
      let key = LockKey(rawValue: 0x10_0000 + UInt64(locks.count * 1000 + version) * 16)
      let other = validator.addLock(
        LockDeclaration(name: String(parts[0]), kind: .mutex, address: 0, key: .fixed(key)))
      validator.acquire(other, in: context, at: .none)
      validator.release(other, in: context, at: .none)
    }
    let key = LockKey(rawValue: 0x1000 + UInt64(locks.count) * 16)
    let id = validator.addLock(
      LockDeclaration(
        name: String(parts[0]), kind: .rwsem, address: lock.address, key: .fixed(key)))
    locks[lock.name] = id
    return id
  }

  // MARK: Reading

  private struct Line {
    var address: UInt64
    var name: String
    var usage: String
    var place: LockdepFrame
  }

  private func line(_ text: String) -> Line? {
    let form =
      #/^(?<address>[0-9a-f]{16})? ?\((?<name>.+)\)\{(?<usage>[-+?.]+)\}.*, at: (?<place>.+)$/#
    guard let match = text.drop(while: { $0 == " " }).wholeMatch(of: form) else { return nil }
    return Line(
      address: match.output.address.flatMap { UInt64($0, radix: 16) } ?? 0,
      name: String(match.output.name), usage: String(match.output.usage),
      place: frame(String(match.output.place)))
  }

  private func lock(behind heading: some RegexComponent) -> Line? {
    guard let index = lines.firstIndex(where: { $0.firstMatch(of: heading) != nil }),
      index + 1 < lines.count
    else { return nil }
    return line(lines[index + 1])
  }

  private var held: [Line] {
    let listed = lines.compactMap { text in
      text.wholeMatch(of: #/ #\d+: (.+)/#).flatMap { line(String($0.output.1)) }
    }
    if !listed.isEmpty { return listed }
    return lock(behind: #/^but task is already holding lock:$/#).map { [$0] } ?? []
  }

  /// The chain of a circle, as printed.
  private var chain: [(lock: Line, frames: [LockdepFrame])] {
    var chain: [(lock: Line, frames: [LockdepFrame])] = []
    for text in lines {
      if let match = text.wholeMatch(of: #/-> #\d+ \((.+)\)\{(.+?)\}.*:/#) {
        chain.append(
          (
            Line(
              address: 0, name: String(match.output.1), usage: String(match.output.2),
              place: .none), []
          ))
      } else if text.hasPrefix("       "), !chain.isEmpty, text.contains("+0x") {
        chain[chain.count - 1].frames.append(frame(text.drop { $0 == " " }.description))
      }
    }
    return chain
  }

  private func frame(_ text: String) -> LockdepFrame {
    let match = text.wholeMatch(of: #/(\[<([0-9a-f]+)>\] )?(.+)/#)
    let value = LockdepFrame(rawValue: UInt64(frames.count + 1))
    frames[value] = (
      match?.output.2.flatMap { UInt64($0, radix: 16) }, String(match?.output.3 ?? "")
    )
    return value
  }

  // MARK: The environment

  /// The first line below the title's box.
  var ident: String {
    lines.first { $0.firstMatch(of: #/^\d+\.\d+\./#) != nil } ?? ""
  }

  func symbol(for frame: LockdepFrame) -> String { frames[frame]?.symbol ?? "0x0" }
  func address(of frame: LockdepFrame) -> UInt64? { frames[frame]?.address }
  func symbol(for key: LockKey) -> String { "0x0" }

  func backtrace(_ scene: Scene) -> [String] {
    lines.firstIndex(of: "stack backtrace:").map { Array(lines[($0 + 1)...]) } ?? []
  }
}
