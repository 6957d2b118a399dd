import KernelLog
import LogReading
import PCI
import VTdFormats

/// What rules ask of many faults at once, worked out in one pass over a log, so that explaining its
/// faults takes time in proportion to their number.
struct FaultIndex: Sendable {
  private struct DeviceKey: Hashable {
    var source: SourceID
    var segment: UInt16?
    var boot: Int
    var machine: Int

    init(_ fault: FaultGroup) {
      source = fault.key.source
      segment = fault.key.segment
      boot = fault.key.boot
      machine = fault.key.machine
    }
  }

  private struct BusKey: Hashable {
    var segment: UInt32
    var bus: UInt8
  }

  private var devices: [DeviceKey: DeviceFaults] = [:]
  private var addresses: [UInt64: [(source: SourceID, place: LogPlace)]] = [:]
  private var accesses: [SourceID: Set<FaultLine.Access>] = [:]
  private var buses: [BusKey: [PCIAddress]] = [:]
  /// The lines that say that Linux's units are set up.
  let bringUps: [Noted<BootLine>]
  /// Whether a kernel found the units at work, as after a crash of another.
  let isKdump: Bool

  init(_ log: LogContents) {
    bringUps = log.boot.filter {
      switch $0.value {
      case .interruptRemapping, .queuedInvalidation, .registerBasedInvalidation: true
      default: false
      }
    }
    isKdump = log.boot.contains {
      switch $0.value {
      case .translationAlreadyEnabled, .translationTablesCopied, .interruptTableCopied: true
      default: false
      }
    }
    for fault in log.faults { take(fault) }
    for key in devices.keys { devices[key]?.settle() }
    for (address, function) in log.functions where function.isListed {
      buses[BusKey(segment: address.segment, bus: address.bus), default: []].append(address)
    }
    for bus in buses.keys { buses[bus]?.sort() }
  }

  /// Adds a fault that has come since.
  mutating func add(_ fault: FaultGroup) {
    take(fault)
    devices[DeviceKey(fault)]?.settleAgain()
  }

  private mutating func take(_ fault: FaultGroup) {
    devices[DeviceKey(fault), default: DeviceFaults()].add(fault)
    if let address = fault.address {
      addresses[address, default: []].append((fault.key.source, fault.first))
    }
    if let access = fault.access { accesses[fault.key.source, default: []].insert(access) }
  }

  /// All faults of the fault's device in its boot.
  func device(of fault: FaultGroup) -> DeviceFaults { devices[DeviceKey(fault)] ?? DeviceFaults() }

  /// The first places of the faults at an address, with their devices.
  func faults(at address: UInt64) -> [(source: SourceID, place: LogPlace)] {
    addresses[address] ?? []
  }

  /// In which directions a requester's faults went.
  func accesses(of source: SourceID) -> Set<FaultLine.Access> { accesses[source] ?? [] }

  /// The functions of a function's bus that the log lists, in order.
  func functions(onBusOf address: PCIAddress) -> [PCIAddress] {
    buses[BusKey(segment: address.segment, bus: address.bus)] ?? []
  }
}

/// The faults of one device in one boot.
struct DeviceFaults: Sendable {
  /// Faults that come close together: each less than three seconds after the one before; all of
  /// them where there are no times.
  struct Incident: Sendable {
    var addresses: Set<UInt64> = []
    var accesses: Set<FaultLine.Access> = []
    /// The first places of its first faults.
    var places: [LogPlace] = []
    /// Addresses that no allocator hands out.
    var strange: Set<UInt64> = []
    /// Where an address was wider than the unit translates.
    var tooWide: [LogPlace] = []
  }

  private(set) var count = 0
  /// The pages of all faults.
  private(set) var pages: Set<UInt64> = []
  /// The refresh rate of a display that the times of its reads fit, and how many gaps between reads
  /// there are.
  private(set) var refresh: (rate: (hertz: Int, matches: Int), gaps: Int)?
  /// The first four lines that it stands on.
  private(set) var places: [LogPlace] = []
  private var readTimes: [UInt64] = []
  /// How many of the read times the rate was computed from.
  private var settledTimes = 0
  private var firsts: [(page: UInt64?, place: LogPlace)] = []
  private var incidents: [Incident] = []
  private var incidentOf: [LogPlace: Int] = [:]
  private var incidentTime: UInt64?
  private var latest: UInt64?
  private var latestPlaces: [Int: LogPlace] = [:]

  mutating func add(_ fault: FaultGroup) {
    count += 1
    let page = fault.address.map { $0.page }
    if let page { pages.insert(page) }
    firsts.append((page, fault.first))
    if fault.access == .read { readTimes += fault.sightings.compactMap { $0.time?.uptime } }
    for sighting in fault.sightings where places.count < 4 || sighting.place < places[3] {
      places.append(sighting.place)
      places.sort()
      if places.count > 4 { places.removeLast() }
    }
    if let time = fault.lastTime?.uptime { latest = max(latest ?? 0, time) }
    let file = fault.last.file
    latestPlaces[file] = max(latestPlaces[file] ?? fault.last, fault.last)
    addToIncident(fault)
  }

  /// Computes the rate again once the reads have grown by an eighth, so that the cost stays linear.
  mutating func settleAgain() {
    if readTimes.count - settledTimes > settledTimes / 8 { settle() }
  }

  /// Computes what depends on all faults together.
  mutating func settle() {
    readTimes.sort()
    settledTimes = readTimes.count
    let gaps = zip(readTimes, readTimes.dropFirst()).map { $1 - $0 }.filter {
      $0 > 0 && $0 < 60_000
    }
    refresh = Self.refreshRate(gaps).map { ($0, gaps.count) }
  }

  /// The refresh rate that gaps between reads fit, in hertz, with how many of them do.
  private static func refreshRate(_ gaps: [UInt64]) -> (hertz: Int, matches: Int)? {
    var best: (hertz: Int, matches: Int)?
    for hertz in [60, 59, 50, 75, 100, 120, 144, 165, 240, 30] {
      let period = 1_000_000 / UInt64(hertz)
      let matches = gaps.filter { gap in
        (gap > period ? gap - period : period - gap) * 100 <= period * 2
      }.count
      if matches >= 2, matches * 3 >= gaps.count, matches > best?.matches ?? 0 {
        best = (hertz, matches)
      }
    }
    return best
  }

  private mutating func addToIncident(_ fault: FaultGroup) {
    let time = fault.firstTime?.uptime
    let isFar =
      if let time, let before = incidentTime {
        time >= before ? time - before >= 3_000_000 : before - time >= 3_000_000
      } else {
        false
      }
    if incidents.isEmpty || isFar { incidents.append(Incident()) }
    if let time { incidentTime = time }
    let index = incidents.count - 1
    incidentOf[fault.first] = index
    if let address = fault.address {
      incidents[index].addresses.insert(address)
      if address < 0x10_0000 || address >> 48 != 0 { incidents[index].strange.insert(address) }
    }
    if let access = fault.access { incidents[index].accesses.insert(access) }
    if incidents[index].places.count < 5 { incidents[index].places.append(fault.first) }
    if fault.key.reason == FaultReason.addressBeyondWidth.rawValue,
      incidents[index].tooWide.count < 2
    {
      incidents[index].tooWide.append(fault.first)
    }
  }

  /// The faults of the device that came together with this one.
  func incident(of fault: FaultGroup) -> Incident {
    incidentOf[fault.first].map { incidents[$0] } ?? Incident()
  }

  /// The places of its first faults at other pages, four at most.
  func places(besidePage page: UInt64) -> [LogPlace] {
    firsts.lazy.filter { $0.page != nil && $0.page != page }.prefix(4).map { $0.place }
  }

  /// The place of its first fault above 4 GiB whose page number has `low` as its low 20 bits.
  func place(ofPageEndingWith low: UInt64) -> LogPlace? {
    firsts.first { fault in
      fault.page.map { $0 >> 20 != 0 && $0 & 0xf_ffff == low } ?? false
    }?.place
  }

  /// How many pages in a row it went through, upwards, in the order of the records.
  var pagesInARow: Int {
    var (longest, length) = (1, 1)
    for (before, after) in zip(firsts, firsts.dropFirst()) {
      guard let before = before.page, let after = after.page else { continue }
      length = after == before &+ 1 ? length + 1 : 1
      longest = max(longest, length)
    }
    return longest
  }

  /// Whether a fault came after a line: by the times where there are any, else by the order of the
  /// lines.
  func goesOn(after place: LogPlace, _ time: LogTime?) -> Bool {
    if let latest, let start = time?.uptime { return latest > start }
    return latestPlaces[place.file].map { $0 > place } ?? false
  }
}
