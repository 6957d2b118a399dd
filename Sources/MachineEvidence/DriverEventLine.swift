import Text

/// A line of a DMA API event, read only as far as needed to decide whether it matters: what
/// happened, and which addresses it lists. A trace has millions of such lines, so nothing here
/// allocates.
///
/// `dma_map_phys: 0000:03:00.0 dir=TO_DEVICE dma_addr=ffffd000 size=4096 phys_addr=… attrs=`, or with
/// lists: `dma_addrs={0xffffd000,0xffffc000} sizes={0x1000,0x1000} phys_addrs={…}`.
struct DriverEventLine {
  enum Kind {
    case map
    case unmap
    case allocation
    case free
    /// All other events, such as failures and synchronisations.
    case other
  }

  private let line: LineBytes
  let kind: Kind
  /// The offset of the text after the direction.
  private let behind: Int

  /// Returns nil where the line is not such an event.
  ///
  /// - Parameter place: the offset after the equals sign of ` dir=`.
  @inline(__always)
  init?(_ line: LineBytes, direction place: Int) {
    guard let kind = Self.kind(line, nameEnd: Self.nameEnd(line, place - 5)) else { return nil }
    self.line = line
    self.kind = kind
    behind = Self.wordEnd(line, place)
  }

  /// The offset at which the colon after the event's name is expected; the caller checks it.
  ///
  /// - Parameter end: the end of the device's name.
  @inline(__always)
  private static func nameEnd(_ line: LineBytes, _ end: Int) -> Int {
    // The quick case: a PCI device such as `0000:03:00.0` after one blank.
    if line.has(": ", at: end - 14), line[end - 2] == UInt8(ascii: "."),
      line[end - 5] == UInt8(ascii: ":"), line[end - 8] == UInt8(ascii: ":")
    {
      return end - 14
    }
    var name = end - 1
    while name > 0, !ASCII.isBlank(line[name - 1]) { name -= 1 }
    name -= 1
    while ASCII.isBlank(line[name]) { name -= 1 }
    return name
  }

  @inline(__always)
  private static func kind(_ line: LineBytes, nameEnd end: Int) -> Kind? {
    guard line[end] == UInt8(ascii: ":") else { return nil }
    // `page`, `phys`, or the end of `resource`.
    if line.has("_p", at: end - 5) {
      if line.has("dma_map", at: end - 12), isNameStart(line, end - 12) { return .map }
      if line.has("dma_unmap", at: end - 14), isNameStart(line, end - 14) { return .unmap }
    }
    return anyKind(line, nameEnd: end)
  }

  @inline(__always)
  private static func isNameStart(_ line: LineBytes, _ place: Int) -> Bool {
    place == 0 || ASCII.isBlank(line[place - 1]) || line[place - 1] == UInt8(ascii: ":")
  }

  private static func anyKind(_ line: LineBytes, nameEnd end: Int) -> Kind? {
    var start = end
    while start > 0, !isNameStart(line, start) { start -= 1 }
    guard line.has("dma_", at: start) else { return nil }
    if line.has("_err", at: end - 4) { return .other }
    switch line[start + 4] {
    case UInt8(ascii: "m"): return .map
    case UInt8(ascii: "u"): return .unmap
    case UInt8(ascii: "a"): return .allocation
    case UInt8(ascii: "f"): return .free
    default: return .other
    }
  }

  /// The offset at which the direction's word ends.
  @inline(__always)
  private static func wordEnd(_ line: LineBytes, _ place: Int) -> Int {
    if line.has("TO_DEVICE ", at: place) { return place + 9 }
    if line.has("FROM_DEVICE ", at: place) { return place + 11 }
    // The shortest direction is NONE, the longest BIDIRECTIONAL.
    var end = place
    while end < place + 13, !ASCII.isBlank(line[end]) { end += 1 }
    return end
  }

  /// Whether one of its ranges touches a page of the focus; nil where the line does not have the
  /// kernel's form.
  @inline(__always)
  func touches(_ focus: AddressFocus) -> Bool? {
    guard line.has(" dma_addr=", at: behind) else { return listTouches(focus) }
    guard let address = line.quickHexNumber(at: behind + 10) ?? line.hexNumber(at: behind + 10),
      line.has(" size=", at: address.end),
      let size = line.quickDecimalNumber(at: address.end + 6)
        ?? line.decimalNumber(at: address.end + 6)
    else { return nil }
    return focus.touches(address.value, address.value &+ max(size.value, 1))
  }

  /// ``touches(_:)`` for a scatter list.
  private func listTouches(_ focus: AddressFocus) -> Bool? {
    guard let start = line.find(" dma_addrs={", from: behind),
      let sizes = line.find(" sizes={", from: start)
    else { return nil }
    var at = start + 12
    var size = sizes + 8
    while let address = number(&at), let count = number(&size) {
      if focus.touches(address, address &+ max(count, 1)) { return true }
    }
    return false
  }

  /// Whether the event may unmap a scatter list with a buffer in one of the marked pages; the event
  /// names physical addresses only. Nil where the line has another form.
  func mayEnd(_ marked: PageMarks) -> Bool? {
    guard line.has(" phys_addrs={", at: behind) else { return nil }
    var at = behind + 13
    while let address = number(&at) {
      if marked.has(address) { return true }
    }
    return false
  }

  /// The next number of `{0xffffd000,0xffffc000}`.
  @inline(__always)
  private func number(_ at: inout Int) -> UInt64? {
    guard line.has("0x", at: at),
      let value = line.quickHexNumber(at: at + 2) ?? line.hexNumber(at: at + 2)
    else { return nil }
    at = line[value.end] == UInt8(ascii: ",") ? value.end + 1 : value.end
    return value.value
  }
}
