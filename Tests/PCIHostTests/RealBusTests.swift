import PCI
import PCIHost
import Testing
import VTdFormats

@Suite("This machine's bus")
struct RealBusTests {
  @Test("enumerating twice gives the same functions")
  func twice() throws {
    let first = try HostPCISource().enumerate()
    let second = try HostPCISource().enumerate()
    switch (first, second) {
    case (.found(let one, _), .found(let two, _)):
      #expect(one.functions.map(\.address) == two.functions.map(\.address))
      #expect(one.functions.map(\.identity) == two.functions.map(\.identity))
    case (.noPCI(let one), .noPCI(let two)): #expect(one == two)
    default: Issue.record("one enumeration found PCI, the other did not")
    }
  }
}

@Suite("This machine's bus as lspci sees it")
struct LspciTests {
  static let listing: String? = shell("lspci -n -D")

  @Test(
    "every function is listed with the ids and the class of lspci -n",
    .enabled(if: listing != nil, "lspci (Debian's pciutils) is not installed, or there is no PCI"))
  func same() throws {
    let listing = try #require(Self.listing)
    guard case .found(let topology, _) = try HostPCISource().enumerate() else {
      #expect(listing.isEmpty)
      return
    }
    // A line is `0000:00:01.0 0200: 1af4:1041 (rev 01)`, without the bracket for revision 0.
    let ours = topology.functions.map { function in
      let identity = function.identity
      let revision =
        identity.revision == 0 ? "" : " (rev \(hex(UInt64(identity.revision), digits: 2)))"
      return "\(function.address) \(identity.classCode): \(identity.ids)" + revision
    }
    #expect(ours == listing.split(separator: "\n").map(String.init))
  }
}
