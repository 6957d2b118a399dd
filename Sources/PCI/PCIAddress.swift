public import VTdFormats

/// Where a function sits: segment, bus, device and function, as `0000:00:1a.0`.
///
/// Segments have 16 bits in ACPI, but Linux numbers the domains that it makes itself (Volume
/// Management Devices, from 0x10000 on) above them, so there are 32 bits here.
public struct PCIAddress: Hashable, Sendable {
  /// The segment (PCI domain), 0 on most machines.
  public let segment: UInt32
  /// The bus, 0 to 255.
  public let bus: UInt8
  /// 0 to 0x1f.
  public let device: UInt8
  /// 0 to 7.
  public let function: UInt8

  /// Bits of `device` above 5 and of `function` above 3 are cut.
  public init(segment: UInt32 = 0, bus: UInt8, device: UInt8, function: UInt8) {
    self.segment = segment
    self.bus = bus
    self.device = device & 0x1f
    self.function = function & 0x7
  }

  /// The function that owns `sourceID` in `segment`.
  public init(segment: UInt32 = 0, sourceID: SourceID) {
    self.init(
      segment: segment, bus: sourceID.bus, device: sourceID.device, function: sourceID.function)
  }

  /// The requester id of this function itself. What a unit sees may be an alias of it.
  public var sourceID: SourceID { SourceID(bus: bus, device: device, function: function) }

  /// Device and function together, as in a context table's index.
  public var devfn: UInt8 { sourceID.devfn }

  /// The bus that the function sits on.
  public var onBus: PCIBus { PCIBus(segment: segment, number: bus) }

  /// `bb:dd.f` in segment 0, `ssss:bb:dd.f` elsewhere: what `lspci` prints without `-D`.
  public var shortDescription: String { segment == 0 ? sourceID.description : description }
}

extension PCIAddress: Comparable {
  public static func < (left: PCIAddress, right: PCIAddress) -> Bool {
    left.segment == right.segment
      ? left.sourceID < right.sourceID : left.segment < right.segment
  }
}

extension PCIAddress: LosslessStringConvertible {
  /// `ssss:bb:dd.f` in lower-case hex, as sysfs names a function; five and more digits of segment
  /// where it has them.
  public var description: String { "\(hex(UInt64(segment), digits: 4)):\(sourceID)" }

  /// The address that `text` spells, or nil. `init(parsing:)` says what is wrong with it.
  public init?(_ text: String) {
    guard let address = try? PCIAddress(parsing: text) else { return nil }
    self = address
  }

  /// Reads `bb:dd.f` or `ssss:bb:dd.f`, hex digits of either case without `0x`.
  ///
  /// - Throws: ``PCIAddressError``, which names the part that is wrong.
  public init(parsing text: String) throws(PCIAddressError) {
    func part(_ digits: Substring, _ name: String, upTo limit: UInt32) throws(PCIAddressError)
      -> UInt32
    {
      let isHex = !digits.isEmpty && digits.utf8.count <= 8 && digits.allSatisfy { $0.isHexDigit }
      guard isHex, let value = UInt32(digits, radix: 16) else {
        throw PCIAddressError(text: text, kind: .notHexadecimal(part: name, String(digits)))
      }
      guard value <= limit else {
        throw PCIAddressError(text: text, kind: .tooLarge(part: name, value, limit: limit))
      }
      return value
    }

    let pieces = text.split(separator: ":", omittingEmptySubsequences: false)
    guard pieces.count == 2 || pieces.count == 3, let last = pieces.last else {
      throw PCIAddressError(text: text, kind: .shape)
    }
    let tail = last.split(separator: ".", omittingEmptySubsequences: false)
    guard tail.count == 2 else { throw PCIAddressError(text: text, kind: .shape) }

    let segment = pieces.count == 3 ? try part(pieces[0], "segment", upTo: .max) : 0
    let bus = try part(pieces[pieces.count - 2], "bus", upTo: 0xff)
    let device = try part(tail[0], "device", upTo: 0x1f)
    let function = try part(tail[1], "function", upTo: 7)
    self.init(
      segment: segment, bus: UInt8(truncatingIfNeeded: bus),
      device: UInt8(truncatingIfNeeded: device), function: UInt8(truncatingIfNeeded: function))
  }
}

/// A text that is not the address of a PCI function.
public struct PCIAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with it.
  public enum Kind: Hashable, Sendable {
    /// Not `bb:dd.f` nor `ssss:bb:dd.f`.
    case shape
    /// A part that is not a hexadecimal number: what it is called, and what stood there.
    case notHexadecimal(part: String, String)
    /// A part that is too large: what it is called, its value, and the largest that would do.
    case tooLarge(part: String, UInt32, limit: UInt32)
  }

  /// What was to be read.
  public let text: String
  /// What is wrong with it.
  public let kind: Kind

  public var description: String {
    switch kind {
    case .shape:
      "\"\(text)\" is not a PCI address, expected bb:dd.f or ssss:bb:dd.f"
    case .notHexadecimal(let part, let digits):
      "\"\(text)\" is not a PCI address, \(part) \"\(digits)\" is not a hexadecimal number"
    case .tooLarge(let part, let value, let limit):
      "\"\(text)\" is not a PCI address, \(part) \(hex(UInt64(value))) is above "
        + hex(UInt64(limit))
    }
  }
}

/// One bus of one segment, `0000:03`.
public struct PCIBus: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The segment (PCI domain).
  public let segment: UInt32
  /// The bus's number in its segment.
  public let number: UInt8

  /// The bus with that number.
  public init(segment: UInt32 = 0, number: UInt8) {
    self.segment = segment
    self.number = number
  }

  public static func < (left: PCIBus, right: PCIBus) -> Bool {
    left.segment == right.segment ? left.number < right.number : left.segment < right.segment
  }

  public var description: String {
    "\(hex(UInt64(segment), digits: 4)):\(hex(UInt64(number), digits: 2))"
  }
}
