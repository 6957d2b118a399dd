/// The register file as the specification's table has it (VT-d specification 11.4).

/// What software may do with a register.
public enum RegisterAccess: String, Sendable, Hashable {
  /// Writes change nothing.
  case readOnly = "RO"
  /// It reads as 0.
  case writeOnly = "WO"
  /// Software reads and writes it; its fields say more.
  case readWrite = "RW"
}

/// One row of the register table.
public struct RegisterDescription: Hashable, Sendable {
  /// The specification's name without `_REG`.
  public let name: String
  /// Byte offset from the unit's register base.
  public let offset: Int
  /// 32, 64 or 128 bits.
  public let width: Int
  /// What software may do with the register as a whole.
  public let access: RegisterAccess
  /// Bits that a write replaces, one 64-bit word each, lowest first.
  public let writeMask: [UInt64]
  /// Bits that a write of 1 clears, one 64-bit word each, lowest first.
  public let writeOneToClearMask: [UInt64]
  /// Value after reset.
  public let reset: UInt64

  /// A register without a layout of its own.
  ///
  /// - Parameter write: the bits that a write replaces.
  init(
    _ offset: Int, _ name: String, _ width: Int, _ access: RegisterAccess, write: UInt64 = 0
  ) {
    self.name = name
    self.offset = offset
    self.width = width
    self.access = access
    self.writeMask = [write]
    self.writeOneToClearMask = [0]
    self.reset = 0
  }

  /// A register whose fields say what software may do with them.
  ///
  /// - Parameter without: fields that this unit does not have.
  init<Image: BitImage>(
    _ offset: Int, _ name: String, _: Image.Type, without: [BitField<Image>] = [],
    reset: UInt64 = 0
  ) {
    var replaced: [UInt64] = []
    var cleared: [UInt64] = []
    for word in 0..<Image.wordCount {
      let missing = without.reduce(0) { $1.word == word ? $0 | $1.mask : $0 }
      replaced.append(
        (Image.mask(.readWrite, word: word) | Image.mask(.writeOnly, word: word)) & ~missing)
      cleared.append(Image.mask(.writeOneToClear, word: word))
    }
    self.name = name
    self.offset = offset
    width = Image.bitWidth
    access = RegisterAccess(Image.fields.map { $0.access ?? Image.access })
    writeMask = replaced
    writeOneToClearMask = cleared
    self.reset = reset
  }
}

extension RegisterAccess {
  /// What a register is whose fields are these.
  init(_ fields: [FieldAccess]) {
    if fields.allSatisfy({ $0 == .readOnly }) {
      self = .readOnly
    } else if fields.allSatisfy({ $0 == .writeOnly || $0 == .command }) {
      self = .writeOnly
    } else {
      self = .readWrite
    }
  }
}

/// Offsets of the registers whose place is fixed.
public enum RegisterOffset {
  /// VER_REG, version.
  public static let ver = 0x00
  /// CAP_REG, capabilities.
  public static let cap = 0x08
  /// ECAP_REG, extended capabilities.
  public static let ecap = 0x10
  /// GCMD_REG, global command.
  public static let gcmd = 0x18
  /// GSTS_REG, global status.
  public static let gsts = 0x1c
  /// RTADDR_REG, root table address.
  public static let rtaddr = 0x20
  /// CCMD_REG, context command.
  public static let ccmd = 0x28
  /// FSTS_REG, fault status.
  public static let fsts = 0x34
  /// FECTL_REG, fault event control.
  public static let fectl = 0x38
  /// FEDATA_REG, fault event data.
  public static let fedata = 0x3c
  /// FEADDR_REG, fault event address.
  public static let feaddr = 0x40
  /// FEUADDR_REG, upper fault event address.
  public static let feuaddr = 0x44
  /// AFLOG_REG, advanced fault log.
  public static let aflog = 0x58
  /// PMEN_REG, protected memory enable.
  public static let pmen = 0x64
  /// PLMBASE_REG, first byte of the protected memory below 4 GiB.
  public static let plmbase = 0x68
  /// PLMLIMIT_REG, last byte of the protected memory below 4 GiB.
  public static let plmlimit = 0x6c
  /// PHMBASE_REG, first byte of the protected memory above 4 GiB.
  public static let phmbase = 0x70
  /// PHMLIMIT_REG, last byte of the protected memory above 4 GiB.
  public static let phmlimit = 0x78
  /// IQH_REG, head of the invalidation queue.
  public static let iqh = 0x80
  /// IQT_REG, tail of the invalidation queue.
  public static let iqt = 0x88
  /// IQA_REG, address of the invalidation queue.
  public static let iqa = 0x90
  /// ICS_REG, invalidation completion status.
  public static let ics = 0x9c
  /// IECTL_REG, invalidation event control.
  public static let iectl = 0xa0
  /// IEDATA_REG, invalidation event data.
  public static let iedata = 0xa4
  /// IEADDR_REG, invalidation event address.
  public static let ieaddr = 0xa8
  /// IEUADDR_REG, upper invalidation event address.
  public static let ieuaddr = 0xac
  /// IQERCD_REG, why the invalidation queue stopped.
  public static let iqercd = 0xb0
  /// IRTA_REG, address of the interrupt table.
  public static let irta = 0xb8
  /// PQH_REG, head of the page request queue.
  public static let pqh = 0xc0
  /// PQT_REG, tail of the page request queue.
  public static let pqt = 0xc8
  /// PQA_REG, address of the page request queue.
  public static let pqa = 0xd0
  /// PRS_REG, page request status.
  public static let prs = 0xdc
  /// PECTL_REG, page request event control.
  public static let pectl = 0xe0
  /// PEDATA_REG, page request event data.
  public static let pedata = 0xe4
  /// PEADDR_REG, page request event address.
  public static let peaddr = 0xe8
  /// PEUADDR_REG, upper page request event address.
  public static let peuaddr = 0xec
  /// MTRRCAP_REG, what the memory type range registers have.
  public static let mtrrcap = 0x100
  /// MTRRDEF_REG, the default memory type.
  public static let mtrrdef = 0x108
  /// The first of the fixed memory type range registers.
  public static let mtrrFixed = 0x120
  /// The first of the variable memory type range registers.
  public static let mtrrVariable = 0x180
  /// VCMD_REG, virtual command.
  public static let vcmd = 0xe00
  /// VCRSP_REG, virtual command response.
  public static let vcrsp = 0xe10
  /// VCCAP_REG, virtual command capabilities.
  public static let vccap = 0xe30

  // An event's registers, from its control register on: FECTL, IECTL, PECTL.
  /// Offset of an event's data register, from that of its control register.
  public static func data(ofEvent control: Int) -> Int { control + 4 }
  /// Offset of an event's address register, from that of its control register.
  public static func address(ofEvent control: Int) -> Int { control + 8 }
  /// Offset of an event's upper address register, from that of its control register.
  public static func upperAddress(ofEvent control: Int) -> Int { control + 12 }
}

/// The table itself, for one unit's capabilities.
public enum RegisterMap {
  /// Every register that a unit with these capabilities has, by offset.
  ///
  /// Masks come from the layouts: a field list is the only place that knows its bits. A register
  /// without a layout of its own has its mask in its row.
  public static func registers(
    capability: Capability, extendedCapability: ExtendedCapability
  ) -> [RegisterDescription] {
    var table = global + faultEvent
    if capability[flag: .advancedFaultLogging] {
      table.append(.init(RegisterOffset.aflog, "AFLOG", FaultLogAddress.self))
    }
    table += protectedMemory(capability)
    if extendedCapability[flag: .queuedInvalidation] { table += queue(extendedCapability) }
    if extendedCapability[flag: .interruptRemapping] { table.append(interruptTable) }
    if extendedCapability[flag: .pageRequests] { table += pageRequests }
    if extendedCapability[flag: .memoryTypes] { table += memoryTypes }
    if extendedCapability[flag: .virtualCommand] { table += virtualCommand }
    table += invalidation(at: extendedCapability.iotlbRegisterOffset)
    table += faultRecords(capability)
    return table.sorted { $0.offset < $1.offset }
  }

  /// The registers that lie at the same place in every unit that has them; what describes the memory's
  /// types is left out.
  public static let atFixedPlaces: [RegisterDescription] =
    global + faultEvent + [.init(RegisterOffset.aflog, "AFLOG", FaultLogAddress.self)]
    + protectedMemory(Capability(rawValue: ~0)) + queue(ExtendedCapability(rawValue: ~0))
    + [interruptTable] + pageRequests + virtualCommand

  private static let global: [RegisterDescription] = [
    .init(RegisterOffset.ver, "VER", VersionRegister.self),
    .init(RegisterOffset.cap, "CAP", Capability.self),
    .init(RegisterOffset.ecap, "ECAP", ExtendedCapability.self),
    .init(RegisterOffset.gcmd, "GCMD", GlobalCommand.self),
    .init(RegisterOffset.gsts, "GSTS", GlobalStatus.self),
    .init(RegisterOffset.rtaddr, "RTADDR", RootTableAddress.self),
    .init(RegisterOffset.ccmd, "CCMD", ContextCommand.self),
  ]

  private static let faultEvent: [RegisterDescription] =
    [.init(RegisterOffset.fsts, "FSTS", FaultStatus.self)] + event(at: RegisterOffset.fectl, "FE")

  /// Control, data, address and upper address of one event.
  ///
  /// Data holds 16 bits of message: the upper half is reserved since the 2021 specifications.
  private static func event(at offset: Int, _ prefix: String) -> [RegisterDescription] {
    [
      .init(
        offset, "\(prefix)CTL", EventControl.self,
        reset: BitField<EventControl>.interruptMask.mask),
      .init(
        RegisterOffset.data(ofEvent: offset), "\(prefix)DATA", 32, .readWrite, write: 0xffff),
      .init(
        RegisterOffset.address(ofEvent: offset), "\(prefix)ADDR", 32, .readWrite,
        write: 0xffff_fffc),
      .init(
        RegisterOffset.upperAddress(ofEvent: offset), "\(prefix)UADDR", 32, .readWrite,
        write: 0xffff_ffff),
    ]
  }

  /// Protected regions are aligned to 2 MiB here; the alignment is the implementation's choice.
  private static func protectedMemory(_ capability: Capability) -> [RegisterDescription] {
    var table: [RegisterDescription] = []
    if capability[flag: .protectedLowMemory] {
      table += [
        .init(RegisterOffset.plmbase, "PLMBASE", 32, .readWrite, write: 0xffe0_0000),
        .init(RegisterOffset.plmlimit, "PLMLIMIT", 32, .readWrite, write: 0xffe0_0000),
      ]
    }
    if capability[flag: .protectedHighMemory] {
      table += [
        .init(RegisterOffset.phmbase, "PHMBASE", 64, .readWrite, write: ~0x1f_ffff),
        .init(RegisterOffset.phmlimit, "PHMLIMIT", 64, .readWrite, write: ~0x1f_ffff),
      ]
    }
    if !table.isEmpty {
      table.append(.init(RegisterOffset.pmen, "PMEN", ProtectedMemoryEnable.self))
    }
    return table
  }

  private static func queue(_ extended: ExtendedCapability) -> [RegisterDescription] {
    [
      .init(RegisterOffset.iqh, "IQH", QueueHead.self),
      .init(RegisterOffset.iqt, "IQT", QueueTail.self),
      .init(
        RegisterOffset.iqa, "IQA", QueueAddress.self,
        without: extended[flag: .scalableMode] ? [] : [.descriptorWidth]),
      .init(RegisterOffset.ics, "ICS", CompletionStatus.self),
      .init(RegisterOffset.iqercd, "IQERCD", QueueErrorRecord.self),
    ] + event(at: RegisterOffset.iectl, "IE")
  }

  private static let interruptTable = RegisterDescription(
    RegisterOffset.irta, "IRTA", InterruptTableAddress.self)

  private static let pageRequests: [RegisterDescription] =
    [
      .init(RegisterOffset.pqh, "PQH", PageRequestQueuePointer.self),
      .init(RegisterOffset.pqt, "PQT", PageRequestQueuePointer.self),
      .init(RegisterOffset.pqa, "PQA", PageRequestQueueAddress.self),
      .init(RegisterOffset.prs, "PRS", PageRequestStatus.self),
    ] + event(at: RegisterOffset.pectl, "PE")

  private static let memoryTypes: [RegisterDescription] =
    [
      .init(RegisterOffset.mtrrcap, "MTRRCAP", 64, .readOnly),
      .init(RegisterOffset.mtrrdef, "MTRRDEF", 64, .readWrite, write: 0xcff),
    ]
    + [
      "FIX64K_00000", "FIX16K_80000", "FIX16K_A0000", "FIX4K_C0000", "FIX4K_C8000",
      "FIX4K_D0000", "FIX4K_D8000", "FIX4K_E0000", "FIX4K_E8000", "FIX4K_F0000", "FIX4K_F8000",
    ].enumerated().map { index, name in
      .init(RegisterOffset.mtrrFixed + index * 8, "MTRR_\(name)", 64, .readWrite, write: ~0)
    }
    + (0..<10).flatMap { index -> [RegisterDescription] in
      let base = RegisterOffset.mtrrVariable + index * 16
      return [
        .init(base, "MTRR_PHYSBASE\(index)", 64, .readWrite, write: ~0),
        .init(base + 8, "MTRR_PHYSMASK\(index)", 64, .readWrite, write: ~0),
      ]
    }

  private static let virtualCommand: [RegisterDescription] = [
    .init(RegisterOffset.vcmd, "VCMD", 64, .readWrite, write: ~0),
    .init(RegisterOffset.vcrsp, "VCRSP", 64, .readOnly),
    .init(RegisterOffset.vccap, "VCCAP", 64, .readOnly),
  ]

  private static func invalidation(at offset: Int) -> [RegisterDescription] {
    [
      .init(offset, "IVA", InvalidateAddress.self),
      .init(offset + 8, "IOTLB", IOTLBCommand.self),
    ]
  }

  private static func faultRecords(_ capability: Capability) -> [RegisterDescription] {
    (0..<capability.faultRecordCount).map { index in
      .init(
        capability.faultRecordOffset + index * FaultRecord.byteCount, "FRCD[\(index)]",
        FaultRecord.self)
    }
  }
}
