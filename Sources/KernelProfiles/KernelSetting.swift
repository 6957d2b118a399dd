/// One setting of ``KernelBehaviour`` by name: what scenario files, the profile table and `dmar matrix`
/// know of it. Everything but the field that holds its value comes from its timeline.
public struct KernelSetting: Sendable {
  /// The key in a scenario's `kernel.behaviour`.
  public let key: String
  /// What the setting decides.
  public let summary: String
  /// The changes that gave it another value, oldest first.
  public let changes: [KernelChange]

  private let names: @Sendable () -> [String]
  private let read: @Sendable (KernelBehaviour) -> String
  private let write: @Sendable (String, inout KernelBehaviour) -> Bool
  /// Gives the field the value behind so many changes of its timeline.
  private let advance: @Sendable (Int, inout KernelBehaviour) -> Void

  init<Value: SettingValue>(
    _ timeline: Timeline<Value>,
    _ get: @escaping @Sendable (KernelBehaviour) -> Value,
    _ set: @escaping @Sendable (inout KernelBehaviour, Value) -> Void
  ) {
    key = timeline.key
    summary = timeline.summary
    changes = timeline.rows.map { $0.change }
    names = { Value.allCases.map { $0.rawValue } }
    read = { get($0).rawValue }
    write = { name, behaviour in
      guard let value = Value(rawValue: name) else { return false }
      set(&behaviour, value)
      return true
    }
    advance = { count, behaviour in
      set(&behaviour, count == 0 ? timeline.oldest : timeline.rows[count - 1].value)
    }
  }

  /// The names of its values, oldest behaviour first where there is an order.
  public var values: [String] { names() }

  /// The name of the field's value.
  public func value(in behaviour: KernelBehaviour) -> String { read(behaviour) }

  /// Gives the field the value of that name; false if it has none.
  public func apply(_ value: String, to behaviour: inout KernelBehaviour) -> Bool {
    write(value, &behaviour)
  }

  /// Gives the field the value that the change brought; leaves it where the change is about others.
  func apply(_ change: KernelChange, to behaviour: inout KernelBehaviour) {
    if let place = changes.firstIndex(of: change) { advance(place + 1, &behaviour) }
  }

  /// Gives the field the value from before the change; leaves it where the change is about others.
  func revert(_ change: KernelChange, in behaviour: inout KernelBehaviour) {
    if let place = changes.firstIndex(of: change) { advance(place, &behaviour) }
  }

  /// Gives the field the value that kernels of that release have; nil is the oldest kernel.
  func take(_ release: KernelRelease?, to behaviour: inout KernelBehaviour) {
    let last = release.flatMap { release in changes.lastIndex { $0.isPart(of: release) } }
    advance(last.map { $0 + 1 } ?? 0, &behaviour)
  }

  /// Gives the field the value of the newest release.
  func takeNewest(to behaviour: inout KernelBehaviour) { advance(changes.count, &behaviour) }
}
