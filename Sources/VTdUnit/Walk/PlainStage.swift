import VTdFormats

/// What a plain walk must know of the stage that it goes through; compiled once for each.
protocol PlainStage {
  /// Bits that plain entries do not have.
  static func suspect(_ environment: UnsafePointer<WalkEnvironment>) -> PlainMasks
  /// Whether the tables cover an address; `beyond` is ``WalkPlan/beyond``.
  static func covers(_ address: UInt64, beyond: UInt64) -> Bool
  /// ``Permissions`` that entries give, from the bits that all of them have.
  static func permissions(_ all: UInt64) -> UInt64
  /// Entry bits that stand for the permissions above a cached table. What else is due was there
  /// when the table was cached.
  static func bits(above permissions: UInt64) -> UInt64
  /// ``PageFlags`` of the page that a walk found.
  static func flags(_ walk: PlainWalk, _ plan: WalkPlan) -> UInt64
  /// The dirty bit of leaves.
  static var dirty: UInt64 { get }
}

extension PlainStage {
  /// The page that a walk found, if the request may have it and there is nothing else to do.
  @inline(__always)
  static func page(
    _ walk: PlainWalk, _ request: DMARequest, _ plan: WalkPlan, level: Int
  ) -> CachedPage? {
    if (request.needs | plan.due) & ~walk.all != 0 { return nil }
    let shift = UInt64(Paging.shift(level: level))
    let address = walk.leaf & BitField<SecondStageEntry>.address.mask & ~0 &<< shift
    // Part of such a page is a fault.
    if PageFlags.holdsInterruptRange(address, shift: shift) { return nil }
    var flags = Self.flags(walk, plan) | UInt64(level &- 1) &<< PageFlags.sizeShift
    var denied: UInt64 = 0
    if plan.tracksDirty && walk.leaf & dirty == 0 {
      // A write sets the bit, and walks again for it if a read comes first.
      if request.writes { return nil }
      flags |= PageFlags.clean
      denied = 2
    }
    return CachedPage(address: address, flags: flags, denied: denied)
  }
}

enum PlainSecondStage: PlainStage {
  @inline(__always)
  static func suspect(_ environment: UnsafePointer<WalkEnvironment>) -> PlainMasks {
    environment.pointee.secondStagePlain
  }

  /// Narrow enough for MGAW and AW.
  @inline(__always)
  static func covers(_ address: UInt64, beyond: UInt64) -> Bool { address & beyond == 0 }

  // R, W and X are bits 0 to 2 of an entry and of Permissions alike.
  @inline(__always)
  static func permissions(_ all: UInt64) -> UInt64 { all & 7 }

  @inline(__always)
  static func bits(above permissions: UInt64) -> UInt64 { permissions | ~7 }

  @inline(__always)
  static func flags(_ walk: PlainWalk, _ plan: WalkPlan) -> UInt64 {
    8 | permissions(walk.all) | (walk.leaf | plan.start) & PageFlags.snoop
  }

  @inline(__always)
  static var dirty: UInt64 { BitField<SecondStageEntry>.dirty.mask }
}

enum PlainFirstStage: PlainStage {
  @inline(__always)
  static func suspect(_ environment: UnsafePointer<WalkEnvironment>) -> PlainMasks {
    environment.pointee.firstStagePlain
  }

  /// Canonical: the bits beyond repeat the highest one below.
  @inline(__always)
  static func covers(_ address: UInt64, beyond: UInt64) -> Bool {
    (address &+ (0 &- beyond) &>> 1) & beyond == 0
  }

  // R/W is write where it stands, U/S moves up by one; what is present may be read and executed.
  @inline(__always)
  static func permissions(_ all: UInt64) -> UInt64 { 5 | (all & 2) | (all & 4) &<< 1 }

  @inline(__always)
  static func bits(above permissions: UInt64) -> UInt64 {
    ~6 | (permissions & 2) | (permissions &>> 1) & 4
  }

  @inline(__always)
  static func flags(_ walk: PlainWalk, _ plan: WalkPlan) -> UInt64 {
    let denies =
      plan.isNoExecute && walk.any & BitField<FirstStageEntry>.executeDisable.mask != 0
    return permissions(walk.all) & (denies ? ~4 : ~0) | plan.start & PageFlags.snoop
  }

  @inline(__always)
  static var dirty: UInt64 { BitField<FirstStageEntry>.dirty.mask }
}
