internal import Machine
internal import VTdFormats
internal import VTdUnit

/// What the caches of a unit and the TLBs of its devices hold, and which events filled them.
///
/// A unit does not report what its caches take in or drop. The watch therefore compares their
/// contents before and after each request, and after each register write.
struct CacheWatch {
  /// A translation that the IOTLB or a device's TLB holds.
  struct Fill {
    let event: Int
    let translation: CachedTranslation
    /// The device whose own TLB it is in; nil for the unit's IOTLB.
    let device: ATSDevice?
    /// The addresses of the 64-bit words in memory that the translation was read from.
    let entries: [UInt64]
  }

  /// An entry in a cache that does not hold translations: of context, PASID or interrupt entries,
  /// or of tables.
  struct EntryFill {
    let event: Int
    let entry: CachedEntry
    /// The addresses of the 64-bit words in memory that it was read from.
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
  /// The entries that the walk of each recent request read.
  private var walked: [DMARequest: [WalkedEntry]] = [:]
  private static let walkedLimit = 4096

  var hasFills: Bool { !fills.isEmpty || !entryFills.isEmpty }

  /// Keeps the walk of a request that is about to be made, and returns the translation that the
  /// caches hold for it.
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

  /// The addresses of an entry's 64-bit words.
  private static func words(of step: WalkStep) -> [UInt64] {
    var words: [UInt64] = []
    for word in 0..<UInt64(max(step.words.count, 1)) { words.append(step.address &+ word &* 8) }
    return words
  }

  /// The addresses of the 64-bit words that the latest walk of a request read.
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

  /// The translation that a request left in the cache after a miss.
  func newFill(
    _ request: DMARequest, in unit: NamedUnit, through device: ATSDevice?
  ) -> CachedTranslation? { held(request, in: unit, through: device) }

  mutating func note(
    _ translation: CachedTranslation, _ device: ATSDevice?, event: Int, _ request: DMARequest
  ) {
    fills[key(translation, device)] = Fill(
      event: event, translation: translation, device: device, entries: entries(of: request))
  }

  /// The event that put a translation into its cache, and what it was read from.
  func fill(of translation: CachedTranslation?, _ device: ATSDevice?) -> Fill? {
    translation.flatMap { fills[key($0, device)] }
  }

  private func key(_ translation: CachedTranslation, _ device: ATSDevice?) -> Key {
    Key(device: device?.source.rawValue, translation: translation.key)
  }

  /// Removes from the watch the translations that the caches dropped, and returns them in the order
  /// in which they were filled.
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

  /// Those of `entries` that are new to the watch or have changed.
  func news(of entries: [CachedEntry]) -> [CachedEntry] {
    var news: [CachedEntry] = []
    for entry in entries where entryFills[entry.key]?.entry != entry { news.append(entry) }
    return news
  }

  /// The event that put an entry into its cache, and what it was read from.
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

  /// Whether a cache holds what is read from a structure. The paging-structure cache holds the
  /// entries above a table; the last entry of a walk is one of the table itself and not among them.
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

  /// Removes from the watch the entries that these caches dropped, and returns them in the order in
  /// which they were filled.
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
    // An entry whose contents changed was dropped and read again.
    for fill in known where present[fill.entry.key] != fill.entry {
      entryFills[fill.entry.key] = nil
      dropped.append(fill.entry)
    }
    return dropped
  }
}
