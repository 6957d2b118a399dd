/// A message-signalled interrupt: a write of `data` to `address`.
public struct EventMessage: Hashable, Sendable {
  /// Where the message is written: in 0xfee00000 to 0xfeefffff for an interrupt.
  public var address: UInt64
  /// What is written.
  public var data: UInt32

  /// A message.
  public init(address: UInt64, data: UInt32) {
    self.address = address
    self.data = data
  }
}

extension UInt64 {
  /// The addresses at which a write is an interrupt and not a DMA (VT-d specification 3.14).
  @inlinable @inline(__always)
  package static var interruptRange: ClosedRange<UInt64> { 0xfee0_0000...0xfeef_ffff }

  /// Whether this address lies in the interrupt range.
  @inlinable @inline(__always)
  package var isInterruptAddress: Bool { Self.interruptRange ~= self }
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

  /// The address that asks for an entry of the interrupt remapping table.
  ///
  /// - Parameter handle: the entry's index, where no subhandle is added.
  package init(handle: UInt16) {
    self.init()
    self[inPlace: .range] = UInt64.interruptRange.lowerBound
    self[flag: .format] = true
    self[.handleLow] = UInt64(handle & 0x7fff)
    self[.handleHigh] = UInt64(handle >> 15)
  }
}

extension BitField where Image == RemappableAddress {
  /// Bits 1:0, IGN: ignored. VT-d specification 5.1.2.2.
  public static var ignored: Self { .init("IGN", 1, 0, "ignored") }
  /// Bit 2, HANDLE: bit 15 of the handle. VT-d specification 5.1.2.2.
  public static var handleHigh: Self { .init("HANDLE", 2, "bit 15 of the handle") }
  /// Bit 3, SHV: the data's subhandle is added. VT-d specification 5.1.2.2.
  public static var subhandleValid: Self { .init("SHV", 3, "the data's subhandle is added") }
  /// Bit 4, FMT: 1 remappable, 0 compatibility format. VT-d specification 5.1.2.2.
  public static var format: Self { .init("FMT", 4, "1 remappable, 0 compatibility format") }
  /// Bits 19:5, HANDLE: bits 14:0 of the handle. VT-d specification 5.1.2.2.
  public static var handleLow: Self { .init("HANDLE", 19, 5, "bits 14:0 of the handle") }
  /// Bits 31:20, 0xfee: the interrupt range. VT-d specification 5.1.2.2.
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

extension CompatibilityAddress {
  /// Bits 19:4, which QEMU records as the index of a request in this format that a unit blocks.
  package var recordedIndex: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 4) }

  /// The address of a request that QEMU records with an index.
  package init(recordedIndex: UInt16) {
    self.init()
    self[inPlace: .range] = UInt64.interruptRange.lowerBound
    rawValue |= UInt32(recordedIndex) << 4
  }
}

extension BitField where Image == CompatibilityAddress {
  /// Bits 1:0, IGN: ignored. VT-d specification 5.1.2.1.
  public static var ignored: Self { .init("IGN", 1, 0, "ignored") }
  /// Bit 2, DM: 0 physical, 1 logical. VT-d specification 5.1.2.1.
  public static var destinationMode: Self { .init("DM", 2, "0 physical, 1 logical") }
  /// Bit 3, RH: lowest priority may be chosen. VT-d specification 5.1.2.1.
  public static var redirectionHint: Self { .init("RH", 3, "lowest priority may be chosen") }
  /// Bit 4, FMT: 1 remappable, 0 compatibility format. VT-d specification 5.1.2.1.
  public static var format: Self { .init("FMT", 4, "1 remappable, 0 compatibility format") }
  /// Bits 11:5, EXT: upper destination bits where software agreed on it. VT-d specification
  /// 5.1.2.1.
  public static var reserved: Self {
    .init("EXT", 11, 5, "upper destination bits where software agreed on it")
  }
  /// Bits 19:12, DST: local APIC. VT-d specification 5.1.2.1.
  public static var destination: Self { .init("DST", 19, 12, "local APIC") }
  /// Bits 31:20, 0xfee: the interrupt range. VT-d specification 5.1.2.1.
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
  /// Bits 7:0, V: vector.
  public static var vector: Self { .init("V", 7, 0, "vector") }
  /// Bits 10:8, DLM: 0 fixed, 1 lowest, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT.
  public static var deliveryMode: Self {
    .init("DLM", 10, 8, "0 fixed, 1 lowest, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT")
  }
  /// Bit 14, L: level asserted.
  public static var level: Self { .init("L", 14, "level asserted") }
  /// Bit 15, TM: 0 edge, 1 level.
  public static var triggerMode: Self { .init("TM", 15, "0 edge, 1 level") }
}

/// How the unit checks who sent an interrupt (SVT, VT-d specification 9.10).
public enum SourceValidationType: UInt8, Sendable, Hashable, CaseIterable {
  /// Anybody may use the entry.
  case none = 0
  /// The source-id, without the function bits that SQ ignores.
  case sourceID = 1
  /// The bus lies between SID 15:8 and SID 7:0.
  case busRange = 2
  /// A value that the specification reserves.
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

  /// Who may use the entry.
  @inlinable
  public var sourceValidation: SourceValidationType {
    SourceValidationType(rawValue: UInt8(truncatingIfNeeded: self[.sourceValidation])) ?? .reserved
  }
}

extension BitField where Image == InterruptEntry {
  /// Bit 0, P: the entry is in use. VT-d specification 9.10.
  public static var present: Self { .init("P", 0, "the entry is in use") }
  /// Bit 1, FPD: do not record this entry's faults. VT-d specification 9.10.
  public static var faultProcessingDisable: Self {
    .init("FPD", 1, "do not record this entry's faults")
  }
  /// Bit 2, DM: 0 physical, 1 logical. VT-d specification 9.10.
  public static var destinationMode: Self { .init("DM", 2, "0 physical, 1 logical") }
  /// Bit 3, RH: lowest priority may be chosen. VT-d specification 9.10.
  public static var redirectionHint: Self { .init("RH", 3, "lowest priority may be chosen") }
  /// Bit 4, TM: 0 edge, 1 level. VT-d specification 9.10.
  public static var triggerMode: Self { .init("TM", 4, "0 edge, 1 level") }
  /// Bits 7:5, DLM: 0 fixed, 1 lowest, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT. VT-d specification 9.10.
  public static var deliveryMode: Self {
    .init("DLM", 7, 5, "0 fixed, 1 lowest, 2 SMI, 4 NMI, 5 INIT, 7 ExtINT")
  }
  /// Bits 11:8, AVAIL: for software. VT-d specification 9.10.
  public static var available: Self { .init("AVAIL", 11, 8, "for software") }
  /// Bit 15, IM: 0 remapped, 1 posted. VT-d specification 9.10.
  public static var posted: Self { .init("IM", 15, "0 remapped, 1 posted") }
  /// Bits 23:16, V: vector. VT-d specification 9.10.
  public static var vector: Self { .init("V", 23, 16, "vector") }
  /// Bits 63:32, DST: local APIC; in xAPIC mode bits 47:40. VT-d specification 9.10.
  public static var destination: Self {
    .init("DST", 63, 32, "local APIC; in xAPIC mode bits 47:40")
  }
  /// Bits 79:64, SID: who may send. VT-d specification 9.10.
  public static var sourceID: Self { .init("SID", 79, 64, "who may send") }
  /// Bits 81:80, SQ: function bits to ignore: 0 none, 1 bit 2, 2 bits 2:1, 3 all. VT-d
  /// specification 9.10.
  public static var sourceQualifier: Self {
    .init("SQ", 81, 80, "function bits to ignore: 0 none, 1 bit 2, 2 bits 2:1, 3 all")
  }
  /// Bits 83:82, SVT: 0 no check, 1 source-id with SQ, 2 bus range. VT-d specification 9.10.
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
    get { self[.descriptorHigh] << 32 | self[.descriptorLow] << 6 }
    set {
      self[.descriptorLow] = newValue >> 6 & 0x3ff_ffff
      self[.descriptorHigh] = newValue >> 32
    }
  }
}

extension BitField where Image == PostedInterruptEntry {
  /// Bit 0, P: the entry is in use. VT-d specification 9.11.
  public static var present: Self { .init("P", 0, "the entry is in use") }
  /// Bit 1, FPD: do not record this entry's faults. VT-d specification 9.11.
  public static var faultProcessingDisable: Self {
    .init("FPD", 1, "do not record this entry's faults")
  }
  /// Bits 11:8, AVAIL: for software. VT-d specification 9.11.
  public static var available: Self { .init("AVAIL", 11, 8, "for software") }
  /// Bit 14, URG: notify although SN is set. VT-d specification 9.11.
  public static var urgent: Self { .init("URG", 14, "notify although SN is set") }
  /// Bit 15, IM: 0 remapped, 1 posted. VT-d specification 9.11.
  public static var posted: Self { .init("IM", 15, "0 remapped, 1 posted") }
  /// Bits 23:16, VV: vector of the virtual processor. VT-d specification 9.11.
  public static var vector: Self { .init("VV", 23, 16, "vector of the virtual processor") }
  /// Bits 63:38, PDA: bits 31:6 of the descriptor's address. VT-d specification 9.11.
  public static var descriptorLow: Self {
    .init("PDA", 63, 38, "bits 31:6 of the descriptor's address")
  }
  /// Bits 79:64, SID: who may send. VT-d specification 9.11.
  public static var sourceID: Self { .init("SID", 79, 64, "who may send") }
  /// Bits 81:80, SQ: function bits to ignore. VT-d specification 9.11.
  public static var sourceQualifier: Self { .init("SQ", 81, 80, "function bits to ignore") }
  /// Bits 83:82, SVT: 0 no check, 1 source-id with SQ, 2 bus range. VT-d specification 9.11.
  public static var sourceValidation: Self {
    .init("SVT", 83, 82, "0 no check, 1 source-id with SQ, 2 bus range")
  }
  /// Bits 127:96, PDA: bits 63:32 of the descriptor's address. VT-d specification 9.11.
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
  /// Bits 63:0, PIR: pending vectors 0 to 63. VT-d specification 9.12.
  public static var requests0: Self { .init("PIR", 63, 0, "pending vectors 0 to 63") }
  /// Bits 127:64, PIR: pending vectors 64 to 127. VT-d specification 9.12.
  public static var requests1: Self { .init("PIR", 127, 64, "pending vectors 64 to 127") }
  /// Bits 191:128, PIR: pending vectors 128 to 191. VT-d specification 9.12.
  public static var requests2: Self { .init("PIR", 191, 128, "pending vectors 128 to 191") }
  /// Bits 255:192, PIR: pending vectors 192 to 255. VT-d specification 9.12.
  public static var requests3: Self { .init("PIR", 255, 192, "pending vectors 192 to 255") }
  /// Bit 256, ON: a notification is under way. VT-d specification 9.12.
  public static var outstanding: Self { .init("ON", 256, "a notification is under way") }
  /// Bit 257, SN: no notification. VT-d specification 9.12.
  public static var suppress: Self { .init("SN", 257, "no notification") }
  /// Bits 279:272, NV: notification vector. VT-d specification 9.12.
  public static var vector: Self { .init("NV", 279, 272, "notification vector") }
  /// Bits 319:288, NDST: local APIC; in xAPIC mode its bits 15:8. VT-d specification 9.12.
  public static var destination: Self {
    .init("NDST", 319, 288, "local APIC; in xAPIC mode its bits 15:8")
  }
}
