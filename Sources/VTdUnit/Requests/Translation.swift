public import VTdFormats

/// What a translated page may be used for.
public struct Permissions: OptionSet, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt8

  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Reads pass.
  public static let read = Permissions(rawValue: 1)
  /// Writes pass.
  public static let write = Permissions(rawValue: 2)
  /// Instruction fetches pass.
  public static let execute = Permissions(rawValue: 4)
  /// The page is open to user requests; false only for pages of the first stage.
  public static let user = Permissions(rawValue: 8)
  /// Not a permission but its limit: see ``TranslatedPage/untranslatedOnly``.
  public static let untranslatedOnly = Permissions(rawValue: 16)

  /// `RWXU` with `-` for what is missing.
  public var description: String {
    (contains(.read) ? "R" : "-") + (contains(.write) ? "W" : "-")
      + (contains(.execute) ? "X" : "-") + (contains(.user) ? "U" : "-")
  }
}

/// What became of a fault.
public enum FaultDisposition: Hashable, Sendable {
  /// It is in this fault record.
  case recorded(index: Int)
  /// A structure on the way has FPD set: dropped without a trace.
  case faultProcessingDisabled
  /// The record whose turn it was still holds a fault: PFO was set.
  case overflowed
  /// PFO was set already: nothing is recorded until software clears it.
  case overflowPending
  /// Its source-id already has a fault pending, in this record
  /// (``UnitQuirk/foldFaultsOfPendingSource``).
  case folded(index: Int)
  /// This kind of block is not a fault, or the device is told instead.
  case notReported
}

/// Why a request was blocked.
public enum BlockCause: Hashable, Sendable {
  /// A check of registers or tables did not hold.
  case fault(FaultReason)
  /// RTADDR.TTM says so (abort-DMA mode).
  case abortDMA
  /// The address lies in a protected memory region.
  case protectedMemory
  /// A read, or an AtomicOp, of the interrupt range.
  case interruptRangeRead
  /// A translation request while remapping is off: there is nobody to answer it.
  case unsupportedRequest
}

/// A page that a request may use.
public struct TranslatedPage: Hashable, Sendable {
  /// Where the access goes, offset in the page included.
  public let address: PhysicalAddress
  /// Size of the page that maps it: 4 KiB, 2 MiB, 1 GiB; 4 KiB where nothing was translated.
  public let pageSize: UInt64
  /// What the tables allow; empty for a translation request that is answered with R=W=0.
  public let permissions: Permissions
  /// The leaf entry forces snooping (SNP, or PGSNP).
  public let snoop: Bool

  /// A page whose ``PageFlags`` are known.
  @inlinable
  @inline(__always)
  init(address: PhysicalAddress, flags: UInt64) {
    self.address = address
    pageSize = 1 &<< PageFlags.shift(flags)
    permissions = Permissions(rawValue: UInt8(truncatingIfNeeded: flags & 0x1f))
    snoop = flags & PageFlags.snoop != 0
  }

  init(address: PhysicalAddress, pageSize: UInt64, permissions: Permissions, snoop: Bool) {
    self.address = address
    self.pageSize = pageSize
    self.permissions = permissions
    self.snoop = snoop
  }

  /// The answer to a translation request that the device must not use for translated requests (U):
  /// the interrupt range.
  public var untranslatedOnly: Bool { permissions.contains(.untranslatedOnly) }
}

/// What the unit makes of one request.
public enum TranslationOutcome: Hashable, Sendable {
  /// The access goes to this page.
  case translated(TranslatedPage)
  /// The unit stopped it: why, and what became of the fault.
  case blocked(BlockCause, FaultDisposition)
  /// A write to 0xfeexxxxx: hand it to ``RemappingUnit/interrupt(_:)``.
  case interruptRequest
}

/// The result of a request in two machine words; ``outcome`` spells it out.
public struct Translation: Hashable, Sendable {
  @usableFromInline let word: UInt64
  @usableFromInline let information: UInt64

  /// Above the flags of a page, so that those of a cached page are an information word as they
  /// stand. The highest bit is set in all that is not a page.
  private enum Kind {
    static var blocked: UInt64 { 1 << 63 }
    static var interrupt: UInt64 { 1 << 63 | 1 << 62 }
  }

  @inlinable
  @inline(__always)
  var isPage: Bool { Int64(bitPattern: information) >= 0 }

  /// A page; `flags` are those of ``PageFlags``.
  @inlinable
  @inline(__always)
  init(address: UInt64, flags: UInt64) {
    word = address
    information = flags
  }

  init(blocked cause: BlockCause, _ disposition: FaultDisposition) {
    let (causeCode, reason): (UInt64, UInt64) =
      switch cause {
      case .fault(let reason): (0, UInt64(reason.rawValue))
      case .abortDMA: (1, 0)
      case .protectedMemory: (2, 0)
      case .interruptRangeRead: (3, 0)
      case .unsupportedRequest: (4, 0)
      }
    let (dispositionCode, index): (UInt64, UInt64) =
      switch disposition {
      case .recorded(let index): (0, UInt64(index))
      case .faultProcessingDisabled: (1, 0)
      case .overflowed: (2, 0)
      case .overflowPending: (3, 0)
      case .folded(let index): (4, UInt64(index))
      case .notReported: (5, 0)
      }
    word = index
    information =
      Kind.blocked | causeCode << 8 | reason << 16 | dispositionCode << 24
  }

  private init(information: UInt64) {
    word = 0
    self.information = information
  }

  static var interruptRequest: Translation {
    Translation(information: Kind.interrupt)
  }

  /// Where the access goes; nil if it is blocked or an interrupt request.
  @inlinable
  public var address: PhysicalAddress? {
    isPage ? PhysicalAddress(rawValue: word) : nil
  }

  /// Why the request was blocked, where a fault is the reason.
  public var faultReason: FaultReason? {
    if case .blocked(.fault(let reason), _) = outcome { reason } else { nil }
  }

  /// The result as a value that a `switch` can take apart.
  @inlinable
  public var outcome: TranslationOutcome {
    if _fastPath(isPage) {
      return .translated(
        TranslatedPage(address: PhysicalAddress(rawValue: word), flags: information))
    }
    return refusal
  }

  /// The outcome where there is no page.
  @usableFromInline var refusal: TranslationOutcome {
    switch information {
    case Kind.interrupt:
      return .interruptRequest
    default:
      let cause: BlockCause =
        switch information >> 8 & 0xff {
        case 0: .fault(FaultReason(rawValue: UInt8(truncatingIfNeeded: information >> 16)))
        case 1: .abortDMA
        case 2: .protectedMemory
        case 3: .interruptRangeRead
        default: .unsupportedRequest
        }
      let disposition: FaultDisposition =
        switch information >> 24 & 0xff {
        case 0: .recorded(index: Int(word))
        case 1: .faultProcessingDisabled
        case 2: .overflowed
        case 3: .overflowPending
        case 4: .folded(index: Int(word))
        default: .notReported
        }
      return .blocked(cause, disposition)
    }
  }
}

/// What is known of a translated page, in the 12 bits below its address: the form in which the
/// IOTLB keeps it and in which a ``Translation`` carries it.
@usableFromInline
enum PageFlags {
  // Bits 3:0 are Permissions.
  /// A write needs the page tables again: the dirty bit is not set yet. In caches only.
  @inline(__always) static var clean: UInt64 { 1 &<< 5 }
  /// The entry remembers a fault, not a page. In caches only.
  @inline(__always) static var fault: UInt64 { 1 &<< 6 }
  /// 0 for 4 KiB, 1 for 2 MiB, 2 for 1 GiB.
  @inlinable static var sizeShift: UInt64 { 7 }
  /// Where second-stage entries have it.
  @inlinable static var snoop: UInt64 { BitField<SecondStageEntry>.snoop.mask }
  /// The flags; above them is the address.
  @inlinable static var mask: UInt64 { 0xfff }
  /// The address of a page, as paging entries have it.
  @inlinable static var addressMask: UInt64 { BitField<SecondStageEntry>.address.mask }

  @inlinable
  @inline(__always)
  static func shift(_ flags: UInt64) -> UInt64 { 12 &+ 9 &* ((flags &>> sizeShift) & 3) }

  /// Whether the page of 2^`shift` bytes that `address` lies in has part of the interrupt range, or
  /// lies in it: the range is of 1 MiB, larger than the smallest page.
  @inline(__always)
  static func holdsInterruptRange(_ address: UInt64, shift: UInt64) -> Bool {
    let shift = max(shift, 20)
    return address &>> shift == UInt64.interruptRange.lowerBound &>> shift
  }
}
