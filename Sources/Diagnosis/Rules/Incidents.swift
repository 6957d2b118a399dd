import KernelLog
import LogReading
import PCI
import VTdFormats

/// Causes that show in several faults together, and not in one alone.
extension Rule {
  /// Cause 28: the device reads commands that its driver did not write.
  static let garbageDescriptors = Rule(cause: .garbageDescriptors) { fault in
    guard fault.fault.interruptIndex == nil, fault.guestLines.isEmpty else { return nil }
    let incident = fault.incident
    let marks = fault.marks(.garbageCommand).filter { mark in
      guard mark.value.device == nil || mark.value.device == fault.fault.function else {
        return false
      }
      guard let then = mark.time?.uptime, let now = fault.uptime else {
        return mark.place.file == fault.fault.first.file
      }
      return then + 10_000_000 > now && now + 10_000_000 > then
    }
    let (addresses, strange, tooWide) = (incident.addresses, incident.strange, incident.tooWide)
    let text = fault.fault.address.flatMap(AddressPattern.text)
    guard
      !marks.isEmpty || addresses.count >= 3 && !strange.isEmpty && !tooWide.isEmpty || text != nil
    else { return nil }
    var clues: [Clue] = []
    if let text {
      clues.append(
        Clue(
          .textInAddress,
          "the bytes of the address are text (\"\(text)\"): a descriptor was overwritten by text",
          fault.place))
    }
    if !marks.isEmpty {
      clues.append(
        Clue(
          .driverSeesGarbage,
          "the driver got completions for commands that it did not send: "
            + (marks.first?.value.text ?? ""), marks.prefix(4).map { $0.place }))
    }
    if addresses.count >= 2, !strange.isEmpty {
      clues.append(
        Clue(
          .strangeAddresses,
          "\(addresses.count) addresses in one incident, of which "
            + strange.sorted().prefix(3).map { "0x\(hex($0))" }.joined(separator: ", ")
            + " come from no allocator", incident.places))
    }
    if !tooWide.isEmpty {
      clues.append(
        Clue(
          .beyondWidth, "one address is wider than the unit can translate",
          tooWide))
    }
    if incident.accesses.count == 2 {
      clues.append(Clue(.bothDirections, "it both reads and writes there"))
    }
    guard !clues.isEmpty else { return nil }
    return Hypothesis(
      cause: .garbageDescriptors, clues: clues, severity: .serious,
      culprit: "whoever reused or corrupted the queue's memory: the driver, or the device itself",
      verdict:
        "\(fault.device) works on garbage descriptors: it takes commands from its queue that "
        + "the driver did not write (memory reused or corrupted); one incident, data may be lost",
      next: [
        "do not trust the data that was written around the incident; check file systems",
        "update the device's firmware; test memory",
        "see whether the queue's memory is freed or reused while the device runs (reset, time-out)",
      ])
  }

  /// Cause 22: a display is refreshed from memory that is not mapped any more.
  static let displayRefresh = Rule(cause: .displayRefresh) { fault in
    guard fault.fault.access == .read, fault.isDisplay,
      fault.isReason(FaultReason.detachedOrUnmapped),
      !isGraphicsAtBoot(fault)
    else { return nil }
    guard let (rate, gaps) = fault.ofDevice.refresh else { return nil }
    var clues = [
      Clue(
        .refreshPeriod,
        "the reads come at the period of a screen that is refreshed \(rate.hertz) times a second "
          + "(\(rate.hertz) Hz): \(rate.matches) of \(gaps) gaps fit",
        fault.ofDevice.places),
      Clue(.graphicsDevice, "\(fault.device) is a graphics device"),
    ]
    let guests = fault.guestLines
    if !guests.isEmpty {
      clues.append(Clue(.heldByGuest, "a guest has the device", guests))
    }
    return Hypothesis(
      cause: .displayRefresh, clues: clues, severity: .harmless,
      culprit: "whoever took the screen's memory away: a guest that was reset, or a display that "
        + "nobody has switched off",
      verdict:
        "the display of \(fault.device) is still refreshed from memory that is not mapped any "
        + "more (scan-out at \(rate.hertz) Hz); harmless to data, it ends with the next mode set",
      next: [
        "reset the graphics device, or switch its outputs off, before the guest's memory goes",
        "ignore it if it ends by itself when a driver sets a mode",
      ])
  }

  /// Cause 21: a paging entry was corrupted.
  static let memoryCorruption = Rule(cause: .memoryCorruption) { fault in
    guard let address = fault.fault.address else { return nil }
    let set = fault.messages(.entryAlreadySet).filter { group in
      group.message.numbers.count == 3 && group.message.numbers[1] != group.message.numbers[2]
        && EntrySanity.isCorrupt(group.message.numbers[1])
    }
    guard let message = set.first(where: { $0.message.numbers[0] == address.page }) ?? set.first
    else { return nil }
    let isSamePage = message.message.numbers[0] == address.page
    let old = message.message.numbers[1]
    var clues = [
      Clue(
        .entryIsNoEntry,
        "the kernel found the entry of page 0x\(hex(message.message.numbers[0])) set to 0x\(hex(old)), "
          + "which is not an entry: \(EntrySanity.words(old))", message.places)
    ]
    clues.append(
      isSamePage
        ? Clue(.corruptEntryOfThisPage, "it is the very page that faults", fault.place)
        : Clue(.corruptEntryElsewhere, "another page faults, so it may be another story"))
    return Hypothesis(
      cause: .memoryCorruption, clues: clues, severity: .serious,
      culprit: "hardware: memory (a stray bit in a paging entry); data in memory is in danger",
      verdict: "memory corruption: a paging entry of \(fault.device) held 0x\(hex(old)), "
        + "\(EntrySanity.words(old)); the device is not to blame",
      next: [
        "run a memory test for some hours; look for ECC and machine-check messages",
        "take overclocking and memory profiles back; then board, processor, memory",
        "check file systems and arrays: the same memory holds their data",
      ])
  }

  /// A guest has the device, and the domain does not map what it uses.
  static let guestMapping = Rule(cause: .guestMapping) { fault in
    guard fault.fault.interruptIndex == nil, fault.isReason(FaultReason.detachedOrUnmapped),
      !fault.guestLines.isEmpty, fault.driverAfterGuest == nil
    else { return nil }
    if fault.isReason([.contextNotPresent, .scalableContextNotPresent]) {
      return betweenOwners(fault)
    }
    let bypass = fault.marks(.guestBypass)
    var clues = [
      Clue(.guestHoldsDevice, "vfio-pci holds the device: a guest has it", fault.guestLines)
    ]
    if !bypass.isEmpty {
      clues.append(
        Clue(
          .guestBypasses,
          "the guest's own IOMMU lets devices through: \(fault.addressText) is an address of guest "
            + "memory", bypass.map { $0.place }))
    }
    if fault.isDisplay {
      clues.append(
        Clue(
          .context,
          "it is a graphics device: it also reads the memory that the firmware took for it (stolen "
            + "memory), which is not guest memory"))
    }
    return Hypothesis(
      cause: .guestMapping, clues: clues, severity: fault.isDisplay ? .unclear : .serious,
      culprit: fault.isDisplay
        ? "the set-up of the guest: the graphics' firmware memory is not mapped for it"
        : "the hypervisor's mapping, or the guest's driver",
      verdict: fault.isDisplay
        ? "the graphics device \(fault.device) belongs to a guest, whose domain does not map "
          + "\(fault.addressText): firmware (stolen) memory of the device, or a screen that is still "
          + "refreshed"
        : "\(fault.device) belongs to a guest and uses \(fault.addressText), a guest-physical address "
          + "that its domain does not map",
      next: fault.isDisplay
        ? [
          .linux(
            "give the guest what the device needs (OpRegion and stolen memory options of vfio-pci)"),
          "ignore it if it ends when the guest's driver sets a mode",
        ]
        : [
          .linux(
            "see whether all of the guest's memory is mapped (QEMU's VFIO_MAP_DMA errors, memory "
              + "hot-plug, balloon)"),
          "with an IOMMU inside the guest: bypass needs guest-physical memory mapped one to one",
          "the guest's driver: it may use an address that it never mapped",
        ],
      missing: ["the guest's memory layout (info mtree -f in QEMU's monitor)"])
  }

  /// No domain at all: the guest's driver has the device, and no guest runs with it.
  private static func betweenOwners(_ fault: FaultCase) -> Hypothesis {
    Hypothesis(
      cause: .guestMapping,
      clues: [
        Clue(
          .guestHoldsDevice, "vfio-pci holds the device: it is meant for a guest", fault.guestLines)
      ], severity: .unclear,
      culprit: "whoever handed the device over without stopping it",
      verdict:
        "\(fault.device) is meant for a guest and does DMA while nobody has it: its context entry is "
        + "empty between two owners, and every address is refused",
      next: [
        .linux("reset the device between its owners, and see whether the DMA stops"),
        "ignore it if it ends when the guest starts, or when the host's driver is back",
      ],
      missing: [
        "when the host's driver let the device go, and when the guest was started and stopped"
      ])
  }

  /// Cause 15: a reset and a change of driver, and the device goes on with addresses of before.
  static let formerDomain = Rule(cause: .detached) { fault in
    guard fault.fault.interruptIndex == nil, fault.isReason(FaultReason.detachedOrUnmapped),
      !fault.guestLines.isEmpty, let change = fault.driverAfterGuest
    else { return nil }
    return Hypothesis(
      cause: .detached,
      clues: [
        Clue(
          .changedOwner,
          "the device was given from one owner to another before the fault: its domain changed",
          fault.guestLines.suffix(2) + [change])
      ], severity: .serious,
      culprit: "whoever handed the device over without stopping it, or the new driver",
      verdict:
        "\(fault.device) still uses \(fault.addressText), an address of its former domain: it "
        + "was handed to another driver right before",
      next: [
        "reset the device and clear its bus-master bit between the two owners",
        "see whether the new driver resets the device before it maps anything",
      ])
  }
}

extension FaultCase {
  /// The faults of the device that come together with this one.
  var incident: DeviceFaults.Incident { ofDevice.incident(of: fault) }

  /// The place where a driver other than the guest's took the device, after the lines of the guest
  /// and before the fault; nil where none did.
  var driverAfterGuest: LogPlace? {
    guard let guest = guestLines.last else { return nil }
    let own = (log.notes[fault.function] ?? []).first {
      !$0.value.isOfGuests && $0.value.driver != "pci" && $0.place > guest
        && $0.place < fault.first
    }
    return own?.place
      ?? marks(.driverClaims).first {
        $0.value.device == fault.function && $0.place > guest && $0.place < fault.first
      }?.place
  }
}

/// Tells a plausible second-stage entry from corrupted memory.
enum EntrySanity {
  /// The fields of an entry that the kernel leaves clear.
  private static let leftClear =
    [
      BitField<SecondStageEntry>.memoryType, .ignorePAT, .ignored, .transientMapping,
    ].reduce(0) { $0 | $1.mask }

  /// Whether the value cannot be an entry that the kernel wrote: it is not 0 and has no permission
  /// bit, or it has bits set that the kernel leaves 0.
  static func isCorrupt(_ value: UInt64) -> Bool {
    value != 0 && (!SecondStageEntry(rawValue: value).isPresent || value & leftClear != 0)
  }

  static func words(_ value: UInt64) -> String {
    switch value.nonzeroBitCount {
    case 1: "a single bit"
    case 2: "two stray bits"
    default: "no permission or reserved bits in it"
    }
  }
}
