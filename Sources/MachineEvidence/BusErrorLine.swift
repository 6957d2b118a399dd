public import PCI
import Text

/// A line of PCI Express error reporting (AER) or of containment (DPC).
public struct BusErrorLine: Hashable, Sendable {
  /// What the line tells.
  public enum Kind: Hashable, Sendable {
    /// `AER: Uncorrectable (Non-Fatal) error message received from 0000:03:00.0`
    case received(String)
    /// `[20] UnsupReq               (First)`: a bit of the status, by the kernel's name for it.
    case bit(number: UInt8, name: String)
    /// `TLP Header: 40000001 0000000f 9c000000 00000000`: the request that failed.
    case header([UInt32])
    /// `DPC: containment event, status:0x1f01 source:0x0000`
    /// or `…, status:0x000d, ERR_FATAL received from 0000:02:00.0`, since 6.16.
    case containment(status: UInt32)
  }

  /// What the line tells.
  public var kind: Kind
  /// The function that the line is about.
  public var device: PCIAddress?
  /// Index of the file in its log.
  public var file: Int
  /// Counted from 1.
  public var line: Int

  /// The request that failed; nil for a line of another kind.
  public var request: TransactionHeader? {
    guard case .header(let words) = kind else { return nil }
    return TransactionHeader(words)
  }

  /// The address of the request in a header; nil for a request that is not for memory.
  public var address: UInt64? { request?.address }
}

/// Reads lines of PCI Express error reporting.
enum BusErrorReader {
  static func read(_ line: LineBytes, file: Int, number: Int) -> BusErrorLine? {
    guard let kind = kind(line) else { return nil }
    var device = device(line)
    if case .received = kind, let named = named(line) { device = named }
    return BusErrorLine(kind: kind, device: device, file: file, line: number)
  }

  private static func kind(_ line: LineBytes) -> BusErrorLine.Kind? {
    if let place = line.find("AER: ") {
      let behind = place + 5
      if line.find("error message received from", from: behind) != nil
        || line.find("error received:", from: behind) != nil
      {
        return .received(line.text(behind, min(line.count, behind + 120)))
      }
    }
    if let place = line.find("TLP Header") {
      var words: [UInt32] = []
      var at = place + 10
      // Since 7.2 a link in flit mode is named here.
      if line.has(" (Flit)", at: at) { at += 7 }
      guard line.has(": ", at: at) else { return nil }
      at += 2
      while words.count < 4 {
        at = line.skipBlanks(at)
        if line.has("0x", at: at) { at += 2 }
        guard let word = line.hexNumber(at: at), word.value <= UInt64(UInt32.max) else { break }
        words.append(UInt32(word.value))
        at = word.end
      }
      return words.count == 4 ? .header(words) : nil
    }
    if let place = line.find("DPC: containment event, status:0x"),
      let status = line.hexNumber(at: place + 33)
    {
      return .containment(status: UInt32(truncatingIfNeeded: status.value))
    }
    return bit(line)
  }

  /// `e1000e 0000:03:00.0: AER:    [20] UnsupReq               (First)`
  private static func bit(_ line: LineBytes) -> BusErrorLine.Kind? {
    guard let open = line.find(": ").flatMap({ line.find(" [", from: $0) }),
      let number = line.decimalNumber(at: line.skipBlanks(open + 2)), number.value < 32,
      line[number.end] == UInt8(ascii: "]"), line[number.end + 1] == ASCII.space
    else { return nil }
    let start = number.end + 2
    var end = start
    while ASCII.isLetter(line[end]) || ASCII.isDigit(line[end]) { end += 1 }
    let name = line.text(start, end)
    guard names.contains(name) else { return nil }
    return .bit(number: UInt8(number.value), name: name)
  }

  /// The kernel's names for the bits of the uncorrectable status.
  private static let names: Set<String> = [
    "Undefined", "DLP", "SDES", "TLP", "FCP", "CmpltTO", "CmpltAbrt", "UnxCmplt", "RxOF",
    "MalfTLP", "ECRC", "UnsupReq", "ACSViol", "UncorrIntErr", "BlockedTLP", "AtomicOpBlocked",
    "TLPBlockedErr", "PoisonTLPBlocked",
  ]

  /// The function before the message: `e1000e 0000:03:00.0: `.
  private static func device(_ line: LineBytes) -> PCIAddress? {
    line.text(0, line.count).split(separator: " ").lazy
      .filter { $0.hasSuffix(":") && $0.contains(".") }
      .compactMap { PCIAddress(String($0.dropLast())) }.first
  }

  /// The function that a message came from, at the end of the line.
  private static func named(_ line: LineBytes) -> PCIAddress? {
    line.text(0, line.count).split(separator: " ").last.flatMap { PCIAddress(String($0)) }
  }
}
