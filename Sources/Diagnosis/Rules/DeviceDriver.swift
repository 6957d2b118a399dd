import KernelLog
import LogReading
import PCI
import Text
import VTdFormats

/// Causes that lie in the driver of the device that faults.
extension Rule {
  /// Patterns that memory and registers show when nobody has set an address.
  private static let patterns: Set<UInt64> = [
    0, 0xddcc_b000, 0xdead_b000, 0xffff_ffff_ffff_f000, 0xffff_f000_0000_0000, 0xa5a5_a000,
    0x5a5a_5000, 0x6b6b_6b6b_6b6b_6000, 0xcccc_c000,
  ]

  /// Cause 4: the driver never gave the device an address for its DMA.
  static let unsetAddress = Rule(cause: .unsetAddress) { fault in
    guard let address = fault.fault.address, fault.isReason(FaultReason.pageRefused),
      patterns.contains(address.pageStart), fault.fault.ownPASID == nil
    else { return nil }
    if fault.leafAllows == true
      || fault.isDomainEmpty != nil && fault.function?.driverLine == nil
        && fault.function?.groupLines.isEmpty == false
    {
      return nil
    }
    var clues = [
      Clue(
        fault.fault.access == .write ? .writesToNowhere : .readsFromNowhere,
        address == 0
          ? "the device uses address 0, which the DMA API never hands out"
          : "the address 0x\(hex(address)) is a filling pattern, not an allocated one", fault.place)
    ]
    if let stop = fault.fault.dump?.stop, case .entryNotPresent(let level) = stop {
      clues.append(
        Clue(
          .dumpShowsNothing, "the dump shows nothing mapped there (level \(level))",
          fault.fault.dump?.lines.suffix(1).map { $0.place } ?? []))
    }
    if let resume = fault.resume {
      clues.append(
        Clue(
          .afterResume, "it follows a wake-up, and worked before", [resume.place], against: true))
    }
    // A driver that has not started yet cannot have forgotten to set an address.
    if let line = fault.function?.driverLine, fault.isBefore(line.place, line.time) { return nil }
    let others = fault.ofDevice.places(besidePage: address.page)
    if !others.isEmpty {
      clues.append(
        Clue(
          .otherAddressesToo, "the device faults at other addresses as well, so it has some",
          others))
    }
    let driver = fault.function?.driver ?? ""
    return Hypothesis(
      cause: .unsetAddress, clues: clues, severity: .serious,
      culprit: driver.isEmpty ? "the device's driver" : "the driver \(driver)",
      verdict:
        "\(fault.device) does a DMA \(fault.fault.access == .read ? "read from" : "write to") "
        + "0x\(hex(address)): its driver never gave it a DMA address",
      next: [
        Step(
          "find the register or descriptor of \(driver.isEmpty ? "the driver" : driver) that holds the "
            + "address, and why it was not set before the device was started"),
        "for a USB controller look at the class drivers too: they hand it the buffers",
      ]
        + (address == 0 && fault.fault.access == .write
          ? [
            Step(
              "an interrupt message that is sent before its address is set is a write to 0 as well: "
                + "see whether the device signals before its MSI is set up")
          ] : []),
      missing: driver.isEmpty ? [.linux("which driver has \(fault.device) (lspci -k)")] : [])
  }

  /// Cause 5: the buffer was unmapped while the device still used it.
  static let unmappedTooEarly = Rule(cause: .unmappedTooEarly) { fault in
    guard let address = fault.fault.address,
      fault.reason == nil || fault.isReason(FaultReason.pageMissing), !fault.isKdump,
      fault.regions.isEmpty, fault.fault.ownPASID == nil, fault.leafAllows != true,
      fault.guestLines.isEmpty, fault.isOfLinux
    else { return nil }
    let isHigh = address >= 0xf000_0000 && address < 0x1_0000_0000
    // For a mask of 48 bits or more, the allocator may begin just under 2 to the power of 48.
    let isHighest = address >> 36 == 0xfff
    guard isHigh || isHighest else { return nil }
    // The address alone is only a hint: the log does not show that it was ever mapped.
    var clues = [
      Clue(
        .likeAllocated,
        isHigh
          ? "0x\(hex(address)) is just under 4 GiB, where the kernel hands out DMA addresses first: "
            + "it was probably mapped earlier"
          : "0x\(hex(address)) is just under 2 to the power of 48, where the kernel hands out DMA "
            + "addresses to devices with wide masks: it was probably mapped earlier", fault.place)
    ]
    let signs = fault.earlier(fault.notes(.stopped), seconds: 30)
    if !signs.isEmpty {
      clues.append(
        Clue(
          .stoppedBefore, "the driver reports that the device was stopped or reset before it",
          signs.prefix(4).map { $0.place }))
    }
    if let shutdown = fault.shutdown {
      clues.append(
        Clue(
          .duringShutdown, "the machine was going down: \(shutdown.value.text)",
          [shutdown.place] + fault.place))
    }
    let row = fault.ofDevice.pagesInARow
    if row >= 4 {
      clues.append(
        Clue(
          .pagesInARow,
          "the device went through \(row) pages in a row: one transfer through a buffer that is gone, "
            + "or past the end of one", fault.ofDevice.places))
    }
    let debug = fault.debugMessages.filter { DriverSign.wrongFree.isTold(by: $0.message.text) }
    if let message = debug.first {
      clues.append(
        Clue(
          .debugNamesPage,
          "DMA_API_DEBUG reports how the driver \(message.message.words.first ?? "") freed this very "
            + "page: \(message.message.words.last ?? "")", message.places))
    }
    if MemoryKind(fault.memory?.value.type ?? "") == .ram {
      clues.append(
        Clue(
          .inRAM, "the address is RAM as well, so it may be a physical one",
          fault.memory.map { [$0.place] } ?? [], against: true))
    }
    if fault.fault.count > 2, fault.ofDevice.count == 1, signs.isEmpty {
      clues.append(
        Clue(
          .samePageAgain,
          "the device comes back to one and the same page "
            + "\(fault.fault.count) times: a pointer that stays, not a buffer that goes by",
          [fault.fault.last]))
    }
    return Hypothesis(
      cause: .unmappedTooEarly, clues: clues, severity: .serious,
      culprit: "the device's driver",
      verdict: "\(fault.device) still uses a buffer at 0x\(hex(address)) that was already unmapped",
      next: [
        .linux(
          "trace iommu:map and iommu:unmap for the device and look the address up in the trace"),
        .linux(
          "see whether the driver stops the device before it unmaps: at stop, reset, kill, kexec"),
        .linux("iommu.strict=1 closes the window of lazy unmapping: the fault then comes at once"),
      ],
      missing: [.linux("the map and unmap history (trace events iommu:map, iommu:unmap)")])
  }

  /// Cause 6: an address that did not come from the DMA API.
  static let rawPhysicalAddress = Rule(cause: .rawPhysicalAddress) { fault in
    guard let address = fault.fault.address, address >= 0x10_0000,
      fault.isReason(FaultReason.pageMissing), fault.regions.isEmpty, fault.leafAllows != true,
      !isGraphicsAtBoot(fault), fault.fault.ownPASID == nil, fault.guestLines.isEmpty
    else { return nil }
    var clues: [Clue] = []
    var isPeer = false
    if let window = fault.window, let owner = window.value.function {
      isPeer = owner != fault.fault.function
      clues.append(
        Clue(
          .inDeviceWindow,
          "0x\(hex(address)) lies in a memory window of \(owner.shortDescription)"
            + (isPeer ? ": one device addresses the other (peer to peer)" : ""),
          fault.place + [window.place]))
    } else if let memory = fault.memory, MemoryKind(memory.value.type) == .ram {
      // An IOVA that the kernel handed out may equal an address of RAM by chance. Where it does not
      // hand out addresses, such a number is more likely a physical address.
      clues.append(
        Clue(
          fault.isLikeAllocated
            ? .inRAMWhereAllocated
            : (0x4000_0000..<0xf000_0000).contains(address) ? .inRAMBetween : .inRAM,
          "0x\(hex(address)) is RAM in the firmware's memory map, and nothing is mapped there",
          fault.place + [memory.place]))
    } else if address < 0xe000_0000, fault.log.memory.isEmpty, !fault.isDisplay, fault.isOfLinux,
      fault.fault.key.source.bus != 0 || fault.fault.key.source.device == 5
    {
      clues.append(
        Clue(
          .notLikeAllocated,
          "0x\(hex(address)) is not where the kernel hands out DMA addresses (just under 4 GiB, "
            + "downwards), so it looks like a physical address", fault.place))
      if fault.fault.key.source == SourceID(bus: 0, device: 5, function: 0) {
        clues.append(
          Clue(
            .imagingUnit,
            "00:05.0 is the imaging unit of many Intel processors, which has page tables of its "
              + "own and puts physical addresses into them"))
      }
    } else if (1 << 32..<1 << 46).contains(address), fault.log.memory.isEmpty, fault.isOfLinux,
      !fault.isLikeAllocated, !fault.isDisplay
    {
      clues.append(
        Clue(
          .aboveAllocated,
          "0x\(hex(address)) lies above 4 GiB and not near the top of a mask, and the kernel hands "
            + "out DMA addresses from just under either downwards, so it looks like a physical "
            + "address", fault.place))
    } else {
      return nil
    }
    if let line = fault.function?.driverLine, fault.isBefore(line.place, line.time),
      fault.window == nil, fault.memory == nil
    {
      clues.append(
        Clue(.beforeItsDriver, "its driver had not begun", [line.place], against: true))
    }
    return Hypothesis(
      cause: .rawPhysicalAddress, clues: clues, severity: .serious,
      culprit: "the device's driver (or whoever gave it the buffer)",
      verdict:
        "\(fault.device) was given the physical address 0x\(hex(address)) instead of one from "
        + "the DMA API",
      next: (isPeer
        ? [
          .linux(
            "between devices: the driver has to map the other's window for its device "
              + "(dma_map_resource, or pages of pci_p2pdma); drivers that use bus addresses for it (of graphics, "
              + "RDMA) say so in their manuals and want iommu=pt")
        ] : []) + [
          .linux(
            "look for virt_to_phys, __pa, page_to_phys, mmap of physical memory or a BAR address in the "
              + "driver; it must use dma_map_* or dma_alloc_coherent (dma_map_resource for a BAR)"),
          .linux("as a test only: with iommu=pt the fault disappears if this is the cause"),
        ],
      missing: fault.log.memory.isEmpty && fault.window == nil
        ? [.linux("the e820 map and the BARs (the whole boot log, lspci -vv)")] : [])
  }

  /// The reasons that a read gets where nothing is mapped. A missing write permission is not among
  /// them: of reads only an AtomicOp needs it.
  private static let readMissing = FaultReason.pageMissing.subtracting([.writeNotPermitted])

  /// Cause 23: the device reads past the end of a buffer.
  static let overRead = Rule(cause: .overRead) { fault in
    guard fault.fault.access == .read, fault.isReason(readMissing), fault.fault.address != nil,
      fault.leafAllows != true
    else { return nil }
    guard let function = fault.log.functions[fault.fault.function],
      let known = Prefetcher.known(
        vendor: function.vendor, device: function.device, words: function.words)
    else { return nil }
    var clues = [
      Clue(
        .knownPrefetcher,
        "the controller is a \(known.rawValue), which is known to prefetch past the end of a ring "
          + "segment: the page behind the ring is not mapped",
        [function.place])
    ]
    let errors = fault.marks(.hostError).filter {
      $0.value.device == fault.fault.function || $0.value.device == nil
    }
    if !errors.isEmpty {
      clues.append(
        Clue(
          .hostSystemError,
          "the controller reports a Host System Error with it: its own read was "
            + "refused", errors.prefix(2).map { $0.place }))
    }
    return Hypothesis(
      cause: .overRead, clues: clues, severity: .serious,
      culprit: "the device: it reads past the end of what it was given",
      verdict: "\(fault.device) read past the end of a buffer: \(fault.addressText) is the page "
        + "behind a mapped one (over-read by prefetching)",
      next: [
        .linux("use a kernel with the quirk for this controller (XHCI_TRB_OVERFETCH, 2022)"),
        .linux("as a work-around the device on another controller; iommu=pt hides it"),
      ],
      missing: ["the map and unmap history, which shows the mapping right below the address"])
  }

  /// Cause 7: the page is mapped, but not for this direction.
  static let wrongDirection = Rule(cause: .wrongDirection) { fault in
    guard fault.isReason(FaultReason.pageNotPermitted), let leaf = fault.leaf,
      fault.leafAllows == false,
      let access = fault.fault.access
    else { return nil }
    return Hypothesis(
      cause: .wrongDirection,
      clues: [
        Clue(
          .entryForbids,
          "the dumped entry is present with \(leaf.entry), "
            + "so \(access == .read ? "reads" : "writes") are not allowed", leaf.places)
      ], severity: .serious, culprit: "the device's driver",
      verdict: "\(fault.device) \(access == .read ? "reads" : "writes") a buffer that its driver "
        + "mapped for the other direction only",
      next: [
        .linux(
          "correct the direction in the driver's dma_map call (DMA_TO_DEVICE is for reads by the "
            + "device, DMA_FROM_DEVICE for writes)")
      ])
  }

  /// Cause 7 as a possibility: the same page again and again, and no dump.
  static let possibleDirection = Rule(cause: .wrongDirection) { fault in
    // Reads under kernels from 6.16 on have a rule of their own, `writeOnlyMapping`.
    if fault.fault.access == .read, let release = fault.release, release >= (6, 16) { return nil }
    guard fault.isReason(FaultReason.legacyPageRefused), fault.leaf == nil, fault.fault.dump == nil,
      fault.isLikeAllocated,
      fault.fault.count > 2, fault.fault.ownPASID == nil, fault.guestLines.isEmpty
    else { return nil }
    return Hypothesis(
      cause: .wrongDirection,
      clues: [
        Clue(
          .samePagePersists,
          "one and the same page is refused \(fault.fault.count) times: it may be mapped, but for the "
            + "other direction, or for another function than the one that sends",
          fault.place + [fault.fault.last])
      ], severity: .serious, culprit: "the device's driver",
      verdict: "\(fault.device) may use a buffer that is mapped for the other direction, or for "
        + "another function (a DMA engine beside it)",
      next: [
        .linux("look the address up in /sys/kernel/debug/dma-api/dump while the fault goes on")
      ],
      missing: [.linux("the dumped entry, or /sys/kernel/debug/dma-api/dump")])
  }

  /// Cause 24: kernels before 5.13 and from 6.16 on refuse reads of write-only mappings. The rule
  /// looks at kernels from 6.16 on only.
  static let writeOnlyMapping = Rule(cause: .writeOnlyMapping) { fault in
    guard fault.fault.access == .read, fault.isReason(.readNotPermitted), fault.leaf == nil,
      let release = fault.release, release >= (6, 16), fault.isLikeAllocated,
      fault.fault.ownPASID == nil, fault.guestLines.isEmpty
    else { return nil }
    var clues = [
      Clue(
        .writeOnlyEnforced,
        "kernel \(release.major).\(release.minor) refuses reads of buffers that are mapped for "
          + "writes by the device (from 6.16 on; 5.13 to 6.15 allowed them)",
        fault.place + (fault.log.kernels.first.map { [$0.place] } ?? []))
    ]
    if fault.fault.count > 1 {
      clues.append(
        Clue(
          .mappingStays, "the same page is refused again: a mapping that stays",
          [fault.fault.last]))
    }
    let driver = fault.function?.driver ?? ""
    return Hypothesis(
      cause: .writeOnlyMapping, clues: clues, severity: .serious,
      culprit: driver.isEmpty ? "the device's driver" : "the driver \(driver)",
      verdict: "\(fault.device) reads \(fault.addressText), which its driver probably mapped for "
        + "writes alone: wrong direction; older kernels did not check",
      next: [
        Step(
          "look for DMA_FROM_DEVICE in the driver where the device also reads; it has to be "
            + "DMA_BIDIRECTIONAL or DMA_TO_DEVICE"),
        "QAT had it (cured by d41d75fe1b75, also in 6.6 and 6.12)",
        "a kernel 6.15 without the fault supports it",
      ],
      missing: ["the dumped entry (W without R proves it)"])
  }
}
