internal import KernelLog

/// One change of the kernel that shows in a fault's log: since which release, by which commit, and
/// what it does to the behaviour.
public struct KernelChange: Sendable {
  /// The release that first has it, as `uname -r` begins.
  public let release: String
  /// The commit, where it is known.
  public let commit: String?
  public let summary: String
  let apply: @Sendable (inout KernelBehaviour) -> Void

  init(
    _ release: String, _ commit: String? = nil, _ summary: String,
    _ apply: @escaping @Sendable (inout KernelBehaviour) -> Void
  ) {
    self.release = release
    self.commit = commit
    self.summary = summary
    self.apply = apply
  }

  /// Every change, oldest first. A profile is what all changes up to its release make of the oldest
  /// behaviour; a distribution's backport is one of them taken early.
  public static let history: [KernelChange] = [
    KernelChange("3.6", nil, "dmar: in front of the fault's first line") { $0.faultLines = .f2 },
    KernelChange("4.2", nil, "DMAR: in front of the fault's first line") { $0.faultLines = .f3 },
    KernelChange("4.7", "a0fe14d7dcf5", "a fault on one line") { $0.faultLines = .f4 },
    KernelChange("4.19", "624fa7790f80", "klist_next saves and disables interrupts") {
      $0.klistNext = .irqsave
    },
    KernelChange("5.4", nil, "the PASID in the fault line") { $0.faultLines = .f5 },
    KernelChange("5.14", nil, "NO_PASID in the tag, hexadecimal everywhere") {
      $0.faultLines = .f6
    },
    KernelChange("5.15", nil, "the device address without 0x") { $0.faultLines = .f7 },
    KernelChange("5.16", "914ff7719e8a", "the table dump, through the driver's list of devices") {
      $0.tableWalk = .driverList
    },
    KernelChange("6.0-rc1", "8ac0b64b9735", "the dump looks the device up on the PCI bus") {
      $0.tableWalk = .busLookup
    },
    KernelChange("6.0", "6ad931a23223", "the dump walks from the entry") { $0.tableWalk = .entry },
    // Mainline has it in 6.13; the stable updates of 6.12, 6.1 and others brought it as well.
    KernelChange("6.12", nil, "the dump checks entries before it follows them (as updated)") {
      $0.tableWalk = .checkedEntry
    },
  ]
}

/// How the kernels of a release behave.
public struct KernelProfile: Sendable {
  public let release: String
  public let behaviour: KernelBehaviour
  /// What came with this release; empty for one that changed nothing here.
  public let changes: [KernelChange]

  /// The releases that profiles exist for: those with a change, and some that people run.
  public static let all: [KernelProfile] = {
    var behaviour = KernelBehaviour.oldest
    return releases.map { release in
      let changes = KernelChange.history.filter { $0.release == release }
      for change in changes { change.apply(&behaviour) }
      return KernelProfile(release: release, behaviour: behaviour, changes: changes)
    }
  }()

  /// The profile with that release.
  public static func named(_ release: String) -> KernelProfile? {
    all.first { $0.release == release }
  }

  private static let releases = [
    "2.6.32", "3.6", "4.2", "4.7", "4.19", "5.4", "5.14", "5.15", "5.16", "6.0-rc1", "6.0", "6.1",
    "6.6", "6.12",
  ]
}

extension KernelBehaviour {
  /// 2.6.32: faults on two lines, no dump, klists without interrupt-safe locks.
  public static var oldest: KernelBehaviour {
    var behaviour = KernelBehaviour()
    behaviour.faultLines = .f1
    behaviour.tableWalk = .none
    behaviour.klistNext = .plain
    return behaviour
  }
}

/// A way to cure the report's bug, as somebody proposed it.
public struct KernelCure: Sendable {
  public let name: String
  public let summary: String
  let apply: @Sendable (inout KernelBehaviour) -> Void

  public static let all: [KernelCure] = [
    KernelCure(name: "klist-irqsave", summary: "klist_add_* save and disable interrupts") {
      $0.klistAdd = .irqsave
    },
    KernelCure(name: "klist-irqsave-all", summary: "klist_put, hence klist_del, does so too") {
      $0.klistAdd = .irqsave
      $0.klistPut = .irqsave
    },
    KernelCure(name: "revert-2018", summary: "624fa7790f80 reverted: klist_next locks plainly") {
      $0.klistNext = .plain
    },
    KernelCure(name: "upstream", summary: "6ad931a23223: the dump walks from the entry") {
      $0.tableWalk = .entry
    },
  ]

  /// The behaviour with the cure in it.
  public func applied(to behaviour: KernelBehaviour) -> KernelBehaviour {
    var cured = behaviour
    apply(&cured)
    return cured
  }
}
