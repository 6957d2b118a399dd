internal import LinuxIOMMU
internal import PCI
internal import VTdFormats
internal import VTdUnit

/// Devices with TLBs of their own (ATS), as partners of their units.
extension Machine {
  /// Every function with the capability has a TLB, empty until the kernel switches it on.
  func connectDeviceTLBs() {
    for function in pci.functions where function.configuration.addressTranslationServices != nil {
      renewDeviceTLB(of: function.address)
    }
  }

  private func renewDeviceTLB(of address: PCIAddress) {
    guard let unit = unit(covering: address) else { return }
    let device = ATSDevice(source: address.sourceID)
    deviceTLBs[address] = device
    unit.hardware.attach(device)
  }

  /// The device's TLB, if it was given one by hand, or the kernel has switched it on; one that is off loses what it held.
  func deviceTLB(of address: PCIAddress) -> ATSDevice? {
    guard let device = deviceTLBs[address] else { return nil }
    if kernel.usesATS(address) || givenTLBs.contains(address) { return device }
    if device.translationCount > 0 { renewDeviceTLB(of: address) }
    return nil
  }

  /// Sends a DMA page by page through the device's TLB: what is not in it is asked for first.
  func perform(_ dma: DMA, through device: ATSDevice, of unit: Unit) -> [TranslationOutcome] {
    var outcomes: [TranslationOutcome] = []
    var address = dma.address.rawValue
    var left = max(dma.length, 1)
    repeat {
      let iova = IOVA(rawValue: address)
      let answer = device.access(dma.access, iova, pasid: dma.pasid, through: unit.hardware)
      if let outcome = answer?.outcome {
        outcomes.append(outcome)
        let request = DMARequest(
          source: device.source, address: iova, access: dma.access, pasid: dma.pasid,
          addressType: .translated)
        record(.dma(unit: unit.name, request, outcome))
      }
      let inPage = min(left, 4096 - address % 4096)
      left -= inPage
      address &+= inPage
    } while left > 0
    return outcomes
  }
}
