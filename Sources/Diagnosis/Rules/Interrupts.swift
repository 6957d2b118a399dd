import ACPITables
import KernelLog
import LogReading
import PCI
import VTdFormats

/// Causes of refused interrupt messages.
extension Rule {
  /// Cause 10: a device sends its interrupts in the old format.
  static let compatibilityInterrupt = Rule(cause: .compatibilityInterrupt) { fault in
    guard fault.isReason(.compatibilityFormatBlocked), fault.fault.interruptIndex != nil,
      !fault.isTimerID
    else {
      return nil
    }
    let source = fault.fault.key.source
    var clues = [
      Clue(
        .compatibilityFormat,
        "the message's address has bit 4 clear: it does not name an entry of the remapping table, "
          + "and the printed index means nothing", fault.place)
    ]
    let parents = fault.siblings.filter { $0.function < source.function }
    if source.function > 0 || source.device > 0 {
      clues.append(
        Clue(
          .likeVirtualFunction,
          "\(fault.device) is not function 0 of its bus, as virtual functions and volume management "
            + "devices are: their interrupts are set up by their parent's driver",
          parents.first.flatMap { fault.log.functions[$0]?.place }.map { [$0] } ?? []))
    }
    let driver = fault.function?.driver ?? ""
    if driver == "vmd" || source.device == 0 && source.function == 5 && source.bus > 0 {
      clues.append(
        Clue(
          .volumeManagement, "a volume management device (VMD) sends for the drives behind it"))
    }
    if !fault.guestLines.isEmpty {
      clues.append(
        Clue(.heldByGuest, "a guest has the device", fault.guestLines, against: true))
    }
    let isVirtual = source.function > 0 || source.device > 0
    return Hypothesis(
      cause: .compatibilityInterrupt, clues: clues, severity: .serious,
      culprit: "the interrupt set-up of the kernel (the device is not in the remapping domain)",
      verdict:
        "\(fault.device) sends interrupts in compatibility format, which the unit blocks; its "
        + "DMA is not concerned",
      next: [
        .linux("read the function's MSI address (lspci -vv): bit 4 must be set"),
        Step(
          isVirtual
            ? "look which interrupt domain the function got: virtual functions and VMD children must "
              + "inherit their parent's"
            : "see who set the MSI address: this kernel, a guest, or the device's firmware"),
      ],
      missing: driver.isEmpty ? [.linux("lspci -vv of \(fault.device)")] : [])
  }

  /// Cause 25: a guest wrote an MSI address of its own into a device that it was given.
  static let guestInterrupt = Rule(cause: .guestInterrupt) { fault in
    guard fault.isReason(.compatibilityFormatBlocked), let index = fault.fault.interruptIndex,
      !fault.isTimerID
    else {
      return nil
    }
    let source = fault.fault.key.source
    // The kernel itself gives every function that it found a message in remappable format.
    let isPlain = source.device == 0 && source.function == 0 && source.bus > 0
    guard !fault.guestLines.isEmpty || isPlain else { return nil }
    var clues: [Clue] = []
    if fault.guestLines.isEmpty {
      clues.append(
        Clue(
          .plainFunction,
          "\(fault.device) is function 0 of its bus: the kernel's own messages for it are remappable, "
            + "so somebody else wrote the address", fault.place))
    } else {
      clues.append(
        Clue(.heldByGuest, "vfio-pci holds the device: a guest has it", fault.guestLines))
      clues.append(
        Clue(
          .guestWroteMessage,
          "the hypervisor sets remappable messages; the guest's driver wrote one past it"))
    }
    if index == 0 {
      clues.append(
        Clue(
          .addressesProcessorZero,
          "the index is 0: the message goes to processor 0, as a guest's first one does",
          fault.place))
    }
    return Hypothesis(
      cause: .guestInterrupt, clues: clues, severity: .serious,
      culprit: "the guest's driver (or firmware that the device loads), not the host",
      verdict: "\(fault.device) sends an interrupt with an address that a guest wrote into it: the "
        + "guest's own MSI address, which the host's unit blocks",
      next: [
        Step(
          "ask the guest's driver first: does it write MSI address and data into registers or tables of "
            + "its own?"),
        "on the host nothing is to be repaired: the device belongs to the guest",
      ],
      missing: fault.guestLines.isEmpty
        ? [.linux("whether a guest has the device (vfio-pci lines, lspci -k)")] : [])
  }

  /// Cause 11: an IOAPIC's message while remapping is being switched on.
  static let ioapicAtBoot = Rule(cause: .ioapicAtBoot) { fault in
    guard fault.isReason(.compatibilityFormatBlocked), fault.fault.interruptIndex != nil,
      fault.isTimerID,
      fault.resume == nil
    else { return nil }
    let early = fault.uptime.map { $0 < 10_000_000 }
    guard fault.isBeforeBringUp || early ?? false else { return nil }
    var clues = [fault.timerClue]
    clues.append(
      fault.isBeforeBringUp
        ? Clue(
          .printedBeforeBringUp,
          "it comes before interrupt remapping is reported as enabled",
          fault.place + (fault.bringUp.map { [$0.place] } ?? []))
        : Clue(.firstSecondsOfBoot, "it comes in the first seconds of the boot", fault.place))
    if fault.fault.count > 2 {
      clues.append(Clue(.goesOn, "it goes on after the boot"))
    }
    return Hypothesis(
      cause: .ioapicAtBoot, clues: clues, severity: .harmless,
      culprit: "nobody: a message sent before the IOAPIC was set up anew",
      verdict:
        "an IOAPIC or HPET sent one interrupt in the old format while remapping was being switched "
        + "on",
      next: ["ignore it if it appears at boot only"])
  }

  /// Cause 26: a message of an IOAPIC, HPET or device whose address is not set (again).
  static let interruptWithoutAddress = Rule(cause: .interruptWithoutAddress) { fault in
    if fault.fault.interruptIndex != nil { return timerMessage(fault) }
    guard fault.fault.address == 0, fault.fault.access == .write else { return nil }
    let isTimer =
      fault.isTimerID && fault.isReason(FaultReason.notAttached.union([.writeNotPermitted]))
    let resume = fault.resume
    guard isTimer || resume != nil else { return nil }
    var clues: [Clue] = []
    if isTimer { clues.append(fault.timerClue) }
    clues.append(
      Clue(
        .writesToNowhere, "a write to address 0 is what a message without an address is",
        fault.place))
    if let resume {
      let ago = fault.ago(resume.time).map { " " + milliseconds($0) + " after" } ?? " behind"
      clues.append(
        Clue(.afterResume, "it comes\(ago) the wake-up from suspend", [resume.place]))
    }
    return Hypothesis(
      cause: .interruptWithoutAddress, clues: clues, severity: .harmless,
      culprit: isTimer
        ? "nobody, or the hypervisor: the timer's route is not set"
        : "the order of resume: the "
          + "device may signal before its MSI-X table is restored",
      verdict: isTimer
        ? "\(fault.device) is an id of an HPET or IOAPIC: an interrupt message whose address is 0"
          + (resume == nil ? "" : ", sent after resume") + "; harmless if all timers work"
        : "\(fault.device) sent an interrupt message before its address was restored after resume "
          + "(S3): a write to 0; harmless if the device works",
      next: [
        "ignore it if it comes once at each resume and the device works",
        .linux(
          "if interrupts are missing afterwards: a kernel that masks the vectors until they are restored"
        ),
      ])
  }

  /// The INTR-REMAP line of an IOAPIC or HPET, after the boot.
  private static func timerMessage(_ fault: FaultCase) -> Hypothesis? {
    guard fault.isReason(.compatibilityFormatBlocked), fault.isTimerID, !fault.isBeforeBringUp
    else { return nil }
    let resume = fault.resume
    if resume == nil, let uptime = fault.uptime, uptime < 10_000_000 { return nil }
    var clues = [fault.timerClue]
    if let resume {
      clues.append(
        Clue(.afterResume, "it comes right after a wake-up from suspend", [resume.place]))
    }
    if fault.fault.count > 1, resume != nil {
      clues.append(
        Clue(
          .againAtEachResume, "it comes again later: \(fault.fault.count) times in all",
          [fault.fault.last]))
    }
    return Hypothesis(
      cause: .interruptWithoutAddress, clues: clues, severity: .harmless,
      culprit: "nobody: an IOAPIC or HPET that is not set up (again)",
      verdict:
        "\(fault.device) is the id of an IOAPIC or HPET: it sent an interrupt in the old format "
        + (resume != nil
          ? "before it was set up anew after resume" : "before its route was set")
        + "; harmless if all works",
      next: ["ignore it if it comes once, at boot or at each resume"])
  }

  /// Cause 12: the entry for the interrupt is gone, or belongs to another source.
  static let interruptEntry = Rule(cause: .interruptEntry) { fault in
    guard fault.isReason(FaultReason.interruptEntryWrong), let index = fault.fault.interruptIndex
    else { return nil }
    let rows = fault.log.debugfs.filter { row in
      if case .interruptEntry = row.value { true } else { false }
    }
    let row = rows.first { row in
      if case .interruptEntry(let number, _, _, _) = row.value { return number == UInt32(index) }
      return false
    }
    let number = "0x\(hex(UInt64(index)))"
    let code = fault.function?.classCode.map { PCIClass(rawValue: $0) }
    let isHostBridge =
      code?.isHostBridge == true
      || fault.fault.key.source == SourceID(bus: 0, device: 0, function: 0)
    let isPort =
      code?.isBridge == true || fault.busesBelow != nil || fault.function?.driver == "pcieport"
    var clues: [Clue] = []
    var verdict: String
    var next: [Step] = []
    var culprit: String
    switch fault.knownReason {
    case .interruptSourceMismatch?:
      verdict =
        "\(fault.device) used interrupt entry \(number), which is another source's (source-id check)"
      culprit = "the interrupt set-up of the kernel (aliases of bridges)"
      next.append(
        .linux(
          "a bridge may have put its own id on the message: compare the entry's SID and SVT with "
            + "lspci -t"))
      clues.append(
        Clue(.entryRefusesSource, "the entry's source-id check refused the message", fault.place))
      if isHostBridge {
        clues.append(
          Clue(
            .hostBridgeSendsNone,
            "\(fault.device) is a host bridge, which sends no MSI: the id 0 is that of a device that "
              + "has lost its bus number (hung, reset or powered down)",
            fault.function.map { [$0.place] } ?? []))
        verdict =
          "a device that has lost its bus number used interrupt entry \(number): "
          + "\(fault.device) is a host bridge and sends no interrupts"
        culprit = "hardware: a device that hung or was reset and answers without its number"
        next = [
          "look for a device that disappears or is reset around the fault (AER, link down, time-outs)",
          "see whose interrupt \(number) is (ir_translation_struct)",
        ]
      } else if let below = fault.busesBelow {
        clues.append(
          Clue(
            .context,
            "\(fault.device) is a bridge to bus \(hex(UInt64(below.secondary), digits: 2)): messages of "
              + "what is below carry its id", [below.place]))
      }
    case .interruptEntryNotPresent?:
      verdict =
        "\(fault.device) used interrupt entry \(number), which is not there (any more)"
      culprit = "the driver of the device, or the kernel's interrupt set-up"
      next.append("see whether the interrupt was freed while the device could still send it")
      clues.append(Clue(.entryIsGone, "the entry's present bit is clear", fault.place))
      if isPort {
        clues.append(
          Clue(
            .portsOwnMessage,
            "\(fault.device) is a root port or bridge: its own messages are power management (PME), "
              + "hot-plug and errors", fault.function.map { [$0.place] } ?? []))
        verdict =
          "the root port \(fault.device) sent an interrupt of its own (PME, hot-plug or error) "
          + "after entry \(number) was freed"
        culprit = "the power management of the port or of what is behind it"
        let power = fault.powerNotes
        if !power.isEmpty {
          clues.append(
            Clue(
              .context,
              "a device changes its power state near it: "
                + (power.first?.value.text ?? ""), power.prefix(2).map { $0.place }))
        }
        next = ["look at runtime power management of what is behind the port (power/control)"]
      }
    default:
      verdict = "\(fault.device) used interrupt entry \(number), which is not usable"
      culprit = "the driver of the device, or the kernel's interrupt set-up"
      next.append(.linux("decode the entry (ir_translation_struct in debugfs)"))
      clues.append(
        Clue(
          .entryUnusable,
          "the unit refused the entry: " + FaultReasonTable.scalable.text(fault.reason ?? 0),
          fault.place))
    }
    if let row, case .interruptEntry(_, let source, let high, let low) = row.value {
      let entry = InterruptEntry(low: low, high: high)
      clues.append(
        Clue(
          .entryShown,
          "debugfs shows the entry for \(source.map { $0.description } ?? "?"): \(entry)",
          [row.place]))
    } else if let first = rows.first, let last = rows.last {
      // The debugfs file lists present entries only.
      clues.append(
        Clue(
          .context,
          "debugfs shows \(rows.count == 1 ? "one entry" : "\(rows.count) entries"), and \(number) is none of "
            + "them", [first.place, last.place]))
    }
    return Hypothesis(
      cause: .interruptEntry, clues: clues, severity: .serious, culprit: culprit, verdict: verdict,
      next: next,
      missing: rows.isEmpty ? [.linux("/sys/kernel/debug/iommu/intel/ir_translation_struct")] : []
    )
  }
}

extension FaultCase {
  /// Whether the id is one that firmware gives to an IOAPIC or HPET.
  ///
  /// The DMAR table says so, where it is known. Without it: ids of functions that do not exist,
  /// mostly f0:1f.x; and the ids of Intel's chipsets, which look like functions of the LPC bridge
  /// (00:1f.0, 00:1f.7) or of the old PCI bridge (00:1e.6, 00:1e.7).
  var isTimerID: Bool {
    if timerOfTable != nil { return true }
    let source = fault.key.source
    if source.bus >= 0xf0, source.device == 0x1f { return function == nil }
    guard source.bus == 0 else { return false }
    if fault.interruptIndex == 0 {
      return [0x1e, 0x1f].contains(source.device)
        && (function == nil || [0, 7].contains(source.function))
    }
    return fault.interruptIndex == nil && function == nil && fault.address == 0
      && [0x1e, 0x1f].contains(source.device) && source.function >= 6
  }

  /// The IOAPIC or timer that a DMAR table gives the id to.
  private var timerOfTable: InterruptSource? {
    log.platform?.interruptSources.first { $0.sourceID == fault.key.source }
  }

  var timerClue: Clue {
    if let known = timerOfTable {
      return Clue(
        .timerOfTable,
        "the DMAR table gives this id to \(known.kind == .hpet ? "HPET" : "IOAPIC") "
          + "\(known.enumerationID)")
    }
    return fault.key.source.bus >= 0xf0
      ? Clue(
        .timerLikeID,
        "\(device) is not a PCI function; firmware gives such ids to IOAPICs and HPETs", place)
      : Clue(
        .timerLikeID,
        "\(device) may look like a PCI function, but this chipset family gives the id to an IOAPIC or "
          + "HPET", place)
  }

  /// Notes of any driver that tell of a power state within some seconds of the fault.
  var powerNotes: [Noted<DriverRemark>] {
    log.notes.values.flatMap { $0 }.filter { note in
      guard note.value.tells(.power), let then = note.time?.uptime, let now = uptime else {
        return false
      }
      return max(then, now) - min(then, now) < 5_000_000
    }.sorted { $0.place < $1.place }
  }
}
