import LogReading
import MachineEvidence
import PCI
import VTdFormats

/// What the machine's own files say, in words.
enum MachineWords {
  static func remarks(_ log: LogContents) -> [Finding.Evidence] {
    InterruptStorm(log).remarks + RegisterState.states(log).compactMap { $0.remark }
      + latencies(log)
      + domains(log) + requests(log) + withoutRoot(log) + missing(log)
  }

  /// What of a function's state matters to whoever reads of its fault.
  static func state(of function: PCIAddress, _ log: LogContents) -> [String] {
    var words: [String] = []
    if log.machine.isSet("BusMaster", .command, of: function) == false {
      words.append("bus mastering off by now")
    }
    if log.machine.isSet("Enable", .addressTranslation, of: function) == true {
      words.append("translation cache (ATS) on")
    }
    if log.machine.isSet("Enable", .processSpaces, of: function) == true {
      words.append("PASID on")
    }
    if log.machine.isSet("Enable", .pageRequests, of: function) == true {
      words.append("page requests on")
    }
    return words
  }

  /// Invalidations that took long: a driver that waits for one holds a lock with interrupts off.
  private static func latencies(_ log: LogContents) -> [Finding.Evidence] {
    log.machine.latencies.compactMap { row in
      let slow = row.value.counts.last ?? 0
      guard slow > 0 else { return nil }
      let unit = row.value.unit.map { "dmar\($0)" } ?? "a unit"
      let what =
        row.value.name == "svm_prq"
        ? "requests for pages" : "invalidations (\(row.value.name))"
      return Finding.Evidence(
        "\(slow) \(what) of \(unit) took 10 ms or more, the longest \(row.value.longest) us: a device "
          + "that is slow to answer, or a queue behind one", [row.place])
    }
  }

  /// A unit that has no ids for further domains refuses further devices.
  private static func domains(_ log: LogContents) -> [Finding.Evidence] {
    log.machine.unitValues.sorted { $0.key < $1.key }.compactMap { unit, values in
      guard let used = values[.domainsUsed], let all = values[.domainsSupported],
        all.value > 0, used.value >= all.value - all.value / 16
      else { return nil }
      return Finding.Evidence(
        "dmar\(unit) uses \(used.value) of its \(all.value) domain ids: further devices and guests are "
          + "refused", [used.place, all.place])
    }
  }

  /// Requests that failed first, as devices keep them.
  private static func requests(_ log: LogContents) -> [Finding.Evidence] {
    log.machine.failedRequests.sorted { $0.key < $1.key }.compactMap { function, noted in
      guard let address = noted.value.address else { return nil }
      let what = "\(noted.value.kind.rawValue) of 0x\(hex(address))"
      let isFault = log.faults.contains { BusErrorWords.isSame($0.address, address) }
      return Finding.Evidence(
        isFault
          ? "the first failed request that \(function.shortDescription) keeps (HeaderLog) is \(what), "
            + "the address of a fault: error and fault are one request"
          : "the first failed request that \(function.shortDescription) keeps (HeaderLog) is \(what)",
        [noted.place])
    }
  }

  private static func withoutRoot(_ log: LogContents) -> [Finding.Evidence] {
    let rows = log.machine.resources
    guard let first = rows.first, rows.count > 2, rows.allSatisfy({ $0.value.end == 0 }) else {
      return []
    }
    return [
      Finding.Evidence(
        "/proc/iomem was read without root: all its addresses are 0", [first.place])
    ]
  }

  /// How many files that a bundle lacks are named.
  private static let mostMissing = 12

  /// What a bundle says that it lacks: what nobody could read is no sign that nothing is there.
  private static func missing(_ log: LogContents) -> [Finding.Evidence] {
    var remarks: [Finding.Evidence] = []
    var others: [Noted<MissingFile>] = []
    for file in log.machine.missing {
      guard file.value.path == MissingFile.table else {
        others.append(file)
        continue
      }
      let words =
        file.value.reason.hasPrefix(MissingFile.noTable)
        ? "no DMAR table was there when the bundle was made (\(file.value.reason)): the kernel finds no "
          + "VT-d unit, translates no DMA, and records no fault"
        : "the bundle has no DMAR table (\(file.value.reason)): it does not tell whether the machine has "
          + "a VT-d unit"
      remarks.append(Finding.Evidence(words, [file.place]))
    }
    var names: [String] = []
    for (index, file) in others.enumerated() {
      // The files of one folder that are missing for one reason are told as the folder.
      let folder = folder(file.value.path)
      let isNext =
        index > 0 && Self.folder(others[index - 1].value.path) == folder
        && others[index - 1].value.reason == file.value.reason
      if isNext {
        names[names.count - 1] = "\(folder) (\(file.value.reason))"
      } else {
        names.append("\(file.value.path) (\(file.value.reason))")
      }
    }
    if let first = others.first {
      let rest = names.count - mostMissing
      remarks.append(
        Finding.Evidence(
          "the bundle was made without \(names.prefix(mostMissing).joined(separator: "; "))"
            + (rest > 0 ? "; and \(rest) more" : ""), [first.place]))
    }
    return remarks
  }

  private static func folder(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
  }
}
