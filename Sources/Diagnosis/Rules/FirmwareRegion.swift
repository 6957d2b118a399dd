import KernelLog
import PCI
import VTdFormats

extension Rule {
  /// Cause 1: a region that the firmware reserved for the device (RMRR) is in use but not mapped
  /// for it.
  static let firmwareRegion = Rule(cause: .firmwareRegion) { fault in
    guard let address = fault.fault.address, fault.isReason(1, 2, 5, 6, 0x71, 0x79),
      let region = fault.regions.first, !Rule.isGraphicsAtBoot(fault)
    else { return nil }
    let range = "0x\(hex(region.value.start))-0x\(hex(region.value.end))"
    var why = [
      Finding.Evidence(
        region.value.function == nil
          ? "the address 0x\(hex(address)) lies in the firmware's reserved region \(range)"
          : "the address 0x\(hex(address)) lies in \(range), which the kernel maps for other "
            + "functions as a region reserved by the firmware",
        fault.place + fault.regions.prefix(3).map(\.place))
    ]
    var confidence = region.value.function == nil ? 84 : 80
    if let scoped = fault.regions.first(where: { !$0.value.reservedFor.isEmpty }) {
      let names = scoped.value.reservedFor.map(\.shortDescription).joined(separator: ", ")
      let isOwn = scoped.value.reservedFor.contains(fault.fault.function)
      why.append(
        Finding.Evidence(
          isOwn
            ? "the DMAR table reserves the region for this very function"
            : "the DMAR table reserves the region for \(names) only: another function of the same "
              + "group or device uses it", [scoped.place]))
      if isOwn { confidence += 8 }
    }
    let own = fault.regions.filter { $0.value.function == fault.fault.function }
    if !own.isEmpty {
      why.append(
        Finding.Evidence("it was mapped for this very function earlier", own.map(\.place)))
      confidence -= 10
    }
    if let group = fault.function?.group {
      let mixed = fault.log.functions.filter { $0.value.group == group }.keys.sorted().flatMap {
        (fault.log.notes[$0] ?? []).filter { $0.value.text.contains("private") }
      }
      if !mixed.isEmpty {
        why.append(
          Finding.Evidence(
            "its IOMMU group \(group) holds functions with domains of their own, so not all of "
              + "them got the mapping", mixed.map(\.place)))
        confidence += 8
      }
    }
    return Finding(
      .firmwareRegion, confidence: confidence, severity: .serious,
      culprit: "the IOMMU set-up: a firmware region is missing in the device's domain",
      verdict: "\(fault.device) uses the firmware's reserved region \(range), but it is not mapped "
        + "in the domain that the device has now",
      why: why,
      next: [
        "see which domain the function and its IOMMU group have: /sys/kernel/iommu_groups/*/type",
        "look for a kernel that maps reserved regions again after a domain change",
        "ask the vendor whether the firmware's management agent must use the device",
      ],
      missing: fault.function?.group == nil ? ["the function's IOMMU group (boot lines)"] : [])
  }

  /// Cause 1 as well: the context entry is absent for a moment while the kernel moves the device to
  /// another domain, and the firmware's engine goes on with its DMA.
  static let domainSwitch = Rule(cause: .firmwareRegion) { fault in
    guard fault.isReason(2), let address = fault.fault.address, fault.regions.isEmpty else {
      return nil
    }
    let moves = fault.notes("uses non-identity mapping", "Using iommu dma mapping")
      .filter { note in
        guard let then = note.time?.uptime, let now = fault.fault.lastTime?.uptime else {
          return note.place > fault.fault.first
        }
        return then + 5_000_000 > now
      }
    guard !moves.isEmpty else { return nil }
    let others = fault.log.faults.filter {
      $0.address == address && $0.key.source != fault.fault.key.source
    }
    var why = [
      Finding.Evidence(
        "the kernel moves the device to another domain around the fault; its context entry is "
          + "clear meanwhile", moves.map(\.place))
    ]
    if !others.isEmpty {
      why.append(
        Finding.Evidence(
          "other functions fault at the very same address 0x\(hex(address)): a buffer that the "
            + "firmware has set up", others.map(\.first)))
    }
    return Finding(
      .firmwareRegion, confidence: others.isEmpty ? 66 : 78, severity: .serious,
      culprit: "the IOMMU driver: the device is between two domains while its firmware still works",
      verdict: "\(fault.device) went on with DMA to 0x\(hex(address)) while the kernel moved it "
        + "between domains",
      why: why,
      next: [
        "compare 0x\(hex(address)) with the RMRR lines of the boot log",
        "try a kernel that does not change domains under a live device (5.8 and later)",
      ],
      missing: ["the RMRR lines of this boot"])
  }

  static func isGraphicsAtBoot(_ fault: FaultCase) -> Bool {
    fault.fault.key.source == SourceID(bus: 0, device: 2, function: 0)
      && fault.fault.access == .read
      && (fault.isBeforeBringUp || (fault.uptime ?? .max) < 2_000_000)
  }
}
