import KernelLog
import LogReading
import Rebuild
import TestSupport
import Testing

/// Consoles of real kernels, as they are and as a kernel without debugfs would have printed them.
@Suite("Real consoles")
struct ConsoleTests {
  /// Of Linux 7.3, and the older ones whose configurations it has no console of. The others are of the
  /// same machines.
  static let names = [
    "bridges-7.3", "broken-first-stage-7.3-qemu10", "burst-7.3", "caching-7.3", "first-stage-7.3",
    "groups-7.3", "ir-xapic-7.3", "klist-splat-7.3", "life-7.3", "oops-context-7.3",
    "stock-legacy-6.19.14", "stock-legacy-7.1.13", "stock-legacy-7.3", "broken-scalable",
    "caching-scalable", "device-tlb", "no-interrupt-remapping", "suspend",
  ]
  /// Of Debian's own kernels, which dump no tables, as Tests/Guest/run and Tests/Guest/consoles make them.
  static let distribution = [
    "debian-6.12-legacy", "debian-6.12-scalable", "debian-7.3-legacy", "debian-7.3-scalable",
    "debian-6.16-strict", "debian-6.17-second-stage", "debian-6.18-caching-disk",
    "debian-6.18-interrupts", "debian-7.0-bridges-scalable", "debian-7.0-burst",
    "debian-7.1-suspend", "debian-7.2-unplug", "debian-7.3-first-stage",
    "debian-7.3-shared-addresses", "debian-7.3-snoop",
  ]

  /// What of a console is imported.
  enum Part: CaseIterable {
    case whole
    /// As a kernel without CONFIG_INTEL_IOMMU_DEBUGFS prints it.
    case withoutDumps
    /// From the first fault on, as people paste it.
    case withoutBoot
    /// The driver's lines without their times, of which the limiter's own is none.
    case withoutTimes
  }

  static func events(of name: String, _ part: Part) throws -> [LogEvent] {
    var lines = try Golden.lines("\(name).log.gz")
    let isDriver = { (line: String) in line.contains("DMAR") && line.first == "[" }
    switch part {
    case .whole: break
    case .withoutDumps:
      return Rebuilding.events(lines.joined(separator: "\n") + "\n").filter { event in
        switch event.kind {
        case .dump, .fact(.debugfs): false
        default: true
        }
      }
    case .withoutBoot:
      let first = lines.firstIndex { $0.contains("handling fault status") } ?? 0
      lines = lines[first...].filter(isDriver)
    case .withoutTimes:
      lines = lines.filter(isDriver).map { line in
        String(line.drop { $0 != "]" }.dropFirst(2))
      }
    }
    return Rebuilding.events(lines.joined(separator: "\n") + "\n")
  }

  @Test(
    "real consoles give back every fault, status, dump and queue line, whatever of them is at hand",
    arguments: names + distribution, Part.allCases)
  func faults(_ name: String, _ part: Part) throws {
    let events = try Self.events(of: name, part)
    let rebuilt = Rebuilding.rebuild(events, file: name)
    // The limiter's own line is in no cut of the driver's lines.
    let hasLimiter = part == .whole || part == .withoutDumps
    let wanted = Self.lines(events, hasLimiter)
    #expect(!wanted.isEmpty)
    let found = Self.lines(
      Rebuilding.events(Rebuilding.lines(of: rebuilt.yaml).joined(separator: "\n") + "\n"),
      hasLimiter)
    #expect(found == wanted, "\(rebuilt.leftOut)")
  }

  @Test("pages of another function that debugfs shows are as small as the log has them")
  func smallPages() throws {
    let rebuilt = Rebuilding.rebuild(try Self.events(of: "legacy", .whole), file: "legacy")
    #expect(rebuilt.yaml.contains("size: 0x1000000, access: rw, pages: 4KiB"))
    let replay = try #require(Rebuilding.replay(rebuilt.yaml, takesSteps: false))
    // The ISA bridge's own table of 4 KiB pages, and its last entry.
    #expect(replay.load(0x19b_3000 + 511 * 8) == 0x1f_f003)
  }

  private static func lines(_ events: [LogEvent], _ hasLimiter: Bool) -> [String] {
    events.compactMap { event in
      switch event.kind {
      case .suppressed where !hasLimiter: nil
      case .fault, .status, .suppressed, .dump, .queueError: event.kind.line.map { "\($0)" }
      default: nil
      }
    }
  }
}
