import Text

/// Reads rows of `dmar_perf_latency`, below the heading that names their unit.
struct LatencyReader: Sendable {
  private var unit: Int?

  private static let names: Set<String> = ["inv_iotlb", "inv_devtlb", "inv_iec", "svm_prq"]

  /// Takes a line that may be the heading `IOMMU: dmar0 Register Base Address: fed90000`.
  mutating func note(_ bytes: [UInt8]) {
    guard let place = ByteSearch.find("IOMMU: dmar", in: bytes) else { return }
    var cursor = ByteCursor(bytes, at: place + 11)
    if let number = cursor.decimal(), number.digits < 7 { unit = Int(number.value) }
  }

  /// `   inv_iotlb           0         286         123 …`: seven counts, then the shortest, the
  /// longest and the average time.
  func read(_ bytes: [UInt8], _ first: Int) -> LatencyRow? {
    guard bytes[first] == UInt8(ascii: "i") || bytes[first] == UInt8(ascii: "s") else { return nil }
    let words = bytes[first...].split(whereSeparator: ASCII.isBlank)
    guard words.count == 11 else { return nil }
    let name = String(decoding: words[0].prefix(32), as: UTF8.self)
    guard Self.names.contains(name) else { return nil }
    let numbers = words.dropFirst().compactMap {
      UInt64(String(decoding: $0.prefix(20), as: UTF8.self))
    }
    guard numbers.count == 10 else { return nil }
    return LatencyRow(
      unit: unit, name: name, counts: Array(numbers[..<7]), longest: numbers[8], average: numbers[9]
    )
  }
}
