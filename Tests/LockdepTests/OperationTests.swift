import Testing

@testable import Lockdep

/// What the selftests do not do: other operations on held locks, keys that go, compare functions.
@Suite struct OperationTests {
  struct Bench {
    let validator = Validator()
    let context: LockdepContext

    init() {
      context = LockdepContext(cpu: validator.addCPU(), task: validator.addTask(comm: "t", pid: 1))
    }

    func lock(_ name: String, _ kind: LockKind = .spinlock, _ key: KeySource) -> LockID {
      validator.addLock(LockDeclaration(name: name, kind: kind, address: 0x9000, key: key))
    }

    func nest(_ outer: LockID, _ inner: LockID) -> LockReport? {
      let first = validator.acquire(outer, in: context, at: .none)
      let second = validator.acquire(inner, in: context, at: .none)
      validator.release(inner, in: context, at: .none)
      validator.release(outer, in: context, at: .none)
      return first ?? second
    }
  }

  @Test("an unregistered key takes its class, its dependencies and its chains with it")
  func zap() {
    let bench = Bench()
    let key = LockKey(rawValue: 0x100)
    bench.validator.registerKey(key)
    let a = bench.lock("a", .spinlock, .dynamic(key))
    let b = bench.lock("b", .spinlock, .fixed(LockKey(rawValue: 0x200)))
    #expect(bench.nest(a, b) == nil)
    #expect(bench.validator.statistics["direct dependencies"] == 2)
    bench.validator.unregisterKey(key)
    #expect(bench.validator.classes.map(\.name) == ["b"])
    #expect(bench.validator.statistics["direct dependencies"] == 0)
    #expect(bench.validator.statistics["dependency chains"] == 0)
    // With the old order forgotten, the other way round is fine.
    bench.validator.registerKey(key)
    let again = bench.lock("a", .spinlock, .dynamic(key))
    #expect(bench.nest(b, again) == nil)
    #expect(bench.validator.isOn)
    #expect(bench.validator.lockClass(of: again)?.version == 1)
    guard case .circularDependency = bench.nest(again, b) else {
      Issue.record("no report")
      return
    }
  }

  @Test("a key that was never registered is told at initialisation")
  func unregistered() {
    let bench = Bench()
    _ = bench.lock("a", .spinlock, .dynamic(LockKey(rawValue: 0xab0)))
    #expect(bench.validator.reports == [.unregisteredKey(LockKey(rawValue: 0xab0))])
    #expect(
      render(bench.validator.reports[0], in: Symbols())
        == ["BUG: key 0000000000000ab0 has not been registered!"])
  }

  @Test("a compare function orders the locks of a class, and the report says what it returned")
  func comparison() {
    func nest(inOrder: Bool) -> LockReport? {
      let bench = Bench()
      let key = KeySource.fixed(LockKey(rawValue: 0x100))
      let locks = [bench.lock("x", .spinlock, key), bench.lock("x", .spinlock, key)]
      bench.validator.setComparison(locks[0], in: bench.context) {
        Int($0.rawValue) - Int($1.rawValue)
      }
      return inOrder ? bench.nest(locks[0], locks[1]) : bench.nest(locks[1], locks[0])
    }
    #expect(nest(inOrder: true) == nil)
    let report = nest(inOrder: false)
    guard case .recursiveLocking(let recursive) = report else {
      Issue.record("\(String(describing: report))")
      return
    }
    #expect(recursive.comparison == 1)
    #expect(
      render(.recursiveLocking(recursive), in: Symbols()).contains(
        "and the lock comparison function returns 1:"))
  }

  @Test("same names get versions, subclasses share their key's")
  func versions() {
    let bench = Bench()
    var texts: [String] = []
    for (index, subclass) in [(0, 0), (1, 0), (1, 2), (2, 0)] {
      let lock = bench.lock(
        "deep", .spinlock, .fixed(LockKey(rawValue: 0x100 + UInt64(index) * 16)))
      bench.validator.acquire(
        lock, Acquisition(subclass: UInt8(subclass)), in: bench.context, at: .none)
      bench.validator.release(lock, in: bench.context, at: .none)
      if let lockClass = bench.validator.lockClass(of: lock, subclass: UInt8(subclass)) {
        texts.append(ReportWriter(environment: Symbols()).name(lockClass))
      }
    }
    #expect(texts == ["deep", "deep#2", "deep#2/2", "deep#3"])
  }

  @Test("a downgraded writer reads, and downgrading a reader is noted")
  func downgrade() {
    let bench = Bench()
    let lock = bench.lock("s", .rwsem, .fixed(LockKey(rawValue: 0x100)))
    bench.validator.acquire(lock, in: bench.context, at: .none)
    #expect(bench.validator.isHeld(lock, .exclusive, in: bench.context) == true)
    #expect(bench.validator.downgrade(lock, in: bench.context, at: .none) == nil)
    #expect(bench.validator.isHeld(lock, .exclusive, in: bench.context) == false)
    #expect(bench.validator.isHeld(lock, .read, in: bench.context) == true)
    #expect(
      bench.validator.downgrade(lock, in: bench.context, at: .none)?.title
        == "downgrading a read lock")
    #expect(bench.validator.isOn)
  }

  @Test("a sync checks and holds nothing, and its scenario says so")
  func sync() {
    let bench = Bench()
    let a = bench.lock("a", .map, .fixed(LockKey(rawValue: 0x100)))
    let b = bench.lock("b", .map, .fixed(LockKey(rawValue: 0x200)))
    #expect(bench.nest(a, b) == nil)
    bench.validator.acquire(b, in: bench.context, at: .none)
    let report = bench.validator.sync(a, in: bench.context, at: .none)
    #expect(bench.validator.heldLocks(of: bench.context.task).count == 1)
    guard let report, case .circularDependency = report else {
      Issue.record("\(String(describing: report))")
      return
    }
    #expect(render(report, in: Symbols()).contains("  sync(a);"))
  }

  @Test("a lock used outside NMIs must not be waited for in one")
  func nmi() {
    let bench = Bench()
    let lock = bench.lock("a", .rawSpinlock, .fixed(LockKey(rawValue: 0x100)))
    #expect(
      bench.nest(lock, bench.lock("b", .rawSpinlock, .fixed(LockKey(rawValue: 0x200)))) == nil)
    bench.validator.enterNMI(in: bench.context)
    #expect(bench.validator.acquire(lock, .trylock, in: bench.context, at: .none) == nil)
    guard
      case .inconsistentState(let state) = bench.validator.acquire(
        lock, in: bench.context, at: .none)
    else {
      Issue.record("no report")
      return
    }
    #expect("{\(state.previous)} -> {\(state.new)}" == "{INITIAL USE} -> {IN-NMI}")
  }

  @Test("locks under one nest lock fold into one entry that counts")
  func nesting() {
    let bench = Bench()
    let nest = bench.lock("n", .mutex, .fixed(LockKey(rawValue: 0x100)))
    let key = KeySource.fixed(LockKey(rawValue: 0x200))
    let locks = (0..<3).map { _ in bench.lock("x", .mutex, key) }
    bench.validator.acquire(nest, in: bench.context, at: .none)
    for lock in locks {
      #expect(
        bench.validator.acquire(lock, Acquisition(nest: nest), in: bench.context, at: .none) == nil)
    }
    #expect(bench.validator.heldLocks(of: bench.context.task).count == 2)
    for lock in locks {
      #expect(bench.validator.release(lock, in: bench.context, at: .none) == nil)
    }
    #expect(bench.validator.heldLocks(of: bench.context.task).count == 1)
  }

  @Test("a wait override lets what is under it sleep")
  func override() {
    let bench = Bench()
    let raw = bench.lock("raw", .rawSpinlock, .fixed(LockKey(rawValue: 0x100)))
    let map = bench.lock("m-wait-type-override", .waitOverride, .fixed(LockKey(rawValue: 0x200)))
    let mutex = bench.lock("m", .mutex, .fixed(LockKey(rawValue: 0x300)))
    bench.validator.acquire(raw, in: bench.context, at: .none)
    bench.validator.acquire(map, .trylock, in: bench.context, at: .none)
    #expect(bench.validator.acquire(mutex, in: bench.context, at: .none) == nil)
    bench.validator.release(mutex, in: bench.context, at: .none)
    bench.validator.release(map, in: bench.context, at: .none)
    #expect(
      bench.validator.acquire(mutex, in: bench.context, at: .none)?.title
        == "[ BUG: Invalid wait context ]")
  }
}
