internal import Glibc
internal import PCI
internal import VTdFormats

/// The `expect:` section of a scenario.
enum ExpectationDecoder {
  /// - Parameter toleratesMissingLog: a log file that is not there yet reads as empty.
  static func expectation(
    from section: CheckedValue?, toleratesMissingLog: Bool = false
  ) throws -> Expectation {
    var expectation = Expectation()
    guard let section else { return expectation }
    for (key, value) in try section.table() { expectation.places[key] = value.place }
    expectation.log = try section["log"].map {
      try log(from: $0, toleratesMissing: toleratesMissingLog)
    }
    expectation.contains = try section["contains"]?.list().map { try $0.text() } ?? []
    expectation.lacks = try section["lacks"]?.list().map { try $0.text() } ?? []
    expectation.faults = try section["faults"]?.list().map { try fault(from: $0) }
    expectation.records = try section["records"]?.list().map { try RecordExpectation(from: $0) }
    expectation.interrupts = try section["interrupts"]?.list().map { interrupt in
      Expectation.Interrupt(
        vector: try interrupt.required("vector").integer(as: UInt8.self),
        destination: try interrupt.required("destination").integer(as: UInt32.self))
    }
    expectation.dump = try section["dump"]?.choice(as: Expectation.Dump.self)
    if let splat = section["splat"] {
      expectation.splat =
        splat.value.scalar == nil ? .report(try self.splat(from: splat)) : Expectation.Splat.none
    }
    return expectation
  }

  private static func log(
    from value: CheckedValue, toleratesMissing: Bool
  ) throws -> Expectation.Log {
    let path = Files.resolve(try value.text(), from: value.place.file)
    do {
      var lines = try Files.text(at: path, namedAt: value.place)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      if lines.last == "" { lines.removeLast() }
      return Expectation.Log(path: path, lines: lines)
    } catch {
      guard toleratesMissing, access(path, F_OK) != 0 else { throw error }
      return Expectation.Log(path: path, lines: [])
    }
  }

  private static func fault(from section: CheckedValue) throws -> Expectation.Fault {
    Expectation.Fault(
      source: try section.required("device").address().sourceID,
      isRead: try section.required("access").text() == "read",
      address: IOVA(rawValue: try section.required("address").integer()),
      reason: FaultReason(rawValue: try section.required("reason").integer(as: UInt8.self)))
  }

  private static func splat(from section: CheckedValue) throws -> Expectation.SplatDescription {
    func functions(_ key: String) throws -> [String] {
      try section[key]?.list().map { try $0.text() } ?? []
    }
    return Expectation.SplatDescription(
      title: try section.required("title").text(), lockClass: try section["class"]?.text(),
      usage: try section["usage"]?.text(), from: try section["from"]?.text(),
      to: try section["to"]?.text(), registeredIn: try functions("registered_in"),
      takenIn: try functions("taken_in"))
  }
}
