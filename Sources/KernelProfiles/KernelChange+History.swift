// What changes do to the settings, and all of them in order.

extension KernelChange {
  /// The behaviour with the change in it.
  public func applied(to behaviour: KernelBehaviour) -> KernelBehaviour {
    var changed = behaviour
    for setting in KernelSetting.all { setting.apply(self, to: &changed) }
    return changed
  }

  /// The settings that it changes in `behaviour`, with the new values' names.
  public func settings(after behaviour: KernelBehaviour) -> [(
    setting: KernelSetting, value: String
  )] {
    let changed = applied(to: behaviour)
    return KernelSetting.all.compactMap { setting in
      let value = setting.value(in: changed)
      return value == setting.value(in: behaviour) ? nil : (setting, value)
    }
  }

  /// What each change of ``history`` makes of the settings before it: their new values' names.
  public static var effects:
    [(
      change: KernelChange, settings: [(setting: KernelSetting, value: String)]
    )]
  {
    var behaviour = KernelBehaviour.oldest
    return history.map { change in
      let settings = change.settings(after: behaviour)
      behaviour = change.applied(to: behaviour)
      return (change, settings)
    }
  }

  /// Every change, oldest first; of one release, in the order of the settings.
  ///
  /// Releases are those of mainline. Stable updates take fixes into older series as well; the ones
  /// named are those in which the change was seen. A distribution's backport is one of these changes
  /// taken early.
  public static let history: [KernelChange] = {
    var changes: [KernelChange] = []
    for setting in KernelSetting.all {
      for change in setting.changes where !changes.contains(change) { changes.append(change) }
    }
    let numbered = changes.enumerated().map { (place: $0.offset, change: $0.element) }
    return numbered.sorted { left, right in
      guard let one = left.change.mainline, let other = right.change.mainline, one != other else {
        return left.place < right.place
      }
      return one < other
    }.map { $0.change }
  }()
}
