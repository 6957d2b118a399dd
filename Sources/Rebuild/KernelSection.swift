internal import Diagnosis
internal import KernelLog
internal import KernelProfiles
internal import LinuxIOMMU
internal import LogReading
internal import ScenarioFormat
internal import Text
internal import VTdFormats

/// The kernel of a rebuilt scenario: its release, the profile that the release has, and of its settings
/// those that the log shows otherwise.
extension ScenarioBuilder {
  var kernel: KernelDescription {
    var kernel = splat?.kernelIdentity ?? oopsIdentity ?? KernelDescription()
    let release = splat?.detail.release ?? log.contents.kernels.last?.value
    let named = release.flatMap(KernelProfile.named)
    let isBeyondNewest = named?.isBeyondNewest ?? false
    let profile = isBeyondNewest ? .newest : named ?? assumedProfile
    kernel.release = release ?? Self.unameText(profile)
    if release == nil {
      kernel.notes.above["release"] = ["assumed: the log does not name the kernel"]
    } else if named == nil {
      kernel.notes.above["profile"] = ["assumed: the release has no profile"]
    } else if isBeyondNewest {
      kernel.notes.above["profile"] = [
        "assumed: the newest that is known here, for the log's kernel is newer"
      ]
    }
    kernel.profile = Self.mainlineName(profile)
    let preemption = kernel.configuration.values.preemption
    kernel.configuration = configuration
    kernel.configuration.values.preemption = preemption
    for setting in shownSettings(profile.behaviour) {
      kernel.behaviour.values[setting.key] = setting.value
      kernel.behaviour.notes.above[setting.key] = [setting.reason]
    }
    return kernel
  }

  private var configuration: ConfigurationDescription {
    var configuration = ConfigurationDescription()
    var locking = splatNotes.map {
      "the lock report of line \($0.place.line) is not reproduced: \($0.reason)"
    }
    if splat != nil {
      locking.append(
        "the log has a lock report, and the wait types in it are those without raw nesting")
    } else if lockProgram != nil {
      locking.append("the log has a lock report")
    } else {
      locking.append("assumed: the log tells nothing of lock checking that a replay would need")
    }
    configuration.values.provesLocking = splat != nil || lockProgram != nil
    configuration.values.provesRawLockNesting = lockProgram?.image.provesRawNesting ?? false
    configuration.notes.above["PROVE_LOCKING"] = locking
    if configuration.values.provesLocking {
      configuration.notes.above["PROVE_RAW_LOCK_NESTING"] = []
    }
    configuration.notes.above["INTEL_IOMMU_DEBUGFS"] = [
      log.hasDumps ? "the log has table dumps" : "assumed: the log has no table dump"
    ]
    configuration.values.dumpsTables = log.hasDumps
    configuration.values.usesScalableMode = log.isScalable
    configuration.values.remapsInterrupts = log.remapsInterrupts
    return configuration
  }

  // MARK: The profile

  /// The kernel of a log that names none: one that prints faults as the log has them.
  private var assumedProfile: KernelProfile {
    let usual = KernelProfile.named("6.1") ?? .newest
    guard let shape = faultLines.first, shape != usual.behaviour.faultLines else { return usual }
    return KernelProfile.all.last { $0.behaviour.faultLines == shape } ?? usual
  }

  /// The shapes of the log's fault lines, in the order of the log.
  private var faultLines: [FaultLineGeneration] {
    log.timeline.faults.compactMap { $0.observation.generation }
  }

  /// The profile's release as mainline writes it.
  private static func mainlineName(_ profile: KernelProfile) -> String {
    KernelRelease(profile.release)?.mainlineName ?? profile.release
  }

  /// The profile's release as `uname -r` of a plain build has it: with a third number.
  private static func unameText(_ profile: KernelProfile) -> String {
    let isShort = profile.release.split(separator: ".").count == 2
    return isShort ? profile.release + ".0" : profile.release
  }

  // MARK: What the log contradicts

  /// A setting that the log shows, and how.
  private struct ShownSetting {
    var key: String
    var value: String
    var reason: String
  }

  private func shownSettings(_ profile: KernelBehaviour) -> [ShownSetting] {
    let walk = splat.map { Self.shownByLockReport($0, profile) } ?? shownWalk(profile)
    return shownLines(profile) + walk
  }

  private func shownLines(_ profile: KernelBehaviour) -> [ShownSetting] {
    var shown: [ShownSetting] = []
    if let shape = faultLines.first, !faultLines.contains(profile.faultLines) {
      shown.append(
        ShownSetting(
          key: "fault_lines", value: shape.rawValue, reason: "the log's fault lines have this shape"
        ))
    }
    if let table = shownReasons(profile.faultReasons) {
      shown.append(
        ShownSetting(
          key: "fault_reasons", value: table.rawValue, reason: "the log's kernel has these texts"))
    }
    if !log.timeline.bursts.isEmpty, profile.rateLimit != .round {
      shown.append(
        ShownSetting(
          key: "rate_limit", value: "round",
          reason: "the log's suppressed callbacks add up when the limiter is asked for each record")
      )
    }
    let hasOldQueueLines = log.timeline.queueStops.contains { stop in
      stop.lines.contains { if case .invalidDescriptor = $0 { true } else { false } }
    }
    if hasOldQueueLines, profile.queueErrors == .dump {
      shown.append(
        ShownSetting(
          key: "queue_errors", value: "words",
          reason: "the log's kernel prints a refused descriptor alone"))
    }
    if log.isScalable, profile.scalableMode == .absent {
      shown.append(
        ShownSetting(
          key: "scalable_mode", value: "off",
          reason: "the log has faults or tables of scalable mode"))
    }
    return shown
  }

  /// The texts that the log's kernel has, where the profile's kernel has one less or one more.
  private func shownReasons(_ table: FaultReasonTable) -> FaultReasonTable? {
    let told = log.timeline.faults.compactMap { fault -> (reason: UInt8, isKnown: Bool)? in
      guard let reason = fault.observation.reason, !fault.observation.reasonText.isEmpty else {
        return nil
      }
      return (reason, fault.observation.reasonText != FaultReasonTable.unknown)
    }
    func fits(_ table: FaultReasonTable) -> Bool {
      told.allSatisfy { $0.isKnown == (table.text($0.reason) != FaultReasonTable.unknown) }
    }
    return fits(table) ? nil : FaultReasonTable.allCases.first(where: fits)
  }

  /// How the dump walks, where the log has dumps: from the entry, because the tables of a rebuilt
  /// machine are the log's and no domain's.
  private func shownWalk(_ profile: KernelBehaviour) -> [ShownSetting] {
    guard log.hasDumps else { return [] }
    let wording = log.timeline.faults.lazy.compactMap { $0.wording }.first
    let fitting: [KernelValues.TableWalk] =
      switch wording {
      case .original: [.entry]
      case .revised: [.checkedEntry]
      case nil: [.entry, .checkedEntry]
      }
    guard !fitting.contains(profile.tableWalk) else { return [] }
    let walk: KernelValues.TableWalk = wording == .original ? .entry : .checkedEntry
    let reason =
      wording == nil
      ? "assumed: no dump tells how its kernel walks"
      : "the words of the log's dumps are those of this walk"
    return [ShownSetting(key: "table_walk", value: walk.rawValue, reason: reason)]
  }

  /// What the stacks of a lock report show.
  private static func shownByLockReport(
    _ splat: SplatImage, _ profile: KernelBehaviour
  ) -> [ShownSetting] {
    let head = splat.detail.processor
    let hasUser = head.contains("UID: ")
    var backtrace = profile.backtrace
    if head.contains("PREEMPT(") {
      backtrace = .preemption
    } else if hasUser {
      backtrace = .uid
    } else if backtrace >= .uid {
      backtrace = .task
    }
    let settings: [(key: String, value: String, own: String)] = [
      (
        "table_walk", KernelValues.TableWalk.busLookup.rawValue, profile.tableWalk.rawValue
      ),
      ("klist_add", splat.addsPlainly ? "plain" : "irqsave", profile.klistAdd.rawValue),
      ("klist_next", splat.savesInterrupts ? "irqsave" : "plain", profile.klistNext.rawValue),
      ("backtrace", backtrace.rawValue, profile.backtrace.rawValue),
    ]
    return settings.compactMap { setting in
      setting.value == setting.own
        ? nil
        : ShownSetting(
          key: setting.key, value: setting.value, reason: "the stacks of the lock report show this")
    }
  }
}
