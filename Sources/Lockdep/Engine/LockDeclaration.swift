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
