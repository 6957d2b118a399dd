/// Memory of a growing table that keeps its elements at fixed indices.
///
/// Elements are trivial structs. Reads and writes are unchecked: indices come from the validator's
/// own links, or were compared with `count` where they entered.
struct FlatTable<Element> {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int = 16) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  @inline(__always)
  subscript(index: UInt32) -> UnsafeMutablePointer<Element> { base + Int(index) }

  @inline(__always)
  func contains(_ index: UInt32) -> Bool { Int(index) < count }

  mutating func append(_ element: Element) {
    if count == capacity {
      let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: base, count: count)
      base.deallocate()
      base = larger
      capacity *= 2
    }
    (base + count).initialize(to: element)
    count += 1
  }

  mutating func removeAll() {
    count = 0
  }

  func deallocate() {
    base.deallocate()
  }
}

/// A set of 64-bit keys with a 32-bit value each: open addressing, at most half full.
///
/// The chain cache and the index of edges. A hit is one multiplication and, nearly always, one
/// cache line. Key 0 marks an empty slot and is stored as 1.
struct KeyTable {
  struct Slot {
    var key: UInt64
    var value: UInt32
  }

  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  private(set) var count = 0

  /// `capacity` is a power of two.
  init(capacity: Int = 64) {
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: Slot(key: 0, value: 0), count: capacity)
    mask = capacity - 1
  }

  @inline(__always)
  private func home(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0xd6e8_feb8_6659_fd93) &>> 32) & mask
  }

  @inline(__always)
  func find(_ key: UInt64) -> UInt32? {
    let wanted = key == 0 ? 1 : key
    var index = home(wanted)
    while true {
      let slot = slots[index]
      if slot.key == wanted { return slot.value }
      if slot.key == 0 { return nil }
      index = (index &+ 1) & mask
    }
  }

  @inline(__always)
  func contains(_ key: UInt64) -> Bool { find(key) != nil }

  /// Adds a key that is not in the table.
  mutating func insert(_ key: UInt64, _ value: UInt32) {
    if count * 2 > mask { grow() }
    place(key == 0 ? 1 : key, value)
    count += 1
  }

  private func place(_ key: UInt64, _ value: UInt32) {
    var index = home(key)
    while slots[index].key != 0 { index = (index &+ 1) & mask }
    slots[index] = Slot(key: key, value: value)
  }

  private mutating func grow() {
    let old = slots
    let oldCapacity = mask + 1
    slots = .allocate(capacity: oldCapacity * 2)
    slots.initialize(repeating: Slot(key: 0, value: 0), count: oldCapacity * 2)
    mask = oldCapacity * 2 - 1
    for index in 0..<oldCapacity where old[index].key != 0 {
      place(old[index].key, old[index].value)
    }
    old.deallocate()
  }

  mutating func removeAll() {
    slots.update(repeating: Slot(key: 0, value: 0), count: mask + 1)
    count = 0
  }

  func deallocate() {
    slots.deallocate()
  }
}
