/// Version register, VER_REG, offset 0x00.
public struct VersionRegister: RegisterImage {
  public var rawValue: UInt32
  public static let name = "VER"
  public static let access = FieldAccess.readOnly

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.minor, .major]
}

extension BitField where Image == VersionRegister {
  /// Bits 3:0, MIN: minor version.
  public static var minor: Self { .init("MIN", 3, 0, "minor version") }
  /// Bits 7:4, MAX: major version.
  public static var major: Self { .init("MAX", 7, 4, "major version") }
}

/// Global command register, GCMD_REG, offset 0x18 (VT-d specification 11.4.4.1).
public struct GlobalCommand: RegisterImage {
  public var rawValue: UInt32
  public static let name = "GCMD"
  public static let access = FieldAccess.command

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .compatibilityInterrupts, .setInterruptTable, .interruptRemapping, .queuedInvalidation,
    .writeBufferFlush, .advancedFaultLogging, .setFaultLog, .setRootTable, .translation,
  ]

  /// The commands that act once when written as 1; the others are levels that GSTS shows.
  public static var oneShot: [BitField<Self>] {
    [.setRootTable, .setFaultLog, .setInterruptTable, .writeBufferFlush]
  }
}

extension BitField where Image == GlobalCommand {
  /// Bit 23, CFI: let compatibility-format interrupts pass. VT-d specification 11.4.4.1.
  public static var compatibilityInterrupts: Self {
    .init("CFI", 23, "let compatibility-format interrupts pass")
  }
  /// Bit 24, SIRTP: latch IRTA. VT-d specification 11.4.4.1.
  public static var setInterruptTable: Self { .init("SIRTP", 24, "latch IRTA") }
  /// Bit 25, IRE: enable interrupt remapping. VT-d specification 11.4.4.1.
  public static var interruptRemapping: Self { .init("IRE", 25, "enable interrupt remapping") }
  /// Bit 26, QIE: enable the invalidation queue. VT-d specification 11.4.4.1.
  public static var queuedInvalidation: Self { .init("QIE", 26, "enable the invalidation queue") }
  /// Bit 27, WBF: flush the write buffers. VT-d specification 11.4.4.1.
  public static var writeBufferFlush: Self { .init("WBF", 27, "flush the write buffers") }
  /// Bit 28, EAFL: enable the fault log in memory. VT-d specification 11.4.4.1.
  public static var advancedFaultLogging: Self {
    .init("EAFL", 28, "enable the fault log in memory")
  }
  /// Bit 29, SFL: latch AFLOG. VT-d specification 11.4.4.1.
  public static var setFaultLog: Self { .init("SFL", 29, "latch AFLOG") }
  /// Bit 30, SRTP: latch RTADDR. VT-d specification 11.4.4.1.
  public static var setRootTable: Self { .init("SRTP", 30, "latch RTADDR") }
  /// Bit 31, TE: enable DMA remapping. VT-d specification 11.4.4.1.
  public static var translation: Self { .init("TE", 31, "enable DMA remapping") }
}

/// Global status register, GSTS_REG, offset 0x1c (VT-d specification 11.4.4.2).
public struct GlobalStatus: RegisterImage {
  public var rawValue: UInt32
  public static let name = "GSTS"
  public static let access = FieldAccess.readOnly

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .compatibilityInterrupts, .interruptTable, .interruptRemapping, .queuedInvalidation,
    .writeBufferFlush, .advancedFaultLogging, .faultLog, .rootTable, .translation,
  ]
}

extension BitField where Image == GlobalStatus {
  /// Bit 23, CFIS: compatibility-format interrupts pass. VT-d specification 11.4.4.2.
  public static var compatibilityInterrupts: Self {
    .init("CFIS", 23, "compatibility-format interrupts pass")
  }
  /// Bit 24, IRTPS: an interrupt table was latched. VT-d specification 11.4.4.2.
  public static var interruptTable: Self { .init("IRTPS", 24, "an interrupt table was latched") }
  /// Bit 25, IRES: interrupt remapping is on. VT-d specification 11.4.4.2.
  public static var interruptRemapping: Self { .init("IRES", 25, "interrupt remapping is on") }
  /// Bit 26, QIES: the invalidation queue is on. VT-d specification 11.4.4.2.
  public static var queuedInvalidation: Self { .init("QIES", 26, "the invalidation queue is on") }
  /// Bit 27, WBFS: a write buffer flush is going on. VT-d specification 11.4.4.2.
  public static var writeBufferFlush: Self { .init("WBFS", 27, "a write buffer flush is going on") }
  /// Bit 28, AFLS: the fault log in memory is on. VT-d specification 11.4.4.2.
  public static var advancedFaultLogging: Self {
    .init("AFLS", 28, "the fault log in memory is on")
  }
  /// Bit 29, FLS: a fault log was latched. VT-d specification 11.4.4.2.
  public static var faultLog: Self { .init("FLS", 29, "a fault log was latched") }
  /// Bit 30, RTPS: a root table was latched. VT-d specification 11.4.4.2.
  public static var rootTable: Self { .init("RTPS", 30, "a root table was latched") }
  /// Bit 31, TES: DMA remapping is on. VT-d specification 11.4.4.2.
  public static var translation: Self { .init("TES", 31, "DMA remapping is on") }
}

/// How RTADDR_REG says that tables are laid out (TTM, VT-d specification 11.4.5).
public enum TranslationTableMode: UInt8, Sendable, CaseIterable, CustomStringConvertible {
  /// Root, context and second-stage tables.
  case legacy = 0
  /// Root and context tables that lead to PASID tables.
  case scalable = 1
  /// A value that the specification reserves.
  case reserved = 2
  /// Every DMA is blocked, and no fault is recorded.
  case abortDMA = 3

  public var description: String {
    switch self {
    case .legacy: "legacy"
    case .scalable: "scalable"
    case .reserved: "reserved"
    case .abortDMA: "abortDMA"
    }
  }
}

/// Root table address register, RTADDR_REG, offset 0x20 (VT-d specification 11.4.5).
public struct RootTableAddress: RegisterImage {
  public var rawValue: UInt64
  public static let name = "RTADDR"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.translationTableMode, .rootTable]

  /// What kind of tables the address points to.
  public var mode: TranslationTableMode {
    TranslationTableMode(rawValue: UInt8(truncatingIfNeeded: self[.translationTableMode]))
      ?? .reserved
  }
}

extension BitField where Image == RootTableAddress {
  /// Bits 11:10, TTM: tables: 0 legacy, 1 scalable, 3 abort every DMA. VT-d specification 11.4.5.
  public static var translationTableMode: Self {
    .init("TTM", 11, 10, "tables: 0 legacy, 1 scalable, 3 abort every DMA")
  }
  /// Bits 63:12, RTA: address of the root table. VT-d specification 11.4.5.
  public static var rootTable: Self {
    .init("RTA", 63, 12, "address of the root table", isAddress: true)
  }
}

/// Context command register, CCMD_REG, offset 0x28 (VT-d specification 11.4.6.1).
public struct ContextCommand: RegisterImage {
  public var rawValue: UInt64
  public static let name = "CCMD"

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .domainID, .sourceID, .functionMask, .actualGranularity, .requestedGranularity, .invalidate,
  ]
}

extension BitField where Image == ContextCommand {
  /// Bits 15:0, DID: domain-id to drop. VT-d specification 11.4.6.1.
  public static var domainID: Self { .init("DID", 15, 0, "domain-id to drop") }
  /// Bits 31:16, SID: source-id to drop. VT-d specification 11.4.6.1.
  public static var sourceID: Self { .init("SID", 31, 16, "source-id to drop") }
  /// Bits 33:32, FM: function bits to ignore: 0 none, 1 bit 2, 2 bits 2:1, 3 all. VT-d
  /// specification 11.4.6.1.
  public static var functionMask: Self {
    .init("FM", 33, 32, "function bits to ignore: 0 none, 1 bit 2, 2 bits 2:1, 3 all")
  }
  /// Bits 60:59, CAIG: done: 1 global, 2 domain, 3 device. Read only. VT-d specification 11.4.6.1.
  public static var actualGranularity: Self {
    .init("CAIG", 60, 59, "done: 1 global, 2 domain, 3 device", .readOnly)
  }
  /// Bits 62:61, CIRG: asked: 1 global, 2 domain, 3 device. VT-d specification 11.4.6.1.
  public static var requestedGranularity: Self {
    .init("CIRG", 62, 61, "asked: 1 global, 2 domain, 3 device")
  }
  /// Bit 63, ICC: start; reads 1 until it is done. VT-d specification 11.4.6.1.
  public static var invalidate: Self { .init("ICC", 63, "start; reads 1 until it is done") }
}

/// Protected memory enable register, PMEN_REG, offset 0x64.
public struct ProtectedMemoryEnable: RegisterImage {
  public var rawValue: UInt32
  public static let name = "PMEN"

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.status, .enable]
}

extension BitField where Image == ProtectedMemoryEnable {
  /// Bit 0, PRS: protection is on. Read only.
  public static var status: Self { .init("PRS", 0, "protection is on", .readOnly) }
  /// Bit 31, EPM: turn protection on.
  public static var enable: Self { .init("EPM", 31, "turn protection on") }
}
