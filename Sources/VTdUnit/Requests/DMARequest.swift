public import VTdFormats

/// What a DMA wants to do.
public enum DMAAccess: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// The device reads memory.
  case read = 0
  /// The device writes memory.
  case write = 1
  /// An AtomicOp: reads and writes.
  case atomic = 2

  public var description: String {
    switch self {
    case .read: "read"
    case .write: "write"
    case .atomic: "atomic"
    }
  }

  /// What it needs of a page.
  var permissions: Permissions {
    switch self {
    case .read: .read
    case .write: .write
    case .atomic: [.read, .write]
    }
  }
}

/// One DMA as it reaches the unit: at most one page; whoever sends more splits it.
///
/// Two machine words, so that a request travels in registers.
public struct DMARequest: Hashable, Sendable {
  /// The address that the device put on the bus.
  @usableFromInline package let iova: UInt64
  /// Everything else, packed; see ``Bits``.
  @usableFromInline package let attributes: UInt64

  /// Where the attributes lie.
  ///
  /// The low 41 bits say whose tables apply and at which privilege: a cache key as they stand, for
  /// untranslated requests. The upper 12 are what the hit path looks at in a cached page: the needs
  /// where a ``CachedPage`` has its denials, and ones where it has its address space.
  @usableFromInline
  package enum Bits {
    @inlinable package static var pasidShift: UInt64 { 16 }
    @inlinable package static var hasPASID: UInt64 { 1 &<< 36 }
    @inlinable package static var privileged: UInt64 { 1 &<< 37 }
    @inlinable package static var addressTypeShift: UInt64 { 38 }
    @inlinable package static var addressTypeMask: UInt64 { 3 &<< 38 }
    /// Set in every request, so that no key is zero.
    @inlinable package static var valid: UInt64 { 1 &<< 40 }
    @inlinable package static var keyWidth: UInt64 { 41 }
    @inlinable package static var keyMask: UInt64 { (1 &<< 41) &- 1 }
    @inlinable package static var zeroLength: UInt64 { 1 &<< 41 }
    @inlinable package static var noWrite: UInt64 { 1 &<< 42 }
    /// ``Permissions`` that the request needs: read, write, execute.
    @inlinable package static var needsShift: UInt64 { 52 }
    @inlinable package static var execute: UInt64 { 1 &<< 54 }
    @inlinable package static var ones: UInt64 { ~0 &<< 55 }
  }

  /// A request.
  ///
  /// - Parameters:
  ///   - source: the source-id on the bus.
  ///   - address: first byte of the access.
  ///   - access: read, write or AtomicOp. For a translation request: whether the device means to
  ///     write, which the request says by its no-write flag; the answer says what it may do.
  ///   - isZeroLength: a read of no bytes, as devices send to flush.
  ///   - pasid: the process address space, where the request has a PASID prefix.
  ///   - isPrivileged: supervisor privilege (PMR of the prefix); only with a PASID.
  ///   - isExecute: an instruction fetch (EXE of the prefix); only with a PASID, and for reads.
  ///   - addressType: untranslated, translation request or translated (AT).
  ///   - noWrite: the no-write flag of a translation request, whatever `access` says.
  @inlinable
  public init(
    source: SourceID, address: IOVA, access: DMAAccess = .read, isZeroLength: Bool = false,
    pasid: PASID? = nil, isPrivileged: Bool = false, isExecute: Bool = false,
    addressType: AddressType = .untranslated, noWrite: Bool = false
  ) {
    iova = address.rawValue
    // Read is bit 0 of the needs, write bit 1, execute bit 2, as in Permissions.
    let needs: UInt64 =
      switch access {
      case .read: 1
      case .write: 2
      case .atomic: 3
      }
    let type: UInt64 =
      switch addressType {
      case .untranslated: 0
      case .translationRequest: 1
      case .translated: 2
      }
    var bits = UInt64(source.rawValue) | Bits.valid | Bits.ones
    bits |= needs &<< Bits.needsShift | type &<< Bits.addressTypeShift
    if isZeroLength && access == .read { bits |= Bits.zeroLength }
    if noWrite { bits |= Bits.noWrite }
    if let pasid {
      bits |= UInt64(pasid.rawValue) &<< Bits.pasidShift | Bits.hasPASID
      if isPrivileged { bits |= Bits.privileged }
      if isExecute && access == .read { bits |= Bits.execute }
    }
    attributes = bits
  }

  /// The source-id on the bus.
  public var source: SourceID { SourceID(rawValue: UInt16(truncatingIfNeeded: attributes)) }
  /// The first byte of the access.
  public var address: IOVA { IOVA(rawValue: iova) }
  /// What the device wants to do.
  public var access: DMAAccess { reads ? (writes ? .atomic : .read) : .write }
  /// A read of no bytes, as devices send to flush.
  public var isZeroLength: Bool { attributes & Bits.zeroLength != 0 }
  /// The process address space; nil where the request has no PASID prefix.
  public var pasid: PASID? {
    attributes & Bits.hasPASID == 0
      ? nil : PASID(rawValue: UInt32(truncatingIfNeeded: attributes &>> Bits.pasidShift))
  }
  /// Supervisor privilege (PMR of the prefix).
  public var isPrivileged: Bool { attributes & Bits.privileged != 0 }
  /// An instruction fetch (EXE of the prefix).
  public var isExecute: Bool { attributes & Bits.execute != 0 }
  /// Untranslated, translation request or translated (AT).
  public var addressType: AddressType {
    AddressType(rawValue: UInt8(truncatingIfNeeded: attributes &>> Bits.addressTypeShift) & 3)
      ?? .untranslated
  }
  /// The no-write flag of a translation request.
  public var noWrite: Bool { attributes & Bits.noWrite != 0 }

  /// The permissions that the request needs, as ``Permissions`` bits.
  @inline(__always)
  package var needs: UInt64 { (attributes &>> Bits.needsShift) & 7 }
  @inline(__always)
  package var writes: Bool { needs & 2 != 0 }
  @inline(__always)
  package var reads: Bool { needs & 1 != 0 }

  /// The type that a fault record of this request has; a translation request is a read on the bus.
  package var faultType: FaultRequestType {
    if addressType == .translationRequest { return .read }
    return switch access {
    case .read: .read
    case .write: .write
    case .atomic: .atomic
    }
  }
}
