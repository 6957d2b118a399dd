public import QTest
import Text
import VTdFormats

/// A log of a qtest session, as QEMU's `-qtest-log` writes it, played on a machine of ours.
///
/// `[R +0.000123] writel 0xfed90018 0x80000000` is what the client asked, `[S +0.000125] OK` the
/// answer.
public struct SessionTranscript {
  /// What the client asked, line by line, with the answers that it got.
  public private(set) var requests: [(request: [UInt8], answer: [UInt8], line: Int)] = []
  private var lineNumber = 0

  /// A session of which nothing was read yet.
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
      // QEMU also sends events of interrupt lines that the client watches; they are no answers.
      guard !requests.isEmpty, !text.starts(with: "IRQ".utf8) else { return }
      if requests[requests.count - 1].answer.isEmpty {
        requests[requests.count - 1].answer = Array(text)
      }
    default: break
    }
  }

  /// The value that the client read from the unit's register at `offset`; nil where it did not.
  public func registerRead(at offset: Int) -> UInt64? {
    for request in requests {
      let words = request.request.split(separator: ASCII.space)
      guard words.count == 2, words[0].starts(with: "read".utf8),
        Self.number(words[1]) == Self.unitBase + UInt64(offset), words[0].last == UInt8(ascii: "q")
      else { continue }
      let answer = request.answer.split(separator: ASCII.space)
      if answer.count == 2, let value = Self.number(answer[1]) { return value }
    }
    return nil
  }

  /// The devices that the client configured or found on bus 0, beside those of the chipset: where they
  /// stand, and their ids where the client read them (device in the upper half, vendor in the lower).
  public var devices: [(place: String, id: UInt32?)] {
    var selected: UInt64 = 0
    var used: [UInt64: UInt32?] = [:]
    for request in requests {
      let words = request.request.split(separator: ASCII.space)
      guard words.count >= 2, let port = Self.number(words[1]) else { continue }
      if port == 0xcf8, words[0].elementsEqual("outl".utf8), words.count > 2 {
        selected = Self.number(words[2]) ?? 0
        continue
      }
      guard (0xcfc...0xcff).contains(port), selected >> 31 == 1, selected >> 16 & 0xff == 0 else {
        continue
      }
      let place = selected >> 8 & 0xff
      if words[0].starts(with: "out".utf8) {
        if used[place] == nil { used[place] = UInt32?.none }
      } else if selected & 0xfc == 0, port == 0xcfc {
        let answer = request.answer.split(separator: ASCII.space)
        guard answer.count == 2, let id = Self.number(answer[1]), id & 0xffff != 0xffff else {
          continue
        }
        if id > 0xffff {
          used[place] = UInt32(truncatingIfNeeded: id)
        } else if used[place] == nil {
          used[place] = UInt32?.none
        }
      }
    }
    // The host bridge and the functions of the south bridge are QEMU's own.
    return used.filter { $0.key != 0 && $0.key >> 3 != 0x1f }.sorted { $0.key < $1.key }.map {
      let function = $0.key & 7
      let device = hex($0.key >> 3)
      return (place: function == 0 ? "0x\(device)" : "0x\(device).\(function)", id: $0.value)
    }
  }

  /// Where QEMU's unit has its registers.
  private static let unitBase: UInt64 = 0xfed9_0000

  private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard text.starts(with: "0x".utf8) else {
      return UInt64(String(decoding: text, as: UTF8.self))
    }
    return UInt64(String(decoding: text.dropFirst(2), as: UTF8.self), radix: 16)
  }

  /// Plays the session on a machine. Returns the log's line numbers whose answers differ.
  public func play(on machine: Q35Machine) -> [Int] {
    var session = QTestSession()
    var others: [Int] = []
    for request in requests {
      // No answer of the log can be longer, whatever interrupts stand before it.
      let reply = session.consume(
        request.request + [ASCII.newline], machine,
        keeping: request.answer.count + 2 * QTestSession.outputLimit)
      let answer = reply.split(separator: ASCII.newline).last { !$0.starts(with: "IRQ".utf8) }
      if !request.answer.isEmpty, answer.map(Array.init) != request.answer {
        others.append(request.line)
      }
    }
    return others
  }
}
