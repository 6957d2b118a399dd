/// What the validator keeps of a lock.
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
