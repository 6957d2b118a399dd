extension Validator {
  /// The classes that exist, in the order of registration.
  public var classes: [ClassDescription] {
    (0..<UInt32(classInfo.count)).compactMap { describe($0) }
  }

  /// The class of a lock: its usages and where each was first seen; nil before its first acquire.
  public func lockClass(of lock: LockID, subclass: UInt8 = 0) -> ClassDescription? {
    guard core.pointee.locks.contains(lock.rawValue), let key = lockInfo[Int(lock.rawValue)].key,
      let index = registry.classes[ClassRegistry.slot(key, subclass)]
    else { return nil }
    return describe(index)
  }

  /// What initialising a lock said of it.
  public func declaration(of lock: LockID) -> LockDeclaration? {
    core.pointee.locks.contains(lock.rawValue) ? lockInfo[Int(lock.rawValue)].declaration : nil
  }
}
