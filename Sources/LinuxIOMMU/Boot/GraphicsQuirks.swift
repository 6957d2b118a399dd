internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// What the driver does about graphics devices with known defects, while the bus is scanned.
extension BringUp {
  func applyGraphicsQuirks(_ functions: [ProbedFunction], isTold: Bool) {
    let behaviour = kernel.build.behaviour
    for function in functions where function.traits.vendor == Self.intel {
      let device = function.traits.device
      // A device behind a port that leads out of the machine is not believed to be what it says.
      if function.traits.isUntrusted { continue }
      if behaviour.graphicsQuirks.disables(device) {
        if isTold { kernel.announce(.graphicsDisabled(nameInLines(function.address))) }
        domains.options.sparesGraphics = true
      }
      if behaviour.graphicsTranslation == .kept, function.traits.classCode.isDisplay,
        Self.keptOn.contains(device >> 8)
      {
        if isTold { kernel.announce(.graphicsStayOn(nameInLines(function.address))) }
        switches.keepsGraphicsTranslation = true
      }
    }
  }

  private static let intel: UInt16 = 0x8086

  /// quirk_igfx_skip_te_disable, as of 6.7. The first kernels with it knew fewer.
  private static let keptOn: [UInt16] = [
    0x45, 0x46, 0x4c, 0x4e, 0x7d, 0x8a, 0x98, 0x9a, 0xa7,
  ]

  private func nameInLines(_ address: PCIAddress) -> PCIAddress? {
    kernel.build.behaviour.deviceLines == .prefixed ? address : nil
  }

}

extension KernelValues.GraphicsQuirks {
  /// quirk_iommu_igfx's list.
  func disables(_ device: UInt16) -> Bool {
    self >= .fourSeries && Self.fourSeriesDevices.contains(device)
      || self >= .broadwell && Self.isBroadwell(device)
      || self >= .ironlake && device == 0x0044
      || self >= .q35 && device == 0x29b2
  }

  private static let fourSeriesDevices: [UInt16] = [
    0x2a40, 0x2e00, 0x2e10, 0x2e20, 0x2e30, 0x2e40, 0x2e90,
  ]

  /// 0x1602 to 0x163e: four groups of variants, by the last digit.
  private static func isBroadwell(_ device: UInt16) -> Bool {
    (0x1600...0x163f).contains(device) && [0x2, 0x6, 0xa, 0xb, 0xd, 0xe].contains(device & 0xf)
  }
}
