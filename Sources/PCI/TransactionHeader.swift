public import VTdFormats

/// The header of a transaction of PCI Express, as error reporting keeps that of the first request that
/// failed (PCI Express Base Specification, sections 2.2.1 and 7.8.4.8).
public struct TransactionHeader: Hashable, Sendable {
  /// What a transaction is for.
  public enum Kind: String, Hashable, Sendable {
    /// A read of memory.
    case memoryRead = "a memory read"
    /// A write of memory; messages of interrupts are such writes.
    case memoryWrite = "a memory write"
    /// A read and a write of memory that nothing comes between.
    case atomic = "an atomic operation"
    /// Input and output.
    case inputOutput = "an I/O request"
    /// Configuration space.
    case configuration = "a configuration request"
    /// The answer to a request.
    case completion = "a completion"
    /// A message between devices and ports.
    case message = "a message"
    /// Something that this table does not have.
    case other = "a request of another kind"
  }

  /// Four double words; of three the last is nothing.
  public let words: [UInt32]

  /// A header of four double words, or nil for another number of them.
  public init?(_ words: [UInt32]) {
    guard words.count == 4 else { return nil }
    self.words = words
  }

  /// Bits 31:29 of the first word: bit 0 a fourth word, bit 1 data.
  private var format: UInt32 { words[0] >> 29 }
  private var type: UInt32 { words[0] >> 24 & 0x1f }

  /// What the transaction is for.
  public var kind: Kind {
    // A prefix, or a format of the future.
    guard format < 4 else { return .other }
    switch type {
    case 0: return format & 2 != 0 ? .memoryWrite : .memoryRead
    case 1: return .memoryRead
    case 2: return .inputOutput
    case 4, 5: return .configuration
    case 0x0a, 0x0b: return .completion
    case 0x0c, 0x0d, 0x0e: return .atomic
    case 0x10...0x17: return .message
    default: return .other
    }
  }

  /// The address of a request of memory; nil for anything else.
  public var address: UInt64? {
    switch kind {
    case .memoryRead, .memoryWrite, .atomic:
      // The two lowest bits are reserved, or say that the address is translated.
      format & 1 != 0
        ? UInt64(words[2]) << 32 | UInt64(words[3] & ~3) : UInt64(words[2] & ~3)
    case .inputOutput, .configuration, .completion, .message, .other: nil
    }
  }

  /// Who sent the request; nil for a completion, whose place there is the completer's.
  public var requester: SourceID? {
    kind == .completion || kind == .other
      ? nil : SourceID(rawValue: UInt16(truncatingIfNeeded: words[1] >> 16))
  }
}
