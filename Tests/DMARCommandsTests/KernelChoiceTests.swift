import Foundation
import TestSupport
import Testing

/// Which kernel a scenario runs, and which one is written into scenarios.
@Suite("Choosing a kernel")
struct KernelChoiceTests {
  /// A machine with one unit, whose kernel is the given section.
  private static func scenario(_ kernel: String, steps: String = dma, boot: String = "") -> String {
    """
    kernel: \(kernel)
    machine:
      memory: 1GiB
      units: {dmar0: {cap: 0xd2008c22260206, ecap: 0xf00f4a}}
      pci: {functions: {"00:1a.0": {vendor: 0x8086, device: 0x1234, class: 0x0c0320}}}
    boot: {command_line: intel_iommu=on\(boot)}
    steps:
    \(steps)

    """
  }

  private static let dma = """
      - dma: {device: "00:1a.0", access: read, address: 0xdead000}
    """

  private static func replay(_ text: String, _ arguments: String...) throws -> String {
    let folder = try TemporaryFolder()
    let path = try folder.write(text, as: "s.yaml")
    let replayed = try Tool.dmar(["replay", "--no-timestamps", path] + arguments)
    #expect(replayed.status == 0, "\(replayed.errorText)")
    return replayed.outputText
  }

  @Test(
    "the release alone chooses what the profile of the same release does",
    arguments: [
      ("4.19.0-27-amd64", "4.19"), ("6.6.0-45-generic", "6.6"), ("3.10.0-1062.el7.x86_64", "3.10"),
      ("6.12.2", "6.12.2"), ("6.12.117", "6.12.117"), ("2.6.32-754.el6.x86_64", "2.6.32"),
    ])
  func release(_ release: String, profile: String) throws {
    let alone = try Self.replay(Self.scenario("{release: \"\(release)\"}"))
    let both = try Self.replay(
      Self.scenario("{release: \"\(release)\", profile: \"\(profile)\"}"))
    #expect(alone == both)
    #expect(alone.contains("dead000"))
  }

  @Test("a 4.19 has neither NO_PASID nor a dump")
  func oldKernel() throws {
    let log = try Self.replay(Self.scenario("{release: 4.19.0-27-amd64}"))
    #expect(
      log.hasSuffix(
        """
        DMAR: DRHD: handling fault status reg 2
        DMAR: [DMA Read] Request device [00:1a.0] fault addr dead000 [fault reason 01] \
        Present bit in root entry is clear

        """))
  }

  @Test("the profile alone gives the release, --kernel another one")
  func profileAlone() throws {
    let text = Self.scenario(
      "{profile: \"6.6\", behaviour: {table_walk: bus-lookup}}", boot: ", default_domains: true")
    #expect(try Self.replay(text).contains("\n6.6 #1 Not tainted\n"))
    let other = try Self.replay(text, "--kernel", "6.0-rc1")
    #expect(other.contains("\n6.0-rc1 #1 Not tainted\n"))
    #expect(!other.contains("6.6"))
  }

  @Test("dmar test notes a scenario that names neither, and no other")
  func note() throws {
    let folder = try TemporaryFolder()
    for (index, kernel) in ["{}", "{release: latest}", "{release: 6.1.0}", "{profile: \"6.1\"}"]
      .enumerated()
    {
      _ = try folder.write(
        Self.scenario(kernel) + "expect: {contains: [dead000]}\n", as: "\(index).yaml")
    }
    let path = folder.url.path(percentEncoded: false)
    let lines = try Tool.dmar("test", path, "--jobs", "1").outputText.split(separator: "\n")
    let notes = lines.enumerated().filter { $0.element.contains("note: ") }.map { $0.offset }
    #expect(notes == [1, 3])
    #expect(lines[1].contains("it ran as 7.3"))
    #expect(lines.last == "4 passed, 0 failed")
    let tap = try Tool.dmar("test", path, "--jobs", "1", "--tap").outputText
    #expect(tap.split(separator: "\n").filter { $0.hasPrefix("# note: ") }.count == 2)
  }

  @Test("a stack shows the frames of a real x86-64 kernel without a file that says so")
  func frames() throws {
    let log = try Self.replay(
      Self.scenario(
        "{profile: \"6.1\", behaviour: {table_walk: bus-lookup}}", boot: ", default_domains: true"))
    #expect(log.contains(" mark_lock+0x?/0x?\n"))
    for function in ["print_usage_bug", "valid_state", "mark_lock_irq", " dump_stack+"] {
      #expect(!log.contains(function))
    }
  }

  // MARK: Written kernels

  private static func kernelSection(of log: String) throws -> String {
    let folder = try TemporaryFolder()
    let path = try folder.write(log, as: "kernel.log")
    let imported = try Tool.dmar("import", path)
    // One of the logs has a dump that contradicts its fault.
    #expect(imported.status <= 1, "\(imported.errorText)")
    let text = imported.outputText
    let start = try #require(text.range(of: "kernel:\n")).upperBound
    let end = try #require(text.range(of: "machine:\n")).lowerBound
    return String(text[start..<end])
  }

  private static func log(_ release: String?, _ fault: String) -> String {
    (release.map { "[    1.000000] Linux version \($0) (build@host) #1 SMP\n" } ?? "")
      + """
      [   20.000000] DMAR: DRHD: handling fault status reg 2
      [   20.000100] \(fault)

      """
  }

  private static let f4 =
    "DMAR: [DMA Read] Request device [09:00.1] fault addr fff00000 [fault reason 06] PTE Read access is not set"
  private static let f7 =
    "DMAR: [DMA Read NO_PASID] Request device [09:00.1] fault addr 0xfff00000 [fault reason 0x06] PTE Read access is not set"

  @Test("import writes the profile of the log's release, and of its settings nothing that agrees")
  func imported() throws {
    let section = try Self.kernelSection(of: Self.log("4.19.0-6-amd64", Self.f4))
    #expect(section.contains("  release: \"4.19.0-6-amd64\"\n  profile: \"4.19\"\n"))
    #expect(!section.contains("behaviour:"))
  }

  @Test("import writes the settings that the log contradicts")
  func contradicted() throws {
    let backported = try Self.kernelSection(of: Self.log("4.19.0-6-amd64", Self.f7))
    #expect(backported.contains("  behaviour:\n"))
    #expect(backported.contains("    fault_lines: F7\n"))
    let dumped = try Self.kernelSection(
      of: Self.log("6.12.2", Self.f7)
        + """
        [   20.000200] DMAR: Dump dmar0 table entries for IOVA 0xfff00000
        [   20.000300] DMAR: root entry: 0x0000000000000000
        [   20.000400] DMAR: context table is not present

        """)
    #expect(dumped.contains("  profile: \"6.12.2\"\n"))
    #expect(dumped.contains("    table_walk: checked-entry\n"))
    #expect(!dumped.contains("fault_lines"))
  }

  @Test(
    "import assumes a kernel that prints faults as the log does where the log names none",
    arguments: [(f4, "5.3"), (f7, "6.1")])
  func assumed(fault: String, profile: String) throws {
    let section = try Self.kernelSection(of: Self.log(nil, fault))
    #expect(section.contains("  profile: \"\(profile)\"\n"))
    #expect(section.contains("  release: \"\(profile).0\"\n"))
    #expect(!section.contains("behaviour:"))
  }

  @Test(
    "a recorded session keeps its profile and every quirk of its unit",
    arguments: [
      ("x-quirks=0x41", "quirks: [fold-faults-of-pending-source, interrupt-range-readable]\n"),
      ("x-quirks=on", "quirks: [qemu-10]\n"), ("x-quirks=off", nil),
    ] as [(String, String?)])
  func recorded(option: String, quirks: String?) throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "r.yaml").path(percentEncoded: false)
    let dmar = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "dmar").path(percentEncoded: false)
    let served = try Tool.run(
      dmar, ["serve", "--qtest", "--device", "intel-iommu,\(option)", "--record", path],
      input: Data("readl 0xfed90000\n".utf8))
    #expect(served.status == 0, "\(served.errorText)")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("  profile: \"7.3\"\n"))
    if let quirks {
      #expect(text.contains(quirks), "\(text)")
    } else {
      #expect(!text.contains("quirks"))
    }
    #expect(try Tool.dmar("replay", path).status == 0)
  }
}
