import KernelLog
import LogReading
import PCI
import VTdFormats

/// Findings for errors of the invalidation queue, one for each stop.
enum QueueFindings {
  /// What the lines of one stop say together.
  private struct Stop {
    var timeouts: [Noted<QueueErrorLine>] = []
    var queueErrors: [Noted<QueueErrorLine>] = []
    var completions: [Noted<QueueErrorLine>] = []
    var refused: [Noted<QueueErrorLine>] = []
    var descriptors:
      [(position: QueueErrorLine.Position, qw0: UInt64, qw1: UInt64, place: LogPlace)] =
        []
    /// All ones were read: the registers are not there.
    var isOnes = false
    /// The requester id that a status register or a descriptor names.
    var source: SourceID?

    init(_ lines: [Noted<QueueErrorLine>]) {
      for line in lines {
        switch line.value {
        case .timeout(let value):
          timeouts.append(line)
          note(value)
        case .completionError(let value):
          completions.append(line)
          note(value)
        case .queueError(let reason):
          queueErrors.append(line)
          if reason == QueueErrorLine.reasonOfOnes, lines.contains(where: { Self.isOnes($0.value) })
          {
            isOnes = true
          }
        case .invalidDescriptor: refused.append(line)
        case .descriptor(let position, let qw0, let qw1):
          descriptors.append((position, qw0, qw1, line.place))
          if qw0 != 0, DescriptorHeader(rawValue: qw0).typeCode == DescriptorType.deviceTLB.rawValue
          {
            source = SourceID(
              rawValue: UInt16(
                truncatingIfNeeded: DeviceTLBDescriptor(low: qw0, high: qw1)[.sourceID]))
          }
        default: break
        }
      }
    }

    private static func isOnes(_ line: QueueErrorLine) -> Bool {
      switch line {
      case .timeout(let value), .completionError(let value): value == 0xffff
      default: false
      }
    }

    private mutating func note(_ value: UInt64) {
      if value == 0xffff {
        isOnes = true
      } else if value != 0, source == nil {
        source = SourceID(rawValue: UInt16(truncatingIfNeeded: value))
      }
    }

    var detections: [Noted<QueueErrorLine>] {
      (timeouts + queueErrors + completions + refused).sorted { $0.place < $1.place }
    }
  }

  static func find(_ lines: [Noted<QueueErrorLine>], _ log: LogContents) -> Finding? {
    let stop = Stop(lines)
    guard let first = stop.detections.first else { return nil }
    let descriptors = stop.descriptors.filter { $0.qw0 != 0 }.map { descriptor in
      let text = DumpDecoding.descriptor(descriptor.qw0, descriptor.qw1)
      let isWait =
        DescriptorHeader(rawValue: descriptor.qw0).typeCode == DescriptorType.wait.rawValue
      // The field holds bits 63:2; people look for the address.
      return Finding.Evidence(
        "\(descriptor.position.rawValue): \(text)"
          + (isWait ? ", which writes to 0x\(hex(descriptor.qw1 & ~3))" : ""), [descriptor.place])
    }
    if stop.isOnes { return gone(stop, log, descriptors) }
    if stop.timeouts.isEmpty && stop.completions.isEmpty {
      return refusedDescriptor(stop, first, descriptors)
    }
    return noAnswer(stop, first, log, descriptors)
  }

  /// The unit itself reads as ones.
  private static func gone(
    _ stop: Stop, _ log: LogContents, _ descriptors: [Finding.Evidence]
  ) -> Finding {
    Finding(
      .invalidationTimeout, confidence: 84, severity: .serious,
      culprit: "whoever reset or removed the hierarchy that the unit belongs to (a VMD domain), or "
        + "its power",
      verdict:
        "the invalidation queue's unit reads all ones: the unit, or the hierarchy it belongs to, "
        + "is gone",
      why: [
        Finding.Evidence(
          "all ones were read: the unit itself did not answer, so it is gone or powered down",
          stop.detections.map { $0.place })
      ] + descriptors,
      next: [
        "see what was reset or removed before it: a VMD driver's reset takes the unit along",
        "do not read the error bits: they are ones as everything else",
      ])
  }

  /// An error of the queue itself: no device is to blame.
  private static func refusedDescriptor(
    _ stop: Stop, _ first: Noted<QueueErrorLine>, _ descriptors: [Finding.Evidence]
  ) -> Finding {
    var why = [
      Finding.Evidence(
        "the queue stopped with an error of its own (IQE), and nothing timed out",
        stop.detections.map { $0.place })
    ]
    for line in stop.refused {
      if case .invalidDescriptor(let qw0, let qw1) = line.value {
        why.append(
          Finding.Evidence("refused: \(DumpDecoding.descriptor(qw0, qw1))", [line.place]))
      }
    }
    for line in stop.queueErrors {
      if case .queueError(let reason) = line.value {
        why.append(Finding.Evidence(queueReason(reason), [line.place]))
      }
    }
    return Finding(
      .message, id: "queue-error", confidence: 84, severity: .serious,
      culprit: "the IOMMU driver, or whoever changed the queue's memory; no device",
      verdict: "the unit refused a descriptor of its invalidation queue: a value that it does not "
        + "accept, or a queue that was changed; no device is to blame",
      why: why + descriptors,
      next: [
        "decode the descriptor at the head: which field does this unit not have (ecap)?",
        "look for a kernel fix of that descriptor",
      ],
      missing: descriptors.isEmpty
        ? ["the descriptor (QI HEAD and QI PRIOR lines, from 5.13 on)"] : [])
  }

  /// IQERCD.IQEI of the specification, section 11.4.9.10.
  private static func queueReason(_ reason: UInt64) -> String {
    let words: [UInt64: String] = [
      0: "the unit does not tell the reason (0)", 1: "the tail pointer is wrong (1)",
      2: "the descriptor could not be fetched (2)", 3: "the type is not known (3)",
      4: "a reserved bit of the descriptor is set (4)", 5: "the wait descriptor is wrong (5)",
      6: "the descriptor's width does not fit the queue's (6)",
    ]
    return words[reason] ?? "reason \(reason) of the unit's error record"
  }

  /// A time-out or a bad completion: a device did not answer as it should.
  private static func noAnswer(
    _ stop: Stop, _ first: Noted<QueueErrorLine>, _ log: LogContents,
    _ descriptors: [Finding.Evidence]
  ) -> Finding {
    var why = [
      Finding.Evidence("the invalidation queue stopped", stop.detections.map { $0.place })
    ]
    why += descriptors
    var source = stop.source
    var confidence = 74
    let isHeadEmpty = stop.descriptors.contains { $0.position == .head && $0.qw0 == 0 }
    if isHeadEmpty {
      why.append(
        Finding.Evidence(
          "the entry at the head is empty: the descriptor that stopped the queue is gone, so the lines "
            + "name no device", stop.descriptors.map { $0.place }))
    }
    if let (address, note) = lostDevice(before: first, log) {
      why.append(
        Finding.Evidence("\(address) was in trouble before it: \(note.value.text)", [note.place]))
      if source == nil { source = address.sourceID }
      confidence = 88
    } else if source == nil, let (address, note) = resetDevice(before: first, log) {
      why.append(
        Finding.Evidence(
          "\(address.shortDescription) was reset right before it: \(note.value.text)", [note.place])
      )
      source = address.sourceID
      confidence = 66
    }
    if stop.source != nil { confidence = max(confidence, 84) }
    if isHeadEmpty, stop.source == nil { confidence = min(confidence, 70) }
    let device = source.map { "\($0)" } ?? "a device with ATS"
    let isGuess = stop.source == nil && source != nil
    return Finding(
      .invalidationTimeout, confidence: confidence, severity: .serious,
      culprit: "the device (gone, reset or hung), or who reset it with ATS on",
      verdict: isGuess
        ? "a device did not answer the invalidation of its device TLB; the suspect is \(device): it is "
          + "gone, hung or was reset while ATS was on"
        : "\(device) did not answer the invalidation of its device TLB: it is gone, hung or was "
          + "reset while ATS was on",
      why: why,
      next: [
        "see what happened to the device before line \(first.place.line): removal, reset, power state",
        "the kernel must stop invalidations for a device that is gone; look for such a fix",
      ],
      missing: source == nil
        ? (stop.descriptors.isEmpty
          ? ["the QI HEAD and QI PRIOR lines, which name the device"]
          : ["which device was reset or removed before it (the whole log)"]) : [])
  }

  /// The device that a line before a stop of the queue calls gone. Nil where another stop lies
  /// between, since that line then explains the other stop.
  private static func lostDevice(
    before first: Noted<QueueErrorLine>, _ log: LogContents
  ) -> (PCIAddress, Noted<DriverRemark>)? {
    latestNote(.lost, before: first, log, lines: 200)
  }

  private static func resetDevice(
    before first: Noted<QueueErrorLine>, _ log: LogContents
  ) -> (PCIAddress, Noted<DriverRemark>)? {
    latestNote(.reset, before: first, log, lines: 50)
  }

  private static func latestNote(
    _ sign: DriverSign, before first: Noted<QueueErrorLine>, _ log: LogContents, lines: Int
  ) -> (PCIAddress, Noted<DriverRemark>)? {
    let place = first.place
    let earlier = log.queueErrors.last { $0.place < place }?.place
    var found: (PCIAddress, Noted<DriverRemark>)?
    for (address, notes) in log.notes {
      for note in notes where note.place < place && note.place.file == place.file {
        guard note.value.tells(sign), place.line - note.place.line <= lines else { continue }
        if let earlier, note.place < earlier { continue }
        if let best = found, best.1.place > note.place { continue }
        found = (address, note)
      }
    }
    return found
  }
}
