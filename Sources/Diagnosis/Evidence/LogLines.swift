/// The lines of logs, kept so that they can be shown next to the explanation.
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

  /// Keeps the content of a file. A file with a zero byte at its beginning is not text and is left
  /// out; so is one that does not fit into what is left of 64 MiB for all files.
  ///
  /// - Parameters:
  ///   - bytes: the content.
  ///   - number: the index of the file, as places name it.
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
