internal import Diagnosis
internal import Scenario

/// The lines of logs that lie in files, to be shown beside what was made of them.
///
/// What was packed, or came through a pipe, cannot be read again and has no lines here.
struct LogLines {
  private struct File {
    let bytes: [UInt8]
    /// Where each line begins.
    let starts: [Int]
  }

  private var files: [Int: File] = [:]
  private static let largest = 64 << 20
  private static let longestLine = 2000

  /// - Parameter names: the files in the order of the places' numbers.
  init(of names: [String]) {
    var left = Self.largest
    for (number, name) in names.enumerated() {
      guard name != "-", name != "standard input", let bytes = try? Files.bytes(at: name),
        bytes.count <= left, !bytes.prefix(4096).contains(0)
      else { continue }
      left -= bytes.count
      var starts = [0]
      for (place, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
        starts.append(place + 1)
      }
      files[number] = File(bytes: bytes, starts: starts)
    }
  }

  /// The text of a line; nil where it cannot be read again.
  subscript(place: LogPlace) -> String? {
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
