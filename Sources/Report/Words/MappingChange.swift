internal import Recording

/// Whether a change of a table's word begins or ends a mapping. Only the word's two lowest bits are
/// looked at: P in a first-stage entry, R and W in a second-stage entry.
enum MappingChange {
  case begins, ends

  init?(_ fact: MemoryFact) {
    if fact.old & 3 != 0, fact.new & 3 == 0 {
      self = .ends
    } else if fact.old & 3 == 0, fact.new & 3 != 0 {
      self = .begins
    } else {
      return nil
    }
  }
}
