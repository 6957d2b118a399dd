internal import Machine
internal import PCI
internal import VTdFormats
internal import VTdUnit

/// The `edu` devices that send a scenario's DMAs, one for each device that does.
struct EduFleet {
  /// Why a DMA cannot be sent.
  struct Refusal: Error {
    let what: String
  }

  /// The places on bus 0, in the order in which they were met.
  private var places: [SourceID] = []

  private static let firstBAR: UInt64 = 0xe000_0000
  private static let barSize: UInt64 = 1 << 20
  private static let bufferAddress: UInt64 = 0x40000
  private static let pageSize: UInt64 = 4096
  /// The duration of a transfer by an `edu` device: 100 ms, in nanoseconds.
  private static let transferTime = 100_000_000
  /// The functions that every Q35 machine has.
  private static let taken: Set<UInt16> = [0x00, 0xf8, 0xfa, 0xfb]
  /// The I/O APIC's source-id.
  private static let ioapic = SourceID(rawValue: 0xff00)
  /// The input that the I/O APIC's interrupts come from.
  private static let line = 16

  var arguments: [String] {
    places.flatMap { place in
      let slot = hex(UInt64(place.device), digits: 2)
      return ["-device", "edu,addr=\(slot).\(place.function),dma_mask=0xffffffffffffffff"]
    }
  }

  /// What brings the devices up: their registers get addresses, and they may send.
  var opening: [String] {
    places.indices.flatMap { index in
      configure(index, 0x10, Self.firstBAR + UInt64(index) * Self.barSize)
        + configure(index, 0x04, 0x6)
    }
  }

  private func configure(_ index: Int, _ offset: UInt64, _ value: UInt64) -> [String] {
    let selector = 0x8000_0000 | UInt64(places[index].rawValue) << 8 | offset
    return ["outl 0xcf8 0x\(hex(selector))", "outl 0xcfc 0x\(hex(value))"]
  }

  /// The requests that send a DMA.
  mutating func requests(for dma: Machine.DMA) throws(Refusal) -> [String] {
    try check(dma)
    let isInterrupt = dma.access == .write && dma.address.rawValue.isInterruptAddress
    let isMessage = isInterrupt && dma.length == 4 && dma.address.rawValue & 3 == 0
    // The buffer of the `edu` device holds zeros, so it can only send messages with data 0.
    if isInterrupt && !isMessage && dma.attributes.data != 0 {
      throw Refusal(what: "a write of \(dma.length) bytes to the interrupt range")
    }
    if dma.device.sourceID == Self.ioapic {
      guard isMessage else { throw Refusal(what: "a DMA of the I/O APIC that is not an interrupt") }
      return try wire(dma)
    }
    guard dma.device.segment == 0, dma.device.sourceID.bus == 0,
      !Self.taken.contains(dma.device.sourceID.rawValue)
    else {
      throw Refusal(what: "a DMA of \(dma.device), where a Q35 machine has no room for a device")
    }
    return isMessage ? try message(dma) : transfers(dma)
  }

  private func check(_ dma: Machine.DMA) throws(Refusal) {
    let attributes = dma.attributes
    if dma.pasid != nil { throw Refusal(what: "a DMA with a PASID") }
    if dma.claimedID != nil { throw Refusal(what: "a DMA with another function's id") }
    if dma.access == .atomic { throw Refusal(what: "an AtomicOp") }
    if dma.length == 0 { throw Refusal(what: "a DMA of no bytes") }
    if attributes.addressType != .untranslated { throw Refusal(what: "an ATS request") }
  }

  /// Where the registers of the device in this place are.
  private mutating func registers(of place: SourceID) -> (index: Int, base: UInt64) {
    let index =
      places.firstIndex(of: place)
      ?? {
        places.append(place)
        return places.count - 1
      }()
    return (index, Self.firstBAR + UInt64(index) * Self.barSize)
  }

  private mutating func transfers(_ dma: Machine.DMA) -> [String] {
    let base = registers(of: dma.device.sourceID).base
    var requests: [String] = []
    var done: UInt64 = 0
    while done < dma.length {
      let address = dma.address.rawValue &+ done
      // The device's buffer has one page. A longer transfer is cut at page boundaries, where the
      // requests of a DMA are cut anyway.
      let count =
        dma.length <= Self.pageSize
        ? dma.length : min(dma.length - done, Self.pageSize - address % Self.pageSize)
      let isWrite = dma.access == .write
      let values: [(UInt64, UInt64)] = [
        (0x80, isWrite ? Self.bufferAddress : address),
        (0x88, isWrite ? address : Self.bufferAddress), (0x90, count), (0x98, isWrite ? 3 : 1),
      ]
      requests += values.map { "writeq 0x\(hex(base + $0.0)) 0x\(hex($0.1))" }
      requests.append("clock_step \(Self.transferTime)")
      done += count
    }
    return requests
  }

  /// A message of the device: its MSI capability gets address and data, and it raises an interrupt.
  private mutating func message(_ dma: Machine.DMA) throws(Refusal) -> [String] {
    guard dma.attributes.data <= 0xffff else {
      throw Refusal(what: "a message with more than 16 bits of data")
    }
    let (index, base) = registers(of: dma.device.sourceID)
    return configure(index, 0x44, dma.address.rawValue) + configure(index, 0x48, 0)
      + configure(index, 0x4c, UInt64(dma.attributes.data)) + configure(index, 0x40, 0x1_0000)
      + ["writel 0x\(hex(base + 0x60)) 0x1", "writel 0x\(hex(base + 0x64)) 0x1"]
      + configure(index, 0x40, 0)
  }

  /// An interrupt of the I/O APIC: an entry that becomes this message, and its line raised.
  private func wire(_ dma: Machine.DMA) throws(Refusal) -> [String] {
    let address = dma.address.rawValue
    let data = UInt64(dma.attributes.data)
    guard address & 0x8 == 0 else {
      throw Refusal(what: "a message of the I/O APIC with a subhandle or redirection hint")
    }
    let low = data & 0x7ff | (address >> 2 & 1) << 11
    let high =
      address & 0x10 != 0
      ? (address >> 5 & 0x7fff) << 17 | 1 << 16 : (address >> 12 & 0xff) << 24
    let index = 0x10 + 2 * UInt64(Self.line)
    return [(index + 1, high), (index, low)].flatMap { register, value in
      ["writel 0xfec00000 0x\(hex(register))", "writel 0xfec00010 0x\(hex(value))"]
    } + [1, 0].map { "set_irq_in ioapic unnamed-gpio-in \(Self.line) \($0)" }
  }
}
