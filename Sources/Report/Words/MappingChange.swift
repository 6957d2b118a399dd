internal import Recording
internal import VTdFormats

/// Whether a change of a table's word begins or ends a mapping. The word is read as a second-stage
/// entry, whose R and W lie where a first-stage entry has P and R/W.
enum MappingChange {
  case begins, ends

  init?(_ fact: MemoryFact) {
    let wasPresent = SecondStageEntry(rawValue: fact.old).isPresent
    let isPresent = SecondStageEntry(rawValue: fact.new).isPresent
    if wasPresent == isPresent { return nil }
    self = isPresent ? .begins : .ends
  }
}
