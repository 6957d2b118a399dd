import KernelLog
import LogReading
import PCI
import VTdFormats

/// Causes that lie before this kernel's own drivers: firmware, boot loader, the kernel before.
extension Rule {
  /// What a read by a display that firmware set up meets in legacy mode.
  private static let scanOut = FaultReason.legacyFunctionMissing.union([
    .readNotPermitted, .secondStageRead, .secondStageReserved,
  ])

  /// Cause 2: a DMA that the firmware left running (graphics scan-out), or an old fault that was
  /// latched before Linux.
  static let inherited = Rule(cause: .inherited) { fault in
    guard fault.isReason(scanOut), fault.fault.access == .read, fault.isDisplay else {
      return nil
    }
    let isEarly = fault.isBeforeBringUp || (fault.uptime.map { $0 < 2_000_000 } ?? false)
    guard isEarly else { return nil }
    var clues = [
      fault.isBeforeBringUp
        ? Clue(
          .printedBeforeBringUp,
          "the fault is printed before the driver has switched its units on: it was latched before",
          fault.place + (fault.bringUp.map { [$0.place] } ?? []))
        : Clue(.firstSecondsOfBoot, "the fault comes in the first seconds of the boot", fault.place)
    ]
    if let region = fault.regions.first {
      clues.append(
        Clue(
          .insideGraphicsRegion,
          "the address lies in the reserved region 0x\(hex(region.value.start))-"
            + "0x\(hex(region.value.end)): memory that the firmware took for graphics",
          [region.place]))
    }
    clues.append(
      Clue(
        .graphicsDevice,
        "\(fault.device) is a graphics device, whose scan-out the firmware leaves running"))
    if fault.fault.count > 8 {
      clues.append(
        Clue(.goesOn, "it comes \(fault.fault.count) times, which an old record does not"))
    }
    return Hypothesis(
      cause: .inherited, clues: clues, severity: .harmless,
      culprit: "nobody: the firmware's screen output was still running",
      verdict: "an old graphics read of the firmware, printed when Linux took the unit over; "
        + "harmless if it does not come again",
      next: [
        "ignore it if it appears once or twice at boot only",
        .linux("if it comes again later, send the whole boot log: then it is another fault"),
      ],
      missing: fault.regions.isEmpty ? ["the RMRR lines of this boot"] : [])
  }

  /// Cause 20: a record of any device that is older than Linux.
  static let latchedBeforeLinux = Rule(cause: .latchedBeforeLinux) { fault in
    guard fault.fault.interruptIndex == nil, fault.isBeforeBringUp, !isGraphicsAtBoot(fault),
      !fault.isKdump, let bringUp = fault.bringUp
    else { return nil }
    var clues = [
      Clue(
        .printedBeforeBringUp,
        "the record is printed before this kernel has switched its units on: it was latched before "
          + "Linux", fault.place + [bringUp.place])
    ]
    if let line = fault.function?.driverLine, fault.isBefore(line.place, line.time) {
      clues.append(
        Clue(
          .beforeItsDriver,
          "the device's driver \(line.value) speaks first on line "
            + "\(line.place.line), later than the fault", [line.place]))
    }
    if fault.fault.count > 2 {
      clues.append(Clue(.goesOn, "it comes again, which an old record does not"))
    }
    return Hypothesis(
      cause: .latchedBeforeLinux, clues: clues, severity: .harmless,
      culprit: "the firmware or the boot loader: it left the device working",
      verdict: "\(fault.device) did \(fault.accessText) \(fault.addressText) before Linux took the "
        + "unit over: a leftover of firmware or boot loader, harmless if it does not come again",
      next: [
        "ignore it if it appears at boot only",
        .linux(
          "to end it: firmware update; switch off what boots from the device; "
            + "efi=disable_early_pci_dma stops bus masters when the kernel takes over"),
      ])
  }

  /// Cause 19: translation was on when this kernel took over, and the kernel before left the device
  /// working.
  static let kernelBefore = Rule(cause: .kernelBefore) { fault in
    guard fault.fault.interruptIndex == nil, fault.isReason(FaultReason.nothingMapped),
      !fault.isKdump
    else { return nil }
    let lines = fault.marks(.translationWasOn).filter { !fault.isBefore($0.place, $0.time) }
    guard let last = lines.last else { return nil }
    let driver = fault.function?.driverLine
    if let driver, !fault.isBefore(driver.place, driver.time) { return nil }
    // Long after the take-over the old kernel's DMA has ended.
    if let since = fault.ago(last.time), since > 10_000_000 { return nil }
    var clues = [
      Clue(
        .takenOverByKexec,
        "translation was on when this kernel took over, and this is not a kdump kernel: it was started "
          + "by kexec", lines.prefix(4).map { $0.place })
    ]
    if let since = fault.ago(last.time) {
      clues.append(
        Clue(
          .rightAfterTakeOver,
          "the fault comes \(milliseconds(since)) after the take-over, before a driver of this kernel "
            + "has the device", fault.place))
    }
    return Hypothesis(
      cause: .kernelBefore, clues: clues, severity: .harmless,
      culprit: "the kernel before this one: it did not stop the device before the kexec",
      verdict: "\(fault.device) still works for the kernel before this one (\(fault.accessText) "
        + "\(fault.addressText)); harmless if it ends when its driver starts",
      next: [
        "see whether it ends with the driver's start; if not, send the whole log",
        .linux("to end it: a shutdown handler of the driver in the first kernel"),
      ])
  }

  /// Cause 27: the device was left running by firmware, and its driver here had not begun.
  static let leftRunning = Rule(cause: .leftRunning) { fault in
    guard fault.fault.interruptIndex == nil, !fault.isBeforeBringUp, !fault.isKdump,
      fault.isReason(FaultReason.nothingMapped), !isGraphicsAtBoot(fault),
      let line = fault.function?.driverLine, fault.isSameBoot(line.place),
      fault.isBefore(line.place, line.time), fault.guestLines.isEmpty, !fault.isInFirmwareMemory,
      (fault.uptime ?? 0) < 120_000_000, fault.showsDeviceBefore, !fault.isTrouble(at: line.place)
    else { return nil }
    var clues = [
      Clue(
        .beforeItsDriver,
        "the fault comes before the first line of the device's driver \(line.value)"
          + (fault.fault.firstTime?.uptime.flatMap { now in
            line.time?.uptime.map { " (\(milliseconds($0 - min(now, $0))) before)" }
          } ?? ""), fault.place + [line.place])
    ]
    if !fault.showsBoot {
      clues.append(
        Clue(
          .bootNotShown,
          "the log does not begin with the boot, so an earlier line of the driver may be missing"))
    }
    let after = fault.ofDevice.goesOn(after: line.place, line.time)
    clues.append(
      after
        ? Clue(.goesOnAfterDriver, "it goes on after the driver has begun")
        : Clue(.endsWithDriver, "no fault of the device is seen after its driver has begun"))
    return Hypothesis(
      cause: .leftRunning, clues: clues, severity: after ? .serious : .unclear,
      culprit: "firmware or boot loader: it left the device running",
      verdict: "\(fault.device) did \(fault.accessText) \(fault.addressText) before a driver of "
        + "this kernel had begun: firmware or boot loader left the device running",
      next: [
        .linux("see whether its bus-master bit is set at boot (lspci -vv in an early shell)"),
        .linux(
          "try efi=disable_early_pci_dma, or a function reset in the driver before it maps anything"
        ),
        "look at the driver \(line.value) only if the fault comes again after its first line",
      ])
  }

  /// A DMA of a function that no driver has, in a domain that maps nothing.
  static let withoutDriver = Rule(cause: .leftRunning) { fault in
    guard fault.isReason(FaultReason.pageMissing), let function = fault.function,
      function.driverLine == nil, !function.groupLines.isEmpty,
      fault.log.functions.contains(where: { $0.value.driverLine != nil })
        || fault.isDomainEmpty != nil
    else { return nil }
    guard let empty = fault.isDomainEmpty else { return nil }
    return Hypothesis(
      cause: .leftRunning,
      clues: [
        Clue(
          .domainIsEmpty,
          "the topmost entry of its table is 0: nothing is mapped there at all", empty),
        Clue(
          .noDriverSpeaks, "no driver has said a word about it, though the bus code has",
          function.groupLines.prefix(2).map { $0.place }),
      ], severity: .serious,
      culprit: "whoever started the DMA without a driver: user space through sysfs, or firmware",
      verdict: "\(fault.device) did \(fault.accessText) \(fault.addressText) with no driver bound, "
        + "in a domain that maps nothing: whoever started the DMA had no mapping",
      next: [
        .linux(
          "find out who switched bus mastering on: a program that writes to the device's resources in "
            + "sysfs, the firmware, a driver that was unbound"),
        .linux("look at the device's driver link in sysfs (lspci -k)"),
      ])
  }

  static func milliseconds(_ microseconds: UInt64) -> String {
    microseconds >= 10_000_000
      ? "\(microseconds / 1_000_000) s" : "\((microseconds + 500) / 1000) ms"
  }
}

extension FaultCase {
  /// The places of a dump whose topmost paging entry is 0; nil where no dump shows that.
  var isDomainEmpty: [LogPlace]? {
    guard let dump = fault.dump, dump.context != nil,
      let first = dump.pageEntries.first, first.value == 0, first.level >= 3
    else { return nil }
    return dump.lines.suffix(2).map { $0.place }
  }
}

extension FaultCase {
  /// Whether the log holds the boot's banner, before the fault.
  var showsBoot: Bool {
    log.kernels.contains {
      isSameBoot($0.place) && $0.place.file == fault.first.file && $0.place < fault.first
    }
  }

  /// Whether the log shows the boot, or the device, before the fault. Only then does it mean
  /// something that the log does not mention the driver.
  var showsDeviceBefore: Bool {
    if showsBoot || bringUp.map({ !isBefore($0.place, $0.time) }) ?? false { return true }
    guard let function else { return false }
    return function.groupLines.contains { !isBefore($0.place, $0.time) }
      || function.announcements.contains { !isBefore($0.place, $0.time) }
  }

  /// Whether the driver's line at `place` reports trouble. Such a line does not show when the
  /// driver started, since the log may begin after that.
  func isTrouble(at place: LogPlace) -> Bool {
    let note = (log.notes[fault.function] ?? []).first { $0.place == place }
    return note?.value.tells(.trouble) ?? false
  }
}
