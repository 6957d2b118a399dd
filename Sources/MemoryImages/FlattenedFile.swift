import Text

/// A dump file, plain or "flattened". makedumpfile and QEMU flatten a dump that they write to a
/// pipe: a header before each piece says at which offset of the file it belongs.
struct FlattenedFile {
  private struct Piece {
    var target: Int
    var count: Int
    var place: Int
  }

  let bytes: UnsafeRawBufferPointer
  let isFlattened: Bool
  /// Sorted by `target`, the offset in the plain file, so that it can be searched.
  private var pieces: [Piece] = []

  private static let headerLength = 4096

  init(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(MemoryImageError) {
    self.bytes = bytes
    isFlattened = bytes.begins(with: "makedumpfile")
    guard isFlattened else { return }
    var at = Self.headerLength
    while let offset = bytes.number(Int64.self, at: at)?.byteSwapped,
      let size = bytes.number(Int64.self, at: at + 8)?.byteSwapped, offset >= 0
    {
      guard size > 0, let target = Int(exactly: offset), let count = Int(exactly: size),
        count <= bytes.count - at - 16, target <= Int.max - count
      else {
        throw MemoryImageError(
          path: path, kind: .damaged("a piece of the flattened dump is damaged or cut off"))
      }
      pieces.append(Piece(target: target, count: count, place: at + 16))
      at += 16 + count
    }
    // Pieces usually come in order, but the writer may write the header again at the end.
    pieces.sort { $0.target == $1.target ? $0.place < $1.place : $0.target < $1.target }
  }

  /// `count` bytes from `offset` of the plain file; nil where some of them are missing.
  func copy(_ offset: Int, _ count: Int) -> [UInt8]? {
    guard offset >= 0, count >= 0, count <= 1 << 30, offset <= Int.max - count else { return nil }
    guard isFlattened else {
      return offset <= bytes.count - count ? [UInt8](bytes[offset..<offset + count]) : nil
    }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var at = offset
    while result.count < count {
      guard let index = piece(at: at) else { return nil }
      let inside = at - pieces[index].target
      let length = min(pieces[index].count - inside, count - result.count)
      let start = pieces[index].place + inside
      result += bytes[start..<start + length]
      at += length
    }
    return result
  }

  /// The last piece that begins at or before `offset` and holds it.
  private func piece(at offset: Int) -> Int? {
    let index = pieces.countInFront { $0.target > offset } - 1
    guard index >= 0, offset - pieces[index].target < pieces[index].count else { return nil }
    return index
  }
}
