import KernelLog
import PCI
import VTdFormats

extension Rule {
  /// Patterns that memory and registers show when nobody has set an address.
  private static let patterns: Set<UInt64> = [
    0, 0xddcc_b000, 0xdead_b000, 0xffff_ffff_ffff_f000, 0xffff_f000_0000_0000, 0xa5a5_a000,
    0x5a5a_5000, 0x6b6b_6b6b_6b6b_6000, 0xcccc_c000,
  ]

  /// Cause 4: the driver never gave the device an address for its DMA.
  static let unsetAddress = Rule(cause: .unsetAddress) { fault in
    guard let address = fault.fault.address, fault.isReason(5, 6, 0x71, 0x79, 0x85, 0x86),
      patterns.contains(address & ~0xfff), fault.fault.pasid == nil
    else { return nil }
    if fault.leafAllows == true { return nil }
    var why = [
      Finding.Evidence(
        address == 0
          ? "the device uses address 0, which the DMA API never hands out"
          : "the address 0x\(hex(address)) is a filling pattern, not an allocated one", fault.place)
    ]
    var confidence = fault.fault.access == .write ? 76 : 68
    if let stop = fault.fault.dump?.stop, case .entryNotPresent(let level) = stop {
      why.append(
        Finding.Evidence(
          "the dump shows nothing mapped there (level \(level))",
          fault.fault.dump?.lines.suffix(1).map(\.place) ?? []))
      confidence += 8
    }
    let driver = fault.function?.driver ?? ""
    return Finding(
      .unsetAddress, confidence: confidence, severity: .serious,
      culprit: driver.isEmpty ? "the device's driver" : "the driver \(driver)",
      verdict:
        "\(fault.device) does a DMA \(fault.fault.access == .read ? "read from" : "write to") "
        + "0x\(hex(address)): its driver never gave it a DMA address",
      why: why,
      next: [
        "find the register or descriptor of \(driver.isEmpty ? "the driver" : driver) that holds the "
          + "address, and why it was not set before the device was started",
        "for a USB controller look at the class drivers too: they hand it the buffers",
      ]
        + (address == 0 && fault.fault.access == .write
          ? [
            "an interrupt message that is sent before its address is set is a write to 0 as well: see "
              + "whether the device signals before its MSI is set up"
          ] : []),
      missing: driver.isEmpty ? ["which driver has \(fault.device) (lspci -k)"] : [])
  }

  /// Cause 5: the buffer was unmapped while the device still used it.
  static let unmappedTooEarly = Rule(cause: .unmappedTooEarly) { fault in
    guard let address = fault.fault.address,
      fault.reason == nil || fault.isReason(5, 6, 0x71, 0x79), !fault.isKdump,
      fault.regions.isEmpty, fault.fault.pasid == nil, fault.leafAllows != true
    else { return nil }
    // The allocator hands out from the top of 32 bits down: its first pages are 0xffff....
    let isHigh = address >= 0xf000_0000 && address < 0x1_0000_0000
    // With a 48-bit or wider mask an allocator that is asked for more than 32 bits begins up there.
    let isHighest = address >> 36 == 0xfff
    guard isHigh || isHighest else { return nil }
    // The address alone is a hint, not a cause: nobody has seen it mapped.
    var confidence = address >= 0xff00_0000 ? 48 : 44
    var why = [
      Finding.Evidence(
        isHigh
          ? "0x\(hex(address)) is just under 4 GiB, where the kernel hands out DMA addresses first: "
            + "it was probably mapped earlier"
          : "0x\(hex(address)) is just under 2 to the power of 48, where the kernel hands out DMA "
            + "addresses to devices with wide masks: it was probably mapped earlier", fault.place)
    ]
    let signs = fault.notes(
      "timeout", "timed out", "reset", "disconnect", "remove", "stop", "abort", "cancel",
      "Link down"
    ).filter { $0.place < fault.fault.first }
    if !signs.isEmpty {
      why.append(
        Finding.Evidence(
          "the driver reports that the device was stopped or reset near it", signs.map(\.place)))
      confidence += 24
    }
    if fault.memory?.value.type.hasPrefix("usable") == true { confidence -= 20 }
    return Finding(
      .unmappedTooEarly, confidence: confidence, severity: .serious,
      culprit: "the device's driver",
      verdict: "\(fault.device) still uses a buffer at 0x\(hex(address)) that was already unmapped",
      why: why,
      next: [
        "trace iommu:map and iommu:unmap for the device and look the address up in the trace",
        "see whether the driver stops the device before it unmaps: at stop, reset, kill, kexec",
      ],
      missing: ["the map and unmap history (trace events iommu:map, iommu:unmap)"])
  }

  /// Cause 6: an address that did not come from the DMA API.
  static let rawPhysicalAddress = Rule(cause: .rawPhysicalAddress) { fault in
    guard let address = fault.fault.address, address >= 0x10_0000,
      fault.isReason(5, 6, 0x71, 0x79), fault.regions.isEmpty, fault.leafAllows != true,
      !isGraphicsAtBoot(fault), fault.fault.pasid == nil
    else { return nil }
    var why: [Finding.Evidence] = []
    var confidence = 0
    if let window = fault.window, let owner = window.value.function {
      why.append(
        Finding.Evidence(
          "0x\(hex(address)) lies in a memory window of \(owner.shortDescription)",
          fault.place + [window.place]))
      confidence = 78
    } else if let memory = fault.memory, memory.value.type.hasPrefix("usable") {
      // IOVAs are numbers too: an allocated one may lie over RAM by chance, but not up here.
      confidence = address < 0xf000_0000 || address >= 0x1_0000_0000 ? 66 : 40
      why.append(
        Finding.Evidence(
          "0x\(hex(address)) is RAM in the firmware's memory map, and nothing is mapped there",
          fault.place + [memory.place]))
    } else if address < 0xe000_0000, fault.log.memory.isEmpty,
      fault.fault.key.source.bus != 0 || fault.fault.key.source.device == 5
    {
      confidence = 42
      why.append(
        Finding.Evidence(
          "0x\(hex(address)) is not where the kernel hands out DMA addresses (just under 4 GiB, "
            + "downwards), so it looks like a physical address", fault.place))
      if fault.fault.key.source == SourceID(bus: 0, device: 5, function: 0) {
        why.append(
          Finding.Evidence(
            "00:05.0 is the imaging unit of many Intel processors, which has page tables of its "
              + "own and puts physical addresses into them"))
        confidence = 58
      }
    } else {
      return nil
    }
    return Finding(
      .rawPhysicalAddress, confidence: confidence, severity: .serious,
      culprit: "the device's driver (or whoever gave it the buffer)",
      verdict:
        "\(fault.device) was given the physical address 0x\(hex(address)) instead of one from "
        + "the DMA API",
      why: why,
      next: [
        "look for virt_to_phys, __pa, page_to_phys, mmap of physical memory or a BAR address in the "
          + "driver; it must use dma_map_* or dma_alloc_coherent (dma_map_resource for a BAR)",
        "as a test only: with iommu=pt the fault disappears if this is the cause",
      ],
      missing: fault.log.memory.isEmpty
        ? ["the e820 map and the BARs (the whole boot log, lspci -vv)"] : [])
  }

  /// Cause 7: the page is mapped, but not for this direction.
  static let wrongDirection = Rule(cause: .wrongDirection) { fault in
    guard fault.isReason(5, 6, 0x79, 0x85, 0x86), let leaf = fault.leaf, fault.leafAllows == false,
      let access = fault.fault.access
    else { return nil }
    return Finding(
      .wrongDirection, confidence: 90, severity: .serious, culprit: "the device's driver",
      verdict: "\(fault.device) \(access == .read ? "reads" : "writes") a buffer that its driver "
        + "mapped for the other direction only",
      why: [
        Finding.Evidence(
          "the dumped entry is present with \(leaf.entry), "
            + "so \(access == .read ? "reads" : "writes") are not allowed", leaf.places)
      ],
      next: [
        "correct the direction in the driver's dma_map call (DMA_TO_DEVICE is for reads by the "
          + "device, DMA_FROM_DEVICE for writes)"
      ])
  }
}
