internal import PCI
internal import VTdFormats
internal import VTdUnit

/// Devices with TLBs of their own (ATS), as partners of their units.
extension Machine {
  /// Every function with the capability has a TLB, off until the kernel switches it on.
  func connectDeviceTLBs() {
    for function in pci.functions where function.configuration.addressTranslationServices != nil {
      _ = connectTLB(to: function.address, isGiven: false)
    }
  }

  /// Sends a DMA page by page through the device's TLB: what is not in it is asked for first.
  func perform(_ dma: DMA, through device: ATSDevice, of unit: NamedUnit) -> [TranslationOutcome] {
    var outcomes: [TranslationOutcome] = []
    var address = dma.address.rawValue
    var left = max(dma.length, 1)
    repeat {
      let iova = IOVA(rawValue: address)
      tap.begin(
        act: .dma(
          unit,
          DMARequest(
            source: device.source, address: iova, access: dma.access, pasid: dma.pasid),
          through: device))
      defer { tap.end(unmuted: nil) }
      let answer = device.access(dma.access, iova, pasid: dma.pasid, through: unit.hardware)
      if let outcome = answer?.outcome {
        outcomes.append(outcome)
        let request = DMARequest(
          source: device.source, address: iova, access: dma.access, pasid: dma.pasid,
          addressType: .translated)
        record(.dma(unit: unit.name, request, outcome))
      }
      let inPage = min(left, Paging.pageSize - address % Paging.pageSize)
      left -= inPage
      address &+= inPage
    } while left > 0
    return outcomes
  }
}
