internal import Machine
internal import VTdFormats
internal import VTdUnit

/// What the caches of a unit, and the TLBs of its devices, took in so far and have not dropped yet.
///
/// A unit tells nothing of its caches, which are on the way of every request: what they hold is looked at
/// before and after each request, and after each register write.
struct CacheWatch {
  /// A translation that a cache took in.
  struct Fill {
    let event: Int
    let translation: CachedTranslation
    /// The device whose own TLB it is in.
    let device: ATSDevice?
    /// The 64-bit words of memory that the translation was read from.
    let entries: [UInt64]
  }

  /// An entry that another cache than those of translations took in.
  struct EntryFill {
    let event: Int
    let entry: CachedEntry
    /// The 64-bit words of memory that it was read from.
    let words: [UInt64]
  }

  /// An entry that a walk read: what it is, and where its 64-bit words lie.
  private struct WalkedEntry {
    let structure: WalkStructure
    let words: [UInt64]
  }

  private struct Key: Hashable {
    let device: UInt16?
    let translation: CachedTranslation.Key
  }

  private var fills: [Key: Fill] = [:]
  private var entryFills: [CachedEntry.Key: EntryFill] = [:]
  /// What the walk of each of the last requests read.
  private var walked: [DMARequest: [WalkedEntry]] = [:]
  private static let walkedLimit = 4096

  var hasFills: Bool { !fills.isEmpty || !entryFills.isEmpty }

  /// What the caches hold for a request that is about to be made.
  mutating func look(
    _ request: DMARequest, in unit: NamedUnit, through device: ATSDevice?, walk: [WalkStep]
  ) -> CachedTranslation? {
    var entries: [WalkedEntry] = []
    for step in walk {
      entries.append(WalkedEntry(structure: step.structure, words: Self.words(of: step)))
    }
    if walked.count >= Self.walkedLimit { walked = [:] }
    walked[request] = entries
    return held(request, in: unit, through: device)
  }

  /// Where the words of an entry lie.
  private static func words(of step: WalkStep) -> [UInt64] {
    var words: [UInt64] = []
    for word in 0..<UInt64(max(step.words.count, 1)) { words.append(step.address &+ word &* 8) }
    return words
  }

  /// The words that the walk of a request read last.
  func entries(of request: DMARequest) -> [UInt64] {
    var words: [UInt64] = []
    for entry in walked[request] ?? [] { words += entry.words }
    return words
  }

  // MARK: Translations

  private func held(
    _ request: DMARequest, in unit: NamedUnit, through device: ATSDevice?
  ) -> CachedTranslation? {
    guard let device else { return unit.hardware.cachedTranslation(of: request) }
    for known in device.translations
    where known.pasid == request.pasid && known.address.rawValue <= request.address.rawValue
      && request.address.rawValue &- known.address.rawValue < known.page.pageSize
    {
      return known
    }
    return nil
  }

  /// What a request that was not a hit left in the cache.
  func newFill(
    _ request: DMARequest, in unit: NamedUnit, through device: ATSDevice?
  ) -> CachedTranslation? { held(request, in: unit, through: device) }

  mutating func note(
    _ translation: CachedTranslation, _ device: ATSDevice?, event: Int, _ request: DMARequest
  ) {
    fills[key(translation, device)] = Fill(
      event: event, translation: translation, device: device, entries: entries(of: request))
  }

  /// When a translation came into its cache.
  func fill(of translation: CachedTranslation?, _ device: ATSDevice?) -> Fill? {
    translation.flatMap { fills[key($0, device)] }
  }

  private func key(_ translation: CachedTranslation, _ device: ATSDevice?) -> Key {
    Key(device: device?.source.rawValue, translation: translation.key)
  }

  /// What is no longer there, in the order in which it came; it is forgotten.
  mutating func takeDropped(from unit: NamedUnit) -> [(CachedTranslation, ATSDevice?)] {
    var present: Set<Key> = []
    for translation in unit.hardware.cachedTranslations { present.insert(key(translation, nil)) }
    var asked: Set<UInt16> = []
    for fill in fills.values {
      guard let device = fill.device, asked.insert(device.source.rawValue).inserted else {
        continue
      }
      for translation in device.translations { present.insert(key(translation, device)) }
    }
    var gone: [Fill] = []
    for (key, fill) in fills where !present.contains(key) { gone.append(fill) }
    gone.sort { $0.event < $1.event }
    var dropped: [(CachedTranslation, ATSDevice?)] = []
    for fill in gone {
      fills[key(fill.translation, fill.device)] = nil
      dropped.append((fill.translation, fill.device))
    }
    return dropped
  }

  // MARK: Entries

  /// Those entries of a request that are not known yet, or say something else than before.
  func news(of entries: [CachedEntry]) -> [CachedEntry] {
    var news: [CachedEntry] = []
    for entry in entries where entryFills[entry.key]?.entry != entry { news.append(entry) }
    return news
  }

  /// When an entry came into its cache, and from where.
  func fill(of entry: CachedEntry) -> EntryFill? { entryFills[entry.key] }

  mutating func note(_ entry: CachedEntry, event: Int, _ request: DMARequest) {
    let walk = walked[request] ?? []
    var words: [UInt64] = []
    for (place, read) in walk.enumerated()
    where Self.isRead(read.structure, for: entry.cache, isLast: place == walk.count - 1) {
      words += read.words
    }
    entryFills[entry.key] = EntryFill(event: event, entry: entry, words: words)
  }

  mutating func note(_ entry: CachedEntry, event: Int, _ walk: [WalkStep]) {
    var words: [UInt64] = []
    for step in walk {
      switch step.structure {
      case .interruptEntry, .postedInterruptEntry: words += Self.words(of: step)
      default: break
      }
    }
    entryFills[entry.key] = EntryFill(event: event, entry: entry, words: words)
  }

  /// Whether what a cache holds is read from a structure. A table is kept with what stands above it: the
  /// last entry of a walk is one of its own.
  private static func isRead(
    _ structure: WalkStructure, for cache: CachedEntry.Cache, isLast: Bool
  ) -> Bool {
    switch structure {
    case .rootEntry, .scalableRootEntry, .contextEntry, .scalableContextEntry: cache == .context
    case .pasidDirectoryEntry, .pasidTableEntry: cache == .pasid
    case .firstStageEntry, .secondStageEntry: cache == .pagingStructure && !isLast
    case .interruptEntry, .postedInterruptEntry: cache == .interruptEntry
    case .postedInterruptDescriptor: false
    }
  }

  /// What some of the caches no longer hold, in the order in which it came; it is forgotten.
  mutating func takeDropped(
    from unit: NamedUnit, of caches: Set<CachedEntry.Cache>
  ) -> [CachedEntry] {
    var known: [EntryFill] = []
    for fill in entryFills.values where caches.contains(fill.entry.cache) { known.append(fill) }
    if known.isEmpty { return [] }
    var present: [CachedEntry.Key: CachedEntry] = [:]
    for entry in unit.hardware.cachedEntries(of: caches) { present[entry.key] = entry }
    known.sort { $0.event < $1.event }
    var dropped: [CachedEntry] = []
    // One that says something else now has been dropped, and read again.
    for fill in known where present[fill.entry.key] != fill.entry {
      entryFills[fill.entry.key] = nil
      dropped.append(fill.entry)
    }
    return dropped
  }
}
