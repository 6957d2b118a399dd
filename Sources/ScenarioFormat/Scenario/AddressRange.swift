/// A range of addresses with its first and last byte.
struct AddressRange: Section {
  static var sectionName: String { "window" }
  var base: UInt64 = 0
  var limit: UInt64 = 0

  mutating func visit(_ field: inout Fields) {
    field.required("base", &base, .number(0...(.max), .hex), "first byte", example: "0xc0000000")
    field.required("limit", &limit, .number(0...(.max), .hex), "last byte", example: "0xfebfffff")
  }
}

extension Form where Value == ClosedRange<UInt64> {
  /// A section with a first and a last address.
  ///
  /// - Parameter what: what the range is, for the error.
  static func range(_ what: String) -> Form<ClosedRange<UInt64>> {
    Form<AddressRange>.section.checked { range in
      range.base <= range.limit ? nil : "the \(what) ends before it begins"
    }.map({ $0.base...$0.limit }, { AddressRange(base: $0.lowerBound, limit: $0.upperBound) })
  }
}
