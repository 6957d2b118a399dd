import KernelLog
import Rebuild
import Testing
import VTdFormats

/// A single pasted line, for every reason there is.
@Suite("One pasted line")
struct EveryReasonTests {
  /// Reasons that no unit of a scenario can give with that PASID or without one, with a part of what is
  /// said of them.
  static let impossible: [(reason: UInt8, pasid: Bool?, words: String)] = [
    (0x00, nil, "no unit records reason 0x00"),
    (0x91, nil, "refuses no update"),
    (0x31, false, "only a request with a PASID"), (0x45, false, "only a request with a PASID"),
    (0x46, false, "only a request with a PASID"), (0x5c, false, "only a request with a PASID"),
    (0x82, false, "only a request with a PASID"), (0x48, true, "only a request without a PASID"),
    // What only legacy mode has is not to be had with a PASID.
    (0x27, nil, "no kernel prints its reason"), (0x28, nil, "no kernel prints its reason"),
    (0x03, true, "replayed"), (0x0d, true, "replayed"), (0x0e, true, "replayed"),
  ]

  struct Case: CustomTestStringConvertible {
    let line: String
    let reason: UInt8
    let hasPASID: Bool
    var testDescription: String { line }
  }

  /// Requests by what only some of them meet: an address that is beyond all tables, a write.
  static let cases: [Case] = FaultReason.rows.flatMap { row -> [Case] in
    let reason = row.reason.rawValue
    let number = "0x" + hex(UInt64(reason), digits: 2)
    let text = row.linux ?? "Unknown"
    if (0x20...0x28).contains(reason) {
      return [
        Case(
          line:
            "[INTR-REMAP] Request device [03:00.0] fault index 0x20 [fault reason \(number)] \(text)",
          reason: reason, hasPASID: false)
      ]
    }
    let isWrite = [0x05, 0x85, 0x32, 0x47].contains(reason)
    let isBeyond = row.problem == .beyondWidth && row.structure != .firstStage
    let address: UInt64 = isBeyond ? 0x1_0000_1234_5000 : 0x1234_5000
    return [false, true].map { hasPASID in
      let pasid = hasPASID ? "PASID 0x2100" : "NO_PASID"
      return Case(
        line: "[DMA \(isWrite ? "Write" : "Read") \(pasid)] Request device [03:00.0] fault addr "
          + "0x\(hex(address)) [fault reason \(number)] \(text)",
        reason: reason, hasPASID: hasPASID)
    }
  }

  @Test(
    "a pasted line comes back from a replay, or is left out with the reason", arguments: cases)
  func line(_ test: Case) throws {
    let text = "DMAR: DRHD: handling fault status reg 2\nDMAR: \(test.line)\n"
    let rebuilt = Rebuilding.rebuild(text)
    let impossible = Self.impossible.first {
      $0.reason == test.reason && ($0.pasid ?? test.hasPASID) == test.hasPASID
    }
    if let impossible {
      #expect(rebuilt.isEmpty)
      let left = try #require(rebuilt.leftOut.first)
      #expect(left.line == 2)
      #expect(left.reason.contains(impossible.words), "\(left)")
      return
    }
    #expect(rebuilt.leftOut.isEmpty, "\(rebuilt.leftOut)\n\(rebuilt.yaml)")
    let lines = Rebuilding.lines(of: rebuilt.yaml)
    #expect(lines.contains { $0.contains(test.line) }, "\(lines)\n\(rebuilt.yaml)")
  }

  /// Every reason as the kernels of one shape print it: in two lines, in decimal, with the segment.
  @Test(
    "comes back in the shape that its kernel has, or is left out",
    arguments: [FaultLineGeneration.f3, .f4, .f5, .f6, .f8])
  func shape(_ shape: FaultLineGeneration) throws {
    var (back, left) = (0, 0)
    for row in FaultReason.rows {
      let reason = row.reason.rawValue
      let isInterrupt = FaultReasonTable.isInterruptReason(reason)
      let isWrite = [0x05, 0x85, 0x32, 0x47].contains(reason)
      let isBeyond = row.problem == .beyondWidth && row.structure != .firstStage
      // Posted interrupts have no line of their own, and lie outside of both kinds.
      if (0x20...0x28).contains(reason), !isInterrupt { continue }
      for pasid in isInterrupt || shape < .f5 ? [nil] : [nil, PASID(rawValue: 0x2100)] {
        let line = FaultLine(
          request: isInterrupt
            ? .interrupt(index: 0x20)
            : .dma(
              access: isWrite ? .write : .read, pasid: pasid,
              address: IOVA(rawValue: isBeyond ? 0x1_0000_1234_5000 : 0x1234_5000)),
          source: SourceID(bus: 3, device: 0, function: 0), reason: reason)
        let text = line.text(shape)
        let rebuilt = Rebuilding.rebuild("\(text)\n")
        let isImpossible = Self.impossible.contains {
          $0.reason == reason && ($0.pasid ?? (pasid != nil)) == (pasid != nil)
        }
        if isImpossible {
          left += 1
          #expect(rebuilt.isEmpty && rebuilt.leftOut.count == 1, "\(text)\n\(rebuilt.yaml)")
          continue
        }
        back += 1
        let lines = Rebuilding.lines(of: rebuilt.yaml).joined(separator: "\n")
        #expect(rebuilt.leftOut.isEmpty, "\(text): \(rebuilt.leftOut)")
        // The halves of an old record are lines with a time each.
        let isBack = text.split(separator: "\n").allSatisfy { lines.contains($0) }
        #expect(isBack, "\(text)\n\(lines)\n\(rebuilt.yaml)")
      }
    }
    #expect(back > 55 && left > 5)
  }

  @Test(
    "a pasted line of a posted interrupt comes back as the kernel prints it, like that of a DMA",
    arguments: ["0x27", "0x28"])
  func posted(_ reason: String) {
    let line =
      "[DMA Write NO_PASID] Request device [03:00.0] fault addr 0x20000000000000 [fault reason \(reason)] Unknown"
    let rebuilt = Rebuilding.rebuild("DMAR: DRHD: handling fault status reg 2\nDMAR: \(line)\n")
    #expect(rebuilt.leftOut.isEmpty, "\(rebuilt.leftOut)\n\(rebuilt.yaml)")
    #expect(Rebuilding.lines(of: rebuilt.yaml).contains { $0.contains(line) })
  }

  @Test("a pasted line of a reason that nobody knows is left out, and never another number")
  func unknown() {
    let rebuilt = Rebuilding.rebuild(
      "DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0x1000 [fault reason 0x17] Unknown\n"
    )
    #expect(rebuilt.isEmpty)
    #expect(
      rebuilt.leftOut.map(\.description) == ["kernel.log:1: no unit records reason 0x17"])
  }
}
