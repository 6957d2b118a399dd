import Testing
import VTdFormats

@testable import PCI

@Suite("The way of a DMA")
struct RouteTests {
  /// A switch with two devices below it, one of them with two functions, and a conventional bus.
  static func bus(acs: AccessControl?) -> PCITopology {
    PCITopology([
      .at("00:02.0", .device()).memory(0x1000_0000),
      .at("00:1c.0", .bridge(0, 1, 4).window(0x200, 0x2ff).express(.rootPort)),
      .at("01:00.0", .bridge(1, 2, 4).window(0x200, 0x2ff).express(.upstreamPort)),
      .at("02:00.0", .bridge(2, 3, 3).window(0x200, 0x20f).express(.downstreamPort, acs: acs)),
      .at("02:01.0", .bridge(2, 4, 4).window(0x210, 0x21f).express(.downstreamPort, acs: acs)),
      .at("03:00.0", .device(multiFunction: true).express(.endpoint)).memory(0x2000_0000),
      .at("03:00.1", .device(multiFunction: true).express(.endpoint)).memory(0x2010_0000),
      .at("04:00.0", .device().express(.endpoint)).memory(0x2100_0000),
      .at("00:1d.0", .bridge(0, 5, 6).window(0x300, 0x3ff).express(.rootPort)),
      .at("05:00.0", .bridge(5, 6, 6).window(0x300, 0x3ff).express(.expressToPCIBridge)),
      .at("06:01.0", .device()).memory(0x3000_0000), .at("06:02.0", .device()).memory(0x3010_0000),
    ])
  }

  static func route(
    _ text: String, to address: UInt64, acs: AccessControl? = nil, claiming: SourceID? = nil,
    pasid: PASID? = nil, translated: Bool = false,
    _ change: (inout PCITopology) -> Void = { _ in }
  ) throws -> DMARoute {
    var bus = Self.bus(acs: acs)
    change(&bus)
    return bus.route(
      BusRequest(
        from: try PCIAddress(parsing: text), claiming: claiming, address: address, pasid: pasid,
        isTranslated: translated))
  }

  /// The id under which a request arrives at the root, or nil.
  static func id(_ route: DMARoute) -> String? {
    if case .root(let request) = route { request.sourceID.description } else { nil }
  }

  @Test(
    "a request to memory arrives with the id of whoever owns it on the way",
    arguments: [
      ("00:02.0", "00:02.0"), ("03:00.1", "03:00.1"), ("04:00.0", "04:00.0"),
      ("06:01.0", "06:00.0"), ("05:00.0", "05:00.0"),
    ])
  func sourceID(sender: String, id: String) throws {
    #expect(Self.id(try Self.route(sender, to: 0x8000_0000)) == id)
  }

  @Test("a phantom function's id arrives as the unit's input, and a bridge still replaces it")
  func claimed() throws {
    let phantom = SourceID(bus: 3, device: 0, function: 5)
    #expect(Self.id(try Self.route("03:00.0", to: 0, claiming: phantom)) == "03:00.5")
    #expect(Self.id(try Self.route("06:01.0", to: 0, claiming: phantom)) == "06:00.0")
  }

  @Test("a PASID passes switches and is lost on a conventional bus")
  func pasid() throws {
    let pasid = PASID(rawValue: 7)
    func carried(_ text: String) throws -> PASID? {
      guard case .root(let request) = try Self.route(text, to: 0, pasid: pasid) else { return nil }
      return request.pasid
    }
    #expect(try carried("04:00.0") == pasid)
    #expect(try carried("06:01.0") == nil)
  }

  @Test("without bus mastering nothing is sent, and nothing passes a bridge that has it off")
  func busMastering() throws {
    let off = try Self.route("04:00.0", to: 0) {
      $0.update(PCIAddress(bus: 4, device: 0, function: 0)) {
        $0.configuration.set(.busMasterEnable, to: 0)
      }
    }
    #expect(off == .busMasteringDisabled)
    let port = PCIAddress(bus: 2, device: 1, function: 0)
    let stopped = try Self.route("04:00.0", to: 0) {
      $0.update(port) { $0.configuration.set(.busMasterEnable, to: 0) }
    }
    #expect(stopped == .stoppedByBridge(port))
  }

  @Test("a removed function sends nothing, nor does what was below a removed bridge")
  func removed() throws {
    let gone = try Self.route("04:00.0", to: 0) {
      $0.remove(PCIAddress(bus: 1, device: 0, function: 0))
    }
    #expect(gone == .noFunction)
  }

  @Test("ports of a switch turn a request to a peer round unless access control redirects it")
  func peer() throws {
    let peer = PCIAddress(bus: 4, device: 0, function: 0)
    let port = PCIAddress(bus: 2, device: 0, function: 0)
    #expect(try Self.route("03:00.0", to: 0x2100_0000) == .peer(peer, turned: port))
    #expect(try Self.route("03:00.0", to: 0x2100_0000, acs: []) == .peer(peer, turned: port))
    let redirected = try Self.route("03:00.0", to: 0x2100_0000, acs: .requestRedirect)
    #expect(Self.id(redirected) == "03:00.0")
    // A translated request may still go directly where Direct Translated P2P says so.
    #expect(
      try Self.route(
        "03:00.0", to: 0x2100_0000, acs: [.requestRedirect, .directTranslated], translated: true)
        == .peer(peer, turned: port))
    // The window is the other port's, but nobody below it answers there.
    #expect(
      try Self.route("03:00.0", to: 0x211f_0000)
        == .peer(PCIAddress(bus: 2, device: 1, function: 0), turned: port))
  }

  @Test("functions of one device reach each other inside it")
  func sameDevice() throws {
    #expect(
      try Self.route("03:00.0", to: 0x2010_0000)
        == .peer(
          PCIAddress(bus: 3, device: 0, function: 1),
          turned: PCIAddress(bus: 3, device: 0, function: 0)))
  }

  @Test("on a conventional bus whoever owns the address takes the request")
  func conventional() throws {
    #expect(
      try Self.route("06:01.0", to: 0x3010_0000)
        == .peer(
          PCIAddress(bus: 6, device: 2, function: 0),
          turned: PCIAddress(bus: 5, device: 0, function: 0)))
    // With memory space off the peer does not answer, so the bridge takes it up.
    let up = try Self.route("06:01.0", to: 0x3010_0000) {
      $0.update(PCIAddress(bus: 6, device: 2, function: 0)) {
        $0.configuration.set(.memorySpaceEnable, to: 0)
      }
    }
    #expect(Self.id(up) == "06:00.0")
  }

  @Test("source validation refuses ids from elsewhere, translation blocking translated requests")
  func refused() throws {
    let port = PCIAddress(bus: 2, device: 0, function: 0)
    let stranger = SourceID(bus: 9, device: 0, function: 0)
    #expect(
      try Self.route("03:00.0", to: 0, acs: .sourceValidation, claiming: stranger)
        == .refused(by: port, .sourceValidation))
    #expect(Self.id(try Self.route("03:00.0", to: 0, claiming: stranger)) == "09:00.0")
    #expect(
      try Self.route("03:00.0", to: 0, acs: .translationBlocking, translated: true)
        == .refused(by: port, .translationBlocking))
  }

  @Test("devices on the root complex and different root ports always meet the unit")
  func root() throws {
    #expect(Self.id(try Self.route("04:00.0", to: 0x1000_0000)) == "04:00.0")
    #expect(Self.id(try Self.route("00:02.0", to: 0x2100_0000)) == "00:02.0")
  }
}
