/// The ids and addresses that requests, tables and logs speak of.
///
/// Each is a type of its own: a source-id, a domain id and a PASID never meet by accident, and an
/// address before translation is not one after it.

/// The requester that a DMA carries on the bus: bus in bits 15:8, device in 7:3, function in 2:0.
///
/// VT-d specification 3.4.1 calls it the source-id; PCI calls it the requester id.
public struct SourceID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public let rawValue: UInt16

  @inlinable
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// The id of `bus:device.function`; bits of `device` above 5 and of `function` above 3 are cut.
  public init(bus: UInt8, device: UInt8, function: UInt8) {
    self.init(bus: bus, devfn: device << 3 | function & 0x7)
  }

  /// The id of the function with index `devfn` in the bus's context table.
  @inlinable
  public init(bus: UInt8, devfn: UInt8) { rawValue = UInt16(bus) << 8 | UInt16(devfn) }

  /// Bits 15:8.
  public var bus: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 8) }
  /// Bits 7:3, 0 to 31.
  public var device: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 3) & 0x1f }
  /// Bits 2:0, 0 to 7.
  public var function: UInt8 { UInt8(truncatingIfNeeded: rawValue) & 0x7 }
  /// Device and function together, the index into a context table.
  public var devfn: UInt8 { UInt8(truncatingIfNeeded: rawValue) }

  public static func < (left: SourceID, right: SourceID) -> Bool { left.rawValue < right.rawValue }

  /// `bb:dd.f` in hex, as Linux and lspci print it.
  public var description: String {
    "\(hex(UInt64(bus), digits: 2)):\(hex(UInt64(device), digits: 2)).\(function)"
  }
}

/// The address that a device puts on the bus, before translation.
public struct IOVA: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public let rawValue: UInt64

  @inlinable
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  public static func < (left: IOVA, right: IOVA) -> Bool { left.rawValue < right.rawValue }

  public var description: String { "0x" + hex(rawValue) }
}

/// An address in the machine's memory: what tables hold and what a translation yields.
public struct PhysicalAddress: RawRepresentable, Hashable, Comparable, Sendable,
  CustomStringConvertible
{
  public let rawValue: UInt64

  @inlinable
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  public static func < (left: PhysicalAddress, right: PhysicalAddress) -> Bool {
    left.rawValue < right.rawValue
  }

  public var description: String { "0x" + hex(rawValue) }
}

/// A process address space id, 20 bits (VT-d specification 3.4.1).
public struct PASID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
  public let rawValue: UInt32

  /// Bits above the 20 that a request carries are cut.
  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue & 0xf_ffff
  }

  public static func < (left: PASID, right: PASID) -> Bool { left.rawValue < right.rawValue }

  public var description: String { "0x" + hex(UInt64(rawValue)) }
}

/// The tag that tells the caches which translations belong together (VT-d specification 6.2).
public struct DomainID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  public var description: String { "\(rawValue)" }
}
