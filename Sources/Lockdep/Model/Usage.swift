/// A usage that a lock class is seen in (the kernel's `enum lock_usage_bit`).
///
/// Bit number = interrupt state * 4 + direction * 2 + read, then the two bits of any use at all.
public enum UsageBit: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  /// Taken, or taken for reading, in a hard interrupt.
  case usedInHardirq, usedInHardirqRead
  /// Held, or held for reading, with hard interrupts on.
  case enabledHardirq, enabledHardirqRead
  /// Taken, or taken for reading, in a soft interrupt.
  case usedInSoftirq, usedInSoftirqRead
  /// Held, or held for reading, with soft interrupts on.
  case enabledSoftirq, enabledSoftirqRead
  /// Taken at all, or taken for reading at all.
  case used, usedRead
  /// Never set: names the conflict in the report of a lock taken in an NMI.
  case usedInNMI

  static let texts = [
    "IN-HARDIRQ-W", "IN-HARDIRQ-R", "HARDIRQ-ON-W", "HARDIRQ-ON-R",
    "IN-SOFTIRQ-W", "IN-SOFTIRQ-R", "SOFTIRQ-ON-W", "SOFTIRQ-ON-R",
    "INITIAL USE", "INITIAL READ USE", "IN-NMI",
  ]

  /// As reports print it between braces.
  public var description: String { Self.texts[Int(rawValue)] }

  /// `HARDIRQ`, `SOFTIRQ`, and for read bits `HARDIRQ-READ`, `SOFTIRQ-READ`.
  public var stateName: String {
    (rawValue & 4 == 0 ? "HARDIRQ" : "SOFTIRQ") + (rawValue & 1 == 0 ? "" : "-READ")
  }

  /// Whether the bit says "held with interrupts enabled"; the others say "used in an interrupt".
  var isEnabled: Bool { rawValue & 2 != 0 }
  var isRead: Bool { rawValue & 1 != 0 }
  var mask: UsageMask { UsageMask(rawValue: bit) }
  /// The bit in place; on the way of every acquire.
  @inline(__always) var bit: UInt16 { 1 &<< UInt16(rawValue) }

  /// The write bit of the same state and the opposite direction (the kernel's `exclusive_bit`).
  var exclusive: UsageBit {
    switch self {
    case .usedInHardirq, .usedInHardirqRead: .enabledHardirq
    case .enabledHardirq, .enabledHardirqRead: .usedInHardirq
    case .usedInSoftirq, .usedInSoftirqRead: .enabledSoftirq
    case .enabledSoftirq, .enabledSoftirqRead: .usedInSoftirq
    case .used, .usedRead, .usedInNMI: self
    }
  }

  /// The read bit beside a write bit; a read bit itself.
  var readVariant: UsageBit { UsageBit(rawValue: rawValue | 1) ?? self }
}

/// The usages that a class was seen in so far.
public struct UsageMask: OptionSet, Sendable, Hashable, CustomStringConvertible {
  public let rawValue: UInt16

  @inlinable public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// The four write bits of the interrupt states.
  static let irqWrite = UsageMask(rawValue: 0b0101_0101)
  static let irqRead = UsageMask(rawValue: 0b1010_1010)
  static let usedInAny = UsageMask(rawValue: 0b0011_0011)
  static let enabledAny = UsageMask(rawValue: 0b1100_1100)

  /// Whether that bit is set.
  public func contains(_ bit: UsageBit) -> Bool { rawValue & bit.mask.rawValue != 0 }

  /// The bits set, in bit order.
  public var bits: [UsageBit] { UsageBit.allCases.filter { contains($0) } }

  /// "Used in" and "enabled" swapped (the kernel's `invert_dir_bits`).
  private var inverted: UInt16 {
    (rawValue & Self.usedInAny.rawValue) << 2 | (rawValue & Self.enabledAny.rawValue) >> 2
  }

  /// What conflicts with these bits: the opposite direction, write and read alike.
  ///
  /// The kernel has `exclusive_mask` and `original_mask`; over the bits that it passes them they
  /// are the same.
  var conflicting: UsageMask {
    let inverted = inverted
    return UsageMask(
      rawValue: inverted | (inverted & Self.irqWrite.rawValue) << 1
        | (inverted & Self.irqRead.rawValue) >> 1)
  }

  /// Four characters: hardirq write, hardirq read, softirq write, softirq read; `.` neither,
  /// `-` used in, `+` enabled, `?` both (the kernel's `get_usage_char`).
  public var description: String {
    var text = ""
    for (usedIn, enabled) in Self.pairs {
      switch (contains(usedIn), contains(enabled)) {
      case (false, false): text.append(".")
      case (true, false): text.append("-")
      case (false, true): text.append("+")
      case (true, true): text.append("?")
      }
    }
    return text
  }

  private static let pairs: [(UsageBit, UsageBit)] = [
    (.usedInHardirq, .enabledHardirq), (.usedInHardirqRead, .enabledHardirqRead),
    (.usedInSoftirq, .enabledSoftirq), (.usedInSoftirqRead, .enabledSoftirqRead),
  ]
}
