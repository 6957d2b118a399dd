internal import Machine
internal import VTdFormats
internal import VTdUnit

/// What the caches of a unit, and the TLBs of its devices, took in so far and have not dropped yet.
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

  private struct Key: Hashable {
    let device: UInt16?
    let translation: CachedTranslation.Key
  }

  private var fills: [Key: Fill] = [:]
  /// The words that the walk of each of the last requests read.
  private var walked: [DMARequest: [UInt64]] = [:]
  private static let walkedLimit = 4096

  var hasFills: Bool { !fills.isEmpty }

  /// What the caches hold for a request that is about to be made.
  mutating func look(
    _ request: DMARequest, in unit: NamedUnit, through device: ATSDevice?, walk: [WalkStep]
  ) -> CachedTranslation? {
    var words: [UInt64] = []
    for step in walk {
      for word in 0..<UInt64(max(step.words.count, 1)) { words.append(step.address &+ word &* 8) }
    }
    if walked.count >= Self.walkedLimit { walked = [:] }
    walked[request] = words
    return held(request, in: unit, through: device)
  }

  /// The words that the walk of a request read last.
  func entries(of request: DMARequest) -> [UInt64] { walked[request] ?? [] }

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

  /// What a request that was no hit left in the cache.
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
}
