import Text

/// One word of a program, taken apart: `NAME(argument,argument)=result` or `NAME[text]`.
struct LockWord {
  let text: String
  let column: Int
  private let bytes: [UInt8]

  init(bytes: [UInt8], column: Int) {
    self.bytes = bytes
    self.column = column
    text = String(decoding: bytes, as: UTF8.self)
  }

  struct Argument {
    var text: String
    var column: Int
  }

  private struct Parts {
    var name: String
    var arguments: [Argument] = []
    var poke: Argument?
    var result: Argument?
  }

  private func fail(
    at offset: Int = 0, _ problem: String, expected: String
  ) -> LockProgramError {
    LockProgramError(column: column + offset, problem: problem, expected: expected)
  }

  private func string(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  /// Splits the word; the brackets decide, not what is in them.
  private func split() throws(LockProgramError) -> Parts {
    let opening = bytes.firstIndex { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: "[") }
    guard let opening else {
      let end = bytes.firstIndex(of: UInt8(ascii: "=")) ?? bytes.count
      var parts = Parts(name: string(0..<end))
      if end < bytes.count { parts.result = try result(from: end) }
      return parts
    }
    let isPoke = bytes[opening] == UInt8(ascii: "[")
    let closer = UInt8(ascii: isPoke ? "]" : ")")
    guard let closing = bytes[opening...].firstIndex(of: closer) else {
      throw fail(
        at: bytes.count, "`\(text)` ends too early", expected: "`\(isPoke ? "]" : ")")`")
    }
    var parts = Parts(name: string(0..<opening))
    let inside = opening + 1..<closing
    if isPoke {
      parts.poke = Argument(text: string(inside), column: column + inside.lowerBound)
    } else {
      var start = inside.lowerBound
      for index in inside where bytes[index] == UInt8(ascii: ",") {
        parts.arguments.append(Argument(text: string(start..<index), column: column + start))
        start = index + 1
      }
      parts.arguments.append(
        Argument(text: string(start..<closing), column: column + start))
    }
    if closing + 1 < bytes.count { parts.result = try result(from: closing + 1) }
    return parts
  }

  private func result(from offset: Int) throws(LockProgramError) -> Argument {
    guard bytes[offset] == UInt8(ascii: "="), offset + 1 < bytes.count else {
      throw fail(
        at: offset, "`\(string(offset..<bytes.count))` after an operation",
        expected: "a blank, or `=` and what the operation returns")
    }
    return Argument(text: string(offset + 1..<bytes.count), column: column + offset + 1)
  }

  func operation() throws(LockProgramError) -> (LockOperation, LockResult?) {
    let parts = try split()
    let result = try parts.result.map { argument throws(LockProgramError) in
      try Self.result(argument)
    }
    if let poke = parts.poke {
      guard parts.name == "SET" else {
        throw fail("`\(parts.name)` takes no brackets", expected: "`SET[…]`, or parentheses")
      }
      return (.wound(.set(try WoundWaitParser(poke).poke())), result)
    }
    if let operation = try woundWait(parts) { return (.wound(operation), result) }
    if let operation = try plain(parts) { return (operation, result) }
    throw fail(
      "unknown operation `\(parts.name)`",
      expected: "an operation of the notation, such as `L(A)` or `HARDIRQ_DISABLE`")
  }

  private static func result(_ argument: Argument) throws(LockProgramError) -> LockResult {
    switch argument.text {
    case "ok": return .taken(true)
    case "fail": return .taken(false)
    case "-EDEADLK": return .deadlock
    case "-EALREADY": return .already
    default:
      guard let code = Int(argument.text) else {
        throw LockProgramError(
          column: argument.column, problem: "`\(argument.text)` is not a result",
          expected: "`ok`, `fail`, 0 or an error such as `-EDEADLK`")
      }
      return .code(code)
    }
  }

  // MARK: Arguments

  private func one(_ parts: Parts) throws(LockProgramError) -> Argument {
    guard parts.arguments.count == 1, let first = parts.arguments.first, !first.text.isEmpty else {
      throw fail(
        at: parts.name.utf8.count, "`\(text)` has \(counted(parts.arguments.count, "argument"))",
        expected: "`\(parts.name)(object)`")
    }
    return first
  }

  private func two(_ parts: Parts) throws(LockProgramError) -> (Argument, Argument) {
    guard parts.arguments.count == 2, !parts.arguments[0].text.isEmpty,
      !parts.arguments[1].text.isEmpty
    else {
      throw fail(
        at: parts.name.utf8.count, "`\(text)` has \(counted(parts.arguments.count, "argument"))",
        expected: "`\(parts.name)(object,context)`")
    }
    return (parts.arguments[0], parts.arguments[1])
  }

  /// No arguments; a flags argument such as `GFP_KERNEL` is let pass where the kernel has one.
  private func none(_ parts: Parts, orFlags: Bool = false) throws(LockProgramError) {
    if !parts.arguments.isEmpty && !(orFlags && parts.arguments.count == 1) {
      throw fail(
        at: parts.name.utf8.count, "`\(text)` has arguments", expected: "`\(parts.name)` alone")
    }
  }

  /// `A` or `A/1`.
  private func object(
    _ argument: Argument, _ family: LockFamily
  ) throws(LockProgramError) -> (LockObject, UInt8) {
    let pieces = argument.text.split(separator: "/", omittingEmptySubsequences: false)
    guard pieces.count <= 2, let name = pieces.first, !name.isEmpty else {
      throw LockProgramError(
        column: argument.column, problem: "`\(argument.text)` names no lock",
        expected: "a name, with `/subclass` if it has one")
    }
    var subclass: UInt8 = 0
    if pieces.count == 2 {
      guard let number = UInt8(pieces[1]) else {
        throw LockProgramError(
          column: argument.column + name.utf8.count + 1,
          problem: "`\(pieces[1])` is not a subclass", expected: "a number from 0 to 255")
      }
      subclass = number
    }
    return (LockObject(family, String(name)), subclass)
  }

  // MARK: Operations

  private func plain(_ parts: Parts) throws(LockProgramError) -> LockOperation? {
    if let interrupt = InterruptOperation(rawValue: parts.name) {
      try none(parts)
      return .interrupts(interrupt)
    }
    if let verb = LockVerb.byWord[parts.name] { return try lock(verb, parts) }
    if parts.name.hasSuffix("_NEST"), let verb = LockVerb.byWord[String(parts.name.dropLast(5))] {
      return try nested(verb, parts)
    }
    if let operation = try single(parts) { return operation }
    switch parts.name {
    case "MIGHT_ALLOC":
      let flags = try one(parts)
      let bare = flags.text.hasPrefix("GFP_") ? String(flags.text.dropFirst(4)) : flags.text
      guard ["KERNEL", "NOFS", "NOIO", "NOWAIT", "ATOMIC"].contains(bare) else {
        throw LockProgramError(
          column: flags.column, problem: "`\(flags.text)` are not allocation flags",
          expected: "KERNEL, NOFS, NOIO, NOWAIT or ATOMIC")
      }
      return .mightAlloc(bare == "KERNEL")
    case "NOFS_SAVE", "NOFS_RESTORE":
      try none(parts)
      return .nofs(parts.name == "NOFS_SAVE")
    case "EXIT":
      try none(parts)
      return .exitTask
    case "USER":
      try none(parts)
      return .returnToUser
    default: return try other(parts)
    }
  }

  /// Operations that name no lock: there is one of it.
  private func single(_ parts: Parts) throws(LockProgramError) -> LockOperation? {
    for (family, lock, unlock) in Self.singles {
      if parts.name == lock {
        try none(parts, orFlags: true)
        let side: LockManner.Side = family == .fsReclaim ? .write : .recursiveRead
        return .acquire(LockObject(family, ""), LockManner(side: side))
      }
      if parts.name == unlock {
        try none(parts, orFlags: true)
        return .release(LockObject(family, ""))
      }
    }
    return nil
  }

  private static let singles: [(LockFamily, String, String)] = [
    (.rcu, "RCU_LOCK", "RCU_UNLOCK"), (.rcuBH, "RCU_BH_LOCK", "RCU_BH_UNLOCK"),
    (.rcuSched, "RCU_SCHED_LOCK", "RCU_SCHED_UNLOCK"),
    (.fsReclaim, "FSR_ACQUIRE", "FSR_RELEASE"),
  ]

  private func lock(_ verb: LockVerb, _ parts: Parts) throws(LockProgramError) -> LockOperation {
    let (object, subclass) = try object(try one(parts), verb.family)
    switch verb.action {
    case .acquire(let side, let isTrylock):
      return .acquire(
        object, LockManner(side: side, isTrylock: isTrylock, subclass: subclass))
    case .release: return .release(object)
    case .initialise: return .initialise(object)
    }
  }

  /// `L_NEST(Y1,nest=X1)`: the nest lock is of the same family, or another's if it says so:
  /// `nest=mutex.X1`.
  private func nested(_ verb: LockVerb, _ parts: Parts) throws(LockProgramError) -> LockOperation {
    guard case .acquire(let side, let isTrylock) = verb.action, parts.arguments.count == 2,
      parts.arguments[1].text.hasPrefix("nest=")
    else {
      throw fail(
        at: parts.name.utf8.count, "`\(text)` names no nest lock",
        expected: "`\(parts.name)(lock,nest=lock)`")
    }
    let (object, subclass) = try object(parts.arguments[0], verb.family)
    var nest = Argument(
      text: String(parts.arguments[1].text.dropFirst(5)), column: parts.arguments[1].column + 5)
    var family = verb.family
    let dotted = nest.text.split(separator: ".", maxSplits: 1)
    if dotted.count == 2, let named = LockFamily(rawValue: String(dotted[0])) {
      family = named
      nest.text = String(dotted[1])
    }
    return .acquire(
      object,
      LockManner(
        side: side, isTrylock: isTrylock, subclass: subclass,
        nest: try self.object(nest, family).0))
  }

  /// Operations on a lock of any family: a spinlock unless it says `mutex.A`.
  private func other(_ parts: Parts) throws(LockProgramError) -> LockOperation? {
    let names = ["MIGHT_LOCK", "SYNC", "DOWNGRADE", "PIN", "UNPIN", "KFREE"]
    guard names.contains(parts.name) else { return nil }
    var argument = try one(parts)
    var family: LockFamily =
      parts.name == "DOWNGRADE" ? .rwsem : parts.name == "MIGHT_LOCK" ? .mutex : .spin
    let dotted = argument.text.split(separator: ".", maxSplits: 1)
    if dotted.count == 2, let named = LockFamily(rawValue: String(dotted[0])) {
      family = named
      argument.text = String(dotted[1])
    }
    let (object, subclass) = try object(argument, family)
    switch parts.name {
    case "MIGHT_LOCK": return .touch(object, LockManner(subclass: subclass))
    case "SYNC": return .sync(object)
    case "DOWNGRADE": return .downgrade(object)
    case "PIN": return .pin(object)
    case "UNPIN": return .unpin(object)
    default: return .free(object)
    }
  }

  private func woundWait(_ parts: Parts) throws(LockProgramError) -> WoundWaitOperation? {
    switch parts.name {
    case "WWAI": return .initialise(context: try one(parts).text)
    case "WWAD": return .done(context: try one(parts).text)
    case "WWAF": return .finish(context: try one(parts).text)
    case "WWL", "WWL_SLOW":
      let (object, context) = try two(parts)
      return .lock(object.text, context: context.text, isSlow: parts.name == "WWL_SLOW")
    case "WWL1": return .lock(try one(parts).text, context: nil, isSlow: false)
    case "WWT": return .tryLock(try one(parts).text)
    case "WWU": return .unlock(try one(parts).text)
    case "MLBASE": return .lockBase(try one(parts).text, nest: nil)
    case "MLBASE_NEST":
      let (object, context) = try two(parts)
      return .lockBase(object.text, nest: context.text)
    case "WW_TRYBASE": return .tryLockBase(try one(parts).text)
    case "MUBASE": return .unlockBase(try one(parts).text)
    case "LOCKDEP_RELEASE": return .releaseMap(try one(parts).text)
    case "LOCKDEP_ACQUIRE_TRY": return .acquireMapTry(try one(parts).text)
    case "EXPECT": return try WoundWaitParser(try one(parts)).expectation()
    default: return nil
    }
  }
}
