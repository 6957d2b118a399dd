import Diagnosis
import LogReading
import Testing

/// Which function a lock report is filed under: the trackers' convention, form by form.
@Suite("Titles of lock reports")
struct SplatTitleTests {
  private static func title(_ log: String) -> String? { explanation(of: log).splats.first?.title }

  private static func circle(
    word: String = "WARNING:", wanted: String, held: String, chain: [String]
  ) -> String {
    """
    ======================================================
    \(word == "INFO:" ? "[ INFO: possible circular locking dependency detected ]" : "WARNING: possible circular locking dependency detected")
    6.12.9 #1 Not tainted
    ------------------------------------------------------
    sh/77 is trying to acquire lock:
    ffff888100000100 (&a->lock){+.+.}-{4:4}, at: \(wanted)

    but task is already holding lock:
    ffff888100000200 (&b->lock){+.+.}-{4:4}, at: \(held)

    which lock already depends on the new lock.

    the existing dependency chain (in reverse order) is:

    -> #1 (&b->lock){+.+.}-{4:4}:
    \(chain.map { "       \($0)+0x10/0x20" }.joined(separator: "\n"))

    -> #0 (&a->lock){+.+.}-{4:4}:
           lock_acquire+0xd1/0x2f0
           last_taker+0x10/0x20

    stack backtrace:
    Call Trace:
     dump_stack+0x10/0x20
     lock_acquire+0xd1/0x2f0
     last_taker+0x10/0x20

    """
  }

  @Test("a circle: the wanted lock's place, the held one's, then the chain")
  func order() {
    let queue = "flush_workqueue+0xe6/0x1520"
    let worker = "process_one_work+0x8c0/0x17b0"
    #expect(
      Self.title(Self.circle(wanted: "one_open+0x1/0x2", held: "two_set+0x1/0x2", chain: ["x"]))
        == "possible deadlock in one_open")
    #expect(
      Self.title(Self.circle(wanted: queue, held: "two_set+0x1/0x2", chain: ["three_stop"]))
        == "possible deadlock in two_set")
    #expect(
      Self.title(
        Self.circle(wanted: worker, held: worker, chain: ["flush_workqueue", "three_stop"]))
        == "possible deadlock in three_stop")
    // The head of kernels before 4.14: the place as it stands.
    #expect(
      Self.title(
        Self.circle(
          word: "INFO:", wanted: "[<ffffffff8105bbd0>] \(queue)", held: worker, chain: ["x"])
      ) == "possible deadlock in flush_workqueue")
  }

  @Test("what everybody calls is passed over, and so is a system call's prefix")
  func helpers() {
    #expect(
      Self.title(
        Self.circle(
          wanted: "_raw_spin_lock_irqsave+0x3/0x6", held: "kmem_cache_alloc+0x1/0x2",
          chain: ["__mutex_lock", "__x64_sys_thing", "do_syscall_64"]))
        == "possible deadlock in sys_thing")
  }

  @Test("an inlined function's line does not take the place of the line as printed")
  func inlined() {
    let log = Self.circle(
      wanted: "one_inner drivers/one.c:7 [inline]\n"
        + "ffff888100000100 (&a->lock){+.+.}-{4:4}, at: one_open+0x1/0x2 drivers/one.c:70",
      held: "two_set+0x1/0x2", chain: ["x"])
    #expect(Self.title(log) == "possible deadlock in one_open")
  }

  @Test("a lock's line that a mail broke before its place keeps the place")
  func broken() {
    let log = Self.circle(
      wanted: "\n  at: one_open+0x1/0x2", held: "\n  at: two_set+0x1/0x2", chain: ["three"]
    ).replacing(" at: \n", with: "\n")
    let splat = explanation(of: log).splats.first
    #expect(splat?.title == "possible deadlock in one_open")
    #expect(splat?.splat.blocker?.function == "two_set")
  }

  /// A state that does not go with another, and a stack.
  private static func state(_ stack: [String]) -> String {
    """
    WARNING: inconsistent lock state
    6.12.9 #1 Not tainted
    --------------------------------
    inconsistent {IN-HARDIRQ-W} -> {HARDIRQ-ON-W} usage.
    sh/77 [HC0[0]:SC0[0]:HE0:SE1] takes:
    ffff888100000100 (&a->lock){?.-.}-{2:2}, at: where_taken+0x1/0x2
    {IN-HARDIRQ-W} state was registered at:
      lock_acquire+0x379/0x3f9
      first_user+0x1/0x2
    stack backtrace:
    \(stack.joined(separator: "\n"))

    """
  }

  @Test("an inconsistent state: the first function of its stack, also as Arm prints it")
  func states() {
    #expect(
      Self.title(
        Self.state([
          "Call Trace:", " dump_stack+0x1/0x2", " mark_lock+0x1/0x2",
          " lockdep_hardirqs_on_prepare+0x1/0x2", " who_switched_on+0x1/0x2",
        ])) == "inconsistent lock state in who_switched_on")
    #expect(
      Self.title(
        Self.state([
          "Backtrace: ",
          "[<80de0078>] (dump_backtrace) from [<80de0574>] (show_stack+0x28/0x2c)",
          " r9:60000193 r8:ffffffff r7:00000000",
          "[<80de7abc>] (dump_stack) from [<801bba34>] (__lock_acquire+0x840/0x30e0)",
          "[<801bf148>] (lock_acquire) from [<80df7ffc>] (_raw_spin_lock+0x4c/0x5c)",
          "[<80df7fb0>] (_raw_spin_lock) from [<803981dc>] (who_took+0x2a8/0x558)",
        ])) == "inconsistent lock state in who_took")
    // Without the stack nothing can be named, and the report is said to be cut.
    let cut = explanation(of: Self.state([])).splats.first
    #expect(cut?.title == "inconsistent lock state in corrupted")
    #expect(cut?.corruption?.contains("cut") == true)
  }

  @Test("a release: the place in the line below")
  func release() {
    let log = """
      [ BUG: bad unlock balance detected! ]
      4.9.65 #95 Not tainted
      -------------------------------------
      sh/77 is trying to release lock (mrt_lock) at:
      [<ffffffff834dea24>] seq_stop_of_it+0xe4/0x140
      but there are no more locks to release!

      """
    #expect(Self.title(log) == "BUG: bad unlock balance in seq_stop_of_it")
  }

  @Test("two tasks that print at once: each report has its own lines")
  func callers() {
    let log = """
      [  309.1][   T11] INFO: trying to register non-static key.
      [  309.1][   T11] turning off the locking correctness validator.
      [  309.1][   T11] Call Trace:
      [  309.1][   T22] DEBUG_LOCKS_WARN_ON(depth <= 0)
      [  309.1][   T11]  dump_stack+0x1/0x2
      [  309.1][   T22] WARNING: CPU: 1 PID: 22 at kernel/locking/lockdep.c:3676 lock_release+0x6e6/0xa40
      [  309.1][   T11]  register_lock_class+0x1/0x2
      [  309.1][   T22] Call Trace:
      [  309.1][   T22]  dump_stack+0x1/0x2
      [  309.1][   T11]  __flush_work+0x1/0x2
      [  309.1][   T22]  __warn+0x1/0x2
      [  309.1][   T11]  stop_one+0x1/0x2
      [  309.1][   T22] RIP: 0010:lock_release+0x6e6/0xa40
      [  309.1][   T22]  drop_two+0x1/0x2

      """
    let splats = explanation(of: log).splats
    #expect(
      Set(splats.map { $0.title }) == [
        "INFO: trying to register non-static key in stop_one", "WARNING: locking bug in drop_two",
      ])
    let check = splats.first { $0.splat.kind == .failedCheck }
    #expect(check?.meaning.contains("holds none") == true)
    #expect(check?.story.contains("check: lock_release: depth <= 0") == true)
  }

  @Test("a report without callers' marks that another one runs into has no frame to trust")
  func mixed() {
    let log = """
      WARNING: suspicious RCU usage
      4.17.0 #16 Not tainted
      -----------------------------
      FAULT_INJECTION: forcing a failure.
      net/ipv6/route.c:1550 suspicious rcu_dereference_protected() usage!
      stack backtrace:
      Call Trace:
       dump_stack+0x1/0x2
       of_the_other+0x1/0x2

      """
    let splat = explanation(of: log).splats.first
    #expect(splat?.title == "WARNING: suspicious RCU usage in corrupted")
    #expect(splat?.corruption != nil)
  }

  @Test(
    "a check of lockdep's own says what it means",
    arguments: [
      ("kernel/locking/lockdep.c:3553 lock_downgrade+0x4d2/0x910", "downgraded"),
      ("kernel/locking/lockdep.c:735 look_up_lock_class+0x179/0x260", "another name"),
      ("kernel/locking/lockdep.c:167 hlock_class+0xe0/0xf5", "freed and used again"),
      ("kernel/lockdep.c:2697 check_flags+0x1/0x2", "interrupts are on"),
    ])
  func checks(_ place: String, _ words: String) throws {
    for head in [
      "WARNING: CPU: 0 PID: 7 at \(place)",
      "WARNING: \(place.replacing(" ", with: " at ")), CPU#0: sh/7",
    ] {
      let log = "\(head)\nCall Trace:\n dump_stack+0x1/0x2\n who_did_it+0x1/0x2\n"
      let splat = try #require(explanation(of: log).splats.first, "\(head)")
      #expect(splat.title == "WARNING: locking bug in who_did_it")
      #expect(splat.meaning.contains(words), "\(splat.meaning)")
    }
  }
}
