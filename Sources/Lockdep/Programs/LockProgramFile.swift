import Text

/// Lock programs in a table: tab-separated values, with a header line where the columns are not
/// `name`, `ops`, `expected` in this order.
///
/// With a header, columns `name`, `ops` and `expected` (FAILURE: something must be reported, SUCCESS:
/// nothing) may stand in any order. `read_lock_recursive` is optional: 1 makes every `RL` of the row recursive,
/// as the kernel's selftests can force it; otherwise `RL` is recursive in interrupts only, as
/// queued rwlocks are. Other columns are ignored, and so are empty lines and lines that begin with
/// `#`.
public struct LockProgramFile: Hashable, Sendable {
  /// The rows, in the file's order.
  public var rows: [Row]

  /// One program with what is expected of it.
  public struct Row: Hashable, Sendable {
    /// The line in the file; 1 is the first.
    public var line: Int
    /// Its name, for messages and `--filter`.
    public var name: String
    /// The program.
    public var program: LockProgram
    /// Whether the validator is to end up off.
    public var expectsFailure: Bool
    /// Whether every shared acquire of a rwlock counts as recursive.
    public var readsAreRecursive: Bool
  }

  /// A file of these rows.
  public init(rows: [Row]) {
    self.rows = rows
  }
}

/// Something in a table of lock programs that should not be there.
public struct LockProgramFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// 1 is the first line and the first byte of a line.
  public var line: Int
  /// Where in the line, from 1 on.
  public var column: Int
  /// What stands there.
  public var problem: String
  /// What would do.
  public var expected: String

  /// `line:column: problem, expected …`; a file's name goes before it.
  public var description: String { "\(line):\(column): \(problem), expected \(expected)" }
}

extension LockProgramFile {
  /// Reads a table.
  public init(parsing text: some StringProtocol) throws(LockProgramFileError) {
    self.init(rows: [])
    var header: Header?
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      var line = Substring(line)
      if line.last == "\r" { line = line.dropLast() }
      if line.isEmpty || line.first == "#" { continue }
      if let header {
        rows.append(try header.row(line, number))
      } else if Header.isHeader(line) {
        header = try Header(line, number)
      } else {
        let usual = Header()
        header = usual
        rows.append(try usual.row(line, number))
      }
    }
    if header == nil {
      throw LockProgramFileError(
        line: 1, column: 1, problem: "the file has no program",
        expected: "rows of a name, operations and FAILURE or SUCCESS, separated by tabs")
    }
  }

  private struct Header {
    var name: Int
    var operations: Int
    var expected: Int
    var recursive: Int?

    /// The columns of a table without a header line.
    init() {
      (name, operations, expected) = (0, 1, 2)
    }

    /// Whether a file's first line gives titles to columns.
    static func isHeader(_ line: Substring) -> Bool {
      let titles: Set<Substring> = ["name", "ops", "expected"]
      return line.split(separator: "\t", omittingEmptySubsequences: false)
        .contains { titles.contains($0) }
    }

    init(_ line: Substring, _ number: Int) throws(LockProgramFileError) {
      let titles = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      func column(_ title: String) throws(LockProgramFileError) -> Int {
        guard let index = titles.firstIndex(of: title) else {
          throw LockProgramFileError(
            line: number, column: 1, problem: "the header has no column `\(title)`",
            expected: "columns `name`, `ops` and `expected`, separated by tabs")
        }
        return index
      }
      name = try column("name")
      operations = try column("ops")
      expected = try column("expected")
      recursive = titles.firstIndex(of: "read_lock_recursive")
    }

    func row(_ line: Substring, _ number: Int) throws(LockProgramFileError) -> Row {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      let needed = max(name, operations, expected)
      guard fields.count > needed else {
        throw LockProgramFileError(
          line: number, column: line.utf8.count + 1,
          problem: "the row has \(counted(fields.count, "column"))",
          expected: "at least \(needed + 1)")
      }
      func start(_ index: Int) -> Int {
        line.utf8.distance(from: line.utf8.startIndex, to: fields[index].startIndex) + 1
      }
      let program: LockProgram
      do {
        program = try LockProgram(parsing: fields[operations])
      } catch {
        throw LockProgramFileError(
          line: number, column: start(operations) + error.column - 1, problem: error.problem,
          expected: error.expected)
      }
      guard fields[expected] == "FAILURE" || fields[expected] == "SUCCESS" else {
        throw LockProgramFileError(
          line: number, column: start(expected), problem: "`\(fields[expected])` is not a verdict",
          expected: "`FAILURE` or `SUCCESS`")
      }
      var readsAreRecursive = false
      if let recursive, recursive < fields.count, !fields[recursive].isEmpty {
        guard fields[recursive] == "0" || fields[recursive] == "1" else {
          throw LockProgramFileError(
            line: number, column: start(recursive),
            problem: "`\(fields[recursive])` is not a switch", expected: "0 or 1")
        }
        readsAreRecursive = fields[recursive] == "1"
      }
      return Row(
        line: number, name: String(fields[name]), program: program,
        expectsFailure: fields[expected] == "FAILURE", readsAreRecursive: readsAreRecursive)
    }
  }
}
