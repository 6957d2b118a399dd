/// The validator's functions on the stack, without the cost of an array: every new chain passes
/// one along, and only a report or a stored trace looks at it.
struct CallPath {
  private static let capacity = 14
  /// Outermost first.
  private var functions: InlineArray<14, LockdepFunction>
  private var count: UInt8

  init() {
    functions = InlineArray(repeating: .lockAcquire)
    count = 0
  }

  /// This path with one more function inside.
  @inline(__always)
  func calling(_ function: LockdepFunction) -> CallPath {
    guard count < Self.capacity else { return self }
    var path = self
    path.functions[Int(count)] = function
    path.count += 1
    return path
  }

  /// Innermost first.
  var innermostFirst: [LockdepFunction] {
    (0..<Int(count)).reversed().map { functions[$0] }
  }
}

/// How the kernel got into the validator.
enum EntryPoint: UInt8 {
  case acquire, sync, release, downgrade, setClass, hardirqsOn, softirqsOn, nmi

  /// From the function that the kernel calls to `__lock_acquire`, where there is one.
  var path: CallPath {
    switch self {
    case .acquire: CallPath().calling(.lockAcquire).calling(.lockAcquire2)
    case .sync: CallPath().calling(.lockSync).calling(.lockAcquire2)
    case .release:
      CallPath().calling(.lockRelease).calling(.lockRelease2).calling(.reacquireHeldLocks)
        .calling(.lockAcquire2)
    case .downgrade:
      CallPath().calling(.lockDowngrade).calling(.lockDowngrade2).calling(.reacquireHeldLocks)
        .calling(.lockAcquire2)
    case .setClass:
      CallPath().calling(.lockSetClass).calling(.lockSetClass2).calling(.reacquireHeldLocks)
        .calling(.lockAcquire2)
    case .hardirqsOn: CallPath().calling(.hardirqsOnPrepare).calling(.hardirqsOnCaller)
    case .softirqsOn: CallPath().calling(.softirqsOn)
    case .nmi: CallPath().calling(.lockAcquire).calling(.verifyLockUnused)
    }
  }

  /// On to `mark_lock`.
  var marking: CallPath {
    switch self {
    case .hardirqsOn, .softirqsOn: path.calling(.markHeldLocks).calling(.markLock)
    default: path.calling(.markUsage).calling(.markLock)
    }
  }
}
