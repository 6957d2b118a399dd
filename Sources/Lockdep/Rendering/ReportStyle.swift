/// How a kernel of some age words its reports: kernel/locking/lockdep.c changed its text one piece at
/// a time, and a distribution may have taken a piece early.
///
/// The default is the text of the newest kernels that are known here. A field's values are listed as
/// they came, the oldest first; when each came is told by the timelines of `KernelProfiles`.
public struct ReportStyle: Hashable, Sendable {
  /// The box around a report's title.
  public enum Heads: String, CaseIterable, Hashable, Sendable {
    /// `[ INFO: … ]` over the release; boxes of `[ BUG: … ]` have no release.
    case bare
    /// The release and the taint flags below every title.
    case info
    /// `WARNING: …`.
    case warning
  }

  /// The line of one lock, up to where it was taken.
  public enum Locks: String, CaseIterable, Hashable, Sendable {
    /// ` (name){....}, at: [<ffffffff81234567>] function+0x1/0x2`.
    case place
    /// The same with a hash in place of the address.
    case hashedPlace = "hashed-place"
    /// `00000000deadbeef (name){....}, at: function+0x1/0x2`, the lock's address hashed.
    case hashedLock = "hashed-lock"
    /// The lock's address in the clear.
    case lock
  }

  /// The characters between the braces.
  public enum Usage: String, CaseIterable, Hashable, Sendable {
    /// Two each for hardirq, softirq and the reclaim of memory.
    case six
    /// Reclaim is a lock of its own.
    case four
  }

  /// `-{3:3}` behind the braces.
  public enum WaitTypes: String, CaseIterable, Hashable, Sendable {
    /// Wait types are not printed.
    case absent
    /// They came with the check of wait contexts.
    case printed
  }

  /// The frames of a stored trace.
  public enum Traces: String, CaseIterable, Hashable, Sendable {
    /// `[<ffffffff81234567>] function+0x1/0x2`.
    case addresses
    /// `function+0x1/0x2`.
    case symbols
  }

  /// `Possible unsafe locking scenario:`.
  public enum Scenarios: String, CaseIterable, Hashable, Sendable {
    /// No scenario is drawn.
    case none
    /// Every step is a `lock(…)`.
    case locks
    /// A circle's steps are `rlock(…)` and `sync(…)` where they are that.
    case modes
  }

  /// The dependencies behind an interrupt-safe lock.
  public enum Paths: String, CaseIterable, Hashable, Sendable {
    /// Printed as those in front of an unsafe lock: each trace is one class off.
    case forward
    /// Each trace at its class.
    case both
  }

  /// ` ops: 1234` in the list of a class's usages.
  public enum Uses: String, CaseIterable, Hashable, Sendable {
    /// A class's uses are counted.
    case counted
    /// Only in kernels that debug lockdep itself.
    case uncounted
  }

  /// What the first use of a class is called.
  public enum FirstUse: String, CaseIterable, Hashable, Sendable {
    /// `INITIAL USE`, shared or not.
    case one
    /// `INITIAL READ USE` as well.
    case each
  }

  /// The head of a list of held locks.
  public enum HeldLocks: String, CaseIterable, Hashable, Sendable {
    /// `2 locks held by comm/pid:`, `no locks held by comm/pid.`
    case counted
    /// `locks held by comm/pid: 2, last CPU#0:`, without the last colon where there are none; `on` for
    /// a task that does not run.
    case withCPU = "with-cpu"
  }

  /// What becomes of a line that is printed in pieces.
  public enum Pieces: String, CaseIterable, Hashable, Sendable {
    /// Joined. A call of printk counts what the log puts in front of the line too, so that a usage's
    /// trace stands far to the right.
    case counted
    /// Joined; only the text is counted.
    case joined
    /// A piece that does not ask to be joined begins a line.
    case apart
  }

  /// A task that ends with locks held.
  public enum TaskExit: String, CaseIterable, Hashable, Sendable {
    /// `lock held at task exit time!`, and who it is on a line below.
    case exitTime = "exit-time"
    /// `comm/pid still has locks held!`.
    case stillHeld = "still-held"
  }

  /// The advice behind `trying to register non-static key.`
  public enum KeyAdvice: String, CaseIterable, Hashable, Sendable {
    /// In a few words.
    case short
    /// Two lines, which think of an object without initialisation too.
    case long
  }

  /// How a report begins.
  public var heads = Heads.warning
  /// How a lock is printed.
  public var locks = Locks.lock
  /// How the letters of a class are printed.
  public var usage = Usage.four
  /// Whether wait types are printed.
  public var waitTypes = WaitTypes.printed
  /// How the places of acquires are printed.
  public var traces = Traces.symbols
  /// How the two processors of a deadlock are drawn.
  public var scenarios = Scenarios.modes
  /// Which paths an unsafe order shows.
  public var paths = Paths.both
  /// Whether a class's uses are counted.
  public var uses = Uses.uncounted
  /// Whether each first use is printed.
  public var firstUse = FirstUse.each
  /// How the list of held locks begins.
  public var heldLocks = HeldLocks.withCPU
  /// Whether the parts of a report stand apart.
  public var pieces = Pieces.apart
  /// What a task that ends with locks is told.
  public var taskExit = TaskExit.stillHeld
  /// What is said of a key that is not static.
  public var keyAdvice = KeyAdvice.long

  /// The words of today's kernels.
  public init() {}

  /// What printk returns too much of for a usage's line: the line feed, `<4>`, and a time stamp of the
  /// usual width.
  var overcount: Int {
    pieces == .counted ? 1 + "<4>".utf8.count + "[    0.000000] ".utf8.count : 0
  }
}
