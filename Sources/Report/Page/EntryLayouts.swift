internal import Recording
internal import VTdFormats
internal import VTdUnit

extension WalkStructure {
  /// The layout of its words.
  var layout: Layout? {
    switch self {
    case .rootEntry: Layouts.named("root")
    case .scalableRootEntry: Layouts.named("scalable-root")
    case .contextEntry: Layouts.named("context")
    case .scalableContextEntry: Layouts.named("scalable-context")
    case .pasidDirectoryEntry: Layouts.named("pasid-directory")
    case .pasidTableEntry: Layouts.named("pasid")
    case .firstStageEntry: Layouts.named("first-stage")
    case .secondStageEntry: Layouts.named("pte")
    case .interruptEntry: Layouts.named("irte")
    case .postedInterruptEntry: Layouts.named("posted-irte")
    case .postedInterruptDescriptor: Layouts.named("posted-descriptor")
    }
  }
}

extension BitRuler {
  /// The ruler of an entry that a walk read.
  ///
  /// - Parameter isLive: whether its bits can be flipped.
  init?(_ step: WalkFact, isLive: Bool = false) {
    guard let layout = step.structure.layout, !step.words.isEmpty else { return nil }
    self.init(
      name: layout.name, words: step.words, bitWidth: layout.bitWidth,
      fields: layout.decode(step.words))
    if isLive { liveAddress = step.address }
  }
}
