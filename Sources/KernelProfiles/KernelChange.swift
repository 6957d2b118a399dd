/// One change of the kernel that shows in its log or in its locks: since which release, by which
/// commit. What it does to which setting stands in the timelines that name it.
public struct KernelChange: Hashable, Sendable {
  /// The mainline release that first has it, as `uname -r` begins.
  public let release: String
  /// Updates of older series that have it as well, at the latest.
  public let stable: [String]
  /// The commit, where it is known: one that public archives of the kernel's history have.
  public let commit: String?
  /// The release is from memory: kernels right before and after it were not looked at.
  public let isEstimated: Bool
  /// What came with it: a clause that stands alone, without a capital and a full stop.
  public let summary: String

  /// What texts call it: its commit, or the release where none is known.
  public var name: String { commit ?? release }

  /// The mainline release that first has it, to compare with.
  let mainline: KernelRelease?
  private let updates: [KernelRelease]

  init(
    _ release: String, stable: [String] = [], commit: String? = nil, isEstimated: Bool = false,
    _ summary: String
  ) {
    self.release = release
    self.stable = stable
    self.commit = commit
    self.isEstimated = isEstimated
    self.summary = summary
    mainline = KernelRelease(release)
    updates = stable.compactMap(KernelRelease.init)
  }

  /// Whether a kernel of that release has it: by its own series, or by a stable update.
  public func isPart(of release: KernelRelease) -> Bool {
    if let mainline, mainline <= release { return true }
    return updates.contains { $0.isSameSeries(as: release) && $0 <= release }
  }

  /// Whether that very release, mainline or stable, is the first of its series to have it.
  public func cameWith(_ release: KernelRelease) -> Bool {
    mainline == release || updates.contains(release)
  }
}
