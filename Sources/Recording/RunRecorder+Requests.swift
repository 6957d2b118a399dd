internal import Machine
internal import PCI
internal import PhysicalMemory
internal import VTdFormats
internal import VTdUnit

// Records changes of memory, requests, and what the caches take in and drop.
extension RunRecorder {
  // MARK: Memory

  /// How many changes of memory in a row are recorded one by one; further ones are only counted,
  /// since tables that map all of memory take millions.
  private static let toldInARow = 256
  /// For how many words of memory the changes are kept, to find what made a translation stale.
  private static let watchedWords = 1 << 18

  /// Records each 64-bit word that these bytes, which are about to be written, change.
  func write(_ bytes: [UInt8], at address: PhysicalAddress, by who: RunActor) {
    guard let last = address.rawValue.last(ofBytes: UInt64(bytes.count)) else { return }
    var word = address.rawValue & ~7
    while word <= last {
      guard let old = machine.memory.load64(PhysicalAddress(rawValue: word)) else { break }
      var new = old
      for place in 0..<8 as Range<UInt64> {
        let byte = word &+ place
        guard byte >= address.rawValue, byte <= last else { continue }
        let value = UInt64(bytes[Int(byte &- address.rawValue)])
        new = new & ~(0xff &<< (place &* 8)) | value &<< (place &* 8)
      }
      if new != old { note(MemoryFact(address: word, old: old, new: new), by: who) }
      let (next, overflow) = word.addingReportingOverflow(8)
      if overflow { break }
      word = next
    }
  }

  /// Records a change of memory, or adds it to the count of the one before in a long row.
  private func note(_ fact: MemoryFact, by who: RunActor) {
    let isInRow = events.last.map { changesInRow > 0 && $0.id == lastChange && $0.who == who }
    if isInRow != true { changesInRow = 0 }
    changesInRow += 1
    if changesInRow > Self.toldInARow {
      change(lastChange) { last in
        if case .memory(var memory) = last {
          memory.more += 1
          last = .memory(memory)
        }
      }
    } else {
      lastChange = add(who, .memory(fact))
    }
    if changes.count < Self.watchedWords {
      changes[fact.address, default: []].append(lastChange)
    }
  }

  // MARK: Requests

  /// The way over the bus of the DMA that is being sent; nil where the source-id says all of it.
  private func way(of source: SourceID) -> BusWay? {
    guard let sender = sending?.device else { return nil }
    let hops = machine.hops(from: sender)
    var id = sending?.claimedID ?? sender.sourceID
    for hop in hops { id = hop.sourceID ?? id }
    // Requests of a device's TLB carry the device's own source-id.
    guard id == source || sender.sourceID == source else { return nil }
    if hops.isEmpty, sender.sourceID == source { return nil }
    var way = BusWay(sender: sender.shortDescription)
    for hop in hops {
      way.bridges.append(
        BusWay.Bridge(
          name: hop.address.shortDescription, sourceID: hop.sourceID.map { "\($0)" }))
    }
    return way
  }

  func begin(
    _ request: DMARequest, at unit: NamedUnit, through device: ATSDevice?,
    _ act: MachineMoment.Act
  ) {
    let report = unit.hardware.explain(request)
    let tables = Answer(report.verdict)
    var fact = DMAFact(
      unit: unit.name, device: "\(request.source)", access: request.access,
      address: request.address.rawValue, given: Answer(.refused), tables: tables)
    fact.way = way(of: request.source)
    fact.pasid = request.pasid?.rawValue
    fact.type = request.addressType
    fact.isExecute = request.isExecute
    fact.isPrivileged = request.isPrivileged
    fact.usesDeviceTLB = device != nil
    var isKept = tables.result == .blocked
    if !isKept, keptWalks.count < Self.keptWalkLimit { isKept = keptWalks.insert(request).inserted }
    if isKept { for step in report.steps { fact.walk.append(WalkFact(step)) } }
    let cached = caches[unit.name, default: CacheWatch()].look(
      request, in: unit, through: device, walk: report.steps)
    // A device with a TLB of its own used that, so the unit's caches do not matter here.
    let entries = device == nil ? unit.hardware.cachedEntries(for: request) : []
    open.append(
      Open(id: add(.device(fact.device), .dma(fact)), act: act, cached: cached, entries: entries))
  }

  func finish(
    _ id: Int, _ request: DMARequest, at unit: NamedUnit, through device: ATSDevice?,
    _ cached: CachedTranslation?, _ entries: [CachedEntry]
  ) {
    guard case .dma(var fact) = fact(id) else { return }
    var watch = caches[unit.name, default: CacheWatch()]
    if let cached, fact.given.result == .translated || cached.isMissing {
      fact.isHit = true
      fact.filledBy = watch.fill(of: cached, device)?.event
    }
    fact.isStale = !fact.given.isSame(as: fact.tables)
    // A refused translation request and blocking tables agree: in both cases nothing is sent.
    if fact.given.result == .refused, fact.tables.result == .blocked { fact.isStale = false }
    if fact.isStale {
      if fact.filledBy == nil, let (fill, change) = remembered(entries, watch) {
        (fact.filledBy, fact.staleSince) = (fill, change)
      } else {
        let words = watch.fill(of: cached, device)?.entries ?? watch.entries(of: request)
        fact.staleSince = firstChange(of: words, after: fact.filledBy)
      }
      if fact.walk.isEmpty, keptWalks.count < Self.keptWalkLimit {
        for step in unit.hardware.explain(request).steps { fact.walk.append(WalkFact(step)) }
      }
    }
    change(id) { $0 = .dma(fact) }
    if device == nil {
      let news = watch.news(of: unit.hardware.cachedEntries(for: request))
      for (entry, event) in note(news, of: unit, &watch, cause: id) {
        watch.note(entry, event: event, request)
      }
    }
    if fact.given.result == .translated, !fact.isHit,
      let filled = watch.newFill(request, in: unit, through: device)
    {
      let event = add(
        device == nil ? .unit(unit.name) : .device(fact.device),
        .cache(CacheFact(filled, isFill: true, unit: unit.name, device)), cause: id)
      watch.note(filled, device, event: event, request)
    }
    caches[unit.name] = watch
    fold(id)
  }

  /// For the first of these cached entries that no longer agrees with memory: the event that filled
  /// it and the event that changed memory.
  private func remembered(_ entries: [CachedEntry], _ watch: CacheWatch) -> (Int, Int)? {
    for entry in entries {
      guard let fill = watch.fill(of: entry) else { continue }
      let since = firstChange(of: fill.words, after: fill.event)
      if let since { return (fill.event, since) }
    }
    return nil
  }

  /// Records entries that came into caches, after the entries that these caches dropped for them.
  private func note(
    _ news: [CachedEntry], of unit: NamedUnit, _ watch: inout CacheWatch, cause: Int
  ) -> [(CachedEntry, event: Int)] {
    if news.isEmpty { return [] }
    var caches: Set<CachedEntry.Cache> = []
    for entry in news { caches.insert(entry.cache) }
    for gone in watch.takeDropped(from: unit, of: caches) {
      add(
        .unit(unit.name), .cache(CacheFact(gone, isFill: false, unit: unit.name)), cause: cause)
    }
    var noted: [(CachedEntry, event: Int)] = []
    for entry in news {
      let event = add(
        .unit(unit.name), .cache(CacheFact(entry, isFill: true, unit: unit.name)), cause: cause)
      noted.append((entry, event))
    }
    return noted
  }

  // MARK: Interrupts

  func begin(
    _ request: InterruptRequest, at unit: NamedUnit, _ act: MachineMoment.Act
  ) {
    let report = unit.hardware.explain(request)
    let tables = InterruptAnswer(report.verdict)
    var fact = InterruptFact(
      unit: unit.name, device: "\(request.source)", address: UInt64(request.address),
      data: UInt64(request.data), given: tables, tables: tables)
    fact.way = way(of: request.source)
    for step in report.steps { fact.walk.append(WalkFact(step)) }
    var entries: [CachedEntry] = []
    if let held = unit.hardware.cachedEntry(for: request) { entries.append(held) }
    let id = add(.device(fact.device), .interruptRequest(fact))
    open.append(Open(id: id, act: act, entries: entries))
  }

  func finish(
    _ id: Int, _ request: InterruptRequest, at unit: NamedUnit, _ entries: [CachedEntry]
  ) {
    guard case .interruptRequest(var fact) = fact(id) else { return }
    var watch = caches[unit.name, default: CacheWatch()]
    fact.isStale = fact.given != fact.tables
    if let held = entries.first {
      fact.isHit = true
      let fill = watch.fill(of: held)
      fact.filledBy = fill?.event
      if fact.isStale {
        fact.staleSince = firstChange(of: fill?.words ?? [], after: fill?.event)
      }
    }
    change(id) { $0 = .interruptRequest(fact) }
    var news: [CachedEntry] = []
    if let held = unit.hardware.cachedEntry(for: request) { news = watch.news(of: [held]) }
    for (entry, event) in note(news, of: unit, &watch, cause: id) {
      watch.note(entry, event: event, unit.hardware.explain(request).steps)
    }
    caches[unit.name] = watch
  }

  /// The first change of one of these words after `event`; the last change where `event` is nil.
  private func firstChange(of words: [UInt64], after event: Int?) -> Int? {
    var best: Int?
    for word in words {
      for id in changes[word] ?? [] {
        if let event {
          if id > event, best.map({ id < $0 }) ?? true { best = id }
        } else if best.map({ id > $0 }) ?? true {
          best = id
        }
      }
    }
    return best
  }

  /// Merges a request into the one before, if both are equal and it led to no other event.
  private func fold(_ id: Int) {
    guard id == events.count - 1, id > 0, events[id - 1].step == events[id].step,
      events[id - 1].cause == events[id].cause, case .dma(var before) = events[id - 1].what,
      case .dma(let fact) = events[id].what
    else { return }
    var alike = before
    alike.count = 1
    alike.walk = fact.walk
    guard alike == fact else { return }
    before.count += 1
    events[id - 1].what = .dma(before)
    events.removeLast()
  }

  // MARK: Caches

  /// Records what a command to a unit dropped from its caches and from its devices' TLBs.
  func noteDrops(of name: String) {
    guard var watch = caches[name], watch.hasFills,
      let unit = machine.units.first(where: { $0.name == name })
    else { return }
    let cause = lastCommand[name].flatMap { isUnderWay($0) }
    for gone in watch.takeDropped(from: unit, of: Set(CachedEntry.Cache.allCases)) {
      add(.unit(name), .cache(CacheFact(gone, isFill: false, unit: name)), cause: cause)
    }
    for (gone, device) in watch.takeDropped(from: unit) {
      add(
        device == nil ? .unit(name) : .device("\(device?.source ?? SourceID(rawValue: 0))"),
        .cache(CacheFact(gone, isFill: false, unit: name, device)), cause: cause)
    }
    caches[name] = watch
  }
}
