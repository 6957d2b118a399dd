/// Bytes of one structure, whose fields are read through its layout.
struct TableReader {
  /// The whole table.
  let bytes: [UInt8]
  /// The structure's first byte in it.
  let start: Int

  init(_ bytes: [UInt8], at start: Int) {
    self.bytes = bytes
    self.start = start
  }

  /// The bytes of `field`; fewer than its width where the table ends.
  func raw(_ field: TableField) -> ArraySlice<UInt8> {
    let lower = min(start + field.offset, bytes.count)
    return bytes[lower..<min(lower + field.width, bytes.count)]
  }

  /// The number in `field`, little-endian. Bytes beyond the end count as 0, so callers check
  /// lengths before.
  func number(_ field: TableField) -> UInt64 {
    raw(field).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func byte(_ field: TableField) -> UInt8 { UInt8(truncatingIfNeeded: number(field)) }
  func word(_ field: TableField) -> UInt16 { UInt16(truncatingIfNeeded: number(field)) }
  func doubleWord(_ field: TableField) -> UInt32 { UInt32(truncatingIfNeeded: number(field)) }
}

/// Bytes of one structure while it is written.
struct TableWriter {
  private(set) var bytes: [UInt8]

  /// Zeros for the fixed part of `layout`.
  init(_ layout: StructureLayout) {
    bytes = Array(repeating: 0, count: layout.fixedLength)
  }

  mutating func set(_ field: TableField, to number: some FixedWidthInteger & UnsignedInteger) {
    var rest = UInt64(number)
    for index in 0..<field.width {
      bytes[field.offset + index] = UInt8(truncatingIfNeeded: rest)
      rest >>= 8
    }
  }

  /// Sets as many bytes as the field has; missing ones become 0.
  mutating func set(_ field: TableField, to raw: [UInt8]) {
    for index in 0..<field.width {
      bytes[field.offset + index] = index < raw.count ? raw[index] : 0
    }
  }

  mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }
}
