import TestSupport
import Testing

@testable import Lockdep

/// Random programs: the validator and the naive checker agree, and nothing traps.
@Suite struct PropertyTests {
  /// A validator and a naive checker that are told the same.
  struct Pair {
    static let kinds: [LockKind] = [.spinlock, .rwlock, .rwlock, .rwlock, .rawSpinlock, .rcu]
    let validator = Validator()
    var naive: NaiveChecker
    var contexts: [LockdepContext] = []
    var locks: [(id: LockID, naive: NaiveChecker.Lock)] = []

    init() {
      naive = NaiveChecker(
        waits: Self.kinds.map {
          (Int($0.inner.number(rawNesting: true)), Int($0.outer.number(rawNesting: true)))
        }, tasks: 2, cpus: 2)
      for index in 0..<2 {
        contexts.append(
          LockdepContext(
            cpu: validator.addCPU(), task: validator.addTask(comm: "t", pid: Int32(index))))
      }
      // Two locks of each class.
      for index in 0..<Self.kinds.count * 2 {
        let lockClass = index / 2
        let id = validator.addLock(
          LockDeclaration(
            name: "c\(lockClass)", kind: Self.kinds[lockClass],
            address: 0x1000 + UInt64(index) * 64,
            key: .fixed(LockKey(rawValue: 0x10_0000 + UInt64(lockClass) * 16))))
        locks.append((id, NaiveChecker.Lock(id: index, lockClass: lockClass)))
      }
    }

    mutating func step(_ numbers: inout SplitMix) {
      let who = numbers.next(below: 2)
      let context = contexts[who]
      switch numbers.next(below: 20) {
      case 0..<9: acquire(&numbers, who)
      case 9..<15: release(&numbers, who)
      case 15:
        validator.hardirqsOff(in: context, at: .none)
        naive.cpus[who].hardirqsEnabled = false
      case 16:
        validator.hardirqsOn(in: context, at: .none)
        naive.enableHardirqs(task: who, cpu: who)
      case 17: interrupt(who, numbers.next(below: 2) == 0)
      case 18:
        if naive.tasks[who].softirqsEnabled {
          validator.softirqsOff(in: context, at: .none)
          naive.tasks[who].softirqsEnabled = false
        } else {
          validator.softirqsOn(in: context, at: .none)
          naive.enableSoftirqs(task: who, cpu: who)
        }
      default:
        let isIn = naive.tasks[who].softirqContext > 0
        if isIn {
          validator.exitSoftirq(in: context, counts: true)
        } else {
          validator.enterSoftirq(in: context, counts: true)
        }
        naive.tasks[who].softirqContext = isIn ? 0 : 1
      }
    }

    private mutating func acquire(_ numbers: inout SplitMix, _ who: Int) {
      let lock = locks[numbers.next(below: locks.count)]
      let kind = Self.kinds[lock.naive.lockClass]
      let isShared = kind.read != nil && numbers.next(below: 2) == 0
      let mode: LockMode =
        !kind.isChecked
        ? .recursiveRead
        : isShared
          ? (numbers.next(below: 2) == 0 ? .read : .recursiveRead)
          : .exclusive
      let isTrylock = numbers.next(below: 6) == 0
      guard naive.tasks[who].held.count < 40 else { return }
      validator.acquire(
        lock.id, Acquisition(mode: mode, isTrylock: isTrylock, isChecked: kind.isChecked),
        in: contexts[who], at: .none)
      naive.acquire(
        lock.naive, mode, isTrylock: isTrylock, isChecked: kind.isChecked, task: who, cpu: who)
    }

    private mutating func release(_ numbers: inout SplitMix, _ who: Int) {
      let held = naive.tasks[who].held
      guard !held.isEmpty else { return }
      // Mostly the top, at times one below, seldom any lock at all.
      let index =
        numbers.next(below: 40) == 0
        ? numbers.next(below: locks.count)
        : held[numbers.next(below: 4) == 0 ? numbers.next(below: held.count) : held.count - 1].lock
          .id
      validator.release(locks[index].id, in: contexts[who], at: .none)
      naive.release(locks[index].naive, task: who, cpu: who)
    }

    private mutating func interrupt(_ who: Int, _ isThreaded: Bool) {
      let context = contexts[who]
      if naive.cpus[who].hardirqContext == 0 {
        if naive.cpus[who].hardirqsEnabled {
          validator.hardirqsOff(in: context, at: .none)
          naive.cpus[who].hardirqsEnabled = false
        }
        validator.enterHardirq(in: context, isThreaded: isThreaded)
        naive.cpus[who].hardirqContext = 1
        naive.tasks[who].isThreaded = isThreaded
      } else {
        validator.exitHardirq(in: context)
        naive.cpus[who].hardirqContext = 0
      }
    }

    /// The validator's first report in the naive checker's terms.
    var found: NaiveChecker.Finding? {
      guard let report = validator.reports.first else { return nil }
      func classes(_ descriptions: ClassDescription?...) -> [Int] {
        descriptions.map { $0.flatMap { Int($0.name.dropFirst()) } ?? -1 }
      }
      switch report {
      case .recursiveLocking(let report):
        return NaiveChecker.Finding(kind: "recursion", classes: classes(report.next.lockClass))
      case .circularDependency(let report):
        return NaiveChecker.Finding(
          kind: "circle", classes: classes(report.source.lockClass, report.target.lockClass))
      case .inconsistentState(let report):
        return NaiveChecker.Finding(kind: "inconsistent", classes: classes(report.lock.lockClass))
      case .unsafeOrder(let report):
        return NaiveChecker.Finding(
          kind: "order",
          classes: classes(
            report.previous.lockClass, report.next.lockClass, report.safePath.first?.lockClass,
            report.unsafePath.first?.lockClass))
      case .irqInversion(let report):
        return NaiveChecker.Finding(
          kind: "inversion", classes: classes(report.lock.lockClass, report.path.first?.lockClass))
      case .invalidWaitContext(let report):
        return NaiveChecker.Finding(kind: "wait", classes: classes(report.lock.lockClass))
      case .unlockImbalance: return NaiveChecker.Finding(kind: "imbalance", classes: [])
      case .warning: return NaiveChecker.Finding(kind: "warning", classes: [])
      default: return NaiveChecker.Finding(kind: report.title, classes: [])
      }
    }
  }

  @Test("the validator and a naive checker make the same first report", arguments: Array(0..<8))
  func agreement(block: Int) {
    var kinds: [String: Int] = [:]
    for program in 0..<400 {
      var numbers = SplitMix(state: UInt64(block * 1000 + program))
      var pair = Pair()
      var steps = 0
      while pair.validator.isOn, pair.naive.finding == nil, steps < 300 {
        pair.step(&numbers)
        steps += 1
      }
      #expect(pair.found == pair.naive.finding, "program \(block * 1000 + program), step \(steps)")
      kinds[pair.found?.kind ?? "silent", default: 0] += 1
    }
    #expect(kinds.count >= 5, "\(kinds)")
  }
}
