import PCI
import PCIHost
import Testing

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
