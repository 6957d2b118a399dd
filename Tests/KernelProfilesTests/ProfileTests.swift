import KernelLog
import KernelProfiles
import Testing

@Suite("Kernel profiles")
struct ProfileTests {
  @Test(
    "releases are ordered as they came out",
    arguments: [
      ("2.6.32", "3.0"), ("3.10", "3.10.1"), ("4.9", "4.10"), ("6.0-rc1", "6.0-rc2"),
      ("6.0-rc5", "6.0"), ("5.19.17", "6.0-rc1"), ("6.1", "6.1.192"),
    ])
  func order(earlier: String, later: String) throws {
    let (earlier, later) = (
      try #require(KernelRelease(earlier)), try #require(KernelRelease(later))
    )
    #expect(earlier < later)
    #expect(!(later < earlier))
    #expect(earlier != later)
  }

  @Test("a release is read from what uname prints")
  func parsing() throws {
    #expect(KernelRelease("3.10.0-1062.el7.x86_64") == KernelRelease("3.10"))
    #expect(KernelRelease("5.20.0-0.rc0.20220812git7ebfc85e2cd7")?.numbers == [5, 20, 0])
    #expect(KernelRelease("6.0-rc1+")?.candidate == 1)
    #expect(KernelRelease("next-20240813") == nil)
    #expect(KernelRelease("") == nil)
  }

  /// What each release printed in logs, or has in its sources.
  @Test(
    "a profile is what all changes up to its release make",
    arguments: [
      ("2.6.32", ["fault_lines": "F1", "rate_limit": "none", "register_lock": "spinlock"]),
      ("3.6", ["fault_lines": "F2", "register_lock": "raw", "fault_reasons": "first"]),
      ("4.4.302", ["fault_lines": "F3", "boot_lines": "current", "rate_limit": "none"]),
      ("4.8", ["fault_lines": "F4", "rate_limit": "interrupt", "fault_reasons": "legacy"]),
      ("4.19", ["rate_limit": "round", "queue_errors": "low-high", "klist_next": "irqsave"]),
      ("5.3", ["fault_lines": "F4", "queue_errors": "words", "scalable_mode": "off"]),
      ("5.10.13", ["fault_lines": "F5", "queue_errors": "words", "fault_reasons": "scalable"]),
      ("5.14", ["fault_lines": "F6", "queue_errors": "dump"]),
      ("5.19", ["table_walk": "driver-list", "scalable_mode": "on"]),
      ("6.0-rc1", ["table_walk": "bus-lookup"]),
      ("6.1", ["table_walk": "entry", "take_over": "misplaced-half"]),
      ("6.1.192", ["table_walk": "checked-entry", "take_over": "separate-halves"]),
      ("6.12.117", ["table_walk": "checked-entry", "time_out_abort": "all"]),
      ("6.12", ["table_walk": "entry", "time_out_retry": "present-devices"]),
      ("2.6.32", ["splat_heads": "bare", "backtrace": "pid", "spinlock_names": "lock"]),
      ("2.6.37", ["splat_scenarios": "none", "spinlock_names": "rlock", "splat_usage": "six"]),
      ("3.2", ["splat_heads": "bare", "splat_scenarios": "locks", "splat_pieces": "counted"]),
      ("3.4", ["splat_heads": "info", "splat_exit": "exit-time", "backtrace": "pid"]),
      ("3.18", ["splat_heads": "info", "splat_pieces": "joined", "backtrace": "cpu"]),
      ("4.9", ["splat_pieces": "apart", "splat_traces": "addresses", "backtrace": "cpu"]),
      ("4.11", ["splat_heads": "info", "splat_traces": "symbols", "backtrace": "registers"]),
      ("4.13", ["splat_heads": "warning", "splat_usage": "six", "splat_locks": "place"]),
      ("4.14", ["splat_usage": "four", "splat_locks": "place", "splat_uses": "counted"]),
      ("4.15", ["splat_locks": "hashed-place"]),
      ("5.2", ["splat_locks": "hashed-lock", "wait_types": "absent", "spinlock_names": "rlock"]),
      ("5.6", ["splat_locks": "lock", "wait_types": "absent", "spinlock_names": "rlock"]),
      (
        "5.10.13", ["wait_types": "printed", "splat_first_use": "one", "splat_key_advice": "short"]
      ),
      ("5.14", ["splat_paths": "both", "backtrace": "level", "splat_key_advice": "long"]),
      ("5.16", ["backtrace": "task", "splat_scenarios": "locks"]),
      ("6.1.192", ["backtrace": "task", "splat_scenarios": "modes"]),
      ("6.12", ["backtrace": "uid"]), ("6.16", ["backtrace": "preemption"]),
      ("5.8", ["request_lock": "plain"]), ("5.9", ["request_lock": "irqsave"]),
      ("3.6", ["printk_locks": "buffer"]), ("4.15", ["printk_locks": "console-lock"]),
      ("6.0", ["printk_locks": "flush-all"]), ("6.7", ["printk_locks": "srcu"]),
      ("6.12", ["printk_locks": "override"]),
      ("3.4", ["global_lock": "absent", "group_locks": "none", "irq_allocation_lock": "off"]),
      ("4.9", ["global_lock": "held", "group_locks": "group", "process_locks": "pasid-mutex"]),
      ("5.14", ["global_lock": "released", "region_lock": "global-lock"]),
      ("5.14", ["process_locks": "reports", "cookie_mutex": "off"]),
      ("6.1.192", ["global_lock": "shared", "region_lock": "rcu", "group_locks": "probe"]),
      ("6.12.117", ["global_lock": "released", "group_locks": "dma-api", "cookie_mutex": "on"]),
    ])
  func profile(release: String, expected: [String: String]) throws {
    let behaviour = try #require(KernelProfile.named(release)).behaviour
    for (key, value) in expected {
      let setting = try #require(KernelSetting.named(key))
      #expect(setting.value(in: behaviour) == value, "\(release) \(key)")
    }
  }

  @Test("every change changes a setting, in the order of releases")
  func history() throws {
    var behaviour = KernelBehaviour.oldest
    var last = KernelProfile.oldest
    for change in KernelChange.history {
      let release = try #require(KernelRelease(change.release))
      #expect(last <= release, "\(change.release) \(change.summary)")
      last = release
      let settings = change.settings(after: behaviour)
      #expect(!settings.isEmpty, "\(change.release) \(change.summary)")
      for (setting, value) in settings {
        #expect(setting.apply(value, to: &behaviour))
        #expect(setting.value(in: behaviour) == value)
      }
    }
  }

  @Test("a setting takes its own values and no other")
  func settings() {
    #expect(Set(KernelSetting.all.map(\.key)).count == KernelSetting.all.count)
    for setting in KernelSetting.all {
      var behaviour = KernelBehaviour()
      #expect(!setting.apply("no such value", to: &behaviour))
      #expect(behaviour == KernelBehaviour())
      for value in setting.values {
        #expect(setting.apply(value, to: &behaviour))
        #expect(setting.value(in: behaviour) == value)
      }
    }
  }

  @Test("there is a profile for every release with a change, oldest first")
  func all() throws {
    let releases = try KernelProfile.all.map { try #require(KernelRelease($0.release)) }
    #expect(releases == releases.sorted())
    #expect(releases.first == KernelProfile.oldest)
    #expect(KernelProfile.named("2.6.31") == nil)
  }
}
