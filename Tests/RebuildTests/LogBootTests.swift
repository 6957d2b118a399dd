import LogReading
import Rebuild
import Testing

/// Two boots in one log.
@Suite("Several boots")
struct LogBootTests {
  private static func boot(_ release: String, _ addresses: [String]) -> String {
    "[    0.000000] Linux version \(release) (a@b) #1 SMP\n"
      + addresses.enumerated().map { index, address in
        "[   \(index + 1)0.000000] DMAR: DRHD: handling fault status reg 2\n"
          + "[   \(index + 1)0.000000] DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr "
          + "\(address) [fault reason 0x06] PTE Read access is not set\n"
      }.joined()
  }

  private static func boots() -> LogBoots {
    var boots = LogBoots()
    boots.begin(file: "kernel.log")
    let text = boot("6.1.0", ["0x1000", "0x2000"]) + boot("6.12.0", ["0x3000"])
    for event in Rebuilding.events(text) { boots.take(event) }
    return boots
  }

  @Test("are imported one at a time: that with more faults, and the others are named")
  func most() {
    let (boot, others) = Self.boots().chosen
    #expect(boot.timeline.faults.count == 2)
    #expect(
      others.map(\.description) == [
        "kernel.log:8: it belongs to boot 2 of the log, and boot 1 is imported"
      ])
  }

  @Test("have numbers, from 1 on")
  func numbers() {
    let boots = Self.boots()
    #expect(boots[1]?.timeline.faults.count == 2)
    #expect(boots[2]?.timeline.faults.count == 1)
    #expect(boots[0] == nil && boots[3] == nil && boots[.min] == nil)
  }

  /// The driver's lines of one boot, as `grep DMAR` keeps them.
  private static func driverLines(at boot: String, fault: String, _ address: String) -> String {
    "[    \(boot)] DMAR: Host address width 39\n"
      + "[    \(fault)] DMAR: DRHD: handling fault status reg 2\n"
      + "[    \(fault)] DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr \(address) "
      + "[fault reason 0x06] PTE Read access is not set\n"
  }

  private static func boots(of files: [String]) -> LogBoots {
    var boots = LogBoots()
    for (index, text) in files.enumerated() {
      boots.begin(file: "\(index + 1).log")
      for event in Rebuilding.events(text) { boots.take(event) }
    }
    return boots
  }

  @Test("are told apart by the driver's first line, where somebody kept the driver's lines alone")
  func driverAlone() {
    let one = Self.driverLines(at: "0.200000", fault: "9.000000", "0x1000")
    let other = Self.driverLines(at: "0.300000", fault: "8.000000", "0x2000")
    let boots = Self.boots(of: [one + other])
    #expect(boots.count == 2)
    #expect(
      boots.chosen.others.map(\.description) == [
        "1.log:3: it belongs to boot 1 of the log, and boot 2 is imported"
      ])
    #expect(Self.boots(of: [one, other]).count == 2)
  }

  @Test("are told apart by the marks of a journal without banners")
  func marks() {
    let fault =
      "DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0x1000 [fault reason 0x06] x\n"
    let text = ["1111", "2222"].map { "-- Boot \($0) --\nMar 02 10:00:10 host kernel: \(fault)" }
    #expect(Self.boots(of: [text.joined()]).count == 2)
  }

  @Test("are two where two files have banners of two kernels, or of one at other times")
  func files() {
    let one = Self.boot("6.1.0", ["0x1000"])
    #expect(Self.boots(of: [one, Self.boot("6.12.0", ["0x1000"])]).count == 2)
    // The same kernel, with another fault first.
    let other = Self.boots(of: [one, Self.boot("6.1.0", ["0x2000", "0x3000"])])
    #expect(other.count == 2)
    #expect(other.chosen.boot.timeline.faults.count == 2)
    #expect(other.chosen.others.count == 1)
  }

  @Test("are one where two files tell the same boot, whose faults count once")
  func retold() {
    let boot = Self.boot("6.1.0", ["0x1000", "0x2000"])
    let journal = boot.split(separator: "\n").map { "Mar 02 10:00:10 host kernel: \($0)\n" }
      .joined()
    for files in [
      [boot, journal], [journal, boot], [boot, "Linux version 6.1.0 (a@b) #1 SMP\n"],
    ] {
      let boots = Self.boots(of: files)
      #expect(boots.count == 1)
      #expect(boots.chosen.boot.timeline.faults.count == 2)
      #expect(boots.chosen.others.isEmpty && boots.notes().isEmpty)
    }
  }

  @Test("are not two because a log holds its own banner or its first lines again")
  func excerpts() {
    let boot = Self.boot("6.1.0", ["0x1000"])
    #expect(Self.boots(of: [boot + "Linux version 6.1.0 (a@b) #1 SMP\n"]).count == 1)
    let lines = Self.driverLines(at: "0.200000", fault: "9.000000", "0x1000")
    #expect(Self.boots(of: [lines + "\n" + lines]).count == 1)
  }

  @Test("are counted and named, with the one that is taken")
  func note() {
    #expect(
      Self.boots().notes() == [
        "dmar: 2 boots: boot 1 is imported; none has more faults, and --boot takes another",
        "dmar: boot 1: kernel 6.1.0, 2 faults, from kernel.log:1 on",
        "dmar: boot 2: kernel 6.12.0, 1 fault, from kernel.log:6 on",
      ])
    #expect(Self.boots().notes(taking: 2).first == "dmar: 2 boots: boot 2 is imported")
  }
}
