import VTdFormats
public import VTdUnit

/// The way back: the properties that make a given unit.
extension UnitOptions {
  /// What follows `-device intel-iommu,` to get this unit: QEMU's own properties where QEMU has such
  /// a unit, CAP and ECAP as they are otherwise.
  public static func properties(for unit: UnitConfiguration) -> String {
    var options = UnitOptions()
    options.read(unit)
    var parts = options.parts
    if options.capability != unit.capability
      || options.extendedCapability != unit.extendedCapability
    {
      parts = [
        ("x-cap", "0x" + String(unit.capability.rawValue, radix: 16)),
        ("x-ecap", "0x" + String(unit.extendedCapability.rawValue, radix: 16)),
      ]
      options.addressWidth = UnitOptions().addressWidth
    }
    if unit.hostAddressWidth != options.addressWidth {
      parts.append(("x-host-address-width", "\(unit.hostAddressWidth)"))
    }
    if unit.registerBase.rawValue != options.registerBase {
      parts.append(("x-base", "0x" + String(unit.registerBase.rawValue, radix: 16)))
    }
    if unit.version.rawValue != options.version {
      parts.append(("version", "0x" + String(unit.version.rawValue, radix: 16)))
    }
    if unit.quirks.isEmpty {
      parts.append(("x-quirks", "off"))
    } else if unit.quirks != (parts.contains { Self.isNew($0.0) } ? .qemu11 : .qemu10) {
      let set = UnitQuirks.sets.first { $0.quirks == unit.quirks }
      // A set's name tells which version's capabilities are meant.
      let fits = set.map { ($0.quirks == .qemu11) == options.isNewer } ?? false
      parts.append(
        (
          "x-quirks",
          fits ? set?.name ?? "" : "0x" + String(unit.quirks.rawValue, radix: 16)
        ))
    }
    return parts.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
  }

  /// Takes from CAP and ECAP what QEMU's properties decide.
  private mutating func read(_ unit: UnitConfiguration) {
    let cap = unit.capability
    let ecap = unit.extendedCapability
    isNewer = cap[flag: .enhancedSetRootTablePointer]
    addressWidth = cap[.maximumGuestAddressWidth] == 38 ? 39 : 48
    cachingMode = cap[flag: .cachingMode]
    translation = cap[.supportedAdjustedGuestAddressWidths] != 0
    draining = cap[flag: .readDraining]
    scalableMode = ecap[flag: .scalableMode]
    firstStage = ecap[flag: .firstStage]
    firstStage1GiBPages = cap[flag: .firstStage1GiBPages] || !firstStage
    snoopControl = ecap[flag: .snoopControl]
    deviceTLB = ecap[flag: .deviceTLB]
    pasidBits = ecap[flag: .pasid] ? (isNewer ? ecap[.pasidSize] &+ 1 : 8) : 0
    sharedVirtualMemory = ecap[flag: .pageRequests]
    interruptRemapping = ecap[flag: .interruptRemapping]
    extendedInterruptMode = ecap[flag: .extendedInterruptMode]
    passThrough = ecap[flag: .passThrough]
  }

  /// What differs from a unit without any property.
  private var parts: [(String, String)] {
    func name(_ old: String, _ new: String) -> String { isNewer ? new : old }
    var parts: [(String, String)] = []
    if addressWidth != 48 { parts.append(("aw-bits", "\(addressWidth)")) }
    let switches: [(String, Bool, Bool)] = [
      ("caching-mode", cachingMode, false),
      (name("x-scalable-mode", "scalable-mode"), scalableMode, false),
      (name("x-flts", "fsts"), firstStage, false), ("fs1gp", firstStage1GiBPages, true),
      ("snoop-control", snoopControl, false), ("device-iotlb", deviceTLB, false),
      ("x-pasid-mode", pasidBits > 0 && !isNewer, false),
      ("svm", sharedVirtualMemory, false), ("intremap", interruptRemapping, true),
      ("eim", extendedInterruptMode, false), ("pt", passThrough, true),
      ("dma-drain", draining, true), ("dma-translation", translation, true),
    ]
    for (name, isOn, isUsual) in switches where isOn != isUsual {
      parts.append((name, isOn ? "on" : "off"))
    }
    if pasidBits > 0 && isNewer { parts.append(("pasid-bits", "\(pasidBits)")) }
    // A name that 10.0 did not know asks for the later versions' capabilities.
    if isNewer && !parts.contains(where: { Self.isNew($0.0) }) {
      parts.append(("scalable-mode", scalableMode ? "on" : "off"))
    }
    return parts
  }

  private static func isNew(_ name: String) -> Bool {
    ["scalable-mode", "fsts", "pasid-bits", "svm"].contains(name)
  }
}
