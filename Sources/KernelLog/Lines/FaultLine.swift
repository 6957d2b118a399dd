public import VTdFormats

/// A fault record as the kernel prints it (`dmar_fault_do_one`).
public struct FaultLine: Hashable, Sendable {
  public enum Access: String, Hashable, Sendable, Codable {
    case read
    case write
  }

  /// What was refused. The reason decides which of the two the kernel prints.
  public enum Request: Hashable, Sendable {
    /// A DMA. `pasid` is nil where the record's PASID-present bit was clear, and in kernels before
    /// 5.4, which do not print it.
    case dma(access: Access, pasid: PASID?, address: IOVA)
    /// An interrupt message; `index` is the record's bits 63:48.
    case interrupt(index: UInt16)
  }

  public var request: Request
  public var source: SourceID
  /// Bits 103:96 of the fault record.
  public var reason: UInt8

  public init(request: Request, source: SourceID, reason: UInt8) {
    self.request = request
    self.source = source
    self.reason = reason
  }

  /// The line for one fault record, as `dmar_fault_do_one` decides it.
  ///
  /// - Parameters:
  ///   - reason: bits 103:96; an interrupt reason makes an `INTR-REMAP` line.
  ///   - isRead: T1, bit 126.
  ///   - pasid: the PASID where PP (bit 95) is set.
  ///   - source: bits 79:64.
  ///   - faultInfo: bits 63:0; the page of a DMA, or the interrupt index in bits 63:48.
  public init(reason: UInt8, isRead: Bool, pasid: PASID?, source: SourceID, faultInfo: UInt64) {
    self.source = source
    self.reason = reason
    if FaultReasonTable.isInterruptReason(reason) {
      request = .interrupt(index: UInt16(truncatingIfNeeded: faultInfo >> 48))
    } else {
      request = .dma(
        access: isRead ? .read : .write, pasid: pasid,
        address: IOVA(rawValue: faultInfo & ~0xfff))
    }
  }
}

/// The shapes of a fault record's line over the kernel's history (F1 to F7; interrupt lines I1 to
/// I7 change with them). When each came is told by the timeline of `fault_lines` in `KernelProfiles`.
public enum FaultLineGeneration: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
  /// Two lines, no prefix but their own.
  case f1 = "F1"
  /// `dmar: ` before the first line.
  case f2 = "F2"
  /// `DMAR: ` before the first line.
  case f3 = "F3"
  /// One line.
  case f4 = "F4"
  /// `PASID %x` always, `ffffffff` for none.
  case f5 = "F5"
  /// The PASID in the tag, `0x` before every number.
  case f6 = "F6"
  /// As F6 with a plain bus:device.function.
  case f7 = "F7"

  public static func < (left: FaultLineGeneration, right: FaultLineGeneration) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// One generation's layout as data; everything that prints or reads a fault line goes through it.
package struct FaultLineLayout: Sendable {
  package enum PASIDPlace: Sendable {
    case absent
    /// ` PASID %x` behind the device, `ffffffff` for none.
    case behindDevice
    /// ` NO_PASID` or ` PASID 0x%x` inside the tag's brackets.
    case inTag
  }

  /// What `pr_fmt` puts before the record.
  package let prefix: String
  /// Before the tag and before the reason of a DMA line.
  package let ownTag: String
  /// Up to and with the bracket before the device, in an interrupt line.
  package let interruptOpening: String
  /// Before the reason of an interrupt line.
  package let interruptReasonTag: String
  /// Between the address (or index) and the reason: a record of two lines breaks here.
  package let addressSeparator: String
  package let indexSeparator: String
  package let pasid: PASIDPlace
  /// Before bus and device: `0x` in F6 alone.
  package let deviceNumberPrefix: String
  /// Before address, index and reason.
  package let numberPrefix: String
  package let reasonRadix: Int

  private static func twoLines(prefix: String) -> FaultLineLayout {
    FaultLineLayout(
      prefix: prefix, ownTag: "DMAR:", interruptOpening: "INTR-REMAP: Request device [[",
      interruptReasonTag: "INTR-REMAP:", addressSeparator: " \n", indexSeparator: "\n",
      pasid: .absent, deviceNumberPrefix: "", numberPrefix: "", reasonRadix: 10)
  }

  private static func oneLine(
    pasid: PASIDPlace, deviceNumberPrefix: String, numberPrefix: String, reasonRadix: Int
  ) -> FaultLineLayout {
    FaultLineLayout(
      prefix: "DMAR: ", ownTag: "", interruptOpening: "[INTR-REMAP] Request device [",
      interruptReasonTag: "", addressSeparator: " ", indexSeparator: " ", pasid: pasid,
      deviceNumberPrefix: deviceNumberPrefix, numberPrefix: numberPrefix, reasonRadix: reasonRadix)
  }

  package static func of(_ generation: FaultLineGeneration) -> FaultLineLayout {
    switch generation {
    case .f1: twoLines(prefix: "")
    case .f2: twoLines(prefix: "dmar: ")
    case .f3: twoLines(prefix: "DMAR: ")
    case .f4: oneLine(pasid: .absent, deviceNumberPrefix: "", numberPrefix: "", reasonRadix: 10)
    case .f5:
      oneLine(pasid: .behindDevice, deviceNumberPrefix: "", numberPrefix: "", reasonRadix: 10)
    case .f6:
      oneLine(pasid: .inTag, deviceNumberPrefix: "0x", numberPrefix: "0x", reasonRadix: 16)
    case .f7: oneLine(pasid: .inTag, deviceNumberPrefix: "", numberPrefix: "0x", reasonRadix: 16)
    }
  }
}

extension FaultLineGeneration {
  /// What `pr_fmt` puts before the driver's lines in this generation: empty, `dmar: ` or `DMAR: `.
  public var prefix: String { FaultLineLayout.of(self).prefix }
}

extension FaultLine {
  /// The record's text: one line from F4 on, two lines with a newline between them before.
  public func text(
    _ generation: FaultLineGeneration, reasons: FaultReasonTable = .scalable
  ) -> String {
    let layout = FaultLineLayout.of(generation)
    let number =
      layout.reasonRadix == 16
      ? hex(UInt64(reason), digits: 2) : (reason < 10 ? "0" : "") + String(reason)
    let reasonText = "[fault reason \(layout.numberPrefix)\(number)] \(reasons.text(reason))"
    switch request {
    case .interrupt(let index):
      return layout.prefix + layout.interruptOpening + device(layout) + "] fault index "
        + layout.numberPrefix + hex(UInt64(index)) + layout.indexSeparator
        + layout.interruptReasonTag + reasonText
    case .dma(let access, let pasid, let address):
      var tag = access == .read ? "DMA Read" : "DMA Write"
      var behindDevice = ""
      switch layout.pasid {
      case .absent: break
      case .behindDevice:
        behindDevice = "PASID " + (pasid.map { hex(UInt64($0.rawValue)) } ?? "ffffffff") + " "
      case .inTag: tag += pasid.map { " PASID 0x" + hex(UInt64($0.rawValue)) } ?? " NO_PASID"
      }
      return layout.prefix + layout.ownTag + "[\(tag)] Request device [" + device(layout) + "] "
        + behindDevice + "fault addr " + layout.numberPrefix + hex(address.rawValue)
        + layout.addressSeparator + layout.ownTag + reasonText
    }
  }

  /// The lines of the record, without newlines.
  public func lines(
    _ generation: FaultLineGeneration, reasons: FaultReasonTable = .scalable
  ) -> [String] {
    text(generation, reasons: reasons).split(separator: "\n").map(String.init)
  }

  private func device(_ layout: FaultLineLayout) -> String {
    let prefix = layout.deviceNumberPrefix
    return prefix + hex(UInt64(source.bus), digits: 2) + ":" + prefix
      + hex(UInt64(source.device), digits: 2) + ".\(source.function)"
  }
}
