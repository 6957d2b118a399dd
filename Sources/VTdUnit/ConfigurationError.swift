import VTdFormats

/// Why capabilities do not make a unit.
public enum ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// `feature` is set and `needs` is not.
  case featureNeeds(feature: String, needs: String)
  /// CAP.SAGAW names no table depth, and interrupts are not remapped either.
  case noAddressWidth
  /// A field holds a value that the specification reserves.
  case reservedValue(field: String, value: UInt64)
  /// Two registers share bytes, by CAP.FRO or ECAP.IRO.
  case registersOverlap(String, String, offset: Int)
  /// The host address width is not 32 to 52.
  case hostAddressWidth(Int)
  /// A cache size is not a power of 2, or too large.
  case cacheSize(field: String, value: Int)

  public var description: String {
    switch self {
    case .featureNeeds(let feature, let needs): "\(feature) is set, which needs \(needs)"
    case .noAddressWidth: "CAP.SAGAW is 0: the unit could not translate any address"
    case .reservedValue(let field, let value): "\(field) is 0x\(hex(value)), a reserved value"
    case .registersOverlap(let first, let second, let offset):
      "\(first) and \(second) overlap at offset 0x\(hex(UInt64(offset)))"
    case .hostAddressWidth(let width): "the host address width is \(width), not 32 to 52"
    case .cacheSize(let field, let value):
      "\(field) is \(value), and must be a power of 2 up to 65536"
    }
  }
}

extension UnitConfiguration {
  /// Throws what is wrong with the configuration, if anything is.
  public func validate() throws(ConfigurationError) {
    try checkFeatures()
    try checkValues()
    try checkRegisters()
    try checkCaches()
  }

  /// A feature that another one builds on.
  ///
  /// Only what every shipped unit respects: units of revision 2 have PASID bits without scalable
  /// mode, and first-stage page sizes without a first stage.
  private func checkFeatures() throws(ConfigurationError) {
    let cap = capability
    let ecap = extendedCapability
    let rules: [(has: Bool, feature: String, needed: Bool, needs: String)] = [
      (ecap[flag: .extendedInterruptMode], "ECAP.EIM", ecap[flag: .interruptRemapping], "ECAP.IR"),
      (ecap[flag: .interruptRemapping], "ECAP.IR", ecap[flag: .queuedInvalidation], "ECAP.QI"),
      (cap[flag: .postedInterrupts], "CAP.PI", ecap[flag: .interruptRemapping], "ECAP.IR"),
      (ecap[flag: .deviceTLB], "ECAP.DT", ecap[flag: .queuedInvalidation], "ECAP.QI"),
      (ecap[flag: .pageRequests], "ECAP.PRS", ecap[flag: .deviceTLB], "ECAP.DT"),
      (ecap[flag: .pageRequestDraining], "ECAP.PDS", ecap[flag: .pageRequests], "ECAP.PRS"),
      (ecap[flag: .noWriteFlag], "ECAP.NWFS", ecap[flag: .deviceTLB], "ECAP.DT"),
      (ecap[flag: .deviceTLBThrottling], "ECAP.DIT", ecap[flag: .deviceTLB], "ECAP.DT"),
      (ecap[flag: .scalableMode], "ECAP.SMTS", ecap[flag: .queuedInvalidation], "ECAP.QI"),
      (
        ecap[flag: .scalableMode], "ECAP.SMTS",
        ecap[flag: .firstStage] || ecap[flag: .secondStage], "ECAP.FSTS or ECAP.SSTS"
      ),
      (ecap[flag: .firstStage], "ECAP.FSTS", ecap[flag: .scalableMode], "ECAP.SMTS"),
      (ecap[flag: .secondStage], "ECAP.SSTS", ecap[flag: .scalableMode], "ECAP.SMTS"),
      (
        ecap[flag: .secondStageAccessedDirty], "ECAP.SSADS", ecap[flag: .secondStage], "ECAP.SSTS"
      ),
      (
        ecap[flag: .scalableMode] && ecap[flag: .nested], "ECAP.NEST",
        ecap[flag: .firstStage] && ecap[flag: .secondStage], "ECAP.FSTS and ECAP.SSTS"
      ),
      (cap[flag: .firstStage5Levels], "CAP.FS5LP", ecap[flag: .firstStage], "ECAP.FSTS"),
      (
        ecap[flag: .scalableModePageWalkCoherency], "ECAP.SMPWCS", ecap[flag: .scalableMode],
        "ECAP.SMTS"
      ),
      (ecap[flag: .ridPASID], "ECAP.RPS", ecap[flag: .scalableMode], "ECAP.SMTS"),
    ]
    for rule in rules where rule.has && !rule.needed {
      throw .featureNeeds(feature: rule.feature, needs: rule.needs)
    }
  }

  private func checkValues() throws(ConfigurationError) {
    let levels = capability[.supportedAdjustedGuestAddressWidths]
    // QEMU has units that only remap interrupts.
    let onlyRemapsInterrupts =
      quirks.contains(.mayLackTranslation) && extendedCapability[flag: .interruptRemapping]
    if levels == 0 && !onlyRemapsInterrupts { throw .noAddressWidth }
    // Bits 0 and 4 of SAGAW stood for 2 and 6 levels; both are reserved.
    if levels & 0b10001 != 0 { throw .reservedValue(field: "CAP.SAGAW", value: levels) }
    if capability[.numberOfDomains] == 7 {
      throw .reservedValue(field: "CAP.ND", value: capability[.numberOfDomains])
    }
    if extendedCapability[flag: .pasid], extendedCapability[.pasidSize] > 19 {
      throw .reservedValue(field: "ECAP.PSS", value: extendedCapability[.pasidSize])
    }
    if !(32...52).contains(hostAddressWidth) { throw .hostAddressWidth(hostAddressWidth) }
  }

  private func checkRegisters() throws(ConfigurationError) {
    var end = 0
    var previous = ""
    for register in registers {
      if register.offset < end {
        throw .registersOverlap(previous, register.name, offset: register.offset)
      }
      end = register.offset + register.width / 8
      previous = register.name
    }
  }

  private func checkCaches() throws(ConfigurationError) {
    let sizes: [(field: String, value: Int, mayBeZero: Bool)] = [
      ("iotlbEntries", caches.iotlbEntries, false),
      ("largePageEntries", caches.largePageEntries, false),
      ("pagingStructureEntries", caches.pagingStructureEntries, true),
      ("contextEntries", caches.contextEntries, false),
      ("pasidEntries", caches.pasidEntries, false),
      ("interruptEntries", caches.interruptEntries, true),
    ]
    for size in sizes {
      let isPower = (1...65536).contains(size.value) && size.value & (size.value - 1) == 0
      if !isPower && !(size.mayBeZero && size.value == 0) {
        throw .cacheSize(field: size.field, value: size.value)
      }
    }
  }
}
