public import Synchronization
import VTdFormats

/// One word of the ``RequesterCache``: who sends, in which address space its translations are
/// cached, and which walk finds them.
///
/// The requester's key (the low bits of a request's attributes) stands in bits 40:0, the walk in
/// 42:41, the space in 63:43. The space has a gap, so that its high part stands where a
/// ``CachedPage`` has it, and zeros where that has its denials.
@usableFromInline
struct Requester {
  @usableFromInline let word: UInt64

  @inlinable
  init(word: UInt64) { self.word = word }

  init(key: UInt64, _ walk: PlainWalkKind, space: UInt64) {
    word =
      key & DMARequest.Bits.keyMask | walk.rawValue &<< DMARequest.Bits.keyWidth
      | space &<< Self.spaceShift
  }

  @inlinable static var spaceShift: UInt64 { 43 }

  /// Whether this is the request's requester; never so for an empty word.
  @inlinable
  @inline(__always)
  func sent(_ request: DMARequest) -> Bool {
    // Shifted out: all but the key.
    (word ^ request.attributes) &<< (64 &- DMARequest.Bits.keyWidth) == 0
  }

  /// The address space, never 0.
  @inlinable
  @inline(__always)
  var space: UInt64 { word &>> Self.spaceShift }

  /// Whether the requester's pages are found by a plain walk of this kind.
  @inline(__always)
  func isFound(by walk: PlainWalkKind) -> Bool {
    word & walk.rawValue &<< DMARequest.Bits.keyWidth != 0
  }
}

/// What each requester's context and PASID entries came to, one slot each, read without a lock.
///
/// It stands before the context cache and the PASID cache and holds nothing that they would not
/// give again: every invalidation of either empties it.
///
/// A slot's word is all that a look-up that hits needs: one load and one comparison lead to the tag
/// of its translations. The rest, needed for a walk, lies apart under a version, as in ``SetCache``.
@usableFromInline
struct RequesterCache: @unchecked Sendable {
  @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let mask: UInt64
  private let details: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int
  @inline(__always) private static var stride: Int { 8 }

  /// `count` is a power of 2.
  init(count: Int) {
    self.count = count
    mask = UInt64(count - 1)
    words = .words(count: count)
    details = .words(count: count * Self.stride)
  }

  func deallocate() {
    words.deallocate()
    details.deallocate()
  }

  /// Source-ids differ in the low bits, PASIDs start at 0: folding them spreads both.
  @inlinable
  @inline(__always)
  func slot(_ request: DMARequest) -> Int {
    Int(truncatingIfNeeded: (request.attributes ^ (request.attributes &>> 16)) & mask)
  }

  /// What the request's slot holds, which may be another requester.
  @inlinable
  @inline(__always)
  subscript(request: DMARequest) -> Requester {
    Requester(word: words[slot(request)].load(ordering: .acquiring))
  }

  /// A requester's context and address space; nil unless both are there and belong together.
  @inline(__always)
  func context(_ request: DMARequest) -> (RequestContext, space: UInt64)? {
    let requester = self[request]
    if !requester.sent(request) { return nil }
    let detail = details + slot(request) &* Self.stride
    let version = detail.pointee.load(ordering: .acquiring) & ~1
    let word = detail[1].load(ordering: .acquiring)
    let first = detail[2].load(ordering: .acquiring)
    let second = detail[3].load(ordering: .acquiring)
    let ids = detail[4].load(ordering: .acquiring)
    let flags = detail[5].load(ordering: .acquiring)
    if detail.pointee.load(ordering: .relaxed) != version || word != requester.word { return nil }
    var context = RequestContext()
    context.firstStageTable = first.pageStart
    context.firstStageLevels = UInt8(truncatingIfNeeded: first & 0xff)
    context.secondStageTable = second.pageStart
    context.secondStageLevels = UInt8(truncatingIfNeeded: second & 0xff)
    context.pasid = UInt32(truncatingIfNeeded: ids)
    context.domain = UInt16(truncatingIfNeeded: ids &>> 32)
    context.flags = RequestContext.Flags(rawValue: UInt32(truncatingIfNeeded: flags))
    return (context, requester.space)
  }

  /// What a plain walk for `requester`, found in the request's slot, needs; nil if the slot has
  /// changed since.
  @inline(__always)
  func plan(_ request: DMARequest, of requester: Requester) -> WalkPlan? {
    let detail = details + slot(request) &* Self.stride
    // An odd version never equals itself rounded down, so that needs no test of its own.
    let version = detail.pointee.load(ordering: .acquiring) & ~1
    let word = detail[1].load(ordering: .acquiring)
    let start = detail[6].load(ordering: .acquiring)
    let beyond = detail[7].load(ordering: .acquiring)
    if detail.pointee.load(ordering: .relaxed) != version || word != requester.word { return nil }
    return WalkPlan(start: start, beyond: beyond)
  }

  /// Keeps a requester. One thread at a time: under the lock of ``EntryCaches``.
  func fill(
    _ request: DMARequest, _ context: RequestContext, _ kind: PlainWalkKind, _ plan: WalkPlan,
    space: UInt64
  ) {
    let slot = slot(request)
    let word = Requester(key: request.attributes, kind, space: space).word
    words[slot].store(0, ordering: .relaxed)
    let detail = details + slot &* Self.stride
    let version = detail.pointee.load(ordering: .relaxed)
    _ = detail.pointee.compareExchange(
      expected: version, desired: version &+ 1, ordering: .acquiringAndReleasing)
    detail[1].store(word, ordering: .relaxed)
    detail[2].store(
      context.firstStageTable | UInt64(context.firstStageLevels), ordering: .relaxed)
    detail[3].store(
      context.secondStageTable | UInt64(context.secondStageLevels), ordering: .relaxed)
    detail[4].store(
      UInt64(context.pasid) | UInt64(context.domain) &<< 32, ordering: .relaxed)
    detail[5].store(UInt64(context.flags.rawValue), ordering: .relaxed)
    detail[6].store(plan.start, ordering: .relaxed)
    detail[7].store(plan.beyond, ordering: .relaxed)
    detail.pointee.store(version &+ 2, ordering: .releasing)
    words[slot].store(word, ordering: .releasing)
  }

  /// Forgets every requester. One thread at a time.
  func removeAll() {
    var index = 0
    while index < count {
      words[index].store(0, ordering: .releasing)
      index &+= 1
    }
  }
}
