import Glibc
import PCI
import Testing

@testable import PCIHost

@Suite("A large machine through libpciaccess")
struct HostScaleTests {
  @Test("4,096 functions on 256 buses are read with as many looks at files as they have files")
  func enumerate() throws {
    let space = InventedBus.device(0x10fb, 0x020000, size: 256)
    let functions = (0..<4096).map { index in
      let bus = UInt8(index / 16)
      let slot = UInt8(index % 16)
      return InventedBus.function(0, bus, slot / 2, slot % 2, space)
    }
    let sysfs = FakeSysfs(functions)
    let clock = ContinuousClock()
    var found: PCIEnumeration?
    var looks: UInt32 = 0
    let time = try clock.measure {
      (found, looks) = try sysfs.look { () throws(PCIHostError) in
        try HostPCISource(readsNames: false).enumerate()
      }
    }
    print("4,096 functions read in \(time), \(looks) files opened")
    guard case .found(let topology, let remarks) = found else {
      Issue.record("no PCI in the invented machine")
      return
    }
    #expect(topology.functions.count == 4096 && remarks.isEmpty)
    // Six ids, configuration space twice (by the library's probe and by us), regions twice.
    #expect(looks <= 4096 * 10 + 16)
  }
}
