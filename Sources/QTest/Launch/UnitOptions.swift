public import VTdFormats
public import VTdUnit

/// The properties of QEMU's `-device intel-iommu`, and the capabilities that they make.
///
/// The values are those that QEMU 10.0 and 11.1 showed. Every spelling that a version had is known;
/// names that 10.0 did not know bring what its successors added to CAP and ECAP, and their quirks.
public struct UnitOptions: Hashable, Sendable {
  /// `aw-bits`: 39, 48 or 57.
  public var addressWidth = 48
  /// `caching-mode`: not-present entries may be cached.
  public var cachingMode = false
  /// `x-scalable-mode`.
  public var scalableMode = false
  /// First-stage tables; they take the place of second-stage ones in scalable mode.
  public var firstStage = false
  /// `fs1gp`: first-stage pages of 1 GiB.
  public var firstStage1GiBPages = true
  /// `snoop-control`.
  public var snoopControl = false
  /// `device-iotlb`: devices may have TLBs (ATS).
  public var deviceTLB = false
  /// Bits of a PASID; none where the unit has no PASIDs.
  public var pasidBits: UInt64 = 0
  /// `svm`: page requests and shared address spaces.
  public var sharedVirtualMemory = false
  /// `intremap`.
  public var interruptRemapping = true
  /// `eim`: destinations of 32 bits.
  public var extendedInterruptMode = false
  /// `pt`: pass-through.
  public var passThrough = true
  /// `dma-drain`: invalidations can drain.
  public var draining = true
  /// `dma-translation`: off for a unit that only remaps interrupts.
  public var translation = true
  /// VER.
  public var version: UInt32 = 0x10
  /// CAP and ECAP as they are, for a unit that QEMU has not.
  public var exactCapability: UInt64?
  /// The ECAP register bit for bit; nil for what the other options make of it.
  public var exactExtendedCapability: UInt64?
  /// Bits of a physical address; those of the guest unless given.
  public var hostAddressWidth: Int?
  /// Where the registers are.
  public var registerBase: UInt64 = 0xfed9_0000
  /// A property was given by a name that 10.0 did not know.
  public var isNewer = false
  /// Where the unit differs from the specification: where the version of QEMU does that has these
  /// names, unless `x-quirks` says otherwise.
  public var quirks = UnitQuirks.qemu10

  /// What `-device intel-iommu` gives without properties.
  public init() {}

  /// Reads the properties.
  ///
  /// - Throws: `Q35MachineError` for an unknown property, a bad value, or values that do not go
  ///   together, in QEMU's words where it has some.
  public init(_ properties: KeyValueList) throws(Q35MachineError) {
    var list = properties
    if let width = try list.takeNumber("aw-bits", "x-aw-bits") {
      guard width == 39 || width == 48 else {
        throw Q35MachineError("Supported values for aw-bits are: 39, 48")
      }
      addressWidth = Int(width)
    }
    isNewer = list.pairs.contains {
      ["scalable-mode", "flts", "fsts", "svm", "pasid", "pasid-bits"].contains($0.key)
    }
    try takeQuirks(&list)
    cachingMode = try list.takeSwitch("caching-mode") ?? cachingMode
    scalableMode = try list.takeSwitch("scalable-mode", "x-scalable-mode") ?? scalableMode
    firstStage = try list.takeSwitch("flts", "fsts", "x-flts") ?? firstStage
    firstStage1GiBPages = try list.takeSwitch("fs1gp") ?? firstStage1GiBPages
    snoopControl = try list.takeSwitch("snoop-control") ?? snoopControl
    deviceTLB = try list.takeSwitch("device-iotlb") ?? deviceTLB
    if try list.takeSwitch("x-pasid-mode", "pasid") ?? false { pasidBits = 8 }
    pasidBits = try list.takeNumber("pasid-bits") ?? pasidBits
    sharedVirtualMemory = try list.takeSwitch("svm") ?? sharedVirtualMemory
    interruptRemapping = try list.takeSwitch("intremap") ?? interruptRemapping
    extendedInterruptMode = try list.takeSwitch("eim") ?? extendedInterruptMode
    passThrough = try list.takeSwitch("pt") ?? passThrough
    draining = try list.takeSwitch("dma-drain") ?? draining
    translation = try list.takeSwitch("dma-translation") ?? translation
    // Known, and without effect on what software sees.
    for key in ["x-buggy-eim", "stale-tm"] { _ = list.take(key) }
    try takeExact(&list)
    _ = list.take("id")
    _ = list.take("bus")
    try list.refuseRest()
    try check()
  }

  /// `x-quirks`: a version of QEMU by name, a number with a bit for each quirk, or on and off.
  private mutating func takeQuirks(_ list: inout KeyValueList) throws(Q35MachineError) {
    let text = list.pairs.last { $0.key == "x-quirks" }?.value ?? ""
    if let set = UnitQuirks.sets.first(where: { $0.name == text }) {
      _ = list.take("x-quirks")
      quirks = set.quirks
      isNewer = set.quirks == .qemu11
    } else if text.hasPrefix("0x") {
      quirks = UnitQuirks(rawValue: try list.takeNumber("x-quirks") ?? 0)
    } else if try list.takeSwitch("x-quirks") ?? true {
      quirks = isNewer ? .qemu11 : .qemu10
    } else {
      quirks = []
    }
  }

  /// What makes a unit of any other kind; QEMU has `version` only.
  private mutating func takeExact(_ list: inout KeyValueList) throws(Q35MachineError) {
    if let number = try list.takeNumber("version") {
      guard let number = UInt32(exactly: number) else {
        throw Q35MachineError("Parameter 'version' expects 32 bits")
      }
      version = number
    }
    exactCapability = try list.takeNumber("x-cap")
    exactExtendedCapability = try list.takeNumber("x-ecap")
    if let width = try list.takeNumber("x-host-address-width") {
      guard (32...52).contains(width) else {
        throw Q35MachineError("Parameter 'x-host-address-width' expects 32 to 52")
      }
      hostAddressWidth = Int(width)
    }
    if let base = try list.takeNumber("x-base") {
      guard base & 0xfff == 0, base < 1 << 52 else {
        throw Q35MachineError("Parameter 'x-base' expects a multiple of 4096 below 2^52")
      }
      registerBase = base
    }
  }

  private func check() throws(Q35MachineError) {
    if extendedInterruptMode && !interruptRemapping {
      throw Q35MachineError("eim=on cannot be selected without intremap=on")
    }
    if firstStage && !scalableMode {
      throw Q35MachineError(
        isNewer
          ? "fsts is only available in scalable mode" : "Legacy mode: not support x-flts=on")
    }
    if firstStage && addressWidth != 48 {
      throw Q35MachineError(
        "Scalable mode(\(isNewer ? "fsts=on" : "flts")): supported value for aw-bits is: 48")
    }
    if pasidBits > 0 && !scalableMode {
      throw Q35MachineError("Need to set scalable mode for PASID")
    }
    if pasidBits > 20 {
      throw Q35MachineError(
        "PASID width \(pasidBits) exceeds Max PASID Width 20 allowed in PCI spec")
    }
    if sharedVirtualMemory && !(deviceTLB && firstStage && translation) {
      throw Q35MachineError("svm=on needs device-iotlb=on, fsts=on and dma-translation=on")
    }
  }

  /// CAP.
  public var capability: Capability {
    if let exactCapability { return Capability(rawValue: exactCapability) }
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
    if let exactExtendedCapability {
      return ExtendedCapability(rawValue: exactExtendedCapability)
    }
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
    if pasidBits > 0 || sharedVirtualMemory {
      ecap[flag: .pasid] = true
      if isNewer { ecap[.pasidSize] = (pasidBits > 0 ? pasidBits : 8) &- 1 }
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
      registerBase: PhysicalAddress(rawValue: registerBase),
      version: VersionRegister(rawValue: version),
      hostAddressWidth: hostAddressWidth ?? addressWidth, quirks: quirks)
  }
}
