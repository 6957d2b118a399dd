internal import CBuildInfo

/// What this program is: its version and the commit that it was built from.
enum ProgramVersion {
  /// The version; `make release-check` checks it against CHANGELOG.md and the tag.
  static let number = "0.1.0"

  /// `0.1.0 (commit 0804218)`, as `dmar --version` prints it.
  static var text: String { "\(number) (commit \(String(cString: dmar_build_commit())))" }
}
