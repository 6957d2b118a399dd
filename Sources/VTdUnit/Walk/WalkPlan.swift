import VTdFormats

/// A context boiled down to what a plain walk of one stage tests, in the form in which
/// ``RequesterCache`` keeps it.
struct WalkPlan {
  /// Bits that every entry must have, besides the read and write permissions of the request.
  let due: UInt64
  /// The leaf's dirty bit where hardware keeps one.
  let dirty: UInt64
  /// The top table's address, with the levels in bits 2:0; 0 where no plain walk is possible. Bit 3
  /// says first stage, bit 4 no execute, bit 5 snoop.
  let start: UInt64
  /// Address bits that the tables do not cover.
  let beyond: UInt64

  @inline(__always) private static var firstStageBit: UInt64 { 8 }
  @inline(__always) private static var noExecuteBit: UInt64 { 16 }
  @inline(__always) private static var snoopBit: UInt64 { 32 }

  init(flags: UInt64, start: UInt64, beyond: UInt64) {
    due = (flags &>> 32) & 0xffff
    dirty = flags &>> 48
    self.start = start
    self.beyond = beyond
  }

  init(_ context: RequestContext) {
    let flags = context.flags
    if context.isNested || flags.contains(.passThrough) || flags.contains(.ridPrivilege) {
      (due, dirty, start, beyond) = (0, 0, 0, 0)
      return
    }
    var common = flags.contains(.pageSnoop) ? Self.snoopBit : 0
    if flags.contains(.firstStage) {
      if flags.contains(.noExecute) { common |= Self.noExecuteBit }
      let accessed = BitField<FirstStageEntry>.accessed.mask
      let extended =
        flags.contains(.extendedAccessed) ? BitField<FirstStageEntry>.extendedAccessed.mask : 0
      due =
        BitField<FirstStageEntry>.present.mask | BitField<FirstStageEntry>.user.mask | accessed
        | extended
      dirty = BitField<FirstStageEntry>.dirty.mask
      start =
        context.firstStageTable | UInt64(context.firstStageLevels) | Self.firstStageBit | common
      beyond = ~0 << UInt64(Paging.width(levels: Int(context.firstStageLevels)))
    } else {
      let updates = flags.contains(.secondStageAccessedDirty)
      due = updates ? BitField<SecondStageEntry>.accessed.mask : 0
      dirty = updates ? BitField<SecondStageEntry>.dirty.mask : 0
      start = context.secondStageTable | UInt64(context.secondStageLevels) | common
      beyond = ~0 << UInt64(Paging.width(levels: Int(context.secondStageLevels)))
    }
  }

  @inline(__always) var isPossible: Bool { start != 0 }
  @inline(__always) var table: UInt64 { start & ~0xfff }
  @inline(__always) var levels: Int { Int(truncatingIfNeeded: start & 7) }
  @inline(__always) var isFirstStage: Bool { start & Self.firstStageBit != 0 }
  @inline(__always) var isNoExecute: Bool { start & Self.noExecuteBit != 0 }

  /// Whether the tables cover an address: canonical in the first stage, narrow enough in the
  /// second.
  @inline(__always)
  func covers(_ address: UInt64, beyondMGAW: UInt64) -> Bool {
    if isFirstStage { return (address &+ (0 &- beyond) &>> 1) & beyond == 0 }
    return address & (beyond | beyondMGAW) == 0
  }

  /// ``PageFlags`` of a page of 4 KiB.
  @inline(__always)
  func flags(_ walk: PlainWalk) -> UInt64 {
    var flags: UInt64
    if isFirstStage {
      let denies =
        start & Self.noExecuteBit != 0
        && walk.any & BitField<FirstStageEntry>.executeDisable.mask != 0
      flags = 9 | walk.all & 2 | (denies ? 0 : 4)
    } else {
      flags = 8 | walk.all & 7
      if walk.leaf & BitField<SecondStageEntry>.snoop.mask != 0 { flags |= PageFlags.snoop }
    }
    if start & Self.snoopBit != 0 { flags |= PageFlags.snoop }
    return flags
  }
}
