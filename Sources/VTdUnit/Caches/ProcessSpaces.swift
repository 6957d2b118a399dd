/// The numbers of the address spaces that belong to a domain and a PASID: one
/// each, or 0.
///
/// A hash table of its own, open addressing, keys never taken out one by one: a page invalidation
/// asks it once, and a dictionary's hashing alone would cost as much as all the rest.
struct ProcessSpaces {
  /// The spaces that a PASID of a domain may have.
  enum Kind {
    case firstStage, firstStageSupervisor, nested, nestedSupervisor, passThrough
  }

  struct Slot {
    /// Domain-id in bits 15:0, PASID in 35:16, and ``used``; 0 in a slot that is free.
    fileprivate(set) var key: UInt64 = 0
    var firstStage: UInt32 = 0
    var firstStageSupervisor: UInt32 = 0
    var nested: UInt32 = 0
    var nestedSupervisor: UInt32 = 0
    var passThrough: UInt32 = 0

    subscript(kind: Kind) -> UInt32 {
      get {
        switch kind {
        case .firstStage: firstStage
        case .firstStageSupervisor: firstStageSupervisor
        case .nested: nested
        case .nestedSupervisor: nestedSupervisor
        case .passThrough: passThrough
        }
      }
      set {
        switch kind {
        case .firstStage: firstStage = newValue
        case .firstStageSupervisor: firstStageSupervisor = newValue
        case .nested: nested = newValue
        case .nestedSupervisor: nestedSupervisor = newValue
        case .passThrough: passThrough = newValue
        }
      }
    }

    var domain: UInt16 { UInt16(truncatingIfNeeded: key) }
    var pasid: UInt32 { UInt32(truncatingIfNeeded: key >> 16) & 0xf_ffff }
    var hasOnlyPassThrough: Bool {
      firstStage | firstStageSupervisor | nested | nestedSupervisor == 0
    }
    var isEmpty: Bool { hasOnlyPassThrough && passThrough == 0 }

    /// Forgets all numbers, or all but that of pass-through.
    mutating func clear(keepsPassThrough: Bool = false) {
      let old = self
      self = Slot()
      key = old.key
      if keepsPassThrough { passThrough = old.passThrough }
    }
  }

  private var slots = [Slot](repeating: Slot(), count: 16)
  private var usedCount = 0
  private static let used: UInt64 = 1 << 40

  private static func key(_ domain: UInt16, _ pasid: UInt32) -> UInt64 {
    UInt64(domain) | UInt64(pasid) << 16 | used
  }

  /// Where a key is, or where it would be.
  private func index(_ key: UInt64) -> Int {
    // The product's upper bits depend on all of the key.
    let hash = Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) &>> 32)
    var index = hash & (slots.count &- 1)
    while slots[index].key != key && slots[index].key != 0 {
      index = (index &+ 1) & (slots.count &- 1)
    }
    return index
  }

  /// The slot of a PASID in a domain; all zero if it has none.
  subscript(domain: UInt16, pasid: UInt32) -> Slot {
    get { slots[index(Self.key(domain, pasid))] }
    set {
      let key = Self.key(domain, pasid)
      if slots[index(key)].key == 0 {
        // At most half full, so that a search ends soon.
        if usedCount * 2 >= slots.count { grow() }
        usedCount += 1
      }
      let index = index(key)
      slots[index] = newValue
      slots[index].key = key
    }
  }

  private mutating func grow() {
    let old = slots.filter { !$0.isEmpty }
    slots = Array(repeating: Slot(), count: slots.count * 2)
    usedCount = old.count
    for slot in old { slots[index(slot.key)] = slot }
  }

  /// Changes every slot that is in use.
  mutating func forEach(_ body: (inout Slot) -> Void) {
    for index in slots.indices where slots[index].key != 0 { body(&slots[index]) }
  }

  /// Forgets everything.
  mutating func removeAll() {
    if usedCount != 0 { self = ProcessSpaces() }
  }
}
