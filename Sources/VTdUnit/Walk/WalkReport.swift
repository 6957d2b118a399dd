import Synchronization
public import VTdFormats

/// One step of a walk: an entry read, what it says, what was looked at.
public struct WalkStep: Hashable, Sendable {
  /// What was read.
  public let structure: WalkStructure
  /// Paging level, 5 to 1; 0 for the other structures.
  public let level: Int
  /// Where the entry lies.
  public let address: UInt64
  /// Which entry of its table it is; nil for what lies in no table.
  public let index: UInt64?
  /// The address that is being translated: the request's, or in the second stage of a nested
  /// translation the guest's.
  public let input: UInt64?
  /// The entry's 64-bit words, lowest first; empty if it could not be read.
  public let words: [UInt64]
  /// Every field by name.
  public let fields: [DecodedField]
  /// What was checked and held, in order.
  public internal(set) var checks: [String]
  /// Permission over all levels up to this one, as `RWXU`, in the second stage `RWX`; nil before the
  /// page tables.
  public internal(set) var accumulated: String?
  /// Bits that hardware sets in the entry, by name.
  public internal(set) var updates: [String]
  /// Where its table begins; nil for what lies in no table.
  public let table: UInt64?
  /// The bits of ``input`` that choose the entry; nil where an index alone does.
  public let slice: AddressSlice?
  /// The step whose entry leads to this one, by its place in the report; nil for the first.
  ///
  /// In a nested translation the second stage's first entry has as parent the first-stage entry, or
  /// the PASID entry, whose address it translates.
  public let parent: Int?
  /// Why the walk ends here; nil where it went on.
  public internal(set) var failure: WalkFailure?

  /// What did not hold, in words, where the walk ends here.
  public var failed: String? { failure?.reason.meaning }
}

/// Why a walk ended at a step.
public struct WalkFailure: Hashable, Sendable {
  /// What a fault record would hold.
  public let reason: FaultReason
  /// Whether the entry maps nothing at all. In legacy mode the reason does not tell that from a page
  /// that lacks one permission.
  public let isMissing: Bool

  /// What was wrong; nil for a code without a row.
  public var problem: FaultReasonRow.Problem? { isMissing ? .notPresent : reason.row?.problem }
}

#if !hasFeature(Embedded)
  // Here and not in Codable.swift: the compiler writes it in the type's own file only.
  extension WalkStep: Codable {}
  extension WalkFailure: Codable {}
#endif

/// One translation, told step by step.
public struct WalkReport: Hashable, Sendable {
  /// The request whose way it is.
  public let request: DMARequest
  /// What the registers decide before any table is read.
  public let notes: [String]
  /// The entries in the order in which they were read.
  public let steps: [WalkStep]
  /// What the tables in memory give now, with no cache and nothing recorded; the disposition of a
  /// fault is what FPD says, and ``FaultDisposition/notReported`` where it would be recorded.
  public let verdict: TranslationOutcome
  /// What a fault would leave in a fault record; nil where none is recorded.
  public let record: FaultRecord?
}

extension WalkStructure {
  /// The entry's fields, by its layout.
  func decode(_ words: [UInt64]) -> [DecodedField] {
    switch self {
    case .rootEntry: RootEntry(words: words).decoded
    case .scalableRootEntry: ScalableRootEntry(words: words).decoded
    case .contextEntry: ContextEntry(words: words).decoded
    case .scalableContextEntry: ScalableContextEntry(words: words).decoded
    case .pasidDirectoryEntry: PASIDDirectoryEntry(words: words).decoded
    case .pasidTableEntry: PASIDTableEntry(words: words).decoded
    case .firstStageEntry: FirstStageEntry(words: words).decoded
    case .secondStageEntry: SecondStageEntry(words: words).decoded
    case .interruptEntry: InterruptEntry(words: words).decoded
    case .postedInterruptEntry: PostedInterruptEntry(words: words).decoded
    case .postedInterruptDescriptor: PostedInterruptDescriptor(words: words).decoded
    }
  }
}

/// Writes down what the walk tells.
struct ReportingObserver: WalkObserver {
  static var isSilent: Bool { false }
  var steps: [WalkStep] = []
  private var index: UInt64?
  private var input: UInt64?

  mutating func selects(_ index: UInt64, by input: UInt64) {
    self.index = index
    self.input = input
  }

  mutating func read(
    _ structure: WalkStructure, level: Int, at address: UInt64, _ words: @autoclosure () -> [UInt64]
  ) {
    let words = words()
    add(structure, level, address, words, structure.decode(words))
  }

  mutating func unreadable(_ structure: WalkStructure, level: Int, at address: UInt64) {
    add(structure, level, address, [], [])
  }

  private mutating func add(
    _ structure: WalkStructure, _ level: Int, _ address: UInt64, _ words: [UInt64],
    _ fields: [DecodedField]
  ) {
    steps.append(
      WalkStep(
        structure: structure, level: level, address: address, index: index, input: input,
        words: words, fields: fields, checks: [], updates: [],
        table: index.map { address &- $0 &* structure.byteCount },
        slice: index == nil ? nil : structure.slice(level: level),
        parent: parent(of: structure, level)))
    index = nil
    input = nil
  }

  /// The step whose entry leads to one that is read now.
  private func parent(of structure: WalkStructure, _ level: Int) -> Int? {
    guard let last = steps.last else { return nil }
    switch structure {
    case .secondStageEntry where last.structure == .secondStageEntry && last.level == level + 1:
      return steps.count - 1
    case .secondStageEntry, .firstStageEntry:
      return steps.lastIndex { $0.structure != .secondStageEntry } ?? steps.count - 1
    default: return steps.count - 1
    }
  }

  mutating func accumulated(_ permissions: Permissions) {
    change {
      let all = permissions.description
      $0.accumulated = $0.structure == .firstStageEntry ? all : String(all.dropLast())
    }
  }

  mutating func checked(_ what: StaticString) { change { $0.checks.append("\(what)") } }

  mutating func updates(_ what: StaticString) { change { $0.updates.append("\(what)") } }

  mutating func failed(_ reason: FaultReason) {
    change { step in
      let isMissing = step.structure == .secondStageEntry && step.words.first.map { $0 & 3 } == 0
      step.failure = WalkFailure(
        reason: reason,
        isMissing: isMissing && (FaultReason.pageRefused.contains(reason)))
    }
  }

  private mutating func change(_ body: (inout WalkStep) -> Void) {
    if !steps.isEmpty { body(&steps[steps.count - 1]) }
  }
}

extension RemappingUnit {
  /// What the tables in memory say about a request now, step by step.
  ///
  /// Caches are neither asked nor filled, no fault is recorded and no accessed or dirty bit is
  /// written, so asking changes nothing.
  public func explain(_ request: DMARequest) -> WalkReport {
    let control = control.load(ordering: .acquiring)
    let notes = notes(on: request, control)
    if let early = withoutTables(request, control) {
      return WalkReport(
        request: request, notes: notes, steps: [], verdict: early.outcome, record: nil)
    }
    var walker = Walker(environment, updatesMemory: false, observer: ReportingObserver())
    let root = RootTableAddress(rawValue: control & ControlBits.root)
    let (result, context) = walker.walk(request, root: root)
    let verdict = verdict(on: request, result, context, control)
    var record: FaultRecord?
    if case .blocked(.fault(let reason), let disposition) = verdict {
      walker.observer.failed(reason)
      if disposition != .faultProcessingDisabled {
        record = self.record(of: request, reason, result, context)
      }
    } else if result.isFault {
      walker.observer.failed(FaultReason(rawValue: result.reason))
    }
    return WalkReport(
      request: request, notes: notes, steps: walker.observer.steps, verdict: verdict,
      record: record)
  }

  private func verdict(
    on request: DMARequest, _ result: WalkResult, _ context: RequestContext, _ control: UInt64
  ) -> TranslationOutcome {
    let reason = FaultReason(rawValue: result.reason)
    let asks = request.addressType == .translationRequest
    if result.isFault && !(asks && reason.isAnsweredToDevice) {
      return .blocked(
        .fault(reason),
        context.flags.contains(.faultProcessingDisabled) ? .faultProcessingDisabled : .notReported)
    }
    if asks { return answer(result, request, context).outcome }
    if context.flags.contains(.passThrough) { return passThrough(result, control).outcome }
    return Translation(address: result.address, flags: result.flags).outcome
  }

  /// What the registers say, in the order in which hardware looks at it.
  private func notes(on request: DMARequest, _ control: UInt64) -> [String] {
    var notes: [String] = []
    if request.address.rawValue.isInterruptAddress {
      notes.append(
        request.pasid == nil
          ? "0xfee00000 to 0xfeefffff is the interrupt range: no table is asked"
          : "0xfee00000 to 0xfeefffff is ordinary address space for a request with PASID")
    }
    if control & ControlBits.translationEnabled == 0 {
      notes.append("TES is clear: DMA is not translated")
    } else {
      let root = RootTableAddress(rawValue: control)
      let table = "root table at 0x\(hex(root[inPlace: .rootTable]))"
      switch root.mode {
      case .legacy: notes.append("TES is set; RTADDR: legacy mode (TTM 0), \(table)")
      case .scalable: notes.append("TES is set; RTADDR: scalable mode (TTM 1), \(table)")
      case .reserved: notes.append("TES is set; RTADDR: TTM 2 is reserved")
      case .abortDMA:
        notes.append("TES is set; RTADDR: abort-DMA mode (TTM 3), nothing passes or is recorded")
      }
    }
    return notes + protectedRegions(control)
  }

  private func protectedRegions(_ control: UInt64) -> [String] {
    if control & ControlBits.protectedMemory == 0 { return [] }
    let regions = state.withLock { ProtectedRegions($0.registers, configuration.capability).all }
    let list = regions.map { "0x\(hex($0.lowerBound)) to 0x\(hex($0.upperBound))" }
    return [
      "PRS is set: \(list.joined(separator: " and ")) are closed to DMA that no table translates"
    ]
  }
}
