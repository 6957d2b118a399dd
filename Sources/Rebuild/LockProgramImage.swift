internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import ScenarioFormat
internal import Text

/// Lock programs that lead the checker to a report of the same kind over the same locks.
///
/// A report tells which locks are taken inside which, and that is all that such a program needs. It
/// does not give the stacks back: who takes the locks is assumed.
struct LockProgramImage {
  /// One program a step.
  let programs: [String]
  /// Wait types are checked only by a kernel that proves raw nesting.
  let provesRawNesting: Bool

  init?(_ splat: LockSplat) {
    provesRawNesting = splat.kind == .waitContext
    switch splat.kind {
    case .circular: programs = Self.circle(splat)
    case .recursive: programs = Self.recursion(splat)
    case .waitContext: programs = Self.waitContext(splat)
    default: return nil
    }
    if programs.isEmpty { return nil }
  }

  /// The chain is printed from its far end: each lock was taken with the next one held. The last
  /// link is the new one, from the blocker to the wanted lock.
  private static func circle(_ splat: LockSplat) -> [String] {
    let links = Array(splat.chain.reversed())
    guard links.count >= 2, let wanted = splat.wanted,
      links.allSatisfy({ isNameable($0.lock.name) })
    else { return [] }
    let kinds = links.map { Kind($0.lock, $0.stack) }
    var programs: [String] = []
    for index in links.indices.dropFirst() {
      programs.append(
        program(
          task: links[index].lock.function, index,
          [(links[index - 1].lock.name, kinds[index - 1]), (links[index].lock.name, kinds[index])]))
    }
    guard let last = links.last, let lastKind = kinds.last else { return [] }
    programs.append(
      program(
        task: wanted.function, links.count,
        [(last.lock.name, lastKind), (links[0].lock.name, kinds[0])]))
    return programs
  }

  private static func recursion(_ splat: LockSplat) -> [String] {
    guard let wanted = splat.wanted, let blocker = splat.blocker, isNameable(wanted.name),
      wanted.name == blocker.name
    else { return [] }
    let kind = Kind(wanted, splat.stack)
    return [
      program(task: wanted.function, 1, [(wanted.name, kind), (wanted.name, kind)])
    ]
  }

  private static func waitContext(_ splat: LockSplat) -> [String] {
    guard let wanted = splat.wanted, splat.held.count <= 8 else { return [] }
    let locks = splat.held + [wanted]
    guard locks.allSatisfy({ isNameable($0.name) }) else { return [] }
    let isInterrupt = splat.stack.contains {
      $0.contains("common_interrupt") || $0 == "handle_irq_event"
    }
    let owner = splat.held.first?.function ?? wanted.function
    let taken = locks.map { word(Kind($0, []).take, $0.name) }
    // The report ends the checking, so nothing has to be released behind it.
    return ["@\(isInterrupt ? "hardirq:" : "")\(name(owner, 1)) " + taken.joined(separator: " ")]
  }

  private static func program(
    task: String, _ number: Int, _ locks: [(name: String, kind: Kind)]
  ) -> String {
    let disables = locks.contains { $0.kind.disablesInterrupts }
    var words = ["@\(name(task, number))"]
    if disables { words.append("HARDIRQ_DISABLE") }
    words += locks.map { word($0.kind.take, $0.name) }
    words += locks.reversed().map { word($0.kind.release, $0.name) }
    if disables { words.append("HARDIRQ_ENABLE") }
    return words.joined(separator: " ")
  }

  private static func word(_ operation: String, _ lock: String) -> String {
    "\(operation)(\(lock))"
  }

  /// A task's name: that of the function which takes the lock.
  private static func name(_ function: String, _ number: Int) -> String {
    function.isEmpty ? "task\(number)" : function
  }

  /// Whether a lock's name can stand in a program: `&(&iommu->lock)->rlock` has brackets of its own.
  private static func isNameable(_ name: String) -> Bool {
    !name.isEmpty
      && !name.contains { $0 == "(" || $0 == ")" || $0 == " " || $0 == "#" || $0 == "," }
  }

  /// What a lock is, by its wait types, or by the functions that take it.
  private enum Kind {
    case raw, spin, mutex, readSemaphore, writeSemaphore, map, spinWithoutInterrupts

    init(_ lock: LockSplat.Lock, _ stack: [String]) {
      let takers = stack.prefix(6)
      switch lock.waitTypes.split(separator: ":").last {
      case "0": self = .map
      case "2": self = .raw
      case "3": self = .spin
      case "4" where !takers.contains(where: { $0.hasPrefix("down_") }): self = .mutex
      default:
        if takers.contains(where: { $0.contains("mutex_lock") }) {
          self = .mutex
        } else if takers.contains(where: { $0.hasPrefix("down_read") }) {
          self = .readSemaphore
        } else if takers.contains(where: { $0.hasPrefix("down_write") }) {
          self = .writeSemaphore
        } else if takers.contains(where: { $0.contains("irq") }) {
          self = .spinWithoutInterrupts
        } else {
          self = .spin
        }
      }
    }

    var disablesInterrupts: Bool { self == .spinWithoutInterrupts }

    var take: String {
      switch self {
      case .raw: "RAWL"
      case .spin, .spinWithoutInterrupts: "L"
      case .mutex: "ML"
      case .readSemaphore: "RSL"
      case .writeSemaphore: "WSL"
      case .map: "MAP_ACQUIRE"
      }
    }

    var release: String {
      switch self {
      case .raw: "RAWU"
      case .spin, .spinWithoutInterrupts: "U"
      case .mutex: "MU"
      case .readSemaphore: "RSU"
      case .writeSemaphore: "WSU"
      case .map: "MAP_RELEASE"
      }
    }
  }
}
