import PCI
package import VTdFormats

/// Several shapes of fault lines.
package struct FaultLineGenerations: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package init(_ generation: FaultLineGeneration) {
    self.init(rawValue: 1 << generation.order)
  }

  package init(_ range: ClosedRange<FaultLineGeneration>) {
    self.init(FaultLineGeneration.allCases.filter(range.contains).map { Self($0) })
  }

  package static let all = Self(.f1 ... .f8)
  /// Records of two lines.
  package static let twoLines = Self(.f1 ... .f3)
  package static let oneLine = Self(.f4 ... .f8)

  /// The first of them.
  package var earliest: FaultLineGeneration? {
    FaultLineGeneration.allCases.first { contains(Self($0)) }
  }
}

/// The parts of a fault record's line in all generations; printing and reading both go through them.
///
/// The values are: 1 the source-id, 2 the PASID, 3 the address or the index, 4 the reason, 5 its
/// words, 6 the access, 7 a device with its segment, which Xen and some loggers print too, and 8 what
/// stands in the place of an address that its author masked.
package enum FaultForms {
  struct Part: Sendable {
    let words: StaticString
    /// Which shapes print it of a DMA, and of an interrupt; none for what only reports have.
    let dma: FaultLineGenerations
    let interrupt: FaultLineGenerations

    init(_ words: StaticString, dma: FaultLineGenerations, interrupt: FaultLineGenerations) {
      self.words = words
      self.dma = dma
      self.interrupt = interrupt
    }
  }

  private static let hexadecimal = FaultLineGenerations(.f6 ... .f8)
  private static let decimal = FaultLineGenerations(.f1 ... .f5)

  private static func only(_ range: ClosedRange<FaultLineGeneration>) -> FaultLineGenerations {
    FaultLineGenerations(range)
  }

  static let tags: [Part] = [
    Part("[%?DMA %~%6$a%~ PASID %2$#8llx]", dma: hexadecimal, interrupt: []),
    Part("[%?DMA %~%6$a%~ NO_PASID]", dma: hexadecimal, interrupt: []),
    // As people type it.
    Part("[%?DMA %~%6$a%~ NO PASID]", dma: hexadecimal, interrupt: []),
    Part("[%?DMA %~%6$a%~]", dma: decimal, interrupt: []),
  ]
  static let interruptTags: [Part] = [
    Part("INTR-REMAP:", dma: [], interrupt: .twoLines),
    Part("[%?INTR-REMAP%|]", dma: [], interrupt: .oneLine),
  ]
  static let devices: [Part] = [
    Part(
      " %~Request device [%1$b%~]", dma: [decimal, only(.f7 ... .f7)],
      interrupt: [only(.f4 ... .f5), only(.f7 ... .f7)]),
    Part(" %~Request device [[%1$b%~]", dma: [], interrupt: .twoLines),
    Part(
      " %~Request device [%1$#b%~]", dma: only(.f6 ... .f6), interrupt: only(.f6 ... .f6)),
    Part(
      " %~Request device [%7$D%~]", dma: only(.f8 ... .f8), interrupt: only(.f8 ... .f8)),
  ]
  static let pasids: [Part] = [Part(" PASID %2$llx", dma: only(.f5 ... .f5), interrupt: [])]
  static let places: [Part] = [
    Part(" %~fault addr%~ 0x%3$llx", dma: hexadecimal, interrupt: []),
    Part(" %~fault addr%~ %3$llx", dma: decimal, interrupt: []),
    Part(" fault index 0x%3$llx", dma: [], interrupt: hexadecimal),
    Part(" fault index %3$llx", dma: [], interrupt: decimal),
  ]
  private static let hiddenPlaces: [Part] = [Part(" %~fault addr%~ %8$h", dma: .all, interrupt: [])]
  static let reasons: [Part] = [
    Part(" \nDMAR:[fault reason %4$02d] %5$S", dma: .twoLines, interrupt: []),
    Part("\nINTR-REMAP:[fault reason %4$02d] %5$S", dma: [], interrupt: .twoLines),
    Part(
      " [fault reason %4$02d] %5$S", dma: only(.f4 ... .f5), interrupt: only(.f4 ... .f5)),
    Part(" [fault reason 0x%4$02x] %5$S", dma: hexadecimal, interrupt: hexadecimal),
  ]
  /// What the older kernels print for a record without PASID.
  static let noPASID = UInt32.max
}

extension FaultLine {
  /// The record's text: one line from F4 on, two lines with a newline between them before.
  public func text(
    _ generation: FaultLineGeneration, reasons: FaultReasonTable = .scalable
  ) -> String {
    var values = FormValues()
    source.put(into: &values, at: 0)
    PCIAddress(segment: UInt32(segment), sourceID: source).put(into: &values, at: 6)
    reason.put(into: &values, at: 3)
    reasons.text(reason).put(into: &values, at: 4)
    var text = generation.prefix
    var lists = [
      FaultForms.interruptTags, FaultForms.devices, FaultForms.places, FaultForms.reasons,
    ]
    var isInterrupt = true
    switch request {
    case .interrupt(let index): index.put(into: &values, at: 2)
    case .dma(let access, let pasid, let address):
      isInterrupt = false
      if generation <= .f3 { text += "DMAR:" }
      address.put(into: &values, at: 2)
      (access == .read ? 0 : 1).put(into: &values, at: 5)
      let missing: UInt32? = generation == .f5 ? FaultForms.noPASID : nil
      (pasid?.rawValue ?? missing).put(into: &values, at: 1)
      lists[0] = FaultForms.tags
      lists.insert(FaultForms.pasids, at: 2)
    }
    let wanted = FaultLineGenerations(generation)
    for parts in lists {
      for part in parts where (isInterrupt ? part.interrupt : part.dma).contains(wanted) {
        guard let words = FormTemplate.fill(part.words, values) else { continue }
        text += words
        break
      }
    }
    return text
  }
}

extension FaultForms {
  /// A fault record's line up to its reason.
  package struct Found: Sendable {
    package var request: FaultLine.Request
    package var source: SourceID
    package var segment: UInt16?
    /// What stands in the place of an address that is masked or cut in the middle; the address is
    /// then 0.
    package var hiddenAddress: String?
    /// The shapes that print such a line; none for one that no kernel printed.
    package var generations: FaultLineGenerations
    /// Which bytes of the text say where: the address of a DMA, or the index of an interrupt.
    package var place: Range<Int>
  }

  /// Reads from the tag on, `[DMA Read]` or `INTR-REMAP`, up to the reason.
  package static func read(_ cursor: inout TextCursor) -> Found? {
    var (values, trial) = (FormValues(), cursor)
    var generations = FaultLineGenerations.all
    let isInterrupt: Bool
    if take(tags, false, &trial, &values, &generations) {
      isInterrupt = false
    } else if take(interruptTags, true, &trial, &values, &generations) {
      isInterrupt = true
    } else {
      return nil
    }
    guard take(devices, isInterrupt, &trial, &values, &generations) else { return nil }
    if !isInterrupt, !generations.isDisjoint(with: decimal),
      !take(pasids, false, &trial, &values, &generations)
    {
      generations.subtract(only(.f5 ... .f5))
    }
    let start = trial.at
    var (place, shown) = (trial, values)
    var hidden: String?
    if take(places, isInterrupt, &place, &shown, &generations),
      // The halves of an old record may be glued behind an index, but not behind an address.
      isInterrupt || !place.isInsideWord
    {
      (trial, values) = (place, shown)
    } else {
      guard !isInterrupt, take(hiddenPlaces, false, &trial, &values, &generations) else {
        return nil
      }
      hidden = values[7]
      values.set(2, 0)
    }
    let device = values[6] as PCIAddress?
    let pasid = values[1] as UInt32?
    let request: FaultLine.Request =
      isInterrupt
      ? .interrupt(index: values[2])
      : .dma(
        access: values.number(5) == 0 ? .read : .write,
        pasid: pasid == noPASID ? nil : pasid.map { PASID(rawValue: $0) }, address: values[2])
    cursor = trial
    return Found(
      request: request, source: device?.sourceID ?? values[0],
      segment: device.map { UInt16(truncatingIfNeeded: $0.segment) }, hiddenAddress: hidden,
      generations: generations, place: start..<trial.at)
  }

  /// Takes the first part that fits, one without slips before one with them.
  private static func take(
    _ parts: [Part], _ isInterrupt: Bool, _ cursor: inout TextCursor, _ values: inout FormValues,
    _ generations: inout FaultLineGenerations
  ) -> Bool {
    for hasSlips in [false, true] {
      for part in parts {
        var (trial, found) = (cursor, values)
        guard FormTemplate.read(part.words, &trial, &found, hasSlips: hasSlips) else { continue }
        (cursor, values) = (trial, found)
        generations.formIntersection(isInterrupt ? part.interrupt : part.dma)
        return true
      }
    }
    return false
  }
}
