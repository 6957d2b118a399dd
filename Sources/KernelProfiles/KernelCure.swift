/// A way to cure the report's bug, as somebody proposed it.
public struct KernelCure: Sendable {
  /// What `dmar matrix` calls it.
  public let name: String
  /// What it does, as a clause.
  public let summary: String
  private let changes: [Step]

  /// One thing that a cure does to a kernel.
  private enum Step {
    /// Takes a change that mainline has.
    case take(KernelChange)
    /// Takes a change back that mainline has.
    case revert(KernelChange)
    /// Does what no release did: the setting's key, and its value.
    case set(String, String)
  }

  /// Every cure that was proposed in public.
  public static let all: [KernelCure] = [
    KernelCure(
      name: "klist-irqsave", summary: "klist_add_* save and disable interrupts",
      changes: [.set("klist_add", "irqsave")]),
    KernelCure(
      name: "klist-irqsave-all", summary: "klist_put, and with it klist_del, does so too",
      changes: [.set("klist_add", "irqsave"), .set("klist_put", "irqsave")]),
    KernelCure(
      name: "revert-2018",
      summary: "\(KernelChange.klistNextSaves.name) reverted: klist_next locks plainly",
      changes: [.revert(.klistNextSaves)]),
    KernelCure(
      name: "upstream",
      summary: "\(KernelChange.dumpFromEntry.name): \(KernelChange.dumpFromEntry.summary)",
      changes: [.take(.dumpFromEntry)]),
  ]

  /// The behaviour with the cure in it.
  public func applied(to behaviour: KernelBehaviour) -> KernelBehaviour {
    var cured = behaviour
    for step in changes {
      switch step {
      case .take(let change): cured = change.applied(to: cured)
      case .revert(let change):
        for setting in KernelSetting.all { setting.revert(change, in: &cured) }
      case .set(let key, let value): _ = KernelSetting.named(key)?.apply(value, to: &cured)
      }
    }
    return cured
  }

  /// The settings that the cure decides, each with the value that it has in the cured behaviour, also where
  /// the behaviour had that value before.
  public func settings(in behaviour: KernelBehaviour) -> [(key: String, value: String)] {
    let cured = applied(to: behaviour)
    var keys: Set<String> = []
    for step in changes {
      switch step {
      case .set(let key, _): keys.insert(key)
      case .take(let change), .revert(let change):
        for setting in KernelSetting.all where setting.changes.contains(change) {
          keys.insert(setting.key)
        }
      }
    }
    return KernelSetting.all.filter { keys.contains($0.key) }
      .map { ($0.key, $0.value(in: cured)) }
  }
}
