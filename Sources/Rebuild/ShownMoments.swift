internal import Diagnosis
internal import LogReading
internal import Text

/// Rows of debugfs files by the moment at which the log shows them: somebody reads the files between two
/// faults, and they show the tables of that moment.
struct ShownMoments {
  /// The rows by how many faults the log has in front of them.
  private var rows: [Int: [Noted<DebugfsRow>]] = [:]

  /// - Parameters:
  ///   - first: the rows that tell how the tables were when the log's first fault came.
  ///   - all: every row of the log.
  ///   - faults: where the faults stand, in the order of the log.
  init(_ first: [Noted<DebugfsRow>], of all: [Noted<DebugfsRow>], between faults: [LogPlace]) {
    let files = Set(faults.map { $0.file })
    /// A file without faults tells no moment.
    func position(_ place: LogPlace) -> Int {
      guard files.contains(place.file) else { return 0 }
      // Places are in order within a file, and files in that of the log.
      return faults.countInFront(of: { $0 >= place })
    }
    rows[0] = first.filter { position($0.place) == 0 }.sorted { $0.place < $1.place }
    for row in all {
      let position = position(row.place)
      if position > 0 { rows[position, default: []].append(row) }
    }
  }

  /// The rows that the log shows behind so many faults.
  subscript(position: Int) -> [Noted<DebugfsRow>] { rows[position] ?? [] }
}
