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
  public static var pageWalkCoherency: Self {
    .init("C", 0, "legacy walks snoop the processor caches")
  }
  public static var queuedInvalidation: Self { .init("QI", 1, "the invalidation queue") }
  public static var deviceTLB: Self { .init("DT", 2, "devices may cache translations (ATS)") }
  public static var interruptRemapping: Self { .init("IR", 3, "interrupt remapping") }
  public static var extendedInterruptMode: Self {
    .init("EIM", 4, "32-bit interrupt destinations (x2APIC)")
  }
  public static var passThrough: Self { .init("PT", 6, "translation type pass-through") }
  public static var snoopControl: Self { .init("SC", 7, "leaf entries can force snooping (SNP)") }
  public static var iotlbRegisterOffset: Self {
    .init("IRO", 17, 8, "IVA and IOTLB registers, in units of 16 bytes")
  }
  public static var maximumHandleMask: Self {
    .init("MHMV", 23, 20, "largest mask of an interrupt-entry invalidation")
  }
  public static var memoryTypes: Self {
    .init("MTS", 25, "memory types in first-stage and extended entries")
  }
  public static var nested: Self { .init("NEST", 26, "nested translation") }
  public static var pageRequests: Self { .init("PRS", 29, "page requests of devices") }
  public static var executeRequests: Self { .init("ERS", 30, "requests for execute permission") }
  public static var supervisorRequests: Self {
    .init("SRS", 31, "requests with supervisor privilege")
  }
  public static var noWriteFlag: Self {
    .init("NWFS", 33, "the no-write flag of translation requests")
  }
  public static var extendedAccessedFlag: Self { .init("EAFS", 34, "the extended-accessed flag") }
  public static var pasidSize: Self { .init("PSS", 39, 35, "PASID width, less one") }
  public static var pasid: Self { .init("PASID", 40, "requests with PASID") }
  public static var deviceTLBThrottling: Self {
    .init("DIT", 41, "device-TLB invalidations can be throttled")
  }
  public static var pageRequestDraining: Self {
    .init("PDS", 42, "a wait descriptor can drain page requests")
  }
  public static var scalableMode: Self { .init("SMTS", 43, "scalable-mode tables") }
  public static var virtualCommand: Self { .init("VCS", 44, "the virtual command registers") }
  public static var secondStageAccessedDirty: Self {
    .init("SSADS", 45, "accessed and dirty bits in the second stage")
  }
  public static var secondStage: Self {
    .init("SSTS", 46, "second-stage translation in scalable mode")
  }
  public static var firstStage: Self {
    .init("FSTS", 47, "first-stage translation in scalable mode")
  }
  public static var scalableModePageWalkCoherency: Self {
    .init("SMPWCS", 48, "scalable-mode walks can snoop")
  }
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
