/// Devices that do not behave as their configuration space says, in what matters for remapping.
///
/// The rows restate what drivers/pci/quirks.c knows (each row names the fixup) and what reporters
/// found out about devices that send requests under another's id.
public struct KnownDevice: Sendable {
  /// What is different about it.
  public enum Effect: Hashable, Sendable {
    /// Some requests carry this function number of the same device instead of its own.
    case aliasFunction(UInt8)
    /// Some requests carry this device and function number of the same bus.
    case aliasDevfn(UInt8)
    /// Requests may carry any device and function number of the same bus.
    case aliasWholeBus
    /// A bridge without PCI Express capability that stands below a PCI Express port: it sends
    /// requests as function 0 of its secondary bus, like a PCIe-to-PCI bridge.
    case bridgeActsAsExpress
    /// A root complex' bridge above which nothing can be an alias.
    case aliasesEndHere
    /// A root port that keeps its peers apart without an ACS capability.
    case isolatesWithoutACS
    /// A root port whose ACS registers are twice as wide as specified.
    case wideACSRegisters
  }

  /// The vendor id.
  public let vendor: UInt16
  /// The device ids that it is true of.
  public let devices: ClosedRange<UInt16>
  /// Subsystem vendor and device, where only some boards are affected.
  public let subsystem: (vendor: UInt16, devices: ClosedRange<UInt16>)?
  /// What differs.
  public let effect: Effect
  /// Whether Linux allows for it. Where it does not, requests under the alias fault with reason 2.
  public let isKnownToLinux: Bool
  /// Why, in a sentence.
  public let note: String

  init(
    _ vendor: UInt16, _ devices: ClosedRange<UInt16>, _ effect: Effect, _ note: String,
    subsystem: (vendor: UInt16, devices: ClosedRange<UInt16>)? = nil, isKnownToLinux: Bool = true
  ) {
    self.vendor = vendor
    self.devices = devices
    self.subsystem = subsystem
    self.effect = effect
    self.isKnownToLinux = isKnownToLinux
    self.note = note
  }

  init(_ vendor: UInt16, _ device: UInt16, _ effect: Effect, _ note: String) {
    self.init(vendor, device...device, effect, note)
  }

  /// Whether the row is about a function with this identity.
  public func matches(_ identity: PCIIdentity) -> Bool {
    guard vendor == identity.vendor, devices.contains(identity.device) else { return false }
    guard let subsystem else { return true }
    return subsystem.vendor == identity.subsystemVendor
      && subsystem.devices.contains(identity.subsystem)
  }

  /// All rows that apply to `identity`.
  public static func rows(for identity: PCIIdentity) -> [KnownDevice] {
    table.filter { $0.matches(identity) }
  }

  /// The table.
  public static let table: [KnownDevice] = [
    // quirk_dma_func1_alias: SATA controllers whose DMA engine is function 1, which is not there.
    KnownDevice(0x1b4b, 0x9120, .aliasFunction(1), "Marvell 88SE9120"),
    KnownDevice(0x1b4b, 0x9123, .aliasFunction(1), "Marvell 88SE9123"),
    KnownDevice(0x1b4b, 0x9125, .aliasFunction(1), "Marvell 88SE9125"),
    KnownDevice(0x1b4b, 0x9128, .aliasFunction(1), "Marvell 88SE9128"),
    KnownDevice(0x1b4b, 0x9130, .aliasFunction(1), "Marvell 88SE9130"),
    KnownDevice(0x1b4b, 0x9170, .aliasFunction(1), "Marvell 88SE9170"),
    KnownDevice(0x1b4b, 0x9172, .aliasFunction(1), "Marvell 88SE9172"),
    KnownDevice(0x1b4b, 0x917a, .aliasFunction(1), "Marvell 88SE917A"),
    KnownDevice(0x1b4b, 0x9182, .aliasFunction(1), "Marvell 88SE9182"),
    KnownDevice(0x1b4b, 0x9183, .aliasFunction(1), "Marvell 88SS9183"),
    KnownDevice(0x1b4b, 0x91a0, .aliasFunction(1), "Marvell 88SE91A0"),
    KnownDevice(0x1b4b, 0x9215, .aliasFunction(1), "Marvell 88SS9215"),
    KnownDevice(0x1b4b, 0x9220, .aliasFunction(1), "Marvell 88SE9220"),
    KnownDevice(0x1b4b, 0x9230, .aliasFunction(1), "Marvell 88SE9230"),
    KnownDevice(0x1b4b, 0x9235, .aliasFunction(1), "Marvell 88SE9235"),
    KnownDevice(0x1103, 0x0642, .aliasFunction(1), "HighPoint RocketRAID 642L"),
    KnownDevice(0x1103, 0x0645, .aliasFunction(1), "HighPoint RocketRAID 644L"),
    KnownDevice(0x197b, 0x2392, .aliasFunction(1), "JMicron JMB388"),
    KnownDevice(0x1c28, 0x0122, .aliasFunction(1), "Lite-On M.2 SSD"),
    // quirk_dma_func0_alias: the functions of a card reader share the first one's DMA engine.
    KnownDevice(0x1180, 0xe832, .aliasFunction(0), "Ricoh FireWire"),
    KnownDevice(0x1180, 0xe476, .aliasFunction(0), "Ricoh card reader"),
    // quirk_fixed_dma_alias: RAID controllers with the processor's own address on the inner bus.
    KnownDevice(
      0x9005, 0x0285...0x0285, .aliasDevfn(0x08), "Adaptec 3405 and 3805",
      subsystem: (0x9005, 0x02bb...0x02bc)),
    // quirk_plx_ntb_dma_alias: a non-transparent bridge passes the ids of the other side.
    KnownDevice(0x10b5, 0x87b0...0x87b1, .aliasWholeBus, "PLX PEX 8733 NTB"),
    // Firmware TPM inside Intel's management engine, HECI being function 0 of device 0x16: seen
    // in reports as [00:16.7]. Linux has no row for it.
    KnownDevice(
      0x8086, 0x9c3a...0x9c3a, .aliasFunction(7), "Intel HECI with firmware TPM (8 series LP)",
      isKnownToLinux: false),
    KnownDevice(
      0x8086, 0x9cba...0x9cba, .aliasFunction(7), "Intel HECI with firmware TPM (9 series LP)",
      isKnownToLinux: false),
    // Switchtec NTB: proxy ids of the other host; Linux reads them from the switch's registers,
    // which configuration space does not show.
    KnownDevice(
      0x11f8, 0x8531...0x8576, .aliasWholeBus, "Microsemi Switchtec NTB", isKnownToLinux: false),

    // quirk_use_pcie_bridge_dma_alias.
    KnownDevice(0x1b21, 0x1080, .bridgeActsAsExpress, "ASMedia ASM1083/1085"),
    KnownDevice(0x10e3, 0x8113, .bridgeActsAsExpress, "Tundra Tsi381"),
    KnownDevice(0x1283, 0x8892, .bridgeActsAsExpress, "ITE IT8892"),
    KnownDevice(0x1283, 0x8893, .bridgeActsAsExpress, "ITE IT8893"),
    KnownDevice(0x8086, 0x244e, .bridgeActsAsExpress, "Intel 82801 PCI bridge"),
    // quirk_bridge_cavm_thrx2_pcie_root.
    KnownDevice(0x14e4, 0x9000, .aliasesEndHere, "Broadcom Vulcan root bridge"),
    KnownDevice(0x14e4, 0x9084, .aliasesEndHere, "Broadcom Vulcan root bridge"),

    // pci_quirk_intel_pch_acs: root ports of platform controller hubs.
    KnownDevice(0x8086, 0x3b42...0x3b51, .isolatesWithoutACS, "Ibex Peak root port"),
    KnownDevice(0x8086, 0x1c10...0x1c1f, .isolatesWithoutACS, "Cougar Point root port"),
    KnownDevice(0x8086, 0x1e10...0x1e1f, .isolatesWithoutACS, "Panther Point root port"),
    KnownDevice(0x8086, 0x8c10...0x8c1f, .isolatesWithoutACS, "Lynx Point root port"),
    KnownDevice(0x8086, 0x9c10...0x9c1b, .isolatesWithoutACS, "Lynx Point-LP root port"),
    KnownDevice(0x8086, 0x9c90...0x9c9b, .isolatesWithoutACS, "Wildcat Point root port"),
    KnownDevice(0x8086, 0x1d10...0x1d1e, .isolatesWithoutACS, "Patsburg root port"),
    KnownDevice(0x8086, 0x8d10...0x8d1e, .isolatesWithoutACS, "Wellsburg root port"),
    KnownDevice(0x8086, 0x8c90...0x8c9e, .isolatesWithoutACS, "Lynx Point (9 series) root port"),
    // pci_quirk_intel_spt_pch_acs.
    KnownDevice(0x8086, 0xa110...0xa11f, .wideACSRegisters, "Sunrise Point-H root port"),
    KnownDevice(0x8086, 0xa167...0xa16a, .wideACSRegisters, "Sunrise Point-H root port"),
    KnownDevice(0x8086, 0xa290...0xa29f, .wideACSRegisters, "Union Point root port"),
    KnownDevice(0x8086, 0xa2e7...0xa2ee, .wideACSRegisters, "Union Point root port"),
    KnownDevice(0x8086, 0x9d10...0x9d1b, .wideACSRegisters, "Sunrise Point-LP root port"),
  ]
}
