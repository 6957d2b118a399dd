import Glibc
import PCI
import Testing

@testable import PCIHost

/// The real libpciaccess against invented machines.
@Suite("libpciaccess on an invented bus")
struct FakeSysfsTests {
  /// What the library finds in `sysfs`.
  static func enumerate(_ sysfs: borrowing FakeSysfs) throws -> PCIEnumeration {
    let (found, redirections) = try sysfs.look { () throws(PCIHostError) in
      try HostPCISource(readsNames: false).enumerate()
    }
    // Without redirection the test would look at the machine that it runs on.
    #expect(redirections > 0)
    return found
  }

  static func found(_ sysfs: borrowing FakeSysfs) throws -> (PCITopology, [PCIRemark]) {
    guard case .found(let topology, let remarks) = try enumerate(sysfs) else {
      Issue.record("no PCI in the invented machine")
      return (PCITopology(), [])
    }
    return (topology, remarks)
  }

  @Test("45 functions in three segments arrive with every byte and region")
  func everything() throws {
    let (topology, remarks) = try Self.found(FakeSysfs(InventedBus.functions))
    #expect(topology.functions.count == 45)
    #expect(remarks.isEmpty)
    for (found, invented) in zip(topology.functions, PCITopology(InventedBus.functions).functions) {
      #expect(found == invented)
    }
    #expect(
      topology.tree.map(\.bus.description).sorted() == [
        "0000:00", "0000:ff", "0001:00", "0001:ff", "10000:00", "10000:ff",
      ])
    let path = topology.path(
      to: PCIAddress(segment: 0x10000, bus: 7, device: 2, function: 0))
    #expect(path.map(\.address.bus) == [0, 5, 6])
  }

  @Test("names come from the database where it is installed")
  func names() throws {
    let sysfs = FakeSysfs(Array(InventedBus.functions.prefix(15)))
    let (found, _) = try sysfs.look { () throws(PCIHostError) in
      try HostPCISource().enumerate()
    }
    guard case .found(let topology, _) = found else {
      Issue.record("no PCI in the invented machine")
      return
    }
    let hasDatabase = access("/usr/share/misc/pci.ids", R_OK) == 0
    for function in topology.functions where hasDatabase {
      #expect(function.names.vendor == "Intel Corporation")
      #expect(function.name.hasPrefix("Intel Corporation "))
    }
  }

  @Test(
    "a short configuration space is listed with what there is, and a remark",
    arguments: [0, 3, 40, 64, 128])
  func short(length: Int) throws {
    let functions = Array(InventedBus.functions.prefix(15))
    let sysfs = FakeSysfs(functions)
    let port = functions[4].address
    sysfs.write(Array(functions[4].configuration.bytes.prefix(length)), toConfigurationOf: port)
    let (topology, remarks) = try Self.found(sysfs)
    #expect(topology.functions.count == 15)
    #expect(topology[port]?.configuration.count == length)
    #expect(topology[port]?.identity == functions[4].identity)
    #expect(remarks == [PCIRemark(port, .shortConfiguration(length))])
    // With its bus numbers the bridge still leads to its bus, without them the bus has no bridge.
    #expect(topology.isRoot(PCIBus(number: 1)) == (length < 0x1b))
  }

  @Test("64 bytes are explained with the permission that is missing")
  func permission() {
    let remark = PCIRemark(InventedBus.functions[0].address, .shortConfiguration(64))
    #expect(remark.description.contains("CAP_SYS_ADMIN"))
  }

  @Test(
    "a function whose files cannot be read is still listed",
    arguments: [("config", true), ("config", false), ("resource", true), ("resource", false)])
  func unreadable(file: String, forbidden: Bool) throws {
    let functions = Array(InventedBus.functions.prefix(15))
    let sysfs = FakeSysfs(functions)
    let graphics = functions[1].address
    if forbidden {
      sysfs.forbid(file, of: graphics)
    } else {
      sysfs.remove(file, of: graphics)
    }
    let (topology, remarks) = try Self.found(sysfs)
    let code = forbidden ? EACCES : ENOENT
    #expect(topology.functions.count == 15)
    let listed = try #require(topology[graphics])
    #expect(listed.identity == functions[1].identity)
    if file == "config" {
      #expect(remarks == [PCIRemark(graphics, .unreadableConfiguration(code))])
      #expect(listed.configuration.count == 0)
    } else {
      #expect(remarks == [PCIRemark(graphics, .unreadableRegions(code))])
      #expect(listed.regions.isEmpty)
    }
  }

  @Test("an entry that is not an address is named and not taken for the function before it")
  func strange() throws {
    let functions = Array(InventedBus.functions.prefix(15))
    let sysfs = FakeSysfs(functions)
    sysfs.add(functions[3], as: "zzz")
    let (topology, remarks) = try Self.found(sysfs)
    #expect(topology == PCITopology(functions))
    #expect(remarks == [PCIRemark(nil, .strangeEntry("zzz"))])
  }

  @Test("an entry that fails the library as a whole is named, and the next look works again")
  func culprit() throws {
    let functions = Array(InventedBus.functions.prefix(15))
    let sysfs = FakeSysfs(functions)
    sysfs.add(functions[14], as: "0002:00:1F.0")
    let error = #expect(throws: PCIHostError.self) { try Self.enumerate(sysfs) }
    #expect(error?.kind == .initialisation(culprits: ["0002:00:1F.0"]))
    #expect(error?.code == ENOENT)
    let (topology, _) = try Self.found(FakeSysfs(functions))
    #expect(topology.functions.count == 15)
  }

  @Test("a function without its ids comes from its configuration space, or fails the bus")
  func withoutIDs() throws {
    let functions = Array(InventedBus.functions.prefix(15))
    let sysfs = FakeSysfs(functions)
    sysfs.remove("vendor", of: functions[5].address)
    let (topology, _) = try Self.found(sysfs)
    #expect(topology[functions[5].address]?.identity.vendor == 0x8086)
    sysfs.remove("config", of: functions[5].address)
    let error = #expect(throws: PCIHostError.self) { try Self.enumerate(sysfs) }
    #expect(error?.kind == .initialisation(culprits: ["0000:01:00.0"]))
    #expect(error?.description.contains("stumbles over \"0000:01:00.0\"") == true)
  }

  @Test("no bus, an empty bus and an unreadable bus are three different things")
  func absent() throws {
    let directory = "/sys/bus/pci/devices"
    #expect(try Self.enumerate(FakeSysfs()) == .noPCI(.noBus(directory: directory)))
    #expect(try Self.enumerate(FakeSysfs([])) == .noPCI(.emptyBus(directory: directory)))
    let forbidden = FakeSysfs(InventedBus.functions)
    forbidden.forbidBus()
    let error = #expect(throws: PCIHostError.self) { try Self.enumerate(forbidden) }
    #expect(error == PCIHostError(.unreadableBus(directory: directory), code: EACCES))
  }

  @Test("looks at different machines at once do not mix")
  func concurrent() async throws {
    let counts = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      for count in 1...24 {
        group.addTask {
          let (topology, _) = try Self.found(
            FakeSysfs(Array(InventedBus.functions.prefix(count))))
          return (count, topology.functions.count)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts.count == 24)
    #expect(counts.allSatisfy { $0 == $1 })
  }
}
