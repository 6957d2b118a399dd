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
}
