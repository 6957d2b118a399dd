package import PCI
package import VTdFormats

/// The values in the places of a printed line, by number.
///
/// A value that the line does not hold is missing: it reads as 0, as an empty text, or as nil.
package struct FormValues: Sendable {
  private var numbers = SIMD8<UInt64>()
  private var texts: [String] = []
  private var present: UInt8 = 0
  private var count = 0

  package init() {}

  package init(_ a: some FormValue) { add(a) }

  package init(_ a: some FormValue, _ b: some FormValue) {
    self.init(a)
    add(b)
  }

  package init(_ a: some FormValue, _ b: some FormValue, _ c: some FormValue) {
    self.init(a, b)
    add(c)
  }

  package init(
    _ a: some FormValue, _ b: some FormValue, _ c: some FormValue, _ d: some FormValue
  ) {
    self.init(a, b, c)
    add(d)
  }

  package init(
    _ a: some FormValue, _ b: some FormValue, _ c: some FormValue, _ d: some FormValue,
    _ e: some FormValue, _ f: some FormValue
  ) {
    self.init(a, b, c, d)
    add(e)
    add(f)
  }

  private mutating func add(_ value: some FormValue) {
    value.put(into: &self, at: count)
    count += value.formSlots
  }

  /// Whether the value is there.
  package func has(_ slot: Int) -> Bool { present & 1 << UInt8(slot & 7) != 0 }

  /// The value at `slot`, in whatever type is asked for.
  package subscript<Value: FormValue>(_ slot: Int) -> Value { Value(self, at: slot) }

  func number(_ slot: Int) -> UInt64 { numbers[slot & 7] }

  func text(_ slot: Int) -> String {
    let index = Int(truncatingIfNeeded: numbers[slot & 7])
    return has(slot) && texts.indices.contains(index) ? texts[index] : ""
  }

  mutating func set(_ slot: Int, _ number: UInt64) {
    numbers[slot & 7] = number
    present |= 1 << UInt8(slot & 7)
  }

  mutating func set(_ slot: Int, _ text: String) {
    set(slot, UInt64(texts.count))
    texts.append(text)
  }
}

/// What may stand in the place of a value.
package protocol FormValue {
  init(_ values: FormValues, at slot: Int)
  func put(into values: inout FormValues, at slot: Int)
  /// How many places it takes.
  var formSlots: Int { get }
}

extension FormValue {
  package var formSlots: Int { 1 }
}

extension FormValue where Self: FixedWidthInteger {
  package init(_ values: FormValues, at slot: Int) {
    self.init(truncatingIfNeeded: values.number(slot))
  }

  package func put(into values: inout FormValues, at slot: Int) {
    values.set(slot, UInt64(truncatingIfNeeded: self))
  }
}

extension Int: FormValue {}
extension UInt8: FormValue {}
extension UInt16: FormValue {}
extension UInt32: FormValue {}
extension UInt64: FormValue {}

extension FormValue where Self: RawRepresentable, RawValue: FixedWidthInteger & FormValue {
  package func put(into values: inout FormValues, at slot: Int) {
    rawValue.put(into: &values, at: slot)
  }
}

extension PhysicalAddress: FormValue {
  package init(_ values: FormValues, at slot: Int) { self.init(rawValue: values[slot]) }
}

extension IOVA: FormValue {
  package init(_ values: FormValues, at slot: Int) { self.init(rawValue: values[slot]) }
}

extension SourceID: FormValue {
  package init(_ values: FormValues, at slot: Int) { self.init(rawValue: values[slot]) }
}

extension PCIAddress: FormValue {
  package init(_ values: FormValues, at slot: Int) {
    self.init(
      segment: UInt32(truncatingIfNeeded: values.number(slot) >> 16), sourceID: values[slot])
  }

  package func put(into values: inout FormValues, at slot: Int) {
    values.set(slot, UInt64(segment) << 16 | UInt64(sourceID.rawValue))
  }
}

extension String: FormValue {
  package init(_ values: FormValues, at slot: Int) { self = values.text(slot) }

  package func put(into values: inout FormValues, at slot: Int) { values.set(slot, self) }
}

extension Optional: FormValue where Wrapped: FormValue {
  package init(_ values: FormValues, at slot: Int) {
    self = values.has(slot) ? Wrapped(values, at: slot) : nil
  }

  package func put(into values: inout FormValues, at slot: Int) {
    self?.put(into: &values, at: slot)
  }
}
