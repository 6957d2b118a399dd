/// A message-signalled interrupt: a write of `data` to `address`.
public struct EventMessage: Hashable, Sendable {
  public var address: UInt64
  public var data: UInt32

  public init(address: UInt64, data: UInt32) {
    self.address = address
    self.data = data
  }
}

/// Address of an interrupt request in remappable format (VT-d specification 5.1.2.2).
public struct RemappableAddress: RegisterImage {
  public var rawValue: UInt32
  public static let name = "remappable interrupt address"

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .ignored, .handleHigh, .subhandleValid, .format, .handleLow, .range,
  ]

  /// The 16-bit handle: HANDLE[14:0] from bits 19:5, HANDLE[15] from bit 2.
  @inlinable
  public var handle: UInt32 {
    UInt32(truncatingIfNeeded: self[.handleHigh] &<< 15 | self[.handleLow])
  }
}

extension BitField where Image == RemappableAddress {
  public static var ignored: Self { .init("IGN", 1, 0, "ignored") }
  public static var handleHigh: Self { .init("HANDLE", 2, "bit 15 of the handle") }
  public static var subhandleValid: Self { .init("SHV", 3, "the data's subhandle is added") }
  public static var format: Self { .init("FMT", 4, "1 remappable, 0 compatibility format") }
  public static var handleLow: Self { .init("HANDLE", 19, 5, "bits 14:0 of the handle") }
  public static var range: Self { .init("0xfee", 31, 20, "the interrupt range") }
}

/// Address of an interrupt request in compatibility format (VT-d specification 5.1.2.1).
public struct CompatibilityAddress: RegisterImage {
  public var rawValue: UInt32
  public static let name = "compatibility interrupt address"

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .ignored, .destinationMode, .redirectionHint, .format, .reserved, .destination, .range,
  ]
}

extension BitField where Image == CompatibilityAddress {
  public static var ignored: Self { .init("IGN", 1, 0, "ignored") }
  public static var destinationMode: Self { .init("DM", 2, "0 physical, 1 logical") }
  public static var redirectionHint: Self { .init("RH", 3, "lowest priority may be chosen") }
  public static var format: Self { .init("FMT", 4, "1 remappable, 0 compatibility format") }
  public static var reserved: Self {
    .init("EXT", 11, 5, "upper destination bits where software agreed on it")
  }
  public static var destination: Self { .init("DST", 19, 12, "local APIC") }
  public static var range: Self { .init("0xfee", 31, 20, "the interrupt range") }
}

/// Data of a message signalled interrupt as a processor reads it.
public struct InterruptMessageData: RegisterImage {
  public var rawValue: UInt32
  public static let name = "interrupt message data"

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [.vector, .deliveryMode, .level, .triggerMode]
}

extension BitField where Image == InterruptMessageData {
  public static var vector: Self { .init("V", 7, 0, "vector") }
  public static var deliveryMode: Self {
    .init("DLM", 10, 8, "0 fixed, 1 lowest, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT")
  }
  public static var level: Self { .init("L", 14, "level asserted") }
  public static var triggerMode: Self { .init("TM", 15, "0 edge, 1 level") }
}

/// How the unit checks who sent an interrupt (SVT, VT-d specification 9.10).
public enum SourceValidationType: UInt8, Sendable, Hashable, CaseIterable {
  case none = 0
  /// The source-id, without the function bits that SQ ignores.
  case sourceID = 1
  /// The bus lies between SID 15:8 and SID 7:0.
  case busRange = 2
  case reserved = 3
}

/// Interrupt remapping table entry, remapped form: 16 bytes (VT-d specification 9.10).
public struct InterruptEntry: Image128 {
  public var low: UInt64 = 0
  public var high: UInt64 = 0
  public static let name = "IRTE"

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [
    .present, .faultProcessingDisable, .destinationMode, .redirectionHint, .triggerMode,
    .deliveryMode, .available, .posted, .vector, .destination, .sourceID, .sourceQualifier,
    .sourceValidation,
  ]

  /// Bytes of one entry.
  public static let byteCount: UInt64 = 16

  @inlinable
  public var sourceValidation: SourceValidationType {
    SourceValidationType(rawValue: UInt8(truncatingIfNeeded: self[.sourceValidation])) ?? .reserved
  }
}

extension BitField where Image == InterruptEntry {
  public static var present: Self { .init("P", 0, "the entry is in use") }
  public static var faultProcessingDisable: Self {
    .init("FPD", 1, "do not record this entry's faults")
  }
  public static var destinationMode: Self { .init("DM", 2, "0 physical, 1 logical") }
  public static var redirectionHint: Self { .init("RH", 3, "lowest priority may be chosen") }
  public static var triggerMode: Self { .init("TM", 4, "0 edge, 1 level") }
  public static var deliveryMode: Self {
    .init("DLM", 7, 5, "0 fixed, 1 lowest, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT")
  }
  public static var available: Self { .init("AVAIL", 11, 8, "for software") }
  public static var posted: Self { .init("IM", 15, "0 remapped, 1 posted") }
  public static var vector: Self { .init("V", 23, 16, "vector") }
  public static var destination: Self {
    .init("DST", 63, 32, "local APIC; in xAPIC mode bits 47:40")
  }
  public static var sourceID: Self { .init("SID", 79, 64, "who may send") }
  public static var sourceQualifier: Self {
    .init("SQ", 81, 80, "function bits to ignore: 0 none, 1 bit 2, 2 bits 2:1, 3 all")
  }
  public static var sourceValidation: Self {
    .init("SVT", 83, 82, "0 no check, 1 source-id with SQ, 2 bus range")
  }
}

/// Interrupt remapping table entry, posted form (VT-d specification 9.11).
public struct PostedInterruptEntry: Image128 {
  public var low: UInt64 = 0
  public var high: UInt64 = 0
  public static let name = "posted IRTE"

  @inlinable public init() {}

  public static let fields: [BitField<Self>] = [
    .present, .faultProcessingDisable, .available, .urgent, .posted, .vector, .descriptorLow,
    .sourceID, .sourceQualifier, .sourceValidation, .descriptorHigh,
  ]

  /// Address of the 64-byte posted-interrupt descriptor: bits 31:6 and 63:32 are stored apart.
  public var descriptorAddress: UInt64 {
    self[.descriptorHigh] << 32 | self[.descriptorLow] << 6
  }
}

extension BitField where Image == PostedInterruptEntry {
  public static var present: Self { .init("P", 0, "the entry is in use") }
  public static var faultProcessingDisable: Self {
    .init("FPD", 1, "do not record this entry's faults")
  }
  public static var available: Self { .init("AVAIL", 11, 8, "for software") }
  public static var urgent: Self { .init("URG", 14, "notify although SN is set") }
  public static var posted: Self { .init("IM", 15, "0 remapped, 1 posted") }
  public static var vector: Self { .init("VV", 23, 16, "vector of the virtual processor") }
  public static var descriptorLow: Self {
    .init("PDA", 63, 38, "bits 31:6 of the descriptor's address")
  }
  public static var sourceID: Self { .init("SID", 79, 64, "who may send") }
  public static var sourceQualifier: Self { .init("SQ", 81, 80, "function bits to ignore") }
  public static var sourceValidation: Self {
    .init("SVT", 83, 82, "0 no check, 1 source-id with SQ, 2 bus range")
  }
  public static var descriptorHigh: Self {
    .init("PDA", 127, 96, "bits 63:32 of the descriptor's address")
  }
}

/// Posted-interrupt descriptor: 64 bytes (VT-d specification 9.12).
public struct PostedInterruptDescriptor: WideImage {
  public var storage = SIMD8<UInt64>()
  public static let name = "posted-interrupt descriptor"

  @inlinable public init() {}

  public static let fields: [BitField<Self>] =
    [
      .requests0, .requests1, .requests2, .requests3, .outstanding, .suppress, .vector,
      .destination,
    ] + (5..<8).map { .init("AVAIL", $0 * 64 + 63, $0 * 64, "for software") }

  /// Bytes of one descriptor.
  public static let byteCount: UInt64 = 64
}

extension BitField where Image == PostedInterruptDescriptor {
  public static var requests0: Self { .init("PIR", 63, 0, "pending vectors 0 to 63") }
  public static var requests1: Self { .init("PIR", 127, 64, "pending vectors 64 to 127") }
  public static var requests2: Self { .init("PIR", 191, 128, "pending vectors 128 to 191") }
  public static var requests3: Self { .init("PIR", 255, 192, "pending vectors 192 to 255") }
  public static var outstanding: Self { .init("ON", 256, "a notification is under way") }
  public static var suppress: Self { .init("SN", 257, "no notification") }
  public static var vector: Self { .init("NV", 279, 272, "notification vector") }
  public static var destination: Self {
    .init("NDST", 319, 288, "local APIC; in xAPIC mode its bits 15:8")
  }
}
