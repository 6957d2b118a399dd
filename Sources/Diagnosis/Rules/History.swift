import KernelLog
import LogReading
import MachineEvidence
import PCI
import Text
import VTdFormats

/// Causes that a mapping history proves. Each rule speaks for one way in which it can end.
extension Rule {
  static let history: [Rule] = [
    historyUnmapped, historyDirection, historyAllowed, historyOther, historyNeighbour, historyNever,
  ]

  private static func driver(_ fault: FaultCase, _ life: MappingLife? = nil) -> String {
    if let life, life.origin == .dump, !life.name.isEmpty { return "the driver \(life.name)" }
    let driver = fault.function?.driver ?? ""
    return driver.isEmpty ? "the device's driver" : "the driver \(driver)"
  }

  /// The clue that says how an event was matched to the fault: by the device, or by address only.
  private static func join(_ life: MappingLife) -> Clue {
    if let device = life.device {
      return Clue(
        .historyNamesDevice, "the event names the device: \(device)",
        [life.mapped ?? life.row ?? life.unmapped].compactMap { $0 }.map(HistoryWords.place))
    }
    return Clue(
      .historyContext,
      "the events iommu:map and iommu:unmap name no device: they are joined by the address and the "
        + "time alone (dma:* events, from 6.12 on, name it)")
  }

  /// The clue that a buffer was freed with a wrong size; nil where the size was right.
  private static func wrongSize(_ life: MappingLife) -> Clue? {
    guard let freed = life.freedSize else { return nil }
    return Clue(
      .historyContext,
      "it was freed with the wrong size: \(freed) bytes, while \(life.size) were mapped",
      life.unmapped.map { [HistoryWords.place($0)] } ?? [])
  }

  /// Causes that guess how an address was mapped; they are dropped where a history shows it.
  private static let guesses: Set<Finding.Cause> = [
    .unmappedTooEarly, .rawPhysicalAddress, .wrongDirection, .writeOnlyMapping, .overRead,
    .unsetAddress, .superpage, .staleCache,
  ]

  /// The proposals without the guesses that the history replaces.
  static func settle(_ proposed: [Hypothesis]) -> [Hypothesis] {
    let shown = proposed.filter { hypothesis in
      hypothesis.clues.contains { $0.weight.isOfHistory }
    }
    // A history that never shows the address mapped refutes no guess about what the address is.
    guard shown.contains(where: { $0.cause != .neverMapped }) else { return proposed }
    return proposed.filter { hypothesis in
      !guesses.contains(hypothesis.cause)
        || hypothesis.clues.contains { $0.weight.isOfHistory }
    }
  }

  private static let historyUnmapped = Rule(cause: .unmappedTooEarly) { fault in
    let join = HistoryCase(fault)
    guard case .unmapped(let life, let end, let ago, let again) = join.outcome else { return nil }
    let span = ago.map { HistoryWords.time($0) ?? "within milliseconds" }
    let when = span.map { "\($0) after" } ?? "after"
    let owner = life.device == nil && life.name.isEmpty ? "" : " for it"
    var clues = [
      Clue(
        life.device == nil ? .historyUnmappedByAddress : .historyUnmapped,
        (life.mapped == nil
          ? "it was unmapped\(HistoryWords.task(end))"
          : "\(HistoryWords.range(life)) was mapped\(owner) and unmapped again"
            + HistoryWords.task(end))
          + (ago == nil
            ? "; the clocks cannot be compared, so the order rests on the trace alone" : ""),
        join.places(life, end) + fault.place)
    ]
    if let flush = join.lateFlush(life, end) {
      clues.append(
        Clue(
          .historyContext,
          "the unit's cache was told only \(HistoryWords.time(flush.delay) ?? "shortly") later (lazy "
            + "unmapping): until then the device could still use it unnoticed",
          [HistoryWords.place(flush.moment)]))
    }
    if let again {
      clues.append(
        Clue(
          .historyContext,
          "the address was mapped again meanwhile for \(HistoryWords.owner(again))",
          join.places(again)))
    }
    clues += [wrongSize(life), Rule.join(life)].compactMap { $0 }
    return Hypothesis(
      cause: .unmappedTooEarly, clues: clues, severity: .serious, culprit: driver(fault, life),
      verdict: "\(fault.device) used \(fault.addressText) \(when) it was unmapped"
        + HistoryWords.task(end),
      next: [
        Step(
          "see why the driver gives the buffer back while the device still has it: a missing stop, a "
            + "descriptor that is not cleared, a completion that comes too early"),
        .linux("iommu.strict=1 closes the window of lazy unmapping: the fault then comes at once"),
      ])
  }

  private static let historyDirection = Rule(cause: .wrongDirection) { fault in
    let join = HistoryCase(fault)
    guard case .forbidden(let life) = join.outcome, let direction = life.direction else {
      return nil
    }
    let does = fault.fault.access == .read ? "reads" : "writes"
    return Hypothesis(
      cause: .wrongDirection,
      clues: [
        Clue(
          .historyDirection,
          "\(HistoryWords.range(life)) was mapped for \(fault.device) as \(direction.words) "
            + (life.origin == .dump ? "(the dump shows it alive)" : "when the unit refused it"),
          join.places(life) + fault.place)
      ] + [wrongSize(life), Rule.join(life)].compactMap { $0 }, severity: .serious,
      culprit: driver(fault, life),
      verdict: "\(fault.device) \(does) \(fault.addressText), which is mapped for it in the other "
        + "direction (\(direction.words)): wrong direction",
      next: [
        .linux(
          "correct the direction in the driver's dma_map call (DMA_TO_DEVICE is for reads by the "
            + "device, DMA_FROM_DEVICE for writes, DMA_BIDIRECTIONAL for both)")
      ])
  }

  private static let historyAllowed = Rule(cause: .staleCache) { fault in
    let join = HistoryCase(fault)
    guard case .allowed(let life) = join.outcome else { return nil }
    return Hypothesis(
      cause: .staleCache,
      clues: [
        Clue(
          .historyAllows,
          "\(HistoryWords.range(life)) was mapped for \(fault.device)"
            + (life.direction.map { " as \($0.words)" } ?? "")
            + (life.origin == .dump
              ? " when the dump was read" : ", and the history shows no end before the fault"),
          join.places(life) + fault.place), Rule.join(life),
      ], severity: .serious, culprit: "the IOMMU driver, or whoever moved the device",
      verdict: "\(fault.device) was refused \(fault.addressText) although it is mapped for it: a "
        + "stale entry in a cache, or the device's requests run in another domain",
      next: [
        .linux(
          "compare with the tables: dmar_translation_struct and domain_translation_struct in debugfs"
        ),
        Step(
          "see whether the device sends under another id too (an alias), and whether its domain was "
            + "changed while it worked"),
      ],
      missing: [.linux("the translation tables at the time of the fault (debugfs, a memory image)")]
    )
  }

  private static let historyOther = Rule(cause: .mappedForAnother) { fault in
    let join = HistoryCase(fault)
    switch join.outcome {
    case .forAnother(let life, let isLive):
      let owner = HistoryWords.owner(life)
      return Hypothesis(
        cause: .mappedForAnother,
        clues: [
          Clue(
            .historyOtherDevice,
            "\(HistoryWords.range(life)) \(isLive ? "is" : "was") mapped for \(owner), and the "
              + "history shows no mapping of it for \(fault.device)",
            join.places(life) + fault.place)
        ] + [wrongSize(life), Rule.join(life)].compactMap { $0 }, severity: .serious,
        culprit: "the driver of \(fault.device) or of \(owner)",
        verdict: "\(fault.device) used \(fault.addressText), which \(isLive ? "is" : "was") mapped "
          + "for another device, \(owner)",
        next: [
          .linux(
            "see which struct device the driver hands to dma_map_*: it has to be that of the function "
              + "whose DMA engine works"),
          .linux(
            "where both belong to one chip, the engine may send under its neighbour's id: then a "
              + "DMA-alias quirk is missing"),
        ])
    case .forSomebody(let life):
      return Hypothesis(
        cause: .mappedForAnother,
        clues: [
          Clue(
            .historySomeDevice,
            "\(HistoryWords.range(life)) was mapped at the time, and no event names the device",
            join.places(life) + fault.place)
        ] + [Rule.join(life)], severity: .serious,
        culprit: "the device's driver",
        verdict: "\(fault.device) was refused \(fault.addressText), which some device had mapped: "
          + "another domain, or the other direction",
        next: ["trace dma:* events as well (from 6.12 on): they name the device and the direction"],
        missing: ["for which device it was mapped"])
    default: return nil
    }
  }

  private static let historyNeighbour = Rule(cause: .overRead) { fault in
    let join = HistoryCase(fault)
    guard case .behind(let life, let bytes, let isNext) = join.outcome else { return nil }
    let does = fault.fault.access == .read ? "read" : "wrote"
    let unit = bytes == 1 ? "byte" : "bytes"
    return Hypothesis(
      cause: .overRead,
      clues: [
        Clue(
          isNext ? .historyNeighbour : .historySomeDevice,
          "\(HistoryWords.range(life)) was mapped for \(HistoryWords.owner(life)), and "
            + (isNext
              ? "\(fault.addressText) is the page right behind it"
              : "nothing is mapped between its end and \(fault.addressText)"),
          join.places(life) + fault.place)
      ] + [Rule.join(life)], severity: .serious,
      culprit: "the device, or the driver that told it a wrong length",
      verdict: "\(fault.device) \(does) past the end of a buffer, by at least \(bytes) \(unit): "
        + "\(fault.addressText) lies behind a mapping of \(life.size) bytes",
      next: [
        .linux("compare the length in the device's descriptor with that of the dma_map call"),
        .linux(
          "a device that prefetches needs room behind its buffers: see whether a quirk is known for it"
        ),
      ])
  }

  private static let historyNever = Rule(cause: .neverMapped) { fault in
    let join = HistoryCase(fault)
    let counts = fault.log.history.counts
    let span = HistoryWords.span(counts).map { " (\($0))" } ?? ""
    switch join.outcome {
    case .never:
      guard fault.regions.isEmpty else { return nil }
      var clues = [
        Clue(
          .historyNever,
          (counts.mappings == 1
            ? "the one recorded mapping\(span) does not cover "
            : "none of \(counts.mappings) recorded mappings\(span) covers ") + fault.addressText,
          fault.place)
      ]
      if counts.lost > 0 {
        clues.append(
          Clue(
            .historyContext,
            "the trace lost \(counted(Int(clamping: counts.lost), "event")); it may be among them"))
      }
      return Hypothesis(
        cause: .neverMapped, clues: clues, severity: .serious, culprit: driver(fault),
        verdict:
          "\(fault.device) used \(fault.addressText), which was never mapped while the history "
          + "was recorded: a physical address, a pointer that was left over, or one that nobody set",
        next: [
          Step(
            "look for virt_to_phys or page_to_phys in the driver, and for descriptors that are used "
              + "before they are filled"),
          .linux(
            "if the mapping may be older than the trace, record from the boot on: "
              + "trace_event=iommu:map,iommu:unmap,dma:* trace_buf_size=64M"),
        ])
    case .later(let life, let after):
      return Hypothesis(
        cause: .neverMapped,
        clues: [
          Clue(
            .historyLater,
            "\(HistoryWords.range(life)) was mapped for \(HistoryWords.owner(life)) only "
              + (after.flatMap(HistoryWords.time).map { "\($0) later" } ?? "a moment later"),
            join.places(life) + fault.place)
        ] + [Rule.join(life)], severity: .serious, culprit: driver(fault, life),
        verdict: "\(fault.device) used \(fault.addressText) before it was mapped",
        next: [
          Step(
            "see whether the driver starts the device before it maps the buffer, or whether the device "
              + "was left running with an older address")
        ])
    default: return nil
    }
  }
}
