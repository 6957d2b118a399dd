// Locks made known, and classes found by their keys.

extension Validator {
  /// Makes a lock known and gives it its handle.
  public func addLock(_ declaration: LockDeclaration) -> LockID {
    core.pointee.locks.append(LockMap(address: declaration.address, isExempt: false))
    lockInfo.append(LockInfo(declaration: declaration, key: nil))
    let id = LockID(rawValue: UInt32(lockInfo.count - 1))
    initialise(id, as: declaration)
    return id
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
