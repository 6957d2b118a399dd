extension Terms {
  /// The terms by topic, in the order in which the course introduces them.
  public static let topics: [Topic] = [
    Topic(title: "Devices and buses", terms: buses),
    Topic(title: "Translation", terms: translation),
    Topic(title: "Faults", terms: faults),
    Topic(title: "Caches and invalidation", terms: caches),
    Topic(title: "Interrupts", terms: interrupts),
    Topic(title: "Linux", terms: linux),
    Topic(title: "Locks", terms: locks),
    Topic(title: "This project", terms: project),
  ]

  /// Every term once, in the same order.
  public static var all: [Term] { topics.flatMap { $0.terms } }

  /// The term with that name or alias; upper and lower case, blanks and hyphens are the same.
  ///
  /// Returns `nil` where no term is called so; ``suggestions(for:limit:)`` then says what was meant.
  public static func term(_ name: String) -> Term? {
    let wanted = key(name)
    // Four letters of lockdep such as {?.+.} have no letter that counts: only the same text will do.
    if wanted.isEmpty { return all.first { $0.aliases.contains(name) } }
    return all.first { key($0.name) == wanted }
      ?? all.first { term in term.aliases.contains { key($0) == wanted } }
  }

  /// Terms whose name, alias or meaning contains the text, at most `limit`, names first.
  public static func suggestions(for text: String, limit: Int = 8) -> [Term] {
    let wanted = key(text)
    guard !wanted.isEmpty else { return [] }
    var found: [Term] = []
    for contains in [nameContains, meaningContains] {
      for term in all where found.count < limit && contains(term, wanted) && !found.contains(term) {
        found.append(term)
      }
    }
    return found
  }

  private static func nameContains(_ term: Term, _ wanted: [UInt8]) -> Bool {
    ([term.name] + term.aliases).contains { contains(key($0), wanted) }
  }

  private static func meaningContains(_ term: Term, _ wanted: [UInt8]) -> Bool {
    contains(key(term.meaning), wanted)
  }

  /// Letters and digits in lower case: "fault-record" and "Fault Record" are one name.
  private static func key(_ name: String) -> [UInt8] {
    name.utf8.compactMap { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
      case 0x80...: byte
      default: nil
      }
    }
  }

  private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
    guard text.count >= part.count else { return false }
    return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}
