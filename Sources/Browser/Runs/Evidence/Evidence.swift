internal import ACPITables
internal import Diagnosis
internal import LogReading
internal import MachineEvidence
internal import PCI
internal import Scenario
internal import ScenarioFormat
internal import Text

/// The contents of the files that a page was given: logs, and other facts of the machine.
struct Evidence {
  /// What one file is.
  enum Piece {
    /// A log, unpacked.
    case log([UInt8])
    case table(DMARTable, isReadable: Bool)
    case snapshot(PCITopology)
    /// A file that is not evidence; `unread` says what it is.
    case unread
  }

  /// How many unpacked bytes of a packed log are read: more than any log has, less than the memory
  /// of a page.
  private static let mostUnpacked = 1 << 28

  /// The files in order.
  let pieces: [(name: String, piece: Piece)]
  /// What was not read, or not to its end, and why.
  let unread: [(name: String, words: String)]

  /// - Throws: `Failure` where a table or a snapshot is not as it should be.
  init(_ files: PageFiles) throws(Failure) {
    var pieces: [(name: String, piece: Piece)] = []
    var unread: [(name: String, words: String)] = []
    for file in files.files {
      guard let bytes = file.content.bytes else {
        throw Failure("the file \"\(file.path)\" has no \"text\" and no \"base64\"")
      }
      pieces.append(
        (file.path, try Self.piece(file.path, bytes, files) { unread.append((file.path, $0)) }))
    }
    (self.pieces, self.unread) = (pieces, unread)
  }

  /// - Parameter note: takes why the file is not read, or not to its end.
  private static func piece(
    _ path: String, _ bytes: [UInt8], _ files: PageFiles, note: (String) -> Void
  ) throws(Failure) -> Piece {
    let head = Array(bytes.prefix(PlatformKind.headLength))
    if PlatformKind.isScenario(head: head, path: path) {
      note(PlatformKind.scenarioWords)
      return .unread
    }
    let kind = PlatformKind(head: head, path: path)
    switch kind {
    case .snapshot:
      return .snapshot(
        try Failure.ofInput { () throws(InputError) in
          try PCISnapshotFile.read(path, namedAt: nil, from: files.source)
        })
    case .table(let isReadable):
      return .table(try table(path, bytes, files), isReadable: isReadable)
    case nil: return unpacked(bytes, note)
    }
  }

  /// A table as firmware has it, as a dump of its bytes, or as YAML.
  private static func table(_ path: String, _ bytes: [UInt8], _ files: PageFiles)
    throws(Failure) -> DMARTable
  {
    if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
      return try Failure.ofInput { () throws(InputError) in
        try DMARTableFile.read(path, namedAt: nil, from: files.source)
      }
    }
    do throws(ACPITableError) {
      return try DMARTable(
        parsing: bytes.contains(0)
          ? bytes : try HexDump.table(in: String(decoding: bytes, as: UTF8.self)))
    } catch {
      let place = Failure.Place(file: path, line: 0, column: 0)
      throw Failure("\(error)", at: place, text: "\(path): \(error)", status: 65)
    }
  }

  /// The log in bytes that may be packed by gzip; the browser itself unpacks what else it can.
  private static func unpacked(_ bytes: [UInt8], _ note: (String) -> Void) -> Piece {
    guard Gunzip.isGzip(bytes) else { return .log(bytes) }
    var unpacker = Gunzip(bytes)
    var text: [UInt8] = []
    do throws(Gunzip.Failure) {
      try unpacker.unpack(atMost: mostUnpacked) { text += $0 }
    } catch {
      note(error.description)
    }
    return .log(text)
  }

  /// Reads the logs with a reader each, and hands out what was found.
  ///
  /// - Parameters:
  ///   - begin: a file begins, by its name.
  ///   - event: something in it.
  ///   - log: whether it is a kernel's log.
  func read(
    begin: (String) -> Void, event: (LogEvent) -> Void, log: () -> Void,
    platform: (String, Piece) -> Void
  ) {
    for (name, piece) in pieces {
      switch piece {
      case .log(let bytes):
        begin(name)
        var reader = LogReader()
        bytes.withUnsafeBytes { reader.read($0) { event($0) } }
        reader.finish { event($0) }
        if reader.kernelLineCount > 0 || reader.byteCount == 0 { log() }
      case .table, .snapshot: platform(name, piece)
      case .unread: break
      }
    }
  }

  /// The explanation of all of it.
  var explanation: Explanation {
    var collector = LogCollector()
    read(
      begin: { collector.begin(file: $0) }, event: { collector.take($0) },
      log: { collector.noteLog() }
    ) { name, piece in
      if collector.contents.files.last != name { collector.begin(file: name) }
      piece.give(to: &collector)
    }
    for (name, words) in unread { collector.note(unread: name, words) }
    takeHistory(into: &collector)
    return Explanation(collector.contents)
  }

  /// The mapping history of the addresses that fault, for which the logs are looked through once more.
  func takeHistory(into collector: inout LogCollector) {
    let focus = AddressFocus(collector.contents.faultAddresses)
    var history = MappingHistory()
    for (index, name) in collector.contents.files.enumerated() {
      for case (name, .log(let bytes)) in pieces {
        history.take(bytes, by: HistoryScanner(focus, file: index))
      }
    }
    history.finish(focus)
    collector.take(history)
  }

  /// How many bytes were looked at.
  var byteCount: Int {
    pieces.reduce(0) { count, piece in
      if case .log(let bytes) = piece.piece { count + bytes.count } else { count + 1 }
    }
  }

  /// The lines of the logs, for those who show them.
  ///
  /// - Parameter names: the files in the order of the places' numbers.
  func lines(of names: [String]) -> LogLines {
    var lines = LogLines()
    for (number, name) in names.enumerated() {
      for case (name, .log(let bytes)) in pieces { lines.add(bytes, file: number) }
    }
    return lines
  }
}

extension Evidence.Piece {
  /// Hands the machine's facts to the collector of a log.
  func give(to collector: inout LogCollector) {
    switch self {
    case .table(let table, _): collector.take(table)
    case .snapshot(let topology): collector.take(topology)
    case .log, .unread: break
    }
  }
}
