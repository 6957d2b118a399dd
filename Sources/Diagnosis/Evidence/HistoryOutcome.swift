import KernelLog
import LogReading
import MachineEvidence
import PCI
import VTdFormats

/// What the mapping history shows about the address of one fault.
enum HistoryOutcome {
  /// The mapping had ended, `ago` microseconds before the fault; nil where the clocks cannot be
  /// compared.
  case unmapped(MappingLife, by: MappingEvent.Moment, ago: UInt64?, again: MappingLife?)
  /// It was mapped for the device, but not for this kind of access.
  case forbidden(MappingLife)
  /// It was mapped for the device, and allowed.
  case allowed(MappingLife)
  case forAnother(MappingLife, isLive: Bool)
  /// It was mapped, and no event says for which device.
  case forSomebody(MappingLife)
  /// A mapping ends shortly below the address: the device reached at least `bytes` bytes past its
  /// end.
  case behind(MappingLife, bytes: UInt64, isNext: Bool)
  /// It was mapped only `after` microseconds after the fault; nil where that cannot be compared.
  case later(MappingLife, after: UInt64?)
  case never
}

/// Checks a fault against the mapping history: by the device where events name one, else by the
/// address, and by time where both clocks are the boot's.
struct HistoryCase {
  /// Microseconds by which the clocks of processors and of the log may differ; a smaller difference
  /// of two times says nothing about their order.
  static let slack: UInt64 = 5_000

  private enum State { case future, live, ended }

  let fault: FaultCase
  private let history: MappingHistory
  /// When the record was printed, where that can be compared with the history's times.
  let time: UInt64?

  init(_ fault: FaultCase) {
    self.fault = fault
    history = fault.log.history
    time = history.clock == .uptime ? fault.uptime : nil
  }

  var outcome: HistoryOutcome? {
    guard let address = fault.fault.address, let access = fault.fault.access,
      !history.isEmpty, (fault.fault.pasid?.rawValue ?? 0) == 0,
      fault.reason == nil || fault.isReason(FaultReason.inPageTables)
    else { return nil }
    if history.counts.alive == 0, let time, let first = history.counts.first,
      time.addingReportingOverflow(Self.slack).partialValue < first
    {
      return nil
    }
    let lives = history.lives(at: address)
    let own = lives.filter { $0.device == fault.fault.function }
    let others = lives.filter { !$0.name.isEmpty && $0.device != fault.fault.function }
    let nameless = lives.filter { $0.origin == .tables && !$0.isOfDriver }
    if let live = own.last(where: { state($0) == .live }) {
      let isAllowed = access == .read ? live.direction?.allowsReads : live.direction?.allowsWrites
      return isAllowed == false ? .forbidden(live) : .allowed(live)
    }
    let isLive = (others + nameless).last { state($0) == .live }
    if let ended = latest(own) { return unmapped(ended, again: isLive ?? future(own)) }
    if let live = others.last(where: { state($0) == .live }) {
      return .forAnother(live, isLive: true)
    }
    if let isLive { return .forSomebody(isLive) }
    if let ended = latest(nameless) { return unmapped(ended, again: future(own + nameless)) }
    if let ended = latest(others) { return .forAnother(ended, isLive: false) }
    if let coming = future(own + nameless) {
      let after = coming.mapped?.time.flatMap { then in time.map { then - min($0, then) } }
      return .later(coming, after: after)
    }
    return neighbour(address) ?? (history.counts.mappings > 0 ? .never : nil)
  }

  private func state(_ life: MappingLife) -> State {
    let end = history.end(of: life)
    guard let time else { return end == nil ? .live : .ended }
    if let begin = life.mapped?.time, begin > time { return .future }
    guard let end else { return .live }
    return end.time.map { $0 <= time.addingReportingOverflow(Self.slack).partialValue } ?? true
      ? .ended : .live
  }

  private func latest(_ lives: [MappingLife]) -> MappingLife? {
    lives.filter { state($0) == .ended }
      .max { (history.end(of: $0)?.time ?? 0) < (history.end(of: $1)?.time ?? 0) }
  }

  private func future(_ lives: [MappingLife]) -> MappingLife? {
    lives.first { state($0) == .future }
  }

  private func unmapped(_ life: MappingLife, again: MappingLife?) -> HistoryOutcome? {
    guard let end = history.end(of: life) else { return nil }
    let ago = end.time.flatMap { then in time.map { $0 - min(then, $0) } }
    return .unmapped(life, by: end, ago: ago, again: again)
  }

  private func neighbour(_ address: UInt64) -> HistoryOutcome? {
    let below = history.lives(below: address).filter {
      state($0) == .live
        && ($0.device == fault.fault.function || $0.origin == .tables && !$0.isOfDriver)
    }
    // Of equal pages the smaller end is the driver's buffer, which is more exact than whole pages.
    guard let nearest = below.max(by: { ($0.pagesEnd, $1.end) < ($1.pagesEnd, $0.end) }) else {
      return nil
    }
    let isNext = nearest.pagesEnd == address.pageStart
    guard isNext || nearest.device != nil else { return nil }
    return .behind(nearest, bytes: address - nearest.end + 1, isNext: isNext)
  }

  /// The IOTLB flush after an unmapping and its delay in microseconds, where that is 1 ms or more.
  func lateFlush(_ life: MappingLife, _ end: MappingEvent.Moment) -> (
    moment: MappingEvent.Moment, delay: UInt64
  )? {
    guard let flush = history.flush(after: life), let at = flush.time, let then = end.time,
      at > then, at - then >= 1000
    else { return nil }
    return (flush, at - then)
  }

  /// The lines that show the end of a mapping, and its beginning if the history has it.
  func places(_ life: MappingLife, _ others: MappingEvent.Moment?...) -> [LogPlace] {
    ([life.mapped, life.row] + others).compactMap { $0 }.map(HistoryWords.place)
  }
}
