import Synchronization
import VTdFormats

/// What each requester's context and PASID entries came to, one slot each, read without a lock.
///
/// It stands before the context cache and the PASID cache and holds nothing that they would not
/// give again: every invalidation of either empties it.
///
/// A slot's first word holds the requester (a request's key bits) and above it the address space
/// of its translations, so one load and one comparison lead to the tag of an IOTLB look-up. The
/// rest, needed for a walk, lies apart under a version, as in ``SetCache``.
struct RequesterCache: @unchecked Sendable {
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let details: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int
  private let mask: UInt64
  @inline(__always) private static var stride: Int { 8 }

  /// `count` is a power of 2.
  init(count: Int) {
    self.count = count
    mask = UInt64(count - 1)
    words = .allocate(capacity: count)
    details = .allocate(capacity: count * Self.stride)
    for index in 0..<count { (words + index).initialize(to: Atomic(0)) }
    for index in 0..<count * Self.stride { (details + index).initialize(to: Atomic(0)) }
  }

  func deallocate() {
    words.deinitialize(count: count)
    words.deallocate()
    details.deinitialize(count: count * Self.stride)
    details.deallocate()
  }

  /// Source-ids differ in the low bits, PASIDs start at 0: folding them spreads both.
  @inline(__always)
  private func slot(_ attributes: UInt64) -> Int {
    Int(truncatingIfNeeded: (attributes ^ (attributes &>> 16)) & mask)
  }

  /// The address space of a requester's translations, or 0.
  @inline(__always)
  func space(_ attributes: UInt64) -> UInt64 {
    let word = words[slot(attributes)].load(ordering: .acquiring)
    // Shifted out: all but the key's bits.
    if (word ^ attributes) &<< (64 &- DMARequest.Bits.keyWidth) != 0 { return 0 }
    return word &>> DMARequest.Bits.keyWidth
  }

  /// A requester's context and address space; nil unless both are there and belong together.
  @inline(__always)
  func context(_ attributes: UInt64) -> (RequestContext, space: UInt64)? {
    let space = space(attributes)
    if space == 0 { return nil }
    let detail = details + slot(attributes) &* Self.stride
    let version = detail.pointee.load(ordering: .acquiring)
    if version & 1 != 0 { return nil }
    let key = detail[1].load(ordering: .acquiring)
    let first = detail[2].load(ordering: .acquiring)
    let second = detail[3].load(ordering: .acquiring)
    let ids = detail[4].load(ordering: .acquiring)
    let flags = detail[5].load(ordering: .acquiring)
    if detail.pointee.load(ordering: .relaxed) != version { return nil }
    if key != (attributes & DMARequest.Bits.keyMask) | space &<< DMARequest.Bits.keyWidth {
      return nil
    }
    var context = RequestContext()
    context.firstStageTable = first & ~0xfff
    context.firstStageLevels = UInt8(truncatingIfNeeded: first & 0xff)
    context.secondStageTable = second & ~0xfff
    context.secondStageLevels = UInt8(truncatingIfNeeded: second & 0xff)
    context.pasid = UInt32(truncatingIfNeeded: ids)
    context.domain = UInt16(truncatingIfNeeded: ids &>> 32)
    context.flags = RequestContext.Flags(rawValue: UInt32(truncatingIfNeeded: flags))
    return (context, space)
  }

  /// What a plain walk of a requester needs; nil unless slot and detail belong together.
  @inline(__always)
  func plan(_ attributes: UInt64) -> (WalkPlan, space: UInt64)? {
    let slot = slot(attributes)
    let word = words[slot].load(ordering: .acquiring)
    let detail = details + slot &* Self.stride
    let version = detail.pointee.load(ordering: .acquiring) & ~1
    let key = detail[1].load(ordering: .acquiring)
    let flags = detail[5].load(ordering: .acquiring)
    let start = detail[6].load(ordering: .acquiring)
    let beyond = detail[7].load(ordering: .acquiring)
    if detail.pointee.load(ordering: .relaxed) != version || key != word { return nil }
    if (word ^ attributes) &<< (64 &- DMARequest.Bits.keyWidth) != 0 { return nil }
    return (
      WalkPlan(flags: flags, start: start, beyond: beyond),
      word &>> DMARequest.Bits.keyWidth
    )
  }

  /// Keeps a requester. One thread at a time: under the lock of ``AddressSpaces``.
  func fill(_ attributes: UInt64, _ context: RequestContext, space: UInt64) {
    let slot = slot(attributes)
    let word =
      (attributes & DMARequest.Bits.keyMask) | space &<< DMARequest.Bits.keyWidth
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
    let plan = WalkPlan(context)
    detail[5].store(
      UInt64(context.flags.rawValue) | plan.due &<< 32 | plan.dirty &<< 48, ordering: .relaxed)
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
