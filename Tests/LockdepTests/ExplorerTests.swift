import TestSupport
import Testing

@testable import Lockdep

/// Which warnings can really happen.
@Suite struct ExplorerTests {
  static func search(_ text: String, reduces: Bool = true) throws -> LockExplorer.Result {
    var explorer = LockExplorer(try LockProgram(parsing: text))
    explorer.reduces = reduces
    return explorer.search(bound: 50_000)
  }

  @Test("the interrupt hits the processor inside klist_add_tail and waits for ever")
  func klist() throws {
    let text = "@boot/0 L(&k->k_lock) U(&k->k_lock) @hardirq/0 L(&k->k_lock) U(&k->k_lock)"
    guard case .deadlock(let schedule, _) = try Self.search(text) else {
      Issue.record("no deadlock")
      return
    }
    #expect(
      schedule.events == [
        .runs(thread: 0, cpu: 0), .step(thread: 0, step: 0, waits: false),
        .interrupts(thread: 1, cpu: 0, over: 0), .step(thread: 1, step: 2, waits: true),
      ])
    #expect(
      schedule.stuck == [
        LockExplorer.Schedule.Wait(thread: 1, lock: "&k->k_lock", holders: [0])
      ])
  }

  @Test(
    "a deadlock is found where there is one, and only there",
    arguments: [
      ("@a/0 L(A) L(B) U(B) U(A) @b/1 L(B) L(A) U(A) U(B)", true),
      // One processor, spinning: whoever holds the first lock cannot be preempted.
      ("@a/0 L(A) L(B) U(B) U(A) @b/0 L(B) L(A) U(A) U(B)", false),
      ("@a/0 ML(A) ML(B) MU(B) MU(A) @b/0 ML(B) ML(A) MU(A) MU(B)", true),
      // A gate lock: the validator warns, and it cannot happen.
      ("@a/0 L(G) L(A) L(B) U(B) U(A) U(G) @b/1 L(G) L(B) L(A) U(A) U(B) U(G)", false),
      ("@a/0 HARDIRQ_DISABLE L(A) U(A) HARDIRQ_ENABLE @irq/0 L(A) U(A)", false),
      ("@a/0 L(A) U(A) @irq/1 L(A) U(A)", false),
      ("@a/0 L(A) U(A) @softirq/0 L(A) U(A)", true),
      ("@a/0 SOFTIRQ_DISABLE L(A) U(A) SOFTIRQ_ENABLE @softirq/0 L(A) U(A)", false),
      ("@a/0 L(A) L(A) U(A) U(A)", true),
      // A reader waits behind a waiting writer, unless it reads recursively.
      ("@a/0 RL(A) RL(A) RU(A) RU(A) @b/1 WL(A) WU(A)", true),
      ("@a/0 RRL(A) RRL(A) RU(A) RU(A) @b/1 WL(A) WU(A)", false),
      ("@a/0 L(A) LT(B) U(B) U(A) @b/1 L(B) LT(A) U(A) U(B)", false),
      (
        "@a/0 L(A) L(B) U(B) U(A) @b/1 L(B) L(C) U(C) U(B) @c/2 L(C) L(A) U(A) U(C)", true
      ),
    ])
  func verdict(text: String, deadlocks: Bool) throws {
    for reduces in [true, false] {
      switch try Self.search(text, reduces: reduces) {
      case .deadlock: #expect(deadlocks, "\(text)")
      case .none: #expect(!deadlocks, "\(text)")
      case .bounded, .unsupported: Issue.record("\(text)")
      }
    }
  }

  @Test("the reduction loses no deadlock and saves states")
  func reduction() throws {
    var numbers = SplitMix(state: 5)
    var deadlocks = 0
    var states = (reduced: 0, all: 0)
    for _ in 0..<120 {
      var text = ""
      for thread in ["@a/0", "@b/1", numbers.next(below: 2) == 0 ? "@irq/0" : "@c/2"] {
        text += " \(thread)"
        var held: [String] = []
        for _ in 0..<4 {
          let lock = ["A", "B", "C", thread.dropFirst(1).prefix(1).uppercased()][
            numbers.next(below: 4)]
          if !held.contains(lock), held.count < 3 {
            held.append(lock)
            text += " L(\(lock))"
          } else if let last = held.popLast() {
            text += " U(\(last))"
          }
        }
        for lock in held.reversed() { text += " U(\(lock))" }
      }
      let found = try [true, false].map { reduces -> Bool in
        switch try Self.search(text, reduces: reduces) {
        case .deadlock: return true
        case .none(let count):
          if reduces { states.reduced += count } else { states.all += count }
          return false
        case .bounded, .unsupported: return false
        }
      }
      #expect(found[0] == found[1], "\(text)")
      if found[0] { deadlocks += 1 }
    }
    #expect(deadlocks > 20 && deadlocks < 110, "\(deadlocks)")
    #expect(states.reduced < states.all, "\(states)")
  }

  @Test("a context may spin on more locks than a byte counts")
  func deep() throws {
    let nested = (0..<300).map { "L(n\($0))" }.joined(separator: " ")
    #expect(try Self.search(nested) == .none(states: 302))
  }

  @Test("the bound ends a search, and a step without a model refuses it")
  func limits() throws {
    let program = try LockProgram(
      parsing: "@a/0 L(A) U(A) L(B) U(B) @b/1 L(A) U(A) L(B) U(B) @c/2 L(A) U(A)")
    #expect(LockExplorer(program).search(bound: 10) == .bounded(states: 10))
    guard case .unsupported(let step) = try Self.search("L(A) WWAI(t)") else {
      Issue.record("searched")
      return
    }
    #expect(step.text == "WWAI(t)")
  }
}
