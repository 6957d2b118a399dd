/// Wound/wait mutexes as the kernel's debug build keeps them: enough of kernel/locking/ww_mutex.h
/// to return what it returns and to assert what it asserts.
///
/// The class of the selftests is of the wait-die sort. The plain mutex inside is modelled as taken
/// or free: a program has one thread of control.
struct WoundWaitWorld {
  /// Who a mutex belongs to, or whatever a program poked into the field.
  enum Reference: Hashable {
    case null
    case number(Int)
    case context(String)
  }

  struct Mutex {
    var isTaken = false
    var context = Reference.null
    /// `ww_class`: null once poked away.
    var hasClass = true
  }

  struct Context {
    var stamp = 0
    var acquired = 0
    var isDone = false
    var isWounded = false
    var contending: String?
    var hasClass = true
    var isWaitDie = true
    /// The context whose lock map this one's is, after a copy.
    var map: String
  }

  /// The fields that `SET` and `EXPECT` know.
  static let fields = [
    "ctx", "stamp", "acquired", "ww_class", "wounded", "is_wait_die", "done_acquire",
    "contending_lock",
  ]

  var mutexes: [String: Mutex] = [:]
  var contexts: [String: Context] = [:]
  /// The class's counter of stamps.
  var lastStamp = 0

  /// A context that was never initialised is zeroed memory.
  func context(_ name: String) -> Context {
    contexts[name] ?? Context(hasClass: false, isWaitDie: false, map: name)
  }

  func mutex(_ name: String) -> Mutex { mutexes[name] ?? Mutex() }

  /// Changes a context, one that was never initialised too.
  mutating func change(_ name: String, _ body: (inout Context) -> Void) {
    var context = context(name)
    body(&context)
    contexts[name] = context
  }

  // MARK: Fields

  private func number(_ value: WoundWaitValue) -> Int {
    switch value {
    case .number(let number): number
    case .object: 1
    }
  }

  private func reference(_ value: WoundWaitValue) -> Reference {
    switch value {
    case .number(0): .null
    case .number(let number): .number(number)
    case .object(let name): .context(name)
    }
  }

  mutating func apply(_ poke: WoundWaitPoke) {
    switch poke {
    case .copy(let target, let source): contexts[target] = context(source)
    case .assign(let place, let value): assign(place, value)
    case .add(let place, let amount):
      var context = context(place.object)
      switch place.field {
      case "stamp": context.stamp &+= amount
      case "acquired": context.acquired &+= amount
      default: return
      }
      contexts[place.object] = context
    }
  }

  private mutating func assign(_ place: WoundWaitPlace, _ value: WoundWaitValue) {
    if place.field == "ctx" {
      var mutex = mutex(place.object)
      mutex.context = reference(value)
      mutexes[place.object] = mutex
      return
    }
    if place.field == "ww_class", contexts[place.object] == nil {
      var mutex = mutex(place.object)
      mutex.hasClass = number(value) != 0
      mutexes[place.object] = mutex
      return
    }
    var context = context(place.object)
    switch place.field {
    case "stamp": context.stamp = number(value)
    case "acquired": context.acquired = number(value)
    case "ww_class": context.hasClass = number(value) != 0
    case "wounded": context.isWounded = number(value) != 0
    case "is_wait_die": context.isWaitDie = number(value) != 0
    case "done_acquire": context.isDone = number(value) != 0
    case "contending_lock":
      if case .object(let name) = value {
        context.contending = name
      } else {
        context.contending = nil
      }
    default: return
    }
    contexts[place.object] = context
  }

  func holds(_ place: WoundWaitPlace, _ value: WoundWaitValue) -> Bool {
    let context = context(place.object)
    switch place.field {
    case "ctx": return mutex(place.object).context == reference(value)
    case "stamp": return context.stamp == number(value)
    case "acquired": return context.acquired == number(value)
    case "wounded": return context.isWounded == (number(value) != 0)
    case "is_wait_die": return context.isWaitDie == (number(value) != 0)
    case "done_acquire": return context.isDone == (number(value) != 0)
    case "ww_class": return context.hasClass == (number(value) != 0)
    case "contending_lock":
      if case .object(let name) = value { return context.contending == name }
      return context.contending == nil
    default: return false
    }
  }
}

extension LockProgramRunner {
  /// Runs an operation on a wound/wait mutex; what it returns, if it returns something.
  func run(_ operation: WoundWaitOperation, in context: LockdepContext, at frame: LockdepFrame)
    -> LockResult?
  {
    switch operation {
    case .initialise(let name): initialise(context: name, context, frame)
    case .done(let name):
      assert(!wound.context(name).isDone, "ctx->done_acquire", context)
      wound.change(name) { $0.isDone = true }
    case .finish(let name):
      validator.release(map(ofContext: name), in: context, at: frame)
      assert(wound.context(name).acquired == 0, "ctx->acquired", context)
    case .lock(let name, let owner, let isSlow):
      if isSlow, let owner {
        assert(wound.context(owner).contending != nil, "!ctx->contending_lock", context)
      }
      return lock(name, owner: owner, context, frame)
    case .tryLock(let name), .tryLockBase(let name): return tryLock(name, context, frame)
    case .unlock(let name):
      unlock(name, context)
      unlockBase(name, context, frame)
    case .lockBase(let name, let nest):
      let nest = nest.map { map(ofContext: $0) }
      validator.acquire(
        map(ofMutex: name), Acquisition(nest: nest), in: context, at: frame)
      if wound.mutex(name).isTaken { return nil }
      wound.mutexes[name, default: WoundWaitWorld.Mutex()].isTaken = true
      return .code(0)
    case .unlockBase(let name): unlockBase(name, context, frame)
    case .releaseMap(let name): validator.release(map(ofMutex: name), in: context, at: frame)
    case .acquireMapTry(let name):
      validator.acquire(map(ofMutex: name), .trylock, in: context, at: frame)
    case .set(let poke): wound.apply(poke)
    case .expect(let place, let value): return .taken(wound.holds(place, value))
    }
    return nil
  }

  /// `DEBUG_LOCKS_WARN_ON(condition)`, given what must hold instead.
  private func assert(_ holds: Bool, _ condition: String, _ context: LockdepContext) {
    if !holds { validator.debugLocksWarn(condition, in: context) }
  }

  private func map(ofMutex name: String) -> LockID { lock(LockObject(.wwMutex, name)) }

  private func map(ofContext name: String) -> LockID {
    lock(LockObject(.wwContext, wound.context(name).map))
  }

  /// `ww_acquire_init`.
  private func initialise(context name: String, _ context: LockdepContext, _ frame: LockdepFrame) {
    wound.lastStamp += 1
    wound.contexts[name] = WoundWaitWorld.Context(stamp: wound.lastStamp, map: name)
    let map = map(ofContext: name)
    validator.reinitialise(map, in: context)
    validator.acquire(map, in: context, at: frame)
  }

  /// `__ww_mutex_lock`: the lock map first, then the mutex, then who owns it.
  private func lock(
    _ name: String, owner: String?, _ context: LockdepContext, _ frame: LockdepFrame
  ) -> LockResult? {
    if let owner {
      if wound.mutex(name).context == .context(owner) { return .already }
      if wound.context(owner).acquired == 0 {
        wound.change(owner) { $0.isWounded = false }
      }
    }
    let map = map(ofMutex: name)
    validator.acquire(
      map, Acquisition(nest: owner.map { self.map(ofContext: $0) }), in: context, at: frame)
    if !wound.mutex(name).isTaken {
      wound.mutexes[name, default: WoundWaitWorld.Mutex()].isTaken = true
      if let owner { acquired(name, by: owner, context) }
      return .code(0)
    }
    if let owner, mustDie(owner, for: name) {
      // __ww_mutex_kill
      assert(wound.context(owner).contending == nil, "ww_ctx->contending_lock", context)
      wound.change(owner) { $0.contending = name }
      validator.release(map, in: context, at: frame)
      return .deadlock
    }
    return nil
  }

  /// `__ww_mutex_check_kill`: a context that holds something dies for an older owner (wait-die) or
  /// if it was wounded.
  private func mustDie(_ owner: String, for name: String) -> Bool {
    let own = wound.context(owner)
    guard own.acquired > 0 else { return false }
    guard own.isWaitDie else { return own.isWounded }
    guard case .context(let holder) = wound.mutex(name).context else { return false }
    return own.stamp &- wound.context(holder).stamp > 0
  }

  /// `ww_mutex_lock_acquired`.
  private func acquired(_ name: String, by owner: String, _ context: LockdepContext) {
    var own = wound.context(owner)
    assert(wound.mutex(name).context == .null, "ww->ctx", context)
    assert(!own.isDone, "ww_ctx->done_acquire", context)
    if let contending = own.contending {
      assert(contending == name, "ww_ctx->contending_lock != ww", context)
      assert(own.acquired == 0, "ww_ctx->acquired > 0", context)
      own.contending = nil
    }
    assert(
      own.hasClass == wound.mutex(name).hasClass, "ww_ctx->ww_class != ww->ww_class", context)
    own.acquired &+= 1
    wound.contexts[owner] = own
    wound.mutexes[name, default: WoundWaitWorld.Mutex()].context = .context(owner)
  }

  private func tryLock(_ name: String, _ context: LockdepContext, _ frame: LockdepFrame)
    -> LockResult
  {
    if wound.mutex(name).isTaken { return .taken(false) }
    wound.mutexes[name, default: WoundWaitWorld.Mutex()].isTaken = true
    validator.acquire(map(ofMutex: name), .trylock, in: context, at: frame)
    return .taken(true)
  }

  /// `__ww_mutex_unlock`.
  private func unlock(_ name: String, _ context: LockdepContext) {
    guard case .context(let owner) = wound.mutex(name).context else { return }
    var own = wound.context(owner)
    assert(own.acquired != 0, "!lock->ctx->acquired", context)
    if own.acquired > 0 { own.acquired -= 1 }
    wound.contexts[owner] = own
    wound.mutexes[name]?.context = .null
  }

  private func unlockBase(_ name: String, _ context: LockdepContext, _ frame: LockdepFrame) {
    validator.release(map(ofMutex: name), in: context, at: frame)
    wound.mutexes[name]?.isTaken = false
  }
}
