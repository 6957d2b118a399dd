import QTest
import Testing

/// What QEMU's own tests of the remapping unit do, step by step as they do it: libqos's scan of the
/// bus, tables by `writeq`, registers with status polled, iommu-testdev's DMA, the queue.
@Suite struct ClientFlowTests {
  enum Mode: String, CaseIterable {
    case legacyPassThrough, legacy, scalablePassThrough, scalableSecondStage, firstStage

    var isScalable: Bool { self != .legacy && self != .legacyPassThrough }
    var isPassThrough: Bool { self == .legacyPassThrough || self == .scalablePassThrough }

    /// The unit as the tests ask for it.
    var device: String {
      switch self {
      case .legacyPassThrough, .legacy: "intel-iommu"
      case .scalablePassThrough, .scalableSecondStage: "intel-iommu,scalable-mode=on"
      case .firstStage: "intel-iommu,scalable-mode=on,fsts=on"
      }
    }
  }

  private static let root: UInt64 = 0x1000_0000
  private static let context = root + 0x1000
  private static let tables = (0..<4).map { root + 0x1_0000 + UInt64($0) << 12 }
  private static let queue = root + 0x2_0000
  private static let directory = root + 0x3_0000
  private static let pasids = root + 0x3_1000
  private static let status = root + 0x4_0000
  private static let target = root + 0x10_0000
  private static let otherTarget = root + 0x20_0000
  private static let iova: UInt64 = 0x1020_0567
  private static let unit: UInt64 = 0xfed9_0000

  /// A client with its device found and enabled.
  private final class Client {
    let conversation: Conversation
    let mode: Mode
    let devfn: UInt64
    let base: UInt64 = 0xe000_0000
    private var tail: UInt64 = 0

    init(_ mode: Mode) throws {
      self.mode = mode
      let launch = try Launch([
        "-qtest", "none", "-machine", "q35", "-smp", "1", "-m", "512", "-net", "none", "-device",
        mode.device, "-device", "iommu-testdev", "-accel", "qtest",
      ])
      let conversation = try Conversation(launch.machine ?? Q35Configuration())
      self.conversation = conversation
      #expect(conversation.ask("endianness") == "OK little")
      // Every devfn by its vendor id; then both ids of what answers, at an offset that is not
      // aligned for the second.
      func word(_ devfn: UInt64, _ offset: UInt64) -> UInt64? {
        _ = conversation.ask("outl 0xcf8 \(0x8000_0000 | devfn << 8 | offset)")
        return conversation.number("inw 0xcfc")
      }
      let found = (0..<UInt64(256)).filter { devfn in
        word(devfn, 0) != 0xffff && word(devfn, 0) == 0x1b36 && word(devfn, 2) == 0x0005
      }
      devfn = try #require(found.first)
      #expect(found.count == 1)
      // qpci_device_enable.
      let command = try #require(word(devfn, 4)) | 7
      _ = conversation.ask("outl 0xcf8 \(0x8000_0000 | devfn << 8 | 4)")
      _ = conversation.ask("outw 0xcfc \(command)")
      #expect(word(devfn, 4) == command)
      // qpci_iomap.
      let bar = "outl 0xcf8 \(0x8000_0000 | devfn << 8 | 0x10)"
      _ = conversation.ask(bar)
      _ = conversation.ask("outl 0xcfc 0xffffffff")
      _ = conversation.ask(bar)
      #expect(conversation.number("inl 0xcfc") == 0xffff_f000)
      _ = conversation.ask(bar)
      _ = conversation.ask("outl 0xcfc \(base)")
    }

    func write(_ address: UInt64, _ value: UInt64) {
      #expect(conversation.ask("writeq 0x\(String(address, radix: 16)) \(value)") == "OK")
    }

    func command(_ value: UInt64, shows status: UInt64) {
      _ = conversation.ask("writel 0xfed90018 \(value)")
      #expect((conversation.number("readl 0xfed9001c") ?? 0) & status == status)
    }

    /// A register of the device, as libqos reaches a memory region.
    func device(_ offset: UInt64) -> UInt32? {
      let reply = conversation.ask("read 0x\(String(base + offset, radix: 16)) 0x4")
      return UInt32(reply.dropFirst(5), radix: 16)?.byteSwapped
    }

    func setDevice(_ offset: UInt64, _ value: UInt32) {
      let digits = String(UInt64(value.byteSwapped) | 1 << 32, radix: 16).dropFirst()
      let place = String(base + offset, radix: 16)
      #expect(conversation.ask("write 0x\(place) 0x4 0x\(digits)") == "OK")
    }

    func trigger(_ iova: UInt64, _ physical: UInt64) -> UInt32? {
      let values = [
        (0x04, iova & 0xffff_ffff), (0x08, iova >> 32), (0x1c, physical & 0xffff_ffff),
        (0x20, physical >> 32), (0x0c, 4), (0x18, 0), (0x14, 1),
      ]
      for (offset, value) in values { setDevice(UInt64(offset), UInt32(value)) }
      #expect(device(0) == 0)
      return device(0x10)
    }

    func clear(_ addresses: UInt64...) {
      for address in addresses { _ = conversation.ask("memset \(address) 4 0x0") }
    }

    func submit(_ low: UInt64, _ high: UInt64 = 0) {
      write(queue + tail * 16, low)
      write(queue + tail * 16 + 8, high)
      tail += 1
      write(unit + 0x88, tail << 4)
    }

    /// A wait descriptor that writes a status, and the poll for it.
    func wait() {
      _ = conversation.ask("writel \(status) 0")
      submit(0xbeef << 32 | 0x25, status)
      #expect(conversation.number("readl \(status)") == 0xbeef)
    }
  }

  private static func leaf(_ page: UInt64, _ mode: Mode) -> UInt64 {
    page | (mode == .firstStage ? 0x67 : 0x3)
  }

  private static func leafAddress(_ iova: UInt64) -> UInt64 {
    tables[3] + (iova >> 12 & 0x1ff) * 8
  }

  private func build(_ client: Client) {
    let mode = client.mode
    for (address, size) in [
      (Self.root, 0x1000), (Self.tables[0], 0x4000), (Self.context, 0x2000),
      (Self.directory, 0x1000), (Self.pasids, 0x1000),
    ] {
      _ = client.conversation.ask("memset 0x\(String(address, radix: 16)) \(size) 0x0")
    }
    client.write(Self.root, Self.context | 1)
    client.write(Self.root + 8, 0)
    if mode.isScalable {
      let entry = Self.context + client.devfn * 32
      client.write(entry, Self.directory | 1)
      for word: UInt64 in 1..<4 { client.write(entry + word * 8, 0) }
      client.write(Self.directory, Self.pasids | 1)
      let words: [UInt64] =
        switch mode {
        case .scalablePassThrough: [1 | 4 << 6, 0, 0]
        case .firstStage: [1 | 1 << 6, 0, Self.tables[0]]
        default: [1 | 2 << 6 | 2 << 2 | Self.tables[0], 0, 0]
        }
      for (word, value) in (words + [0, 0, 0, 0, 0]).enumerated() {
        client.write(Self.pasids + UInt64(word) * 8, value)
      }
    } else {
      let entry = Self.context + client.devfn * 16
      client.write(entry, mode.isPassThrough ? 1 | 2 << 2 : 1 | Self.tables[0])
      client.write(entry + 8, 2)
    }
    if mode.isPassThrough { return }
    let flags: UInt64 = mode == .firstStage ? 0x27 : 0x3
    for level in 0..<3 {
      let index = Self.iova >> UInt64(39 - 9 * level) & 0x1ff
      client.write(Self.tables[level] + index * 8, Self.tables[level + 1] | flags)
    }
    client.write(Self.leafAddress(Self.iova), Self.leaf(Self.target, mode))
  }

  /// Commands pile up in the value that is written, so that each of them is given again.
  private func program(_ client: Client) {
    client.write(Self.unit + 0x20, Self.root | (client.mode.isScalable ? 1 << 10 : 0))
    client.command(1 << 30, shows: 1 << 30)
    client.write(Self.unit + 0x90, Self.queue)
    client.write(Self.unit + 0x80, 0)
    client.write(Self.unit + 0x88, 0)
    client.command(1 << 30 | 1 << 26, shows: 1 << 26)
    for (offset, value) in [(0x38, 0), (0x3c, 0), (0x40, 0xfee0_0000)] {
      _ = client.conversation.ask("writel \(Self.unit + UInt64(offset)) \(value)")
    }
    client.command(1 << 31 | 1 << 30 | 1 << 26, shows: 1 << 31)
  }

  @Test("iommu-testdev's DMA lands where the tables of each mode say", arguments: Mode.allCases)
  func translation(mode: Mode) throws {
    let client = try Client(mode)
    let ecap = try #require(client.conversation.number("readq 0xfed90010"))
    if mode.isScalable { #expect(ecap >> 43 & 1 == 1) }
    if mode == .scalablePassThrough { #expect(ecap >> 6 & 1 == 1) }
    if mode == .scalableSecondStage { #expect(ecap >> 46 & 1 == 1) }
    if mode == .firstStage { #expect(ecap >> 47 & 1 == 1) }
    let physical = mode.isPassThrough ? Self.iova : Self.target + Self.iova & 0xfff
    _ = client.conversation.ask("memset \(physical) 4 0x0")
    build(client)
    program(client)
    #expect(client.trigger(Self.iova, physical) == 0)
    #expect(client.conversation.ask("read \(physical) 0x4") == "OK 0x78563412")
    #expect(client.conversation.number("readl 0xfed90034") == 0)
  }

  static let granularities: [(name: String, low: UInt64, high: UInt64)] = [
    ("global", 0x12, 0), ("domain", 0x22, 0), ("page", 0x32, iova & ~0xfff),
  ]

  @Test(
    "a changed leaf is seen after an invalidation through the queue, and not before",
    arguments: [Mode.legacy, .scalableSecondStage, .firstStage], granularities)
  func invalidation(
    mode: Mode, granularity: (name: String, low: UInt64, high: UInt64)
  ) throws {
    let client = try Client(mode)
    build(client)
    program(client)
    let (old, new) = (
      Self.target + Self.iova & 0xfff, Self.otherTarget + Self.iova & 0xfff
    )
    client.clear(old, new)
    #expect(client.trigger(Self.iova, old) == 0)
    client.write(Self.leafAddress(Self.iova), Self.leaf(Self.otherTarget, mode))
    client.clear(old, new)
    #expect(client.trigger(Self.iova, new) == 0xdead_0004)
    client.submit(granularity.low, granularity.high)
    client.wait()
    client.clear(old, new)
    #expect(client.trigger(Self.iova, new) == 0)
  }

  @Test(
    "invalidation by page leaves the second stage's other pages cached, and no first-stage page",
    arguments: [Mode.legacy, .scalableSecondStage, .firstStage])
  func selectivity(mode: Mode) throws {
    let client = try Client(mode)
    let next = Self.iova + 0x1000
    let second = Self.root + 0x30_0000
    build(client)
    client.write(Self.leafAddress(next), Self.leaf(second, mode))
    program(client)
    client.clear(Self.target + 0x567, second + 0x567)
    #expect(client.trigger(Self.iova, Self.target + 0x567) == 0)
    #expect(client.trigger(next, second + 0x567) == 0)
    for address in [Self.iova, next] {
      client.write(Self.leafAddress(address), Self.leaf(Self.otherTarget, mode))
    }
    client.submit(0x32, Self.iova & ~0xfff)
    client.wait()
    client.clear(Self.target + 0x567, Self.otherTarget + 0x567)
    #expect(client.trigger(Self.iova, Self.otherTarget + 0x567) == 0)
    client.clear(second + 0x567, Self.otherTarget + 0x567)
    #expect(client.trigger(next, second + 0x567) == (mode == .firstStage ? 0xdead_0004 : 0))
  }

  @Test("CAP and ECAP of the first stage are what intel-iommu-test asks for; a reset restores all")
  func stageOne() throws {
    let launch = try Launch(["-M", "q35", "-device", "intel-iommu,scalable-mode=on,flts=on"])
    let conversation = try Conversation(launch.machine ?? Q35Configuration())
    let cap = try #require(conversation.number("readq 0xfed90008"))
    #expect(cap >> 24 & 0x3ff == 0x22)
    #expect(cap >> 40 & 0xff == 0)
    #expect(cap & 7 == 6)
    #expect(cap >> 48 & 0x3f == 18)
    #expect(cap >> 39 & 1 == 1)
    #expect(cap >> 34 & 0xf == 3)
    #expect(cap >> 8 & 0x1f == 6)
    #expect(cap >> 16 & 0x3f == 47)
    let ecap = try #require(conversation.number("readq 0xfed90010"))
    for bit in [1, 3, 43, 47] { #expect(ecap >> UInt64(bit) & 1 == 1) }
    let before = conversation.ask("read 0xfed90000 0x230")
    _ = conversation.ask("writel 0xfed90038 0")
    _ = conversation.ask("writeq 0xfed90020 0x100000")
    _ = conversation.ask("writel 0xfed90018 0xc0000000")
    #expect(conversation.ask("read 0xfed90000 0x230") != before)
    conversation.machine.reset()
    #expect(conversation.ask("read 0xfed90000 0x230") == before)
  }
}
