import ACPITables
import ArgumentParser
import CFakeSysfs
import Glibc
import PCI
import Scenario
import ScenarioFormat
import Testing

@testable import DMARCommands

@Suite("dmar pci and dmar acpi")
struct PlatformCommandTests {
  /// A graphics device, a bridge to conventional PCI, a controller behind it, a Marvell disk
  /// controller; a unit for the first, one for the rest of segment 0.
  static let bus: PCITopology = {
    func function(_ text: String, _ device: UInt32, _ classCode: UInt32, vendor: UInt32 = 0x8086)
      -> PCIFunction
    {
      var space = ConfigurationSpace(zeroed: 256)
      space.set(.vendorID, to: vendor)
      space.set(.deviceID, to: device)
      space.set(.classCode, to: classCode)
      if classCode == 0x060400 {
        space.set(.headerLayout, to: 1)
        space.set(.secondaryBus, to: 1)
        space.set(.subordinateBus, to: 1)
      }
      return PCIFunction(
        address: PCIAddress(text) ?? PCIAddress(segment: .max, bus: 0, device: 0, function: 0),
        identity: PCIIdentity(space)
          ?? PCIIdentity(vendor: 0, device: 0, classCode: PCIClass(rawValue: 0)),
        configuration: space)
    }
    return PCITopology([
      function("00:02.0", 0x9a49, 0x030000), function("00:1e.0", 0x244e, 0x060400),
      function("01:03.0", 0x100e, 0x020000),
      function("00:1f.0", 0x9128, 0x010601, vendor: 0x1b4b),
      function("0001:00:00.0", 0x1234, 0x088000),
    ])
  }()

  static let table = DMARTable(
    hostAddressWidth: 39,
    structures: [
      .unit(
        HardwareUnit(
          registerBase: 0xfed9_0000,
          scopes: [DeviceScope(.endpoint, path: [DeviceScope.Hop(device: 2, function: 0)])])),
      .unit(HardwareUnit(includesAll: true, registerBase: 0xfed9_1000)),
    ])

  @Test("the table has ids, source-ids, group and unit of each function, in columns")
  func tableLines() {
    #expect(
      PCIReport(topology: Self.bus, table: Self.table).tableLines == [
        "ADDRESS       IDS        CLASS  SOURCE-IDS       GROUP  UNIT   NAME",
        "0000:00:02.0  8086:9a49  0300   00:02.0          0      dmar0  VGA compatible controller: "
          + "Device 8086:9a49",
        "0000:00:1e.0  8086:244e  0604   00:1e.0          1      dmar1  PCI bridge: "
          + "Device 8086:244e",
        "0000:00:1f.0  1b4b:9128  0106   00:1f.0,00:1f.1  2      dmar1  SATA controller: "
          + "Device 1b4b:9128",
        "0000:01:03.0  8086:100e  0200   01:03.0,00:1e.0  1      dmar1  Ethernet controller: "
          + "Device 8086:100e",
        "0001:00:00.0  8086:1234  0880   00:00.0          3      none   System peripheral: "
          + "Device 8086:1234",
      ])
  }

  @Test("without a DMAR table there is no column of units and no warning")
  func withoutTable() {
    let report = PCIReport(topology: Self.bus, table: nil)
    #expect(report.tableLines[0] == "ADDRESS       IDS        CLASS  SOURCE-IDS       GROUP  NAME")
    #expect(report.warnings.isEmpty)
  }

  @Test("the tree shows each bus below its bridge")
  func treeLines() {
    #expect(
      PCIReport(topology: Self.bus, table: Self.table).treeLines == [
        "0000:00",
        "  02.0 8086:9a49 VGA compatible controller: VGA compatible controller 8086:9a49 [dmar0]",
        "  1e.0 8086:244e PCI bridge to 01-01: PCI bridge 8086:244e [dmar1]",
        "    0000:01",
        "      03.0 8086:100e Ethernet controller: Ethernet controller 8086:100e [dmar1]",
        "  1f.0 1b4b:9128 SATA controller: SATA controller 1b4b:9128 [dmar1]",
        "0001:00",
        "  00.0 8086:1234 System peripheral: System peripheral 8086:1234 [none]",
      ])
  }

  @Test("a function that no unit covers, or two, is reported")
  func warnings() {
    var table = Self.table
    table.structures.insert(table.structures[0], at: 0)
    #expect(
      PCIReport(topology: Self.bus, table: table).warnings == [
        "0000:00:02.0: in the scope of dmar1 and dmar0",
        "0001:00:00.0: no unit covers it, its DMA is not remapped",
      ])
  }

  @Test("the JSON has every function with its ids and what is known to Linux")
  func json() {
    let json = PCIReport(topology: Self.bus, table: Self.table).json
    #expect(json.contains(#""address": "0000:01:03.0""#))
    #expect(json.contains(#""reason": "taken over by the bridge 0000:00:1e.0""#))
    #expect(json.contains(#""reason": "Marvell 88SE9128""#))
    #expect(json.contains(#""unit": null"#))
    #expect(json.contains(#""scopes": ["#) && json.contains(#""endpoint 00:02.0""#))
  }

  // MARK: Files and exit codes

  /// A directory that goes away with the test.
  struct Directory: ~Copyable {
    let path: String

    init() {
      var name = Array("/tmp/dmar-commands-XXXXXX".utf8CString)
      path = name.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/nonexistent"
      }
    }

    deinit {
      for name in names { unlink("\(path)/\(name)") }
      rmdir(path)
    }

    var names: [String] {
      guard let stream = opendir(path) else { return [] }
      defer { closedir(stream) }
      var names: [String] = []
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
      }
      return names.sorted()
    }

    func write(_ bytes: [UInt8], _ name: String) -> String {
      let file = fopen("\(path)/\(name)", "w")
      if let file {
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
      }
      return "\(path)/\(name)"
    }
  }

  /// The exit code of a command line; 0 if it succeeds.
  static func exitCode(_ arguments: [String]) -> Int32 {
    do {
      var command = try DMARCommand.parseAsRoot(arguments)
      try command.run()
      return 0
    } catch {
      return (error as? OutputError)?.status.rawValue ?? DMARCommand.exitCode(for: error).rawValue
    }
  }

  @Test("snapshot writes a file that from reads, whole or not at all")
  func snapshot() throws {
    let directory = Directory()
    let saved = directory.write(Array(PCISnapshotFile.text(of: Self.bus).utf8), "bus.yaml")
    let copy = "\(directory.path)/copy.yaml"
    #expect(Self.exitCode(["pci", "snapshot", "--from", saved, "-o", copy]) == 0)
    #expect(try PCISnapshotFile.read(copy) == Self.bus)
    // Nothing temporary is left.
    #expect(directory.names == ["bus.yaml", "copy.yaml"])
    #expect(Self.exitCode(["pci", "snapshot", "--from", saved, "-o", "/nonexistent/x"]) == 73)
    // A failed snapshot leaves the old file alone.
    #expect(Self.exitCode(["pci", "snapshot", "--from", "/nonexistent", "-o", copy]) == 66)
    #expect(try PCISnapshotFile.read(copy) == Self.bus)
  }

  @Test("build writes the table that the YAML describes")
  func build() throws {
    let directory = Directory()
    let yaml = directory.write(Array(DMARTableFile.text(of: Self.table).utf8), "t.yaml")
    let built = "\(directory.path)/dmar.bin"
    #expect(Self.exitCode(["acpi", "--build", yaml, "-o", built]) == 0)
    #expect(try Files.bytes(at: built) == Self.table.bytes)
    #expect(try TableFile.load(built).table.structures == Self.table.structures)
  }

  @Test("a table is read from its bytes and from a dump of them in a log")
  func tableFile() throws {
    let directory = Directory()
    let bytes = Self.table.bytes
    let log = "[    0.012345] DMAR: table follows\n" + HexDump.text(bytes)
    #expect(try TableFile.load(directory.write(bytes, "t.bin")).bytes == bytes)
    #expect(try TableFile.load(directory.write(Array(log.utf8), "t.log")).bytes == bytes)
  }

  @Test("the exit codes are 64 for usage, 65 for bad input, 66 for input that is not there")
  func exitCodes() {
    let directory = Directory()
    var lying = Self.table.bytes
    lying[50] = 0
    var wrongSum = Self.table.bytes
    wrongSum[9] &+= 1
    let bad = directory.write(lying, "lying.bin")
    let sum = directory.write(wrongSum, "sum.bin")
    let text = directory.write(Array("nothing\n".utf8), "t.log")
    let yaml = directory.write(Array("structures: [".utf8), "t.yaml")
    for (arguments, code) in [
      (["acpi", bad], 65), (["acpi", text], 65), (["acpi", "/nonexistent"], 66),
      (["acpi", "--check", sum], 65), (["acpi", "--build", yaml, "-o", "/dev/null"], 65),
      (["acpi", "--build", yaml], 64), (["acpi", "--yaml", "--check", sum], 64),
      (["acpi", sum, "-o", "x"], 64), (["pci", "--from", yaml], 65),
      (["pci", "--from", "/nonexistent"], 66), (["pci", "--format", "picture"], 64),
      (["pci", "--from", "/nonexistent", "--dmar", bad], 66),
    ] as [([String], Int32)] {
      #expect(Self.exitCode(arguments) == code, "\(arguments)")
    }
  }

  @Test("a machine without PCI is a missing input, and says so")
  func noPCI() {
    let directory = Directory()
    fake_sysfs_set_root(directory.path)
    defer { fake_sysfs_set_root(nil) }
    #expect(Self.exitCode(["pci"]) == 66)
    #expect(fake_sysfs_redirections() > 0)
  }
}
