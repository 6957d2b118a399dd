import Synchronization
public import VTdFormats

/// A device with a device TLB (ATS), as the unit's partner: it asks for translations, keeps them,
/// uses them, and answers invalidations and page-group responses.
///
/// Attach it with ``RemappingUnit/attach(_:)``.
public final class ATSDevice: Sendable {
  /// The source-id of its requests.
  public let source: SourceID
  private let state = UnitLock(State())

  private struct State {
    var entries: [Key: TranslatedPage] = [:]
    var answers = true
    var unanswered = 0
    var answersTwice = false
    var responses: [PageGroupResponse] = []
  }

  private struct Key: Hashable {
    let pasid: UInt32?
    let page: UInt64
    let size: UInt64
  }

  /// A device whose TLB is empty.
  public init(source: SourceID) { self.source = source }

  /// Whether the device answers invalidations; one that does not makes the unit time out (ITE).
  public var answersInvalidations: Bool {
    get { state.withLock { $0.answers } }
    set { state.withLock { $0.answers = newValue } }
  }

  /// How many invalidations from now on the device leaves unanswered before it answers again.
  public var unansweredInvalidations: Int {
    get { state.withLock { $0.unanswered } }
    set { state.withLock { $0.unanswered = newValue } }
  }

  /// Whether the device sends a completion too many, which the unit cannot place (ICE).
  public var answersTwice: Bool {
    get { state.withLock { $0.answersTwice } }
    set { state.withLock { $0.answersTwice = newValue } }
  }

  /// The page-group responses received, oldest first.
  public var responses: [PageGroupResponse] { state.withLock { $0.responses } }

  func cached(_ address: UInt64, pasid: UInt32?) -> TranslatedPage? {
    state.withLock { state in
      for shift in [12, 21, 30] as [UInt64] {
        let key = Key(pasid: pasid, page: address >> shift, size: 1 << shift)
        if let page = state.entries[key] { return page }
      }
      return nil
    }
  }

  func keep(_ page: TranslatedPage, _ address: UInt64, pasid: UInt32?) {
    state.withLock {
      $0.entries[Key(pasid: pasid, page: address / page.pageSize, size: page.pageSize)] = page
    }
  }

  /// Number of translations in the device's TLB.
  public var translationCount: Int { state.withLock { $0.entries.count } }

  /// What the TLB holds, by PASID and address.
  public var translations: [CachedTranslation] {
    state.withLock { state in
      state.entries.map { key, page in
        CachedTranslation(
          domain: nil, pasid: key.pasid.map { PASID(rawValue: $0) },
          address: IOVA(rawValue: key.page &* key.size), page: page, isMissing: false,
          isPassThrough: false)
      }
    }.sorted { ($0.pasid?.rawValue ?? 0, $0.address) < ($1.pasid?.rawValue ?? 0, $1.address) }
  }

  /// What the TLB holds for an address; nil if it would have to ask.
  public func translation(of address: IOVA, pasid: PASID? = nil) -> TranslatedPage? {
    cached(address.rawValue, pasid: pasid?.rawValue)
  }

  /// Drops everything, as a TLB that is switched off does.
  public func forget() { state.withLock { $0.entries = [:] } }

  /// Drops what an invalidation names; false if the device does not answer.
  func invalidate(_ request: DeviceInvalidation) -> Bool {
    state.withLock { state in
      guard state.answers else { return false }
      if state.unanswered > 0 {
        state.unanswered -= 1
        return false
      }
      let range = request.range
      for key in state.entries.keys {
        let matches = request.everyPASID || key.pasid == request.pasid
        let first = key.page &* key.size
        let last = first &+ (key.size &- 1)
        if matches && first <= range.upperBound && range.lowerBound <= last {
          state.entries[key] = nil
        }
      }
      return true
    }
  }

  func receive(_ response: PageGroupResponse) { state.withLock { $0.responses.append(response) } }
}
