/// The register file as the specification's table has it (VT-d specification 11.4).

/// What software may do with a register.
public enum RegisterAccess: String, Sendable, Hashable, Codable {
  case readOnly = "RO"
  case writeOnly = "WO"
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
  public let access: RegisterAccess
  /// Bits that a write replaces, one 64-bit word each, lowest first.
  public let writeMask: [UInt64]
  /// Bits that a write of 1 clears, one 64-bit word each, lowest first.
  public let writeOneToClearMask: [UInt64]
  /// Value after reset.
  public let reset: UInt64

  init(
    _ offset: Int, _ name: String, _ width: Int, _ access: RegisterAccess,
    write: UInt64 = 0, clear: UInt64 = 0, reset: UInt64 = 0
  ) {
    self.name = name
    self.offset = offset
    self.width = width
    self.access = access
    self.writeMask = [write]
    self.writeOneToClearMask = [clear]
    self.reset = reset
  }

  init(recordAt offset: Int, _ name: String, clearHigh: UInt64) {
    self.name = name
    self.offset = offset
    self.width = 128
    self.access = .readWrite
    self.writeMask = [0, 0]
    self.writeOneToClearMask = [0, clearHigh]
    self.reset = 0
  }
}

/// Offsets of the registers whose place is fixed.
public enum RegisterOffset {
  public static let ver = 0x00
  public static let cap = 0x08
  public static let ecap = 0x10
  public static let gcmd = 0x18
  public static let gsts = 0x1c
  public static let rtaddr = 0x20
  public static let ccmd = 0x28
  public static let fsts = 0x34
  public static let fectl = 0x38
  public static let fedata = 0x3c
  public static let feaddr = 0x40
  public static let feuaddr = 0x44
  public static let aflog = 0x58
  public static let pmen = 0x64
  public static let plmbase = 0x68
  public static let plmlimit = 0x6c
  public static let phmbase = 0x70
  public static let phmlimit = 0x78
  public static let iqh = 0x80
  public static let iqt = 0x88
  public static let iqa = 0x90
  public static let ics = 0x9c
  public static let iectl = 0xa0
  public static let iedata = 0xa4
  public static let ieaddr = 0xa8
  public static let ieuaddr = 0xac
  public static let iqercd = 0xb0
  public static let irta = 0xb8
  public static let pqh = 0xc0
  public static let pqt = 0xc8
  public static let pqa = 0xd0
  public static let prs = 0xdc
  public static let pectl = 0xe0
  public static let pedata = 0xe4
  public static let peaddr = 0xe8
  public static let peuaddr = 0xec
  public static let mtrrcap = 0x100
  public static let mtrrdef = 0x108
  public static let mtrrFixed = 0x120
  public static let mtrrVariable = 0x180
  public static let vcmd = 0xe00
  public static let vcrsp = 0xe10
  public static let vccap = 0xe30
}

/// The table itself, for one unit's capabilities.
public enum RegisterMap {
  /// Every register that a unit with these capabilities has, by offset.
  ///
  /// Masks come from the layouts: a field list is the only place that knows its bits.
  public static func registers(
    capability: Capability, extendedCapability: ExtendedCapability
  ) -> [RegisterDescription] {
    var table = global + faultEvent
    if capability[flag: .advancedFaultLogging] {
      table.append(
        .init(
          RegisterOffset.aflog, "AFLOG", 64, .readWrite,
          write: mask(of: FaultLogAddress.self, [.size, .address])))
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

  private static let global: [RegisterDescription] = [
    .init(RegisterOffset.ver, "VER", 32, .readOnly),
    .init(RegisterOffset.cap, "CAP", 64, .readOnly),
    .init(RegisterOffset.ecap, "ECAP", 64, .readOnly),
    .init(RegisterOffset.gcmd, "GCMD", 32, .writeOnly),
    .init(RegisterOffset.gsts, "GSTS", 32, .readOnly),
    .init(
      RegisterOffset.rtaddr, "RTADDR", 64, .readWrite,
      write: mask(of: RootTableAddress.self, [.rootTable, .translationTableMode])),
    .init(
      RegisterOffset.ccmd, "CCMD", 64, .readWrite,
      write: mask(
        of: ContextCommand.self,
        [.domainID, .sourceID, .functionMask, .requestedGranularity, .invalidate])),
  ]

  private static let faultEvent: [RegisterDescription] =
    [
      .init(
        RegisterOffset.fsts, "FSTS", 32, .readWrite,
        clear: mask(
          of: FaultStatus.self,
          [
            .primaryFaultOverflow, .advancedFaultOverflow, .advancedPendingFault,
            .invalidationQueueError, .invalidationCompletionError, .invalidationTimeOutError,
          ]))
    ] + event(at: RegisterOffset.fectl, "FE")

  /// Control, data, address and upper address of one event.
  ///
  /// Data holds 16 bits of message: the upper half is reserved since the 2021 specifications.
  private static func event(at offset: Int, _ prefix: String) -> [RegisterDescription] {
    let masked = BitField<EventControl>.interruptMask.mask
    return [
      .init(offset, "\(prefix)CTL", 32, .readWrite, write: masked, reset: masked),
      .init(offset + 4, "\(prefix)DATA", 32, .readWrite, write: 0xffff),
      .init(offset + 8, "\(prefix)ADDR", 32, .readWrite, write: 0xffff_fffc),
      .init(offset + 12, "\(prefix)UADDR", 32, .readWrite, write: 0xffff_ffff),
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
      table.append(
        .init(
          RegisterOffset.pmen, "PMEN", 32, .readWrite,
          write: BitField<ProtectedMemoryEnable>.enable.mask))
    }
    return table
  }

  private static func queue(_ extended: ExtendedCapability) -> [RegisterDescription] {
    let wide = extended[flag: .scalableMode] ? BitField<QueueAddress>.descriptorWidth.mask : 0
    return [
      .init(RegisterOffset.iqh, "IQH", 64, .readOnly),
      .init(
        RegisterOffset.iqt, "IQT", 64, .readWrite, write: BitField<QueueTail>.offset.mask),
      .init(
        RegisterOffset.iqa, "IQA", 64, .readWrite,
        write: mask(of: QueueAddress.self, [.address, .size]) | wide),
      .init(
        RegisterOffset.ics, "ICS", 32, .readWrite,
        clear: BitField<CompletionStatus>.waitComplete.mask),
      .init(RegisterOffset.iqercd, "IQERCD", 64, .readOnly),
    ] + event(at: RegisterOffset.iectl, "IE")
  }

  private static let interruptTable = RegisterDescription(
    RegisterOffset.irta, "IRTA", 64, .readWrite,
    write: mask(of: InterruptTableAddress.self, [.address, .extendedInterruptMode, .size]))

  private static let pageRequests: [RegisterDescription] =
    [
      .init(
        RegisterOffset.pqh, "PQH", 64, .readWrite,
        write: BitField<PageRequestQueuePointer>.offset.mask),
      .init(
        RegisterOffset.pqt, "PQT", 64, .readWrite,
        write: BitField<PageRequestQueuePointer>.offset.mask),
      .init(
        RegisterOffset.pqa, "PQA", 64, .readWrite,
        write: mask(of: PageRequestQueueAddress.self, [.address, .size])),
      .init(
        RegisterOffset.prs, "PRS", 32, .readWrite,
        clear: mask(of: PageRequestStatus.self, [.pendingRequest, .overflow])),
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
      .init(
        offset, "IVA", 64, .writeOnly,
        write: mask(of: InvalidateAddress.self, [.address, .invalidationHint, .addressMask])),
      .init(
        offset + 8, "IOTLB", 64, .readWrite,
        write: mask(
          of: IOTLBCommand.self,
          [.invalidate, .requestedGranularity, .drainReads, .drainWrites, .domainID])),
    ]
  }

  private static func faultRecords(_ capability: Capability) -> [RegisterDescription] {
    (0..<capability.faultRecordCount).map { index in
      .init(
        recordAt: capability.faultRecordOffset + index * 16, "FRCD[\(index)]",
        clearHigh: BitField<FaultRecord>.fault.mask)
    }
  }

  private static func mask<Image: RegisterImage>(
    of image: Image.Type, _ fields: [BitField<Image>]
  ) -> UInt64 {
    fields.reduce(0) { $0 | $1.mask }
  }
}
