internal import MemoryImages
import Text
internal import VTdFormats

/// What all ranges of a space come to, and how far their numbers go.
struct RangeExtent {
  private(set) var count = 0
  /// In bytes.
  private(set) var size: UInt64 = 0
  private(set) var highestStart: UInt64 = 0
  private(set) var highestLast: UInt64 = 0
  private(set) var highestPhysical: UInt64 = 0

  @inline(__always)
  mutating func add(_ range: MappedRange) {
    count += 1
    size &+= range.size
    highestStart = max(highestStart, range.start)
    highestLast = max(highestLast, range.last)
    highestPhysical = max(highestPhysical, range.physical)
  }
}

/// The rows of mapped ranges, each written as it is read.
struct RangeTable {
  private let start: Int
  private let last: Int
  private let physical: Int

  /// - Parameters:
  ///   - extent: of all ranges, which tells how wide the columns are.
  ///   - isHeaded: whether the columns have a heading, which they are at least as wide as.
  init(_ extent: RangeExtent, isHeaded: Bool = true) {
    start = Self.width(isHeaded ? "IOVA" : "", extent.highestStart)
    last = Self.width(isHeaded ? "LAST" : "", extent.highestLast)
    physical = Self.width(isHeaded ? "MEMORY" : "", extent.highestPhysical)
  }

  /// The width of a column of addresses.
  private static func width(_ title: String, _ highest: UInt64) -> Int {
    max(title.count, 2 + hex(highest).count)
  }

  /// Prints a heading and a row for each range that `read` hands out.
  func print(to output: inout Output, _ read: ((MappedRange) -> Void) -> Void) {
    output.print(
      "  " + "IOVA".padded(to: start) + "  " + "LAST".padded(to: last) + "  "
        + "MEMORY".padded(to: physical) + "  ALLOWS  PAGES")
    var buffer = RowBuffer()
    read { range in
      if output.hasFailed { return }
      buffer.makeRoom { output.write($0) }
      buffer.put("  ")
      putAddresses(range, &buffer)
      buffer.put(range.permissionText)
      // The rest of ALLOWS, and what parts it from the next column.
      buffer.put("      ")
      buffer.putDecimal(range.size >> UInt64(Paging.shift(level: range.level)))
      buffer.put(" x ")
      buffer.put(range.pageSizeText)
      buffer.put("\n")
    }
    buffer.empty { output.write($0) }
  }

  /// Prints a row for each range without the count of its pages, behind a text of its own.
  func print(_ rows: some Sequence<(String, MappedRange)>, to output: inout Output) {
    var buffer = RowBuffer()
    for (text, range) in rows {
      if output.hasFailed { return }
      buffer.makeRoom { output.write($0) }
      buffer.putName(text)
      putAddresses(range, &buffer)
      buffer.put(range.permissionText)
      buffer.put("  ")
      buffer.put(range.pageSizeText)
      buffer.put("\n")
    }
    buffer.empty { output.write($0) }
  }

  @inline(__always)
  private func putAddresses(_ range: MappedRange, _ buffer: inout RowBuffer) {
    buffer.putCell(range.start, width: start &+ 2)
    buffer.putCell(range.last, width: last &+ 2)
    buffer.putCell(range.physical, width: physical &+ 2)
  }

  /// Prints the elements of a list, parted by commas, the last one without an end of its line.
  func printJSON(to output: inout Output, _ read: ((MappedRange) -> Void) -> Void) {
    var buffer = RowBuffer()
    var isFirst = true
    read { range in
      if output.hasFailed { return }
      buffer.makeRoom { output.write($0) }
      if !isFirst { buffer.put(",") }
      isFirst = false
      buffer.put("\n        {\n          \"iova\": \"")
      buffer.putHex(range.start)
      buffer.put("\",\n          \"last\": \"")
      buffer.putHex(range.last)
      buffer.put("\",\n          \"physical\": \"")
      buffer.putHex(range.physical)
      buffer.put("\",\n          \"allows\": \"")
      buffer.put(range.permissionText)
      buffer.put("\",\n          \"page_size\": ")
      buffer.putDecimal(Paging.byteCount(level: range.level))
      buffer.put("\n        }")
    }
    buffer.empty { output.write($0) }
  }
}
