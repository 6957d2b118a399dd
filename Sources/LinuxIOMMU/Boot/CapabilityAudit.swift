internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// intel_cap_audit: units that differ from the first one in a feature make the driver say so.
extension BootReport {
  private enum Feature {
    case capability(String, BitField<Capability>)
    case extended(String, BitField<ExtendedCapability>)
  }

  /// What is compared before interrupt remapping is set up.
  func auditInterruptCapabilities(_ units: [IntelIOMMU], isTold: Bool) {
    guard isTold else { return }
    audit(
      units,
      [
        .capability("pi_support", .postedInterrupts),
        .extended("eim_support", .extendedInterruptMode),
      ])
  }

  /// What is compared before DMA remapping is, in the driver's order and words.
  func auditCapabilities(_ units: [IntelIOMMU], isTold: Bool) {
    guard isTold else { return }
    audit(
      units,
      [
        .capability("fl5lp_support", .firstStage5Levels),
        .capability("fl1gp_support", .firstStage1GiBPages),
        .capability("read_drain", .readDraining), .capability("write_drain", .writeDraining),
        .capability("pgsel_inv", .pageSelectiveInvalidation),
        .capability("zlr", .zeroLengthRead), .capability("caching_mode", .cachingMode),
        .capability("phmr", .protectedHighMemory), .capability("plmr", .protectedLowMemory),
        .capability("rwbf", .writeBufferFlush), .capability("afl", .advancedFaultLogging),
        .extended("rps", .ridPASID), .extended("smpwc", .scalableModePageWalkCoherency),
        .extended("flts", .firstStage), .extended("slts", .secondStage),
        .extended("nwfs", .noWriteFlag), .extended("slads", .secondStageAccessedDirty),
        .extended("vcs", .virtualCommand), .extended("smts", .scalableMode),
        .extended("pds", .pageRequestDraining), .extended("dit", .deviceTLBThrottling),
        .extended("pasid", .pasid), .extended("eafs", .extendedAccessedFlag),
        .extended("srs", .supervisorRequests), .extended("ers", .executeRequests),
        .extended("prs", .pageRequests), .extended("nest", .nested),
        .extended("mts", .memoryTypes), .extended("sc_support", .snoopControl),
        .extended("pass_through", .passThrough), .extended("dev_iotlb_support", .deviceTLB),
        .extended("qis", .queuedInvalidation), .extended("coherent", .pageWalkCoherency),
      ])
  }

  private func audit(_ units: [IntelIOMMU], _ features: [Feature]) {
    guard kernel.build.behaviour.capabilityAudit == .on, let first = units.first else { return }
    for unit in units.dropFirst() {
      for feature in features {
        switch feature {
        case .capability(let name, let bit):
          if first.capability[bit] != unit.capability[bit] {
            kernel.announce(.featureInconsistent(name))
          }
        case .extended(let name, let bit):
          if first.extendedCapability[bit] != unit.extendedCapability[bit] {
            kernel.announce(.featureInconsistent(name))
          }
        }
      }
    }
  }
}
