/// The lines of logs, to be shown beside what was made of them.
package struct LogLines {
  private struct File {
    let bytes: [UInt8]
    /// Where each line begins.
    let starts: [Int]
  }

  private var files: [Int: File] = [:]
  private var left = Self.largest
  private static let largest = 64 << 20
  private static let longestLine = 2000

  package init() {}

  /// Takes the content of a file; what holds zeros is packed and has no lines, and of very long logs the
  /// first ones are kept.
  ///
  /// - Parameters:
  ///   - bytes: what stands in it.
  ///   - number: its number among the places' files.
  package mutating func add(_ bytes: [UInt8], file number: Int) {
    guard bytes.count <= left, !bytes.prefix(4096).contains(0) else { return }
    left -= bytes.count
    var starts = [0]
    for (place, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(place + 1)
    }
    files[number] = File(bytes: bytes, starts: starts)
  }

  /// The text of a line; nil where it is not known.
  package subscript(place: LogPlace) -> String? {
    guard let file = files[place.file], place.line >= 1, place.line <= file.starts.count else {
      return nil
    }
    let start = file.starts[place.line - 1]
    let end = place.line < file.starts.count ? file.starts[place.line] - 1 : file.bytes.count
    guard start < end else { return "" }
    return String(
      decoding: file.bytes[start..<end].prefix(Self.longestLine), as: UTF8.self)
  }
}
