/// A word of the notation that names an operation on one lock.
struct LockVerb {
  enum Action {
    case acquire(LockManner.Side, isTrylock: Bool)
    case release
    case initialise
  }

  var word: String
  var family: LockFamily
  var action: Action
  /// The functions of the kernel between the caller and `lock_acquire` or `lock_release`, as the
  /// stack shows them, innermost first.
  var functions: [String]
}

extension LockVerb {
  private static func take(_ word: String, _ family: LockFamily, _ functions: String...) -> LockVerb
  {
    LockVerb(
      word: word, family: family, action: .acquire(.write, isTrylock: false), functions: functions)
  }

  private static func read(_ word: String, _ family: LockFamily, _ functions: String...) -> LockVerb
  {
    LockVerb(
      word: word, family: family, action: .acquire(.read, isTrylock: false), functions: functions)
  }

  private static func attempt(_ word: String, _ family: LockFamily, _ functions: String...)
    -> LockVerb
  {
    LockVerb(
      word: word, family: family, action: .acquire(.write, isTrylock: true), functions: functions)
  }

  private static func free(_ word: String, _ family: LockFamily, _ functions: String...) -> LockVerb
  {
    LockVerb(word: word, family: family, action: .release, functions: functions)
  }

  private static func initialise(_ word: String, _ family: LockFamily, _ functions: String...)
    -> LockVerb
  {
    LockVerb(word: word, family: family, action: .initialise, functions: functions)
  }

  /// The table of the notation's lock words; those of the kernel's selftests first, then more of
  /// the same pattern (`…T` is a trylock).
  static let all: [LockVerb] = [
    take("L", .spin, "_raw_spin_lock"),
    free("U", .spin, "_raw_spin_unlock"),
    initialise("SI", .spin, "__raw_spin_lock_init"),
    take("RAWL", .raw, "_raw_spin_lock"),
    free("RAWU", .raw, "_raw_spin_unlock"),
    take("WL", .rwlock, "_raw_write_lock"),
    free("WU", .rwlock, "_raw_write_unlock"),
    read("RL", .rwlock, "_raw_read_lock"),
    free("RU", .rwlock, "_raw_read_unlock"),
    initialise("RWI", .rwlock, "__rwlock_init"),
    take("ML", .mutex, "__mutex_lock"),
    free("MU", .mutex, "__mutex_unlock_slowpath"),
    initialise("MI", .mutex, "__mutex_init"),
    take("WSL", .rwsem, "down_write"),
    free("WSU", .rwsem, "up_write"),
    read("RSL", .rwsem, "down_read"),
    free("RSU", .rwsem, "up_read"),
    initialise("RWSI", .rwsem, "__init_rwsem"),
    take("RTL", .rtMutex, "__rt_mutex_lock"),
    free("RTU", .rtMutex, "rt_mutex_unlock"),
    initialise("RTI", .rtMutex, "__rt_mutex_init"),
    take("LLL", .local),
    free("LLU", .local),

    attempt("LT", .spin, "_raw_spin_trylock"),
    attempt("RAWT", .raw, "_raw_spin_trylock"),
    attempt("WT", .rwlock, "_raw_write_trylock"),
    attempt("MT", .mutex, "mutex_trylock"),
    attempt("WST", .rwsem, "down_write_trylock"),
    LockVerb(
      word: "RRL", family: .rwlock, action: .acquire(.recursiveRead, isTrylock: false),
      functions: ["_raw_read_lock"]),
    take("SEQL", .seqcount),
    LockVerb(
      word: "SEQR", family: .seqcount, action: .acquire(.recursiveRead, isTrylock: false),
      functions: []),
    free("SEQU", .seqcount),
    take("SRCU_LOCK", .srcu, "rcu_lock_acquire"),
    free("SRCU_UNLOCK", .srcu, "rcu_lock_release"),
    take("MAP_ACQUIRE", .map),
    read("MAP_ACQUIRE_READ", .map),
    attempt("MAP_TRY", .map),
    free("MAP_RELEASE", .map),
  ]

  static let byWord = Dictionary(uniqueKeysWithValues: all.map { ($0.word, $0) })
}
