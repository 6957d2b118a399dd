@testable import PCI
import Testing

/// A machine as large as one segment gets.
enum LargeBus {
  /// `buses` buses of 16 functions, in a tree of bridges two of which sit on each inner bus. Every
  /// kind of port takes its turn, so groups of all shapes come about.
  static func functions(buses: Int) -> [PCIFunction] {
    var functions: [PCIFunction] = []
    // The subtree of `bus` has the `count` buses from it on.
    func fill(_ bus: Int, _ count: Int) {
      let below = count - 1
      let sizes = below == 0 ? [] : below == 1 ? [1] : [below / 2, below - below / 2]
      var next = bus + 1
      for (index, size) in sizes.enumerated() {
        let port: ExpressPortType = bus % 3 == 0 ? .rootPort : .downstreamPort
        let space = ConfigurationSpace.bridge(
          UInt8(bus), UInt8(next), UInt8(next + size - 1)
        ).express(port, acs: bus % 2 == 0 ? [] : nil)
        functions.append(PCIFunction.at("0000:\(hex(bus)):0\(index).0", space))
        fill(next, size)
        next += size
      }
      for slot in sizes.count..<16 {
        let space = ConfigurationSpace.device(multiFunction: slot % 2 == 0)
        functions.append(
          PCIFunction.at(
            "0000:\(hex(bus)):\(hex(slot / 2 + 2)).\(slot % 2)",
            slot % 4 == 0 ? space.express(.endpoint) : space))
      }
    }
    fill(0, buses)
    return functions
  }

  private static func hex(_ number: Int) -> String {
    (number < 16 ? "0" : "") + String(number, radix: 16)
  }
}

@Suite("A large machine")
struct ScaleTests {
  @Test("4,096 functions on 256 buses are grouped in a number of steps that grows with the machine")
  func groups() {
    let small = PCITopology(LargeBus.functions(buses: 32))
    let large = PCITopology(LargeBus.functions(buses: 256))
    #expect(small.functions.count == 512 && large.functions.count == 4096)
    #expect(large.buses.count == 256)
    let clock = ContinuousClock()
    var groups = large.isolationGroups()
    let time = clock.measure { groups = large.isolationGroups() }
    let steps = groups.visits
    // Reported, not judged: machines are noisy, and this may be a debug build.
    print("4,096 functions: \(groups.groups.count) groups in \(time), \(steps) steps")
    #expect(groups.groups.flatMap(\.members).count == 4096)
    // Eight times the functions, and bridges three levels deeper.
    #expect(steps < small.isolationGroups().visits * 8 * 2)
    #expect(steps < 4096 * 40)
  }
}
