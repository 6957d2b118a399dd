import KernelProfiles

/// Which kernels brought a cause and which cured it, checked against the kernel of the log.
///
/// A change that the kernel profiles know is named here by its commit only; its release and the
/// stable updates that have it are in ``KernelChange/history``.
enum KernelFixes {
  /// One change of the kernel that has to do with a cause.
  private struct Fix {
    enum Role {
      /// The symptom comes with it.
      case brought
      /// The symptom goes with it.
      case cured
      /// The symptom exists from this change to another, whose commit is given.
      case betweenThisAnd(String)
    }

    var cause: Finding.Cause
    var role: Role
    var commit: String
    /// Where the profiles do not have the commit: the mainline release, and stable updates.
    var release = ""
    /// What to add to the change's own words, or its words where the profiles do not have it.
    var words = ""
  }

  private static let fixes: [Fix] = [
    Fix(
      cause: .writeOnlyMapping, role: .brought, commit: "6f5dc7658094",
      words: "as before 5.13; cures are in the drivers: QAT by d41d75fe1b75, also in 6.6 and 6.12"),
    Fix(cause: .flushOfRemovedDevice, role: .cured, commit: "80a9b50c0b9e"),
    Fix(
      cause: .overRead, role: .cured, commit: "ff588d0030", release: "5.19",
      words: "the TRB_OVERFETCH quirk of the VL805"),
    Fix(cause: .oldKernelTables, role: .cured, commit: "091d42e43d21"),
    Fix(cause: .oldKernelTables, role: .cured, commit: "0c5f6c0d8201"),
    Fix(cause: .oldKernelTables, role: .cured, commit: "c6e63fc8e8fc"),
    Fix(
      cause: .oldKernelTables, role: .cured, commit: "f532c57985b1", release: "7.3",
      words: "copied entries are torn down right"),
    Fix(cause: .kernelBefore, role: .cured, commit: "6c3a44ed3c55"),
    Fix(
      cause: .firmwareRegion, role: .betweenThisAnd("327d5b2fee91"), commit: "fa954e683178",
      words: "functions of one group may get different domains, of which one lacks the region"),
    Fix(
      cause: .removedAndFound, role: .cured, commit: "821807c167b7, d2138abc8f0a", release: "6.18",
      words: "a DMA that races a tear-down is reported without garbage"),
    Fix(
      cause: .detached, role: .cured, commit: "821807c167b7, d2138abc8f0a", release: "6.18",
      words: "a DMA that races a tear-down is reported without garbage"),
  ]

  /// What is known for a cause; what a kernel of that release cannot have is left out.
  static func words(_ cause: Finding.Cause, kernel: KernelRelease?) -> [String] {
    fixes.filter { $0.cause == cause }.compactMap { words($0, kernel) }
  }

  private static func words(_ fix: Fix, _ kernel: KernelRelease?) -> String? {
    let change = change(fix.commit)
    let text = text(fix, change)
    guard let kernel else { return text }
    let has = has(kernel, change, fix.release)
    switch fix.role {
    case .brought: return has ? text : nil
    case .cured:
      return "your \(kernel.mainlineName) " + (has ? "has it already: " : "lacks: ") + text
    case .betweenThisAnd(let end):
      let isOver = Self.has(kernel, Self.change(end), "")
      return has && !isOver ? "your \(kernel.mainlineName): " + text : nil
    }
  }

  private static func change(_ commit: String) -> KernelChange? {
    KernelChange.history.first { $0.commit == commit }
  }

  private static func has(
    _ kernel: KernelRelease, _ change: KernelChange?, _ release: String
  ) -> Bool {
    change?.isPart(of: kernel) ?? (KernelRelease(release).map { $0 <= kernel } ?? false)
  }

  private static func text(_ fix: Fix, _ change: KernelChange?) -> String {
    var words = [change?.summary ?? "", fix.words].filter { !$0.isEmpty }.joined(separator: "; ")
    let release = change?.release ?? fix.release
    switch fix.role {
    case .brought: words = "from \(release) on " + words
    case .betweenThisAnd(let end):
      words = "from \(release) on " + words
      if let last = Self.change(end) { words += ", until \(last.release)" }
    case .cured: break
    }
    let updates = change?.stable ?? []
    let releases = ([release] + updates).joined(separator: ", ")
    if case .cured = fix.role { return "\(words) (\(fix.commit), in \(releases))" }
    return "\(words) (\(fix.commit))"
  }
}
