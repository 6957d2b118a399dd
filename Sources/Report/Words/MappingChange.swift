internal import Recording

/// Whether a change of a word makes or ends a mapping, as far as the word alone can say: by the two
/// lowest bits, which are P, or R and W.
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
