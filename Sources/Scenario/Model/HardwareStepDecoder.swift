internal import Machine
internal import VTdFormats

/// Steps that reach memory and registers themselves.
enum HardwareStepDecoder {
  /// More bytes in one step are refused; a longer stretch is several steps.
  private static let longestContent: UInt64 = 1 << 24

  static func register(from value: CheckedValue) throws -> ScenarioDescription.RegisterDescription {
    ScenarioDescription.RegisterDescription(
      unit: try value.required("unit").text(),
      offset: try value.required("offset").integer(as: Int.self),
      value: try value.required("value").integer(),
      isWide: try value["width"]?.text() == "64")
  }

  static func address(from value: CheckedValue) throws -> PhysicalAddress {
    PhysicalAddress(rawValue: try value.required("address").integer())
  }

  /// The bytes of `words`, `bytes`, or `fill` with `size`.
  static func content(from value: CheckedValue) throws -> [UInt8] {
    let forms = ["words", "bytes", "fill"].filter { value[$0] != nil }
    guard forms.count == 1, (value["size"] != nil) == (forms == ["fill"]) else {
      throw InputError(at: value.place, "words, bytes, or fill and size were expected")
    }
    if let words = value["words"] {
      return try words.list().flatMap { word in
        withUnsafeBytes(of: try word.integer().littleEndian) { Array($0) }
      }
    }
    if let bytes = value["bytes"] { return Scalars.bytes(try bytes.text()) ?? [] }
    let size = try value.required("size").size()
    guard size <= longestContent else {
      throw InputError(at: value.place, "\(size) bytes in one step; 16 MiB at most were expected")
    }
    return [UInt8](repeating: try value.required("fill").integer(as: UInt8.self), count: Int(size))
  }

  /// The bytes of a DMA write, which have its length.
  static func dmaBytes(from value: CheckedValue, length: UInt64) throws -> [UInt8] {
    guard let text = value["bytes"] else { return [] }
    let bytes = Scalars.bytes(try text.text()) ?? []
    guard UInt64(bytes.count) == length, try value.required("access").text() == "write" else {
      throw InputError(
        at: text.place,
        "\(bytes.count) bytes; a write with as many bytes as its length, \(length), was expected")
    }
    return bytes
  }
}
