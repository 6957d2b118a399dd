/// What a setting's values are: an enumeration whose cases have the names that files and documents
/// show.
typealias SettingValue = CaseIterable & Hashable & RawRepresentable<String> & Sendable
  & SendableMetatype

/// One setting of kernels over their history: what the oldest kernel did, then a row for each change.
///
/// This is the only place that tells when a kernel changed. The oldest and the newest behaviour, each
/// release's profile, the history and its page are made from it.
///
/// The values' protocols are asked for where a setting is made of it, not here: each of some seventy
/// timelines would look its conformances up when the program starts, two thirds of a replay's time.
struct Timeline<Value: Sendable>: Sendable {
  /// One change: from which release on kernels have `value`.
  struct Row: Sendable {
    let change: KernelChange
    let value: Value

    /// - Parameters:
    ///   - release: the mainline release that first has it, as `uname -r` begins.
    ///   - stable: updates of older series that have it as well, at the latest.
    ///   - commit: twelve digits; nil where none is known that public archives have.
    ///   - summary: what came with it, as a whole clause with a verb.
    static func since(
      _ release: String, stable: [String] = [], commit: String? = nil, _ summary: String,
      _ value: Value
    ) -> Row {
      Row(
        change: KernelChange(release, stable: stable, commit: commit, summary), value: value)
    }

    /// As `since`, for a release from memory: kernels right before and after it were not looked at.
    static func about(
      _ release: String, commit: String? = nil, _ summary: String, _ value: Value
    ) -> Row {
      Row(
        change: KernelChange(release, commit: commit, isEstimated: true, summary), value: value)
    }

    /// For a change that several settings share.
    static func by(_ change: KernelChange, _ value: Value) -> Row {
      Row(change: change, value: value)
    }
  }

  /// The setting's name in scenarios and tables.
  let key: String
  /// What the setting decides.
  let summary: String
  /// What the oldest kernel with a profile did.
  let oldest: Value
  /// In the order of releases.
  let rows: [Row]

  init(_ key: String, _ summary: String, oldest: Value, _ rows: [Row] = []) {
    self.key = key
    self.summary = summary
    self.oldest = oldest
    self.rows = rows
  }

  /// What the newest release does.
  var newest: Value { rows.last?.value ?? oldest }
}
