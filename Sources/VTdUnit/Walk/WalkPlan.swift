import VTdFormats

/// Which plain walk a requester's pages are found by, if any; one bit each.
enum PlainWalkKind: UInt64 {
  case none = 0
  case secondStage = 1
  case firstStage = 2

  /// Plain are contexts of one stage, and requests without privilege.
  init(_ context: RequestContext, _ request: DMARequest) {
    let flags = context.flags
    if context.isNested || request.isPrivileged
      || !flags.isDisjoint(with: [.passThrough, .ridPrivilege])
    {
      self = .none
    } else {
      self = flags.contains(.firstStage) ? .firstStage : .secondStage
    }
  }
}

/// A context boiled down to what a plain walk of one stage tests, in the form in which
/// ``RequesterCache`` keeps it.
struct WalkPlan {
  /// The top table's address in bits 51:12. Above it the low 12 bits of what every entry must have,
  /// besides the read and write permissions of the request; below it where ``PlainWalk`` starts to
  /// shift, and flags.
  let start: UInt64
  /// Address bits that the tables do not cover.
  let beyond: UInt64

  // Bits 5:0 of `start` are the shift; ``PageFlags/snoop`` is bit 11.
  @inline(__always) private static var noExecuteBit: UInt64 { 1 &<< 6 }
  @inline(__always) private static var dirtyBit: UInt64 { 1 &<< 7 }
  @inline(__always) private static var tablesBit: UInt64 { 1 &<< 8 }
  @inline(__always) private static var dueShift: UInt64 { 52 }

  /// From the slot of a requester.
  @inline(__always)
  init(start: UInt64, beyond: UInt64) {
    self.start = start
    self.beyond = beyond
  }

  /// The plan for a context; `keepsTables` says that there are paging-structure caches.
  init(_ kind: PlainWalkKind, _ context: RequestContext, beyondMGAW: UInt64, keepsTables: Bool) {
    switch kind {
    case .none: self.init(start: 0, beyond: 0)
    case .firstStage: self.init(firstStage: context, keepsTables: keepsTables)
    case .secondStage:
      self.init(secondStage: context, beyondMGAW: beyondMGAW, keepsTables: keepsTables)
    }
  }

  private init(firstStage context: RequestContext, keepsTables: Bool) {
    let flags = context.flags
    let extended =
      flags.contains(.extendedAccessed) ? BitField<FirstStageEntry>.extendedAccessed.mask : 0
    let due =
      BitField<FirstStageEntry>.present.mask | BitField<FirstStageEntry>.user.mask
      | BitField<FirstStageEntry>.accessed.mask | extended
    let noExecute = flags.contains(.noExecute)
    start =
      context.firstStageTable | PlainWalk.shift(levels: context.firstStageLevels)
      | (noExecute ? Self.noExecuteBit : 0) | Self.dirtyBit
      // Permissions do not tell whether execution is denied above the leaf.
      | (keepsTables && !noExecute ? Self.tablesBit : 0)
      | (flags.contains(.pageSnoop) ? PageFlags.snoop : 0) | due << Self.dueShift
    beyond = ~0 << UInt64(Paging.width(levels: Int(context.firstStageLevels)))
  }

  private init(secondStage context: RequestContext, beyondMGAW: UInt64, keepsTables: Bool) {
    let flags = context.flags
    let updates = flags.contains(.secondStageAccessedDirty)
    start =
      context.secondStageTable | PlainWalk.shift(levels: context.secondStageLevels)
      | (keepsTables ? Self.tablesBit : 0) | (flags.contains(.pageSnoop) ? PageFlags.snoop : 0)
      | (updates ? Self.dirtyBit | BitField<SecondStageEntry>.accessed.mask << Self.dueShift : 0)
    beyond = beyondMGAW | ~0 << UInt64(Paging.width(levels: Int(context.secondStageLevels)))
  }

  @inline(__always) var table: UInt64 { start & BitField<SecondStageEntry>.address.mask }
  @inline(__always) var shift: UInt64 { start & 63 }
  /// Bits that every entry must have.
  @inline(__always) var due: UInt64 { start &>> Self.dueShift }
  @inline(__always) var isNoExecute: Bool { start & Self.noExecuteBit != 0 }
  /// Whether the tables above leaves are cached.
  @inline(__always) var keepsTables: Bool { start & Self.tablesBit != 0 }
  /// Whether hardware sets the dirty bit of leaves.
  @inline(__always) var tracksDirty: Bool { start & Self.dirtyBit != 0 }
}
