public import VTdFormats

/// A fault record as the kernel prints it (`dmar_fault_do_one`).
public struct FaultLine: Hashable, Sendable {
  /// What a DMA wanted, as the line says it.
  public enum Access: String, Hashable, Sendable {
    /// To read.
    case read
    /// To write.
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

  /// The DMA or the interrupt.
  public var request: Request
  /// Who sent it.
  public var source: SourceID
  /// The unit's PCI segment; kernels before 7.2 do not print it.
  public var segment: UInt16
  /// Bits 103:96 of the fault record.
  public var reason: UInt8

  /// A line with these values.
  public init(request: Request, source: SourceID, segment: UInt16 = 0, reason: UInt8) {
    self.request = request
    self.source = source
    self.segment = segment
    self.reason = reason
  }

  /// The line for one fault record, as `dmar_fault_do_one` decides it.
  ///
  /// - Parameters:
  ///   - reason: bits 103:96; an interrupt reason makes an `INTR-REMAP` line.
  ///   - isRead: T1, bit 126.
  ///   - pasid: the PASID where PP (bit 95) is set.
  ///   - source: bits 79:64.
  ///   - segment: the unit's.
  ///   - faultInfo: bits 63:0; the page of a DMA, or the interrupt index in bits 63:48.
  public init(
    reason: UInt8, isRead: Bool, pasid: PASID?, source: SourceID, segment: UInt16 = 0,
    faultInfo: UInt64
  ) {
    self.source = source
    self.segment = segment
    self.reason = reason
    if FaultReasonTable.isInterruptReason(reason) {
      request = .interrupt(index: FaultRecord(low: faultInfo, high: 0).interruptIndex)
    } else {
      request = .dma(
        access: isRead ? .read : .write, pasid: pasid,
        address: IOVA(rawValue: faultInfo.pageStart))
    }
  }
}

/// The shapes of a fault record's line over the kernel's history (F1 to F8; interrupt lines I1 to
/// I8 change with them). When each came is told by the timeline of `fault_lines` in `KernelProfiles`.
public enum FaultLineGeneration: String, Hashable, Comparable, Sendable, CaseIterable {
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
  /// As F7 with the segment before the bus.
  case f8 = "F8"

  public static func < (left: FaultLineGeneration, right: FaultLineGeneration) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension FaultLineGeneration {
  /// What `pr_fmt` puts before the driver's lines in this generation: empty, `dmar: ` or `DMAR: `.
  public var prefix: String {
    switch self {
    case .f1: ""
    case .f2: "dmar: "
    case .f3, .f4, .f5, .f6, .f7, .f8: "DMAR: "
    }
  }

  /// How many shapes came before it.
  var order: UInt8 { UInt8(Self.allCases.firstIndex(of: self) ?? 0) }
}
