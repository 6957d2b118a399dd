public import VTdFormats
public import VTdUnit

/// The properties of QEMU's `-device intel-iommu`, and the capabilities that they make.
///
/// The values are those that QEMU 10.0 showed. The properties that its successors renamed are known
/// by both names; the new names bring what the successors added to CAP and ECAP.
public struct UnitOptions: Hashable, Sendable {
  public var addressWidth = 48
  public var cachingMode = false
  public var scalableMode = false
  /// First-stage tables; they take the place of second-stage ones in scalable mode.
  public var firstStage = false
  public var firstStage1GiBPages = true
  public var snoopControl = false
  public var deviceTLB = false
  public var pasid = false
  public var sharedVirtualMemory = false
  public var interruptRemapping = true
  public var extendedInterruptMode = false
  public var passThrough = true
  public var draining = true
  public var translation = true
  /// A property was given by a name that 10.0 did not know.
  public var isNewer = false
  /// Whether the unit differs from the specification where QEMU does.
  public var hasQuirks = true

  public init() {}

  /// Reads the properties.
  ///
  /// - Throws: `MachineError` for an unknown property, a bad value, or values that do not go
  ///   together, in QEMU's words where it has some.
  public init(_ properties: KeyValueList) throws(MachineError) {
    var list = properties
    if let width = try list.takeNumber("aw-bits", "x-aw-bits") {
      guard width == 39 || width == 48 else {
        throw MachineError("Supported values for aw-bits are: 39, 48")
      }
      addressWidth = Int(width)
    }
    isNewer = list.pairs.contains {
      ["scalable-mode", "flts", "fsts", "svm", "pasid"].contains($0.key)
    }
    cachingMode = try list.takeSwitch("caching-mode") ?? cachingMode
    scalableMode = try list.takeSwitch("scalable-mode", "x-scalable-mode") ?? scalableMode
    firstStage = try list.takeSwitch("flts", "fsts", "x-flts") ?? firstStage
    firstStage1GiBPages = try list.takeSwitch("fs1gp") ?? firstStage1GiBPages
    snoopControl = try list.takeSwitch("snoop-control") ?? snoopControl
    deviceTLB = try list.takeSwitch("device-iotlb") ?? deviceTLB
    pasid = try list.takeSwitch("x-pasid-mode", "pasid") ?? pasid
    sharedVirtualMemory = try list.takeSwitch("svm") ?? sharedVirtualMemory
    interruptRemapping = try list.takeSwitch("intremap") ?? interruptRemapping
    extendedInterruptMode = try list.takeSwitch("eim") ?? extendedInterruptMode
    passThrough = try list.takeSwitch("pt") ?? passThrough
    draining = try list.takeSwitch("dma-drain") ?? draining
    translation = try list.takeSwitch("dma-translation") ?? translation
    hasQuirks = try list.takeSwitch("x-quirks") ?? hasQuirks
    // Known, and without effect on what software sees.
    for key in ["x-buggy-eim", "stale-tm", "version"] { _ = list.take(key) }
    _ = list.take("id")
    _ = list.take("bus")
    try list.refuseRest()
    try check()
  }

  private func check() throws(MachineError) {
    if extendedInterruptMode && !interruptRemapping {
      throw MachineError("eim=on cannot be selected without intremap=on")
    }
    if firstStage && !scalableMode {
      throw MachineError("Legacy mode: not support x-flts=on")
    }
    if firstStage && addressWidth != 48 {
      throw MachineError("Scalable mode(flts): supported value for aw-bits is: 48")
    }
    if pasid && !scalableMode {
      throw MachineError("Need to set scalable mode for PASID")
    }
    if sharedVirtualMemory && !(deviceTLB && firstStage && translation) {
      throw MachineError("svm=on needs device-iotlb=on, flts=on and dma-translation=on")
    }
  }

  /// CAP.
  public var capability: Capability {
    var cap = Capability(rawValue: 0)
    cap[.numberOfDomains] = 6
    cap[flag: .cachingMode] = cachingMode
    if translation {
      cap[.supportedAdjustedGuestAddressWidths] = addressWidth == 48 ? 0b110 : 0b010
    }
    cap[.maximumGuestAddressWidth] = UInt64(addressWidth - 1)
    cap[.faultRecordOffset] = 0x220 / 16
    cap[.secondStageLargePages] = 0b11
    cap[flag: .pageSelectiveInvalidation] = true
    cap[.maximumAddressMask] = 18
    cap[flag: .writeDraining] = draining
    cap[flag: .readDraining] = draining
    cap[flag: .firstStage1GiBPages] = firstStage && firstStage1GiBPages
    cap[flag: .enhancedSetRootTablePointer] = isNewer
    return cap
  }

  /// ECAP.
  public var extendedCapability: ExtendedCapability {
    var ecap = ExtendedCapability(rawValue: 0)
    ecap[flag: .queuedInvalidation] = true
    ecap[flag: .deviceTLB] = deviceTLB
    ecap[flag: .interruptRemapping] = interruptRemapping
    ecap[flag: .extendedInterruptMode] = extendedInterruptMode
    ecap[flag: .passThrough] = passThrough
    ecap[flag: .snoopControl] = snoopControl
    ecap[.iotlbRegisterOffset] = 0xf0 / 16
    if interruptRemapping { ecap[.maximumHandleMask] = 15 }
    if scalableMode {
      ecap[flag: .scalableMode] = true
      ecap[flag: .supervisorRequests] = !firstStage
      ecap[flag: .secondStage] = !firstStage
      ecap[flag: .firstStage] = firstStage
    }
    if pasid || sharedVirtualMemory {
      ecap[flag: .pasid] = true
      if isNewer { ecap[.pasidSize] = 7 }
    }
    if sharedVirtualMemory {
      ecap[flag: .pageRequests] = true
      ecap[flag: .pageRequestDraining] = true
      ecap[flag: .noWriteFlag] = true
    }
    return ecap
  }

  /// The unit as QEMU makes it. Its host address width is the guest's.
  public var configuration: UnitConfiguration {
    UnitConfiguration(
      capability: capability, extendedCapability: extendedCapability,
      hostAddressWidth: addressWidth, quirks: hasQuirks ? .qemu10 : [])
  }
}
