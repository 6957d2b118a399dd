internal import Machine
internal import PhysicalMemory
internal import VTdFormats
internal import VTdUnit

// What requests do, what memory and caches hold meanwhile.
extension RunRecorder {
  // MARK: Memory

  /// How many changes in a row are told one by one. A table for all of memory has millions.
  private static let toldInARow = 256
  /// How many words of memory are watched for what a stale translation depends on.
  private static let watchedWords = 1 << 18

  /// Notes each 64-bit word that bytes about to be written change.
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

  /// Tells a change, or counts it into the one before where a long row of them goes on.
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

  func begin(
    _ request: DMARequest, at unit: NamedUnit, through device: ATSDevice?,
    _ act: MachineMoment.Act
  ) {
    let report = unit.hardware.explain(request)
    let tables = Answer(report.verdict)
    var fact = DMAFact(
      unit: unit.name, device: "\(request.source)", access: request.access,
      address: request.address.rawValue, given: Answer(.refused), tables: tables)
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
    open.append(Open(id: add(.device(fact.device), .dma(fact)), act: act, cached: cached))
  }

  func finish(
    _ id: Int, _ request: DMARequest, at unit: NamedUnit, through device: ATSDevice?,
    _ cached: CachedTranslation?
  ) {
    guard case .dma(var fact) = fact(id) else { return }
    var watch = caches[unit.name, default: CacheWatch()]
    if let cached, fact.given.result == .translated || cached.isMissing {
      fact.isHit = true
      fact.filledBy = watch.fill(of: cached, device)?.event
    }
    fact.isStale = !fact.given.isSame(as: fact.tables)
    // A device that is answered without permission sends nothing, and the tables agree.
    if fact.given.result == .refused, fact.tables.result == .blocked { fact.isStale = false }
    if fact.isStale {
      let entries = watch.fill(of: cached, device)?.entries ?? watch.entries(of: request)
      fact.staleSince = firstChange(of: entries, after: fact.filledBy)
      if fact.walk.isEmpty, keptWalks.count < Self.keptWalkLimit {
        for step in unit.hardware.explain(request).steps { fact.walk.append(WalkFact(step)) }
      }
    }
    change(id) { $0 = .dma(fact) }
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

  /// The first change of one of these words of memory behind an event; without one the last.
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

  /// Counts a request that is like the one before and led to nothing into that one.
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

  /// What a command to a unit has dropped from its caches and from those of its devices.
  func noteDrops(of name: String) {
    guard var watch = caches[name], watch.hasFills,
      let unit = machine.units.first(where: { $0.name == name })
    else { return }
    for (gone, device) in watch.takeDropped(from: unit) {
      add(
        device == nil ? .unit(name) : .device("\(device?.source ?? SourceID(rawValue: 0))"),
        .cache(CacheFact(gone, isFill: false, unit: name, device)),
        cause: lastCommand[name].flatMap { isUnderWay($0) })
    }
    caches[name] = watch
  }
}
