internal import KernelLog
internal import Lockdep

/// How the kernels of a release behave.
public struct KernelProfile: Sendable {
  public let release: String
  public let behaviour: KernelBehaviour
  /// What came with this release; empty for one that changed nothing here.
  public let changes: [KernelChange]

  /// The releases that `dmar matrix` runs: those with a change, and some that people run.
  public static let all: [KernelProfile] = {
    let known =
      KernelChange.history.map(\.release) + [
        "2.6.32", "6.1", "6.1.192", "6.6", "6.12", "6.12.117",
      ]
    var releases: [KernelRelease] = []
    for release in known.compactMap(KernelRelease.init) where !releases.contains(release) {
      releases.append(release)
    }
    return releases.sorted().map { of($0) }
  }()

  /// The profile of a mainline release: all changes up to it.
  public static func of(_ release: KernelRelease) -> KernelProfile {
    var behaviour = KernelBehaviour.oldest
    var changes: [KernelChange] = []
    for change in KernelChange.history where change.isPart(of: release) {
      change.apply(&behaviour)
      let since = [change.release] + change.stable
      if since.contains(where: { KernelRelease($0) == release }) { changes.append(change) }
    }
    return KernelProfile(
      release: release.description, behaviour: behaviour, changes: changes)
  }

  /// The profile of the release that `text` begins with, such as `3.10.0-1062.el7.x86_64`; nil if it
  /// is none.
  ///
  /// A distribution's kernel has more than its number tells: what it took early is for the caller to
  /// change.
  public static func named(_ text: String) -> KernelProfile? {
    guard let release = KernelRelease(text), release >= oldest else { return nil }
    return of(release)
  }

  /// The oldest kernel whose behaviour is known here.
  public static let oldest = KernelRelease(numbers: [2, 6, 32])
}

extension KernelBehaviour {
  /// 2.6.32: faults on two lines, no limiter, no dump, klists without interrupt-safe locks.
  public static var oldest: KernelBehaviour {
    var behaviour = KernelBehaviour()
    behaviour.faultLines = .f1
    behaviour.faultReasons = .first
    behaviour.rateLimit = .none
    behaviour.statusClear = .everything
    behaviour.tableWalk = .none
    behaviour.queueErrors = .lowHigh
    behaviour.timeOutRetry = .always
    behaviour.pageRequestLines = .none
    behaviour.bootLines = .spaced
    behaviour.capabilityAudit = .off
    behaviour.reservedRegionCheck = .none
    behaviour.takeOver = .none
    behaviour.shutdown = .leavesOn
    behaviour.scalableMode = .absent
    behaviour.optionWords = .own
    behaviour.deviceLines = .inLine
    behaviour.platformOptIn = .ignored
    behaviour.graphicsQuirks = .none
    behaviour.graphicsTranslation = .disabled
    behaviour.virtualCommandRegisters = .shown
    behaviour.interruptDestination = .logical
    behaviour.registerLock = .spinlock
    behaviour.klistNext = .plain
    behaviour.oopsPrefix = .pageFaults
    behaviour.panicEnd = .open
    behaviour.driver.groupTypes = .fixed
    behaviour.splat = .oldest
    behaviour.coreLocks = .oldest
    behaviour.printkLocks = .buffer
    behaviour.backtrace = .pid
    behaviour.driver.locking = .deviceDomainLock
    behaviour.driver.firstStage = .off
    behaviour.driver.writeOnlyMappings = .on
    behaviour.driver.defaultDomains = .firstUse
    behaviour.driver.narrowIdentity = .moved
    behaviour.driver.alignmentWarning = .none
    behaviour.driver.pageRequestDrain = .none
    return behaviour
  }
}
