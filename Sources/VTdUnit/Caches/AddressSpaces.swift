import VTdFormats

/// Gives each set of translations that is invalidated together a number of its own: an address
/// space, part of every IOTLB tag.
///
/// What the specification tags with domain-id and PASID (6.2) is tagged with this number instead.
/// To drop a domain or a PASID its number is forgotten, and entries that bear it are never found
/// again: no table is searched. Numbers have 18 bits and are never reused before everything is
/// dropped.
struct AddressSpaces {
  /// What shares translations: second-stage ones a domain, the others a PASID of a domain at one
  /// privilege.
  enum Kind: UInt64 {
    case secondStage = 0
    case firstStage = 1
    case nested = 2
    /// Pages that are kept as they are, so that they are found like all others.
    case passThrough = 3
  }

  private static let limit: UInt32 = 1 << 18
  private var last: UInt32 = 0
  /// By domain-id; 0 for none.
  private var secondStage = [UInt32](repeating: 0, count: 1 << 16)
  /// All others by ``key(_:_:_:supervisor:)``.
  private var processes: [UInt64: UInt32] = [:]
  /// The keys of a domain's spaces among them.
  private var keysOfDomain: [UInt16: [UInt64]] = [:]
  /// Whether there is a first-stage or nested space: page invalidations ask often, and mostly in
  /// vain.
  private var hasProcesses = false

  /// A space as caches have it: nine bits of its number in 8:0 for the tag, nine in 20:12 for the
  /// data.
  ///
  /// Numbers are scattered by an odd multiplier, so that neighbours do not share sets.
  private static func tag(_ number: UInt32) -> UInt64 {
    let scattered = UInt64((number &* 0x9e375) & (limit - 1))
    return scattered & 0x1ff | (scattered >> 9) << 12
  }

  private static func key(
    _ domain: UInt16, _ pasid: UInt32, _ kind: Kind, supervisor: Bool
  ) -> UInt64 {
    UInt64(domain) | UInt64(pasid) << 16 | kind.rawValue << 36 | (supervisor ? 1 << 40 : 0)
  }

  /// The tag part for a context; nil where the numbers are used up and everything must be dropped
  /// first.
  mutating func space(for context: RequestContext, supervisor: Bool) -> UInt64? {
    if context.flags.isDisjoint(with: [.firstStage, .passThrough]) {
      let domain = Int(context.domain)
      if secondStage[domain] == 0 {
        guard let number = next() else { return nil }
        secondStage[domain] = number
      }
      return Self.tag(secondStage[domain])
    }
    let kind: Kind =
      context.flags.contains(.passThrough)
      ? .passThrough : context.isNested ? .nested : .firstStage
    let key = Self.key(context.domain, context.pasid, kind, supervisor: supervisor)
    if let number = processes[key] { return Self.tag(number) }
    guard let number = next() else { return nil }
    processes[key] = number
    keysOfDomain[context.domain, default: []].append(key)
    if kind != .passThrough { hasProcesses = true }
    return Self.tag(number)
  }

  private mutating func next() -> UInt32? {
    if last == Self.limit - 1 { return nil }
    last += 1
    return last
  }

  /// Forgets every space but not the numbers that were used.
  mutating func removeAll() {
    for domain in secondStage.indices where secondStage[domain] != 0 { secondStage[domain] = 0 }
    processes.removeAll()
    keysOfDomain.removeAll()
    hasProcesses = false
  }

  /// Starts numbering again; the caches must be empty.
  mutating func restart() {
    removeAll()
    last = 0
  }

  /// Forgets a domain's spaces of every kind.
  mutating func remove(domain: UInt16) {
    secondStage[Int(domain)] = 0
    for key in keysOfDomain.removeValue(forKey: domain) ?? [] { processes[key] = nil }
  }

  /// The tag part of a domain's second-stage space, or 0.
  func secondStageSpace(domain: UInt16) -> UInt64 {
    let number = secondStage[Int(domain)]
    return number == 0 ? 0 : Self.tag(number)
  }

  /// Forgets a domain's second-stage space.
  mutating func removeSecondStage(domain: UInt16) { secondStage[Int(domain)] = 0 }

  /// Forgets a domain's first-stage and nested spaces; false if there were none.
  ///
  /// Their entries are tagged with first-stage addresses, so a second-stage page cannot be found
  /// among them.
  mutating func removeProcesses(domain: UInt16) -> Bool {
    if !hasProcesses { return false }
    return remove(domain: domain) { $0 >> 36 & 3 != Kind.passThrough.rawValue }
  }

  /// Forgets every domain's pass-through space.
  mutating func removePassThrough() {
    for domain in keysOfDomain.keys {
      _ = remove(domain: domain) { $0 >> 36 & 3 == Kind.passThrough.rawValue }
    }
  }

  /// Forgets the first-stage and nested spaces of one PASID; false if there were none.
  mutating func remove(domain: UInt16, pasid: UInt32) -> Bool {
    remove(domain: domain) { $0 >> 16 & 0xf_ffff == UInt64(pasid) }
  }

  private mutating func remove(domain: UInt16, where matches: (UInt64) -> Bool) -> Bool {
    guard let keys = keysOfDomain[domain] else { return false }
    let gone = keys.filter(matches)
    if gone.isEmpty { return false }
    for key in gone { processes[key] = nil }
    let rest = keys.filter { !matches($0) }
    keysOfDomain[domain] = rest.isEmpty ? nil : rest
    return true
  }

  /// The tag parts of one PASID's first-stage and nested spaces.
  func spaces(domain: UInt16, pasid: UInt32) -> [UInt64] {
    [Kind.firstStage, .nested].flatMap { kind in
      [false, true].compactMap { supervisor in
        processes[Self.key(domain, pasid, kind, supervisor: supervisor)].map(Self.tag)
      }
    }
  }
}
