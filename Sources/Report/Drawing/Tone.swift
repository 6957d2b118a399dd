internal import VTdUnit

/// The colour of a paging level, the same in every picture: the slice of the address, the head of
/// the table and the entry share it. Red marks where a walk stops and amber what is stale, nothing
/// else.
enum Tone: String, CaseIterable {
  case root, context, pasid, l5, l4, l3, l2, l1, page, interrupt

  init(_ structure: WalkStructure, level: Int) {
    switch structure {
    case .rootEntry, .scalableRootEntry: self = .root
    case .contextEntry, .scalableContextEntry: self = .context
    case .pasidDirectoryEntry, .pasidTableEntry: self = .pasid
    case .interruptEntry, .postedInterruptEntry, .postedInterruptDescriptor: self = .interrupt
    case .firstStageEntry, .secondStageEntry: self = Self.level(level)
    }
  }

  static func level(_ level: Int) -> Tone {
    switch level {
    case 5: .l5
    case 4: .l4
    case 3: .l3
    case 2: .l2
    case 1: .l1
    default: .page
    }
  }

  /// The CSS class that gives an element this colour.
  var style: String { "t-\(rawValue)" }
}
