/// Where a lock's key comes from.
public enum KeySource: Hashable, Sendable {
  /// A static lock: its own address is its key.
  case ownAddress
  /// A `static struct lock_class_key` in the code that initialised the lock.
  case fixed(LockKey)
  /// A key in dynamic memory, made known by ``Validator/registerKey(_:)``.
  case dynamic(LockKey)
  /// The lock lies in dynamic memory and was never initialised.
  case uninitialised
}

/// What initialising a lock says of it (`lockdep_init_map_type`).
public struct LockDeclaration: Hashable, Sendable {
  /// The stringified argument of the initialiser (`&k->k_lock`); empty takes the key's symbol.
  public var name: String
  /// What kind of lock it is.
  public var kind: LockKind
  /// The address of the lock's map, as reports print it.
  public var address: UInt64
  /// Where its class comes from.
  public var key: KeySource
  /// The printed part after the name, once an instance is known (`lock_class_set_print_fn`).
  public var instanceText: String

  /// A lock of that kind and class.
  public init(
    name: String, kind: LockKind, address: UInt64, key: KeySource, instanceText: String = ""
  ) {
    self.name = name
    self.kind = kind
    self.address = address
    self.key = key
    self.instanceText = instanceText
  }
}

struct LockInfo {
  var declaration: LockDeclaration
  /// Nil: no key, or one that is not registered.
  var key: LockKey?
}

/// What reports say of a class.
struct ClassInfo {
  var name: String
  /// 1 is not printed.
  var version: Int
  var subclass: UInt8
  var key: LockKey
  /// How often it was taken, where that is counted.
  var uses = 0
  var usageTraces: [UsageBit: TraceID] = [:]
}

/// Finds classes by key, and gives same-named ones their versions.
struct ClassRegistry {
  var classes: [UInt64: UInt32] = [:]
  /// The greatest version of each name.
  var versions: [String: Int] = [:]
  /// The version and name of the first class of a key.
  var keys: [LockKey: Int] = [:]
  var dynamicKeys: Set<LockKey> = []

  /// Distinct for all keys eight bytes apart.
  static func slot(_ key: LockKey, _ subclass: UInt8) -> UInt64 {
    key.rawValue &+ UInt64(subclass)
  }
}

extension Validator {
  /// Makes a lock known and gives it its handle.
  public func addLock(_ declaration: LockDeclaration) -> LockID {
    core.pointee.locks.append(LockMap(address: declaration.address, isExempt: false))
    lockInfo.append(LockInfo(declaration: declaration, key: nil))
    let id = LockID(rawValue: UInt32(lockInfo.count - 1))
    initialise(id, as: declaration)
    return id
  }

  /// Initialises a lock again, in `context`: a lock of the task that lies there must not be held.
  @discardableResult
  public func reinitialise(
    _ lock: LockID, as declaration: LockDeclaration? = nil, in context: LockdepContext
  ) -> LockReport? {
    guard core.pointee.locks.contains(lock.rawValue) else { return nil }
    let declaration = declaration ?? lockInfo[Int(lock.rawValue)].declaration
    let start = declaration.address &- declaration.kind.mapOffset
    let report = freeMemory(from: start, byteCount: declaration.kind.size, in: context)
    initialise(lock, as: declaration)
    return report
  }

  func initialise(_ lock: LockID, as declaration: LockDeclaration) {
    let key: LockKey?
    switch declaration.key {
    case .ownAddress: key = LockKey(rawValue: declaration.address)
    case .fixed(let fixed): key = fixed
    case .dynamic(let dynamic): key = registry.dynamicKeys.contains(dynamic) ? dynamic : nil
    case .uninitialised: key = nil
    }
    let entry = core.pointee.locks[lock.rawValue]
    entry.pointee = LockMap(address: declaration.address, isExempt: key == .noValidate)
    lockInfo[Int(lock.rawValue)] = LockInfo(declaration: declaration, key: key)
    if case .dynamic(let dynamic) = declaration.key, key == nil, isOn {
      record(.unregisteredKey(dynamic), signature: ReportSignature("key", [dynamic.rawValue]))
    }
  }

  /// Gives the class of the lock (subclass 0) a compare function (`lock_set_cmp_fn`).
  public func setComparison(
    _ lock: LockID, in context: LockdepContext, _ comparison: LockComparison?
  ) {
    guard core.pointee.locks.contains(lock.rawValue), isOn,
      case .found(let index) = classIndex(of: lock.rawValue, subclass: 0, .acquire, context)
    else { return }
    comparisons[index] = comparison
    core.pointee.graph.classes[index].pointee.hasCompare = comparison != nil
  }

  enum ClassLookup {
    case found(UInt32)
    /// Reported, or off: the operation ends.
    case none
  }

  /// Looks the class up and registers it if it is new (`register_lock_class`).
  func classIndex(
    of lock: UInt32, subclass: UInt8, _ entry: EntryPoint, _ context: LockdepContext
  ) -> ClassLookup {
    let path = dumped(entry.path.calling(.registerLockClass))
    guard subclass < Limits.subclasses else {
      record(
        .invalidSubclass(
          subclass,
          scene(context, dumped(entry.path.calling(.registerLockClass).calling(.lookUpLockClass)))),
        signature: ReportSignature("subclass", [UInt64(subclass)]))
      return .none
    }
    let info = lockInfo[Int(lock)]
    guard let key = info.key else {
      if case .uninitialised = info.declaration.key {
        record(
          .nonStaticKey(scene(context, path)),
          signature: ReportSignature("non-static", [UInt64(lock)]))
      }
      return .none
    }
    // A key that was unregistered since the lock was initialised has no class any more.
    if case .dynamic = info.declaration.key, !registry.dynamicKeys.contains(key) { return .none }
    let slot = ClassRegistry.slot(key, subclass)
    let index: UInt32
    if let known = registry.classes[slot] {
      index = known
    } else {
      guard registry.classes.count < configuration.limits.classes else {
        record(
          .tableFull(.keys, scene(context, path)), signature: ReportSignature("keys", []))
        return .none
      }
      index = register(key, subclass, info.declaration)
      registry.classes[slot] = index
    }
    let map = core.pointee.locks[lock]
    if subclass == 0 {
      map.pointee.cachedClass0 = index
      // Uses are counted where every acquire comes along.
      let isPlain =
        core.pointee.provesLocking && !map.pointee.isExempt && !core.pointee.countsUses
      if isPlain, core.pointee.graph.classes[index].pointee.type != .waitOverride {
        map.pointee.plainClass = index
      }
    }
    if subclass == 1 { map.pointee.cachedClass1 = index }
    return .found(index)
  }

  private func register(_ key: LockKey, _ subclass: UInt8, _ lock: LockDeclaration) -> UInt32 {
    let index = UInt32(core.pointee.graph.classes.count)
    func number(_ type: WaitType) -> UInt8 {
      configuration.hasWaitTypes ? type.number(rawNesting: configuration.rawNesting) : 0
    }
    core.pointee.graph.classes.append(
      ClassEntry(
        waitInner: number(lock.kind.inner), waitOuter: number(lock.kind.outer),
        type: lock.kind.type, component: index))
    core.pointee.graph.order.add(index)
    let version: Int
    if let known = registry.keys[key] {
      version = known
    } else {
      version = registry.versions[lock.name, default: 0] + 1
      registry.keys[key] = version
      registry.versions[lock.name] = version
    }
    classInfo.append(
      ClassInfo(name: lock.name, version: version, subclass: subclass, key: key))
    return index
  }
}
