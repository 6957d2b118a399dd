/// The fuzzer's bytes as choices: each takes one, and after the last all are 0.
struct Choices {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

  var isOver: Bool { bytes.isEmpty }

  /// A number below `count`.
  mutating func next(_ count: Int) -> Int { Int(bytes.popFirst() ?? 0) % count }

  mutating func one(of words: [String]) -> String { words[next(words.count)] }

  mutating func bool() -> Bool { next(2) == 1 }

  /// A number of up to 64 bits, most often one at a border.
  mutating func number(atMost limit: UInt64 = .max) -> UInt64 {
    let shift = UInt64(next(64))
    let number: UInt64 =
      switch next(8) {
      case 0: UInt64(next(8))
      case 1: limit &- UInt64(next(2)) &* 0xfff
      case 2: 1 << shift
      case 3: (1 << shift) &- 1
      case 4: (0..<8).reduce(0) { number, _ in number << 8 | UInt64(next(256)) }
      case 5: 0xfee0_0000 &+ UInt64(next(256)) &* 4
      case 6: 0x1000_0000 &+ UInt64(next(64)) &* 0x1000
      default: .max << shift
      }
    return min(number, limit)
  }
}
