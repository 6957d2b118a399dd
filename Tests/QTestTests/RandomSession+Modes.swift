// Sessions in scalable mode, and sessions with messages.
extension RandomSession {
  /// Root, context, PASID directory, PASID entry, and pages for the second stage behind them.
  mutating func scalableTables() -> [SessionStep] {
    let root = page()
    let context = page()
    let directory = page()
    let pasids = page()
    // Its own page, so that the entry is not a table as well: the walk would not end in a fault.
    let top = page()
    // No first stage and no nesting: QEMU 7.2 takes them for a second stage.
    let type: UInt64 = pick([2, 2, 2, 2, 4, 0], 2)
    let width: UInt64 = chance(80) ? 2 : UInt64.random(in: 0...3, using: &generator)
    var steps: [SessionStep] = [
      .request("memset \(Self.pages[0]) 32768 0"), write(root, context | (chance(95) ? 1 : 0)),
      write(context + Self.eduSlot * 32, directory | (chance(95) ? 1 : 0)),
      write(context + Self.eduSlot * 32 + 8, chance(90) ? 0 : 1),
      write(directory, pasids | (chance(95) ? 1 : 0)),
      write(pasids, top | type << 6 | width << 2 | (chance(95) ? 1 : 0)),
      write(pasids + 8, UInt64.random(in: 0...3, using: &generator)),
    ]
    for page in Self.pages where ![root, context, directory, pasids].contains(page) {
      for _ in 0..<2 {
        steps.append(write(page + 8 * UInt64.random(in: 0..<3, using: &generator), entry()))
      }
    }
    return steps + latch(root)
  }

  private static let table: UInt64 = 0x30_0000

  /// An interrupt remapping table of 16 entries, latched and switched on.
  mutating func interruptTable() -> [SessionStep] {
    var steps: [SessionStep] = [.request("memset \(Self.table) 4096 0")]
    for index in 0..<UInt64(16) where chance(80) { steps += interruptEntry(index) }
    let extended: UInt64 = chance(20) ? 1 << 11 : 0
    steps += [
      register("writeq", 0xb8, Self.table | extended | UInt64.random(in: 0...3, using: &generator)),
      register("writel", 0x18, 1 << 31 | 1 << 24),
      register("writel", 0x18, 1 << 31 | 1 << 25), .request("readl \(Self.unit + 0x1c)"),
      .request("readq \(Self.unit + 0xb8)"),
    ]
    return steps
  }

  private mutating func interruptEntry(_ index: UInt64) -> [SessionStep] {
    var low = UInt64.random(in: 0x30...0xfe, using: &generator) << 16 | (chance(85) ? 1 : 0)
    if chance(10) { low |= 2 }
    // Not the delivery mode, in bits 7:5: see the fault event's data.
    if chance(10) { low |= 1 << UInt64.random(in: 8..<64, using: &generator) }
    let source: UInt64 = pick([8, 8, 9, 0x10], 8)
    var high = source | pick([0, 1 << 18, 1 << 18, 2 << 18, 1 << 18 | 1 << 16] as [UInt64], 0)
    if chance(8) { high |= 1 << UInt64.random(in: 16..<64, using: &generator) }
    return [write(Self.table + index * 16, low), write(Self.table + index * 16 + 8, high)]
  }

  /// The device's MSI capability gets an address and data, and the device raises an interrupt.
  mutating func message() -> [SessionStep] {
    if chance(10) { return interruptEntry(UInt64.random(in: 0..<16, using: &generator)) }
    let index = UInt64.random(in: 0..<18, using: &generator)
    var address: UInt64 = 0xfee0_0000 | index << 5
    if chance(85) { address |= 1 << 4 }
    if chance(30) { address |= 1 << 3 }
    if chance(5) { address |= 1 << 2 }
    let data: UInt64 = chance(80) ? 0 : UInt64.random(in: 0..<4, using: &generator)
    func configure(_ offset: UInt64, _ value: UInt64) -> [SessionStep] {
      [
        .request("outl 0xcf8 \(0x8000_0000 | Self.eduSlot << 8 | offset)"),
        .request("outl 0xcfc \(value)"),
      ]
    }
    // QEMU 7.2 records no fault of an interrupt: whatever there is goes away before and after.
    let acknowledge = [register("writel", 0x22c, 1 << 31), register("writel", 0x34, 1)]
    return acknowledge + configure(0x44, address) + configure(0x4c, data)
      + configure(0x40, 0x1_0000) + [
        .request("writel \(Self.edu + 0x60) 1"), .request("writel \(Self.edu + 0x64) 1"),
      ] + acknowledge + [.request("readl \(Self.unit + 0x34)")]
  }
}
