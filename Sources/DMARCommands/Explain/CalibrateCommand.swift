internal import ArgumentParser
internal import Diagnosis
internal import Glibc
internal import KernelLog
internal import LogReading
internal import PCI
internal import Text

/// `dmar calibrate`: how often verdicts are right, on reports whose end is known.
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Measure how often the verdicts of explain are right at each confidence.",
    discussion: """
      TABLE is tab-separated with a header: file, record (device, address or index, reason), cause \
      (a number of the table of root causes), culprit, harmless, sure (settled, likely, open). Files \
      are looked for in FOLDER. With --weights the table of weights is printed instead.
      """)

  @Argument(help: ArgumentHelp("The table of outcomes.", valueName: "table"))
  var table: String?

  @Argument(help: ArgumentHelp("The folder of the reports.", valueName: "folder"))
  var folder: String?

  @Flag(help: "Print what each clue weighs and where the weight comes from.")
  var weights = false

  func validate() throws {
    if !weights && (table == nil || folder == nil) {
      throw ValidationError("a table of outcomes and the folder of its reports were expected")
    }
  }

  func run() throws {
    if weights { return try printWeights() }
    guard let table, let folder else { return }
    let rows = try Self.rows(table)
    var explanations: [String: Explanation] = [:]
    var samples: [Calibration.Sample] = []
    var missing = 0
    for row in rows {
      if explanations[row.file] == nil {
        explanations[row.file] = try? Self.explain(folder + "/" + row.file)
      }
      guard let explanation = explanations[row.file], let fault = row.find(in: explanation),
        let best = explanation.candidates(of: fault).first
      else {
        missing += 1
        continue
      }
      samples.append(
        Calibration.Sample(
          report: row.file, confidence: best.confidence, isRight: best.cause.number == row.cause))
    }
    try Self.print(Calibration(samples), missing: missing)
  }

  private static func print(_ calibration: Calibration, missing: Int) throws {
    var lines = ["level            faults  right  told  others"]
    for level in calibration.levels {
      lines.append(
        level.name.padded(to: 15) + "\(level.count)".aligned(to: 8)
          + "\(level.right)".aligned(to: 7) + "\(level.told)".aligned(to: 6)
          + "\(level.leftOut)".aligned(to: 8))
    }
    let squares = calibration.squares
    lines.append(
      "mean square: told \(thousandths(squares.told)), by the other reports "
        + "\(thousandths(squares.leftOut)); \(missing) faults without a cause to measure")
    var output = Output()
    for line in lines { output.print(line) }
    try output.flush()
  }

  private func printWeights() throws {
    var output = Output()
    for weight in ClueWeight.allCases {
      let row = weight.row
      output.print(
        "\(row.decibans)".aligned(to: 4) + "  " + weight.rawValue.padded(to: 32)
          + row.origin.rawValue.padded(to: 11) + row.source)
    }
    try output.flush()
  }

  private static func thousandths(_ value: Double) -> String {
    let number = Int((value * 1000).rounded())
    return "\(number / 1000)." + "\(number % 1000)".aligned(to: 3, with: "0")
  }

  /// A row of the table: one record with a cause that is known.
  struct Row {
    var file: String
    var device: String
    var place: String
    var cause: Int

    /// The record's fault; nil where it was not found.
    func find(in explanation: Explanation) -> Explanation.Fault? {
      let own = explanation.faults.filter { $0.group.function.description.hasSuffix(device) }
      return own.first { fault in
        fault.group.address.map { "0x" + String($0, radix: 16) == place } ?? false
      } ?? own.first
    }
  }

  private static func rows(_ path: String) throws -> [Row] {
    guard let bytes = HeadOfFile.read(path, 1 << 22) else {
      StandardError.print("dmar: \(path): cannot be read; a table of outcomes was expected")
      throw ExitStatus.noInput.code
    }
    return bytes.split(separator: 0x0a).dropFirst().compactMap { line in
      let columns = String(decoding: line, as: UTF8.self)
        .split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count >= 6, columns[5] == "settled" || columns[5] == "likely",
        let cause = Int(columns[2])
      else { return nil }
      let record = columns[1].split(separator: " ").map(String.init)
      guard record.count >= 2, record[0].contains(":"), record[0].contains(".") else { return nil }
      return Row(
        file: columns[0], device: String(record[0].suffix(7)), place: record[1], cause: cause)
    }
  }

  private static func explain(_ path: String) throws -> Explanation {
    var collector = LogCollector()
    try EvidenceReader.read(path) { piece in
      switch piece {
      case .file(let name): collector.begin(file: name)
      case .event(let event): collector.take(event)
      case .platform(let platform, _): platform.give(to: &collector)
      case .log, .unread, .text, .bytes: break
      }
    }
    return Explanation(collector.contents)
  }
}
