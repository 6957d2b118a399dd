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

  /// The usages of every class, in the order of registration: what changes when a lock is taken.
  public var usages: [UsageMask] {
    (0..<UInt32(classInfo.count)).map {
      UsageMask(rawValue: core.pointee.graph.classes[$0].pointee.usage)
    }
  }

  /// The name of a class as lists print it, with its number where several have it.
  public func listedName(of lockClass: ClassDescription) -> String { listName(lockClass) }

  /// The name of the class with that place in the order of registration; nil once it is gone.
  public func className(at index: Int) -> String? {
    guard classInfo.indices.contains(index) else { return nil }
    return describe(UInt32(truncatingIfNeeded: index)).map { listName($0) }
  }

  /// How many dependencies there are: new ones come last, until a class is taken away.
  public var dependencyCount: Int { core.pointee.graph.edges.count }

  /// The dependencies from a place in their order on.
  public func dependencies(from first: Int = 0) -> [LockDependency] {
    guard first < dependencyCount else { return [] }
    return (max(first, 0)..<dependencyCount).compactMap { index in
      let edge = core.pointee.graph.edges[UInt32(truncatingIfNeeded: index)].pointee
      guard let from = describe(edge.from), let to = describe(edge.to) else { return nil }
      return LockDependency(
        from: listName(from), to: listName(to), kinds: edge.kinds.names,
        trace: traces[edge.trace])
    }
  }

  /// What initialising a lock said of it.
  public func declaration(of lock: LockID) -> LockDeclaration? {
    core.pointee.locks.contains(lock.rawValue) ? lockInfo[Int(lock.rawValue)].declaration : nil
  }
}

/// Two classes in the order in which they were taken: the second one while the first one was held.
public struct LockDependency: Hashable, Sendable {
  /// The name of the class that was held.
  public let from: String
  /// The name of the class that was taken then.
  public let to: String
  /// `SR`, `ER`, `SN`, `EN`: whether the first is shared or exclusive, the second a recursive reader
  /// or not, for each way that was seen.
  public let kinds: [String]
  /// Where that was first seen, innermost first.
  public let trace: [LockdepFrame]
}
