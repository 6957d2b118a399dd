import KernelLog
import LogReading
import PCI
import VTdFormats

extension Rule {
  /// Cause 1: a region that the firmware reserved for the device (RMRR) is in use but not mapped
  /// for it.
  static let firmwareRegion = Rule(cause: .firmwareRegion) { fault in
    guard let address = fault.fault.address, fault.isReason(FaultReason.nothingMapped),
      let region = fault.regions.first, !Rule.isGraphicsAtBoot(fault)
    else { return nil }
    let range = "0x\(hex(region.value.start))-0x\(hex(region.value.end))"
    var clues = [
      Clue(
        region.value.function == nil ? .insideReservedRegion : .insideOthersIdentityMap,
        region.value.function == nil
          ? "the address 0x\(hex(address)) lies in the firmware's reserved region \(range)"
          : "the address 0x\(hex(address)) lies in \(range), which the kernel maps for other "
            + "functions as a region reserved by the firmware",
        fault.place + fault.regions.prefix(3).map { $0.place })
    ]
    var isForeign = false
    if let scoped = fault.regions.first(where: { !$0.value.reservedFor.isEmpty }) {
      let names = scoped.value.reservedFor.map { $0.shortDescription }.joined(separator: ", ")
      let isOwn = scoped.value.reservedFor.contains(fault.fault.function)
      let isRelated = scoped.value.reservedFor.contains {
        $0.bus == fault.fault.function.bus && $0.device == fault.fault.function.device
          && $0.segment == fault.fault.function.segment
      }
      isForeign = !isRelated
      clues.append(
        Clue(
          isOwn ? .regionOfThisDevice : .regionOfAnotherDevice,
          isOwn
            ? "the DMAR table reserves the region for this very function"
            : "the DMAR table reserves the region for \(names) only: "
              + (isForeign
                ? "this device has no business there"
                : "another function of the same device uses it"),
          [scoped.place]))
    }
    let own = fault.regions.filter { $0.value.function == fault.fault.function }
    if !own.isEmpty {
      clues.append(
        Clue(
          .regionMappedEarlier, "it was mapped for this very function earlier", own.map { $0.place }
        ))
    }
    if let group = fault.function?.group {
      let mixed = fault.log.functions.filter { $0.value.group == group }.keys.sorted().flatMap {
        (fault.log.notes[$0] ?? []).filter { $0.value.tells(.privateDomain) }
      }
      if !mixed.isEmpty {
        clues.append(
          Clue(
            .mixedDomainsInGroup,
            "its IOMMU group \(group) holds functions with domains of their own, so not all of "
              + "them got the mapping", mixed.map { $0.place }))
      }
    }
    return Hypothesis(
      cause: .firmwareRegion, clues: clues, severity: .serious,
      culprit: isForeign
        ? "the device's driver: it uses memory that the firmware reserved for another device"
        : "the IOMMU set-up: a firmware region is missing in the device's domain",
      verdict: "\(fault.device) uses the firmware's reserved region \(range), but it is not mapped "
        + "in the domain that the device has now",
      next: [
        .linux(
          "see which domain the function and its IOMMU group have: /sys/kernel/iommu_groups/*/type"),
        .linux("look for a kernel that maps reserved regions again after a domain change"),
        "ask the vendor whether the firmware's management agent must use the device",
      ],
      missing: fault.function?.group == nil
        ? [.linux("the function's IOMMU group (boot lines)")] : [])
  }

  /// Cause 1 as well: the context entry is absent for a moment while the kernel moves the device to
  /// another domain, and the firmware's engine goes on with its DMA.
  static let domainSwitch = Rule(cause: .firmwareRegion) { fault in
    guard fault.isReason(.contextNotPresent), let address = fault.fault.address,
      fault.regions.isEmpty
    else {
      return nil
    }
    let moves = fault.notes(.movedDomain).filter { note in
      guard let then = note.time?.uptime, let now = fault.fault.lastTime?.uptime else {
        return note.place > fault.fault.first
      }
      return then + 5_000_000 > now
    }
    guard !moves.isEmpty else { return nil }
    let others = fault.index.faults(at: address).filter { $0.source != fault.fault.key.source }
    var clues = [
      Clue(
        .movedBetweenDomains,
        "the kernel moves the device to another domain around the fault; its context entry is "
          + "clear meanwhile", moves.map { $0.place })
    ]
    if !others.isEmpty {
      clues.append(
        Clue(
          .sameAddressOfOthers,
          "other functions fault at the very same address 0x\(hex(address)): a buffer that the "
            + "firmware has set up", others.prefix(8).map { $0.place }))
    }
    return Hypothesis(
      cause: .firmwareRegion, clues: clues, severity: .serious,
      culprit: "the IOMMU driver: the device is between two domains while its firmware still works",
      verdict: "\(fault.device) went on with DMA to 0x\(hex(address)) while the kernel moved it "
        + "between domains",
      next: [
        "compare 0x\(hex(address)) with the RMRR lines of the boot log",
        .linux("try a kernel that does not change domains under a live device (5.8 and later)"),
      ],
      missing: ["the RMRR lines of this boot"])
  }

  /// Cause 18: memory of the firmware that no reserved region of the table covers.
  static let firmwareOwnDMA = Rule(cause: .firmwareOwnDMA) { fault in
    guard let address = fault.fault.address, address >= 0x10_0000, fault.regions.isEmpty,
      fault.isReason(FaultReason.nothingMapped), let memory = fault.memory, !fault.isDisplay,
      fault.isInFirmwareMemory
    else { return nil }
    let range = memory.value.region
    var clues = [
      Clue(
        .inFirmwareMemory,
        "0x\(hex(address)) lies in 0x\(hex(range.start))-0x\(hex(range.end)), which the firmware's "
          + "memory map calls \(memory.value.type): no driver gets a buffer there",
        fault.place + [memory.place])
    ]
    let regions = fault.log.regions.filter { $0.value.function == nil }
    if regions.isEmpty {
      clues.append(
        Clue(.regionsNotShown, "the log has no RMRR line, so whether one covers it is not known"))
    } else {
      clues.append(
        Clue(
          .noRegionCovers,
          regions.count == 1
            ? "the one reserved region in the log does not cover it"
            : "none of the \(regions.count) reserved regions in the log covers it",
          regions.prefix(4).map { $0.place }))
    }
    if let line = fault.function?.driverLine, fault.isBefore(line.place, line.time) {
      clues.append(
        Clue(
          .beforeItsDriver,
          "it comes before the first line of the device's driver \(line.value)", [line.place]))
    }
    let pages = fault.ofDevice.pages
    if fault.fault.count > 1, pages.count <= 2 {
      clues.append(
        Clue(
          .samePageForEver,
          "the device comes back to the same \(pages.count == 1 ? "page" : "pages"), "
            + "\(fault.fault.count) times", fault.place + [fault.fault.last]))
    }
    return Hypothesis(
      cause: .firmwareOwnDMA, clues: clues, severity: .serious,
      culprit: "the firmware: its table does not reserve memory that it uses for DMA",
      verdict: "\(fault.device) does DMA of the platform's firmware: \(fault.addressText) is "
        + "firmware memory, and the DMAR table has no RMRR for it",
      next: [
        "update the firmware of the machine and of the device",
        "report the memory map's line, the RMRR lines and the fault to the vendor",
        Step(
          "look in the firmware's set-up for the feature behind it (Thunderbolt or USB4 support at "
            + "boot, management engine, legacy USB)"),
      ],
      missing: regions.isEmpty ? ["the RMRR lines of this boot"] : [])
  }

  static func isGraphicsAtBoot(_ fault: FaultCase) -> Bool {
    fault.isDisplay && fault.fault.access == .read
      && (fault.isBeforeBringUp || (fault.uptime ?? .max) < 2_000_000)
  }
}

extension FaultCase {
  /// Whether the address lies in memory that the firmware keeps for itself.
  var isInFirmwareMemory: Bool {
    guard let address = fault.address, let memory else { return false }
    // Every memory map reserves parts of this range (flash, APICs, configuration space), and the
    // kernel hands out IOVAs there, so that it says nothing.
    guard !(0xe000_0000..<0x1_0000_0000).contains(address) else { return false }
    let kind = MemoryKind(memory.value.type)
    return kind == .reserved || kind == .firmwareTables
  }
}
