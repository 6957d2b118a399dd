public import VTdFormats
public import VTdUnit
import Wording

/// A DMA that a lab sent: what the unit answered, and what the tables say.
public struct LabDMA: Hashable, Sendable, CustomStringConvertible {
  /// What the device asked for.
  public let request: DMARequest
  /// What the unit made of it, its caches included.
  public let outcome: TranslationOutcome
  /// What the tables in memory said at that moment, without any cache.
  public let tables: TranslationOutcome
  /// The record that it left in the unit; nil where it was not blocked, or not recorded.
  public let record: FaultRecord?

  /// Whether the caches gave another answer than the tables: something was changed in memory and not
  /// flushed.
  public var isStale: Bool {
    switch (outcome, tables) {
    case (.translated(let page), .translated(let other)): page.address != other.address
    case (.blocked(let cause, _), .blocked(let other, _)): cause != other
    case (.interruptRequest, .interruptRequest): false
    default: true
    }
  }

  /// Why the request was blocked; nil where it was not, or by something that is not a fault.
  public var reason: FaultReason? {
    if case .blocked(.fault(let reason), _) = outcome { reason } else { nil }
  }

  /// Where the access goes in memory; nil where it was blocked.
  public var address: PhysicalAddress? {
    if case .translated(let page) = outcome { page.address } else { nil }
  }

  /// `00:03.0 write 0x40000000: translated to 0x21000000`, with what the tables say where that is
  /// something else.
  public var description: String {
    let text = "\(request): \(outcome)"
    return isStale ? text + "\n  stale: the tables say \(tables)" : text
  }
}

/// The way of a request through its tables; printing it reads as `dmar walk` does.
public struct LabWalk: Hashable, Sendable, CustomStringConvertible {
  /// Every step as a value: entry, address, fields, checks, what failed.
  public let report: WalkReport

  /// The entries that were read, in order.
  public var steps: [WalkStep] { report.steps }
  /// What the tables give.
  public var verdict: TranslationOutcome { report.verdict }

  public var description: String {
    WalkText.lines(of: report, unit: "dmar0").joined(separator: "\n")
  }
}
