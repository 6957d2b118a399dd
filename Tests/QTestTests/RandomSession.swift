import TestSupport

/// One step of a session that two machines are to answer alike.
enum SessionStep: Hashable {
  case request(String)
  /// A DMA of the edu device, started and waited for.
  case transfer(source: UInt64, destination: UInt64, count: UInt64, toMemory: Bool)
}

/// What a session is about.
enum SessionKind: String, CaseIterable, Sendable {
  /// Tables of the first kind, registers, the queue.
  case legacy
  /// Scalable-mode tables down to a second stage.
  case scalable
  /// The device's messages, through the interrupt remapping table.
  case interrupts
}

/// Random sessions around what a driver does: tables in memory, registers of the unit, DMA of edu.
///
/// Values are drawn so that most of them mean something: entries that point to other tables, with a
/// bit or two flipped; single commands; addresses that are mapped, nearly mapped, or far away.
struct RandomSession {
  var generator: SplitMix
  private let kind: SessionKind

  static let unit: UInt64 = 0xfed9_0000
  static let edu: UInt64 = 0xe000_0000
  /// Pages for tables and data: the walk meets them again and again.
  static let pages: [UInt64] = (0..<8).map { 0x10_0000 + $0 << 12 }
  static let eduSlot: UInt64 = 0x08

  init(seed: UInt64, kind: SessionKind = .legacy) {
    generator = SplitMix(state: seed)
    self.kind = kind
  }

  /// What brings the device up; to be sent once.
  static let opening: [SessionStep] = [
    "endianness", "outl 0xcf8 0x80000810", "outl 0xcfc \(edu)", "outl 0xcf8 0x80000804",
    "outl 0xcfc 7",
  ].map(SessionStep.request)

  mutating func steps(_ count: Int) -> [SessionStep] {
    var steps = tables()
    if kind == .interrupts { steps += interruptTable() }
    while steps.count < count {
      if kind == .interrupts && chance(40) {
        steps += message()
      } else {
        steps += next()
      }
    }
    return steps + Self.registerReads
  }

  /// Every register that there is, both ways.
  private static let registerReads: [SessionStep] =
    stride(from: UInt64(0), to: 0x230, by: 4).map { .request("readl \(unit + $0)") }
    + stride(from: UInt64(0), to: 0x230, by: 8).map { .request("readq \(unit + $0)") }
    + pages.map { .request("read \($0) 4096") }

  mutating func pick<Element>(_ elements: [Element], _ fallback: Element) -> Element {
    elements.randomElement(using: &generator) ?? fallback
  }

  mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &generator) < percent
  }

  mutating func page() -> UInt64 { pick(Self.pages, 0x10_0000) }

  /// Tables that translate: 3 or 4 levels from a root.
  private mutating func tables() -> [SessionStep] {
    if kind == .scalable { return scalableTables() }
    let root: UInt64 = page()
    let context = page()
    let top = page()
    let width: UInt64 = chance(50) ? 1 : 2
    var steps: [SessionStep] = [
      .request("memset \(Self.pages[0]) 32768 0"), write(root, context | 1),
      write(context + Self.eduSlot * 16, top | (chance(10) ? 9 : 1)),
      write(
        context + Self.eduSlot * 16 + 8, UInt64.random(in: 0...3, using: &generator) << 8 | width),
    ]
    for page in Self.pages where page != root && page != context {
      for _ in 0..<2 {
        steps.append(write(page + 8 * UInt64.random(in: 0..<3, using: &generator), entry()))
      }
    }
    steps += latch(root)
    return steps
  }

  mutating func latch(_ root: UInt64) -> [SessionStep] {
    let mode: UInt64 = kind == .scalable && !chance(5) ? 1 << 10 : 0
    return [
      register("writeq", 0x20, root | mode), register("writel", 0x18, 1 << 30),
      register("writel", 0x18, 1 << 31),
    ]
  }

  func write(_ address: UInt64, _ value: UInt64) -> SessionStep {
    .request("writeq \(address) \(value)")
  }

  func register(_ command: String, _ offset: UInt64, _ value: UInt64) -> SessionStep {
    .request("\(command) \(Self.unit + offset) \(value)")
  }

  /// A second-stage entry.
  mutating func entry() -> UInt64 {
    var value = page()
    if chance(10) { value = pick([0, 0x20_0000, 0x4000_0000, 0xb000_0000], 0) }
    value |= pick([3, 3, 3, 3, 1, 2, 0] as [UInt64], 3)
    if chance(15) { value |= 1 << 7 }
    if chance(8) { value |= 1 << UInt64.random(in: 8..<64, using: &generator) }
    return value
  }

  private mutating func address() -> UInt64 {
    let low = UInt64.random(in: 0..<4, using: &generator) << 12
    let offset = chance(50) ? 0 : UInt64.random(in: 0..<0x1000, using: &generator)
    let high: UInt64 = pick([0, 0, 0, 1 << 21, 1 << 30, 1 << 39, 1 << 40, 1 << 48, 3 << 30], 0)
    return high + low + offset
  }

  private mutating func next() -> [SessionStep] {
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<12: return queue() + transfer()
    case 12..<15: return transfer()
    case 15..<30: return invalidation() + transfer()
    case 30..<50:
      let place = page() + 8 * UInt64.random(in: 0..<4, using: &generator)
      return [write(place, chance(60) ? entry() : UInt64.random(in: 0...(.max), using: &generator))]
    case 50..<60:
      // Acknowledge, as a handler does.
      return [
        register("writel", 0x22c, 1 << 31), register("writel", 0x34, pick([1, 0x11, 0], 1)),
        .request("readl \(Self.unit + 0x34)"),
      ]
    case 60..<66: return [register("writel", 0x38, chance(50) ? 1 << 31 : 0)]
    case 66..<70:
      // QEMU hands the message to its processor whatever the address. A delivery mode other than
      // fixed (NMI, SMI) would wake it: it would execute what it finds, and virtual time would pass
      // at the host's pace.
      let fixed: UInt64 = 0xffff_ffff & ~0x700
      let value = anything()
      let offset: UInt64 = pick([0x3c, 0x40, 0x44], 0x3c)
      return [register("writel", offset, value & (offset == 0x3c ? fixed : 0xffff_ffff))]
    case 70..<74: return latch(page())
    case 74..<78:
      return [
        register("writel", 0x18, pick([0, 1 << 31, 1 << 29, 1 << 27, 1 << 23] as [UInt64], 0))
      ]
    case 78..<82: return tables()
    case 82..<85:
      return [
        register("writel", pick([0x00, 0x08, 0x1c, 0x64, 0x230], 0), anything() & 0xffff_ffff)
      ]
    default:
      let offset = UInt64.random(in: 0..<0x230 / 4, using: &generator) * 4
      return [
        .request("\(pick(["readl", "readq", "readw", "readb"], "readl")) \(Self.unit + offset)")
      ]
    }
  }

  /// Descriptors through the queue, which is switched on for them and off after them.
  private mutating func queue() -> [SessionStep] {
    let base: UInt64 = 0x20_0000
    var steps = [
      register("writeq", 0x88, 0), register("writeq", 0x90, base),
      register("writel", 0x18, 1 << 31 | 1 << 26),
    ]
    let count = UInt64.random(in: 1...4, using: &generator)
    for slot in 0..<count {
      let (low, high) = descriptor()
      steps += [write(base + slot * 16, low), write(base + slot * 16 + 8, high)]
    }
    // The last one writes a status, so that the queue may be switched off again.
    steps += [
      write(base + count * 16, 0x1234_5678_0000_0025), write(base + count * 16 + 8, 0x20_1000),
      register("writeq", 0x88, (count + 1) * 16),
    ]
    steps += ([0x80, 0x34, 0x38, 0x9c, 0xa0] as [UInt64]).map {
      .request("readl \(Self.unit + $0)")
    }
    steps += [
      .request("readl 0x201000"), .request("writel 0x201000 0"), register("writel", 0x9c, 1),
      register("writel", 0x34, 0x10), register("writel", 0x18, 1 << 31),
    ]
    steps += ([0x80, 0x88, 0x1c] as [UInt64]).map { .request("readl \(Self.unit + $0)") }
    return steps
  }

  /// A descriptor that a driver sends.
  private mutating func descriptor() -> (low: UInt64, high: UInt64) {
    if chance(10) { return invalidDescriptor() }
    let kinds: [(UInt64, UInt64)] = [
      (0x11, 0), (0x21, 0), (0x0008_0000_0031, 0), (0x12, 0), (0x22, 0), (0x32, page() | 1),
      (0x04, 0), (0x14, 0),
    ]
    // No wait with status and interrupt: it ends QEMU before 10.1.
    return pick(kinds, (0x11, 0))
  }

  /// A descriptor that stops the queue: its type, its granularity or a reserved bit.
  private mutating func invalidDescriptor() -> (low: UInt64, high: UInt64) {
    pick(
      [
        (0x00, 0), (0x0b, 0), (0x01, 0), (0x51, 0), (0x02, 0), (0x32, 19), (0x05, 0), (0x25, 1),
      ], (0, 0))
  }

  private mutating func anything() -> UInt64 { UInt64.random(in: 0...(.max), using: &generator) }

  /// Both caches, by register.
  private mutating func invalidation() -> [SessionStep] {
    [
      register("writeq", 0x28, 0xa000_0000_0000_0000), .request("readq \(Self.unit + 0x28)"),
      register("writeq", 0xf8, 0x9000_0000_0000_0000), .request("readq \(Self.unit + 0xf8)"),
    ]
  }

  /// A DMA to memory or from it, and what it left in the unit's registers.
  private mutating func transfer() -> [SessionStep] {
    // One byte less than the buffer has: QEMU before 8.0 ends the process for all of it.
    let count: UInt64 = pick([1, 4, 16, 64, 4095], 16)
    let toMemory = chance(60)
    let address = address()
    let step: SessionStep =
      toMemory
      ? .transfer(source: 0x40000, destination: address, count: count, toMemory: true)
      : .transfer(source: address, destination: 0x40000, count: count, toMemory: false)
    return [
      step, .request("readl \(Self.unit + 0x34)"), .request("readl \(Self.unit + 0x38)"),
      .request("readq \(Self.unit + 0x220)"), .request("readq \(Self.unit + 0x228)"),
    ]
  }
}
