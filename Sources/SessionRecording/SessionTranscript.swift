public import QTest
import Text

/// A log of a qtest session, as QEMU's `-qtest-log` writes it, played on a machine of ours.
///
/// `[R +0.000123] writel 0xfed90018 0x80000000` is what the client asked, `[S +0.000125] OK` the
/// answer.
public struct SessionTranscript {
  /// What the client asked, line by line, with the answers that it got.
  public private(set) var requests: [(request: [UInt8], answer: [UInt8], line: Int)] = []
  private var lineNumber = 0

  public init() {}

  /// Whether nothing was read.
  public var isEmpty: Bool { requests.isEmpty }

  /// Takes the next line.
  public mutating func take(_ line: UnsafeRawBufferPointer) {
    lineNumber += 1
    let bytes = Array(line)
    guard bytes.first == UInt8(ascii: "["), bytes.count > 4, bytes[2] == ASCII.space,
      let close = bytes.prefix(48).firstIndex(of: UInt8(ascii: "]"))
    else { return }
    var text = bytes[(close + 1)...].drop(while: ASCII.isBlank)
    while let last = text.last, ASCII.isWhiteSpace(last) { text.removeLast() }
    switch bytes[1] {
    case UInt8(ascii: "R"):
      requests.append((request: Array(text), answer: [], line: lineNumber))
    case UInt8(ascii: "S"):
      // Events of watched lines come between.
      guard !requests.isEmpty, !text.starts(with: "IRQ".utf8) else { return }
      if requests[requests.count - 1].answer.isEmpty {
        requests[requests.count - 1].answer = Array(text)
      }
    default: break
    }
  }

  /// The value that the client read from the unit's register at `offset`; nil where it did not.
  public func registerRead(at offset: UInt64) -> UInt64? {
    for request in requests {
      let words = request.request.split(separator: ASCII.space)
      guard words.count == 2, words[0].starts(with: "read".utf8),
        Self.number(words[1]) == Self.unitBase + offset, words[0].last == UInt8(ascii: "q")
      else { continue }
      let answer = request.answer.split(separator: ASCII.space)
      if answer.count == 2, let value = Self.number(answer[1]) { return value }
    }
    return nil
  }

  /// Where QEMU's unit has its registers.
  private static let unitBase: UInt64 = 0xfed9_0000

  private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard text.starts(with: "0x".utf8) else {
      return UInt64(String(decoding: text, as: UTF8.self))
    }
    return UInt64(String(decoding: text.dropFirst(2), as: UTF8.self), radix: 16)
  }

  /// Plays the session on a machine. Answers the lines whose answer was another than the log's.
  public func play(on machine: Q35Machine) -> [Int] {
    var session = QTestSession()
    var others: [Int] = []
    for request in requests {
      let reply = session.consume(request.request + [ASCII.newline], machine)
      let answer = reply.split(separator: ASCII.newline).last { !$0.starts(with: "IRQ".utf8) }
      if !request.answer.isEmpty, answer.map(Array.init) != request.answer {
        others.append(request.line)
      }
    }
    return others
  }
}
