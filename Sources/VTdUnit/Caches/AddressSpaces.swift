import VTdFormats

/// Gives each set of translations that is invalidated together a number of its own: an address
/// space, part of every IOTLB tag.
///
/// What the specification tags with domain-id and PASID (6.2) is tagged with this number instead.
/// To drop a domain or a PASID its number is forgotten, and entries that bear it are never found
/// again: no table is searched. Numbers have 18 bits and are never reused before everything is
/// dropped.
struct AddressSpaces {
  private static let limit: UInt32 = 1 << 18
  private var last: UInt32 = 0
  /// What shares the translations of a second stage is the domain: by domain-id, as far as domains have
  /// had one; 0 for none. Software counts its domains from small numbers on, and all that there may be
  /// would be a quarter of a megabyte.
  private var secondStage: [UInt32] = []
  /// The domains that have one.
  private var domains: [UInt16] = []
  /// The others share those of a PASID of a domain, at one privilege. Pages of pass-through are
  /// kept as they are, so that they are found like all others.
  private var processes = ProcessSpaces()
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

  /// The tag part for a context; nil where the numbers are used up and everything must be dropped
  /// first.
  mutating func space(for context: RequestContext, supervisor: Bool) -> UInt64? {
    if context.flags.isDisjoint(with: [.firstStage, .passThrough]) {
      let found = secondStageNumber(context.domain)
      if found != 0 { return Self.tag(found) }
      guard let number = next() else { return nil }
      note(number, ofSecondStage: context.domain)
      return Self.tag(number)
    }
    let place = Self.number(context, supervisor: supervisor)
    let found = processes[context.domain, context.pasid][place]
    if found != 0 { return Self.tag(found) }
    guard let number = next() else { return nil }
    processes[context.domain, context.pasid][place] = number
    if !context.flags.contains(.passThrough) { hasProcesses = true }
    return Self.tag(number)
  }

  /// The tag part for a context, if it has one already; 0 if not.
  func known(for context: RequestContext, supervisor: Bool) -> UInt64 {
    if context.flags.isDisjoint(with: [.firstStage, .passThrough]) {
      return secondStageSpace(domain: context.domain)
    }
    let number = processes[context.domain, context.pasid][
      Self.number(context, supervisor: supervisor)]
    return number == 0 ? 0 : Self.tag(number)
  }

  /// Hands out the tag part of every space that is in use, with what it belongs to: the domain, the
  /// PASID unless it is a second stage's, and whether it is one of pass-through.
  func forEachSpace(_ body: (UInt64, _ domain: UInt16, _ pasid: UInt32?, _ passes: Bool) -> Void) {
    for domain in Set(domains) where secondStageNumber(domain) != 0 {
      body(Self.tag(secondStageNumber(domain)), domain, nil, false)
    }
    var copy = processes
    copy.forEach { slot in
      let mapped = [slot.firstStage, slot.firstStageSupervisor, slot.nested, slot.nestedSupervisor]
      for number in mapped where number != 0 {
        body(Self.tag(number), slot.domain, slot.pasid, false)
      }
      if slot.passThrough != 0 { body(Self.tag(slot.passThrough), slot.domain, slot.pasid, true) }
    }
  }

  private static func number(
    _ context: RequestContext, supervisor: Bool
  ) -> ProcessSpaces.Kind {
    if context.flags.contains(.passThrough) { return .passThrough }
    if context.isNested { return supervisor ? .nestedSupervisor : .nested }
    return supervisor ? .firstStageSupervisor : .firstStage
  }

  @inline(__always)
  private func secondStageNumber(_ domain: UInt16) -> UInt32 {
    Int(domain) < secondStage.count ? secondStage[Int(domain)] : 0
  }

  private mutating func note(_ number: UInt32, ofSecondStage domain: UInt16) {
    let missing = Int(domain) + 1 - secondStage.count
    if missing > 0 {
      // Twice as many at least, so that domains that come one by one cost no more than their number.
      secondStage += repeatElement(0, count: max(missing, min(secondStage.count, 1 << 15)))
    }
    secondStage[Int(domain)] = number
    domains.append(domain)
  }

  private mutating func next() -> UInt32? {
    if last == Self.limit - 1 { return nil }
    last += 1
    return last
  }

  /// Forgets every space but not the numbers that were used.
  mutating func removeAll() {
    for domain in domains { secondStage[Int(domain)] = 0 }
    domains.removeAll()
    processes.removeAll()
    hasProcesses = false
  }

  /// Starts numbering again; the caches must be empty.
  mutating func restart() {
    removeAll()
    last = 0
  }

  /// Forgets a domain's spaces of every kind.
  mutating func remove(domain: UInt16) {
    removeSecondStage(domain: domain)
    processes.forEach { if $0.domain == domain { $0.clear() } }
  }

  /// The tag part of a domain's second-stage space, or 0.
  func secondStageSpace(domain: UInt16) -> UInt64 {
    let number = secondStageNumber(domain)
    return number == 0 ? 0 : Self.tag(number)
  }

  /// Forgets a domain's second-stage space.
  mutating func removeSecondStage(domain: UInt16) {
    if Int(domain) < secondStage.count { secondStage[Int(domain)] = 0 }
  }

  /// Forgets a domain's first-stage and nested spaces; false if there were none.
  ///
  /// Their entries are tagged with first-stage addresses, so a second-stage page cannot be found
  /// among them.
  @inline(__always)
  mutating func removeProcesses(domain: UInt16) -> Bool {
    hasProcesses && removeAllProcesses(domain)
  }

  private mutating func removeAllProcesses(_ domain: UInt16) -> Bool {
    var removed = false
    var others = false
    processes.forEach { slot in
      if slot.hasOnlyPassThrough { return }
      if slot.domain != domain {
        others = true
        return
      }
      slot.clear(keepsPassThrough: true)
      removed = true
    }
    hasProcesses = others
    return removed
  }

  /// Forgets every domain's pass-through space.
  mutating func removePassThrough() { processes.forEach { $0.passThrough = 0 } }

  /// Forgets the spaces of one PASID; false if there were none.
  mutating func remove(domain: UInt16, pasid: UInt32) -> Bool {
    if processes[domain, pasid].isEmpty { return false }
    processes[domain, pasid].clear()
    return true
  }

  /// Hands out the tag parts of one PASID's spaces.
  @inline(__always)
  func forEach(domain: UInt16, pasid: UInt32, _ body: (UInt64) -> Void) {
    let slot = processes[domain, pasid]
    if slot.firstStage != 0 { body(Self.tag(slot.firstStage)) }
    if slot.firstStageSupervisor != 0 { body(Self.tag(slot.firstStageSupervisor)) }
    if slot.nested != 0 { body(Self.tag(slot.nested)) }
    if slot.nestedSupervisor != 0 { body(Self.tag(slot.nestedSupervisor)) }
  }
}
