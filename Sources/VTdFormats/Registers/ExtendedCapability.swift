/// Extended capability register, ECAP_REG, offset 0x10 (VT-d specification 11.4.3).
public struct ExtendedCapability: RegisterImage {
  public var rawValue: UInt64
  public static let name = "ECAP"
  public static let access = FieldAccess.readOnly

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static let fields: [BitField<Self>] = [
    .pageWalkCoherency, .queuedInvalidation, .deviceTLB, .interruptRemapping,
    .extendedInterruptMode, .passThrough, .snoopControl, .iotlbRegisterOffset,
    .maximumHandleMask, .memoryTypes, .nested, .pageRequests, .executeRequests,
    .supervisorRequests, .noWriteFlag, .extendedAccessedFlag, .pasidSize, .pasid,
    .deviceTLBThrottling, .pageRequestDraining, .scalableMode, .virtualCommand,
    .secondStageAccessedDirty, .secondStage, .firstStage, .scalableModePageWalkCoherency,
    .ridPASID,
  ]
}

extension BitField where Image == ExtendedCapability {
  /// Bit 0, C: legacy walks snoop the processor caches. VT-d specification 11.4.3.
  public static var pageWalkCoherency: Self {
    .init("C", 0, "legacy walks snoop the processor caches")
  }
  /// Bit 1, QI: the invalidation queue. VT-d specification 11.4.3.
  public static var queuedInvalidation: Self { .init("QI", 1, "the invalidation queue") }
  /// Bit 2, DT: devices may cache translations (ATS). VT-d specification 11.4.3.
  public static var deviceTLB: Self { .init("DT", 2, "devices may cache translations (ATS)") }
  /// Bit 3, IR: interrupt remapping. VT-d specification 11.4.3.
  public static var interruptRemapping: Self { .init("IR", 3, "interrupt remapping") }
  /// Bit 4, EIM: 32-bit interrupt destinations (x2APIC). VT-d specification 11.4.3.
  public static var extendedInterruptMode: Self {
    .init("EIM", 4, "32-bit interrupt destinations (x2APIC)")
  }
  /// Bit 6, PT: translation type pass-through. VT-d specification 11.4.3.
  public static var passThrough: Self { .init("PT", 6, "translation type pass-through") }
  /// Bit 7, SC: leaf entries can force snooping (SNP). VT-d specification 11.4.3.
  public static var snoopControl: Self { .init("SC", 7, "leaf entries can force snooping (SNP)") }
  /// Bits 17:8, IRO: IVA and IOTLB registers, in units of 16 bytes. VT-d specification 11.4.3.
  public static var iotlbRegisterOffset: Self {
    .init("IRO", 17, 8, "IVA and IOTLB registers, in units of 16 bytes")
  }
  /// Bits 23:20, MHMV: largest mask of an interrupt-entry invalidation. VT-d specification 11.4.3.
  public static var maximumHandleMask: Self {
    .init("MHMV", 23, 20, "largest mask of an interrupt-entry invalidation")
  }
  /// Bit 25, MTS: memory types in first-stage and extended entries. VT-d specification 11.4.3.
  public static var memoryTypes: Self {
    .init("MTS", 25, "memory types in first-stage and extended entries")
  }
  /// Bit 26, NEST: nested translation. VT-d specification 11.4.3.
  public static var nested: Self { .init("NEST", 26, "nested translation") }
  /// Bit 29, PRS: page requests of devices. VT-d specification 11.4.3.
  public static var pageRequests: Self { .init("PRS", 29, "page requests of devices") }
  /// Bit 30, ERS: requests for execute permission. VT-d specification 11.4.3.
  public static var executeRequests: Self { .init("ERS", 30, "requests for execute permission") }
  /// Bit 31, SRS: requests with supervisor privilege. VT-d specification 11.4.3.
  public static var supervisorRequests: Self {
    .init("SRS", 31, "requests with supervisor privilege")
  }
  /// Bit 33, NWFS: the no-write flag of translation requests. VT-d specification 11.4.3.
  public static var noWriteFlag: Self {
    .init("NWFS", 33, "the no-write flag of translation requests")
  }
  /// Bit 34, EAFS: the extended-accessed flag. VT-d specification 11.4.3.
  public static var extendedAccessedFlag: Self { .init("EAFS", 34, "the extended-accessed flag") }
  /// Bits 39:35, PSS: PASID width, less one. VT-d specification 11.4.3.
  public static var pasidSize: Self { .init("PSS", 39, 35, "PASID width, less one") }
  /// Bit 40, PASID: requests with PASID. VT-d specification 11.4.3.
  public static var pasid: Self { .init("PASID", 40, "requests with PASID") }
  /// Bit 41, DIT: device-TLB invalidations can be throttled. VT-d specification 11.4.3.
  public static var deviceTLBThrottling: Self {
    .init("DIT", 41, "device-TLB invalidations can be throttled")
  }
  /// Bit 42, PDS: a wait descriptor can drain page requests. VT-d specification 11.4.3.
  public static var pageRequestDraining: Self {
    .init("PDS", 42, "a wait descriptor can drain page requests")
  }
  /// Bit 43, SMTS: scalable-mode tables. VT-d specification 11.4.3.
  public static var scalableMode: Self { .init("SMTS", 43, "scalable-mode tables") }
  /// Bit 44, VCS: the virtual command registers. VT-d specification 11.4.3.
  public static var virtualCommand: Self { .init("VCS", 44, "the virtual command registers") }
  /// Bit 45, SSADS: accessed and dirty bits in the second stage. VT-d specification 11.4.3.
  public static var secondStageAccessedDirty: Self {
    .init("SSADS", 45, "accessed and dirty bits in the second stage")
  }
  /// Bit 46, SSTS: second-stage translation in scalable mode. VT-d specification 11.4.3.
  public static var secondStage: Self {
    .init("SSTS", 46, "second-stage translation in scalable mode")
  }
  /// Bit 47, FSTS: first-stage translation in scalable mode. VT-d specification 11.4.3.
  public static var firstStage: Self {
    .init("FSTS", 47, "first-stage translation in scalable mode")
  }
  /// Bit 48, SMPWCS: scalable-mode walks can snoop. VT-d specification 11.4.3.
  public static var scalableModePageWalkCoherency: Self {
    .init("SMPWCS", 48, "scalable-mode walks can snoop")
  }
  /// Bit 49, RPS: RID_PASID in scalable-mode context entries. VT-d specification 11.4.3.
  public static var ridPASID: Self {
    .init("RPS", 49, "RID_PASID in scalable-mode context entries")
  }
}

extension ExtendedCapability {
  /// Offset of the IVA register from the register base, in bytes; the IOTLB register follows it.
  public var iotlbRegisterOffset: Int { Int(self[.iotlbRegisterOffset]) * 16 }
  /// Width of a PASID in bits, 1 to 20; what PSS says beyond that is cut.
  public var pasidWidth: Int { min(Int(self[.pasidSize]) + 1, 20) }
}
