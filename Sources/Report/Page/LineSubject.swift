internal import KernelLog
internal import Recording
internal import VTdFormats
internal import VTdUnit

/// What a line of the kernel's log is about, as far as the record shows it.
enum LineSubject: Equatable {
  /// The request of the event with this index, whose fault the kernel handles.
  case request(Int)
  /// The lock validator's report with this number, from 0 on.
  case lockReport(Int)

  /// The subjects of a record's lines, by the lines' events.
  ///
  /// The handler of a fault reads one fault record after the other and clears each before it prints what
  /// it read; so a line speaks of the request whose record its handler cleared last, and before the first
  /// one of the request that the handler was called for.
  static func all(of record: RunRecord) -> [Int: LineSubject] {
    var subjects: [Int: LineSubject] = [:]
    var reports: [Int: Int] = [:]
    var held: [FaultPlace: Int] = [:]
    // The key is the event for which the fault handler runs.
    var cleared: [Int: Int] = [:]
    for event in record.events {
      switch event.what {
      case .lockReport: reports[event.id] = reports.count
      case .fault(let fact):
        guard fact.recorded.outcome == .recorded, let index = fact.recorded.index else { continue }
        held[FaultPlace(unit: fact.unit, index: index)] = event.cause
      case .register(let fact):
        guard let cause = event.cause else { continue }
        if fact.name == "FSTS", !fact.isWrite {
          cleared[cause] = nil
        } else if fact.isWrite, let place = FaultPlace(fact) {
          cleared[cause] = held[place]
        }
      case .line:
        let causes = record.causes(of: event).dropFirst()
        if let report = causes.lazy.compactMap({ reports[$0.id] }).first {
          subjects[event.id] = .lockReport(report)
        } else if let request = event.cause.flatMap({ cleared[$0] })
          ?? causes.first(where: { $0.what.request != nil })?.id
        {
          subjects[event.id] = .request(request)
        }
      default: break
      }
    }
    return subjects
  }
}

/// A fault record of a unit.
private struct FaultPlace: Hashable {
  let unit: String
  let index: Int

  init(unit: String, index: Int) {
    self.unit = unit
    self.index = index
  }

  /// The record that a register belongs to; nil for a register of none.
  init?(_ fact: RegisterFact) {
    let start = "FRCD["
    guard fact.name.hasPrefix(start),
      let index = Int(fact.name.dropFirst(start.count).prefix { $0 != "]" })
    else { return nil }
    self.init(unit: fact.unit, index: index)
  }
}

extension DumpLine {
  /// The entry of a walk that a line of the dump prints, or at which the dump ends; nil where the
  /// walk did not read it.
  func entry(of walk: [WalkFact]) -> WalkFact? {
    func last(_ structures: WalkStructure...) -> WalkFact? {
      walk.last { structures.contains($0.structure) }
    }
    func paging(_ level: Int, _ word: UInt64?) -> WalkFact? {
      let entries = walk.filter {
        $0.level == level
          && ($0.structure == .firstStageEntry || $0.structure == .secondStageEntry)
      }
      // A nested walk reads several entries of one level, the dump only those of one stage.
      return entries.first { word == nil ? $0.failure != nil : $0.words.first == word }
        ?? entries.last
    }
    switch self {
    case .header: return nil
    case .rootEntry, .scalableRootEntry, .stop(.noRootTable), .stop(.noContextTable):
      return last(.rootEntry, .scalableRootEntry)
    case .contextEntry, .stop(.noLegacyPageTable), .stop(.noPASIDDirectory):
      return last(.contextEntry, .scalableContextEntry)
    case .pasidDirectoryEntry, .stop(.noPASIDTable): return last(.pasidDirectoryEntry)
    case .pasidTableEntry, .stop(.noScalablePageTable): return last(.pasidTableEntry)
    case .pageTableEntry(let level, let word): return paging(level, word)
    case .stop(.entryNotPresent(let level)): return paging(level, nil)
    case .stop(.deviceNotProbed), .stop(.noPageTableSetUp): return nil
    }
  }
}

extension RunRecord {
  /// The entries that the tables' answer to a request rests on.
  func walk(of request: Int) -> [WalkFact] {
    guard events.indices.contains(request) else { return [] }
    return events[request].what.request?.walk ?? []
  }
}
