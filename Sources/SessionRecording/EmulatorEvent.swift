public import VTdFormats
import Text

/// An event in QEMU's `-trace vtd_*`: an access to the unit, a request, or its result.
///
/// The log backend writes the event's name and its text; with `-msg timestamp=on`, and always before
/// 5.2, `PID@SECONDS.MICROSECONDS:` stands in front (hw/i386/trace-events).
public enum EmulatorEvent: Hashable, Sendable {
  /// `vtd_reg_write addr 0x20 size 0x8 value 0x1998000`
  case registerWritten(offset: Int, size: Int, value: UInt64)
  /// `vtd_inv_desc invalidate desc type iotlb high 0x0 low 0x10012`: a descriptor as the unit took it.
  case descriptor(high: UInt64, low: UInt64)
  /// `vtd_dmar_translate dev 00:02.00 iova 0xffffe000 -> gpa 0x3c5e000 mask 0xfff`
  case translated(SourceID, IOVA)
  /// `vtd_dmar_fault sid 0xd0 fault 5 addr 0x1000 write 1`
  case fault(SourceID, reason: UInt8, IOVA, isWrite: Bool)
  /// `vtd_frr_new index 0 high 0x… low 0x1000`: the fault before this line is recorded. A fault
  /// without such a line was folded into an earlier one of the same device.
  case recorded

  /// Reads the event of a line; nil for any other line.
  public init?(_ line: UnsafeRawBufferPointer) {
    let bytes = Array(line.prefix(400))
    guard let start = ByteSearch.find("vtd_", in: bytes), start < 64 else { return nil }
    // Before the event's name only a prefix without blanks may stand.
    guard !bytes[..<start].contains(where: ASCII.isBlank) else { return nil }
    var cursor = ByteCursor(bytes, at: start)
    if cursor.take(word: "vtd_reg_write ") {
      guard let offset = Self.number("addr ", &cursor), offset < 0x1000,
        let size = Self.number(" size ", &cursor), size == 4 || size == 8,
        let value = Self.number(" value ", &cursor)
      else { return nil }
      self = .registerWritten(offset: Int(offset), size: Int(size), value: value)
    } else if cursor.take(word: "vtd_inv_desc ") {
      guard let high = Self.labelled("high ", bytes, cursor.position),
        let low = Self.labelled("low ", bytes, cursor.position)
      else { return nil }
      self = .descriptor(high: high, low: low)
    } else if cursor.take(word: "vtd_dmar_fault ") {
      guard let source = Self.number("sid ", &cursor), source <= 0xffff,
        cursor.take(word: " fault "), let reason = cursor.decimal(), reason.value < 256,
        let address = Self.number(" addr ", &cursor), cursor.take(word: " write "),
        let write = cursor.decimal()
      else { return nil }
      self = .fault(
        SourceID(rawValue: UInt16(source)), reason: UInt8(reason.value),
        IOVA(rawValue: address), isWrite: write.value != 0)
    } else if cursor.take(word: "vtd_frr_new ") {
      self = .recorded
    } else if cursor.take(word: "vtd_dmar_translate dev ") {
      guard let bus = cursor.hexadecimal(digits: 2...2), cursor.take(":"),
        let device = cursor.hexadecimal(digits: 2...2), device < 32, cursor.take("."),
        let function = cursor.hexadecimal(digits: 1...2), function < 8,
        let address = Self.number(" iova ", &cursor)
      else { return nil }
      self = .translated(
        SourceID(bus: UInt8(bus), device: UInt8(device), function: UInt8(function)),
        IOVA(rawValue: address))
    } else {
      return nil
    }
  }

  private static func number(_ label: StaticString, _ cursor: inout ByteCursor) -> UInt64? {
    guard cursor.take(word: label) else { return nil }
    _ = cursor.take(word: "0x")
    return cursor.hexadecimal(digits: 1...16)
  }

  private static func labelled(_ label: StaticString, _ bytes: [UInt8], _ start: Int) -> UInt64? {
    guard let place = ByteSearch.find(label, in: bytes, from: start) else { return nil }
    var cursor = ByteCursor(bytes, at: place)
    return number(label, &cursor)
  }
}
