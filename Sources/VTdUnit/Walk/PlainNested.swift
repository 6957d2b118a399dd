import VTdFormats

// Nested tables at speed, as `PlainWalk` walks those of one stage.
extension Walker {
  /// The page behind both stages; nil where something needs a closer look.
  ///
  /// Each entry of the first stage lies behind the second: its address goes through a plain walk
  /// there, with the right to read; so does the page, with what the request needs.
  @inline(__always)
  func walkNestedPlainly(_ request: DMARequest, _ context: RequestContext) -> WalkResult? {
    let unusual =
      DMARequest.Bits.execute | DMARequest.Bits.addressTypeMask | DMARequest.Bits.privileged
    if request.attributes & unusual != 0 || context.flags.contains(.ridPrivilege) { return nil }
    let first = WalkPlan(.firstStage, context, beyondMGAW: 0, keepsTables: false)
    let second = WalkPlan(
      .secondStage, context, beyondMGAW: environment.pointee.beyondMGAW, keepsTables: false)
    let suspect = environment.pointee.firstStagePlain
    var table = first.table
    var shift = first.shift
    var all: UInt64 = ~0
    var any: UInt64 = 0
    while true {
      guard let host = host(table | (request.iova &>> shift) & 0xff8, second, needs: 1),
        let entry = environment.pointee.plainMemory[host.address]
      else { return nil }
      if shift == PlainWalk.leafShift {
        if (any & suspect.inner) | (entry & suspect.leaf) != 0 { return nil }
        let walk = PlainWalk(
          leaf: entry, all: all & entry, any: any | entry, table: table, allAbove: all)
        return page(walk, first, second, request)
      }
      all &= entry
      any |= entry
      table = entry & BitField<FirstStageEntry>.address.mask
      shift &-= 9
    }
  }

  /// An address of the first stage through the second; nil where that is not plain.
  @inline(__always)
  private func host(
    _ address: UInt64, _ second: WalkPlan, needs: UInt64
  ) -> (address: UInt64, flags: UInt64)? {
    if !PlainSecondStage.covers(address, beyond: second.beyond) { return nil }
    guard
      let walk = PlainWalk(
        address, table: second.table, shift: second.shift, all: ~0,
        suspect: environment.pointee.secondStagePlain, environment.pointee.plainMemory),
      (needs | second.due) & ~walk.all == 0
    else { return nil }
    var flags = PlainSecondStage.flags(walk, second)
    if second.tracksDirty && walk.leaf & PlainSecondStage.dirty == 0 {
      if needs & 2 != 0 { return nil }
      flags |= PageFlags.clean
    }
    return (walk.leaf & BitField<SecondStageEntry>.address.mask | address.pageOffset, flags)
  }

  /// The first stage's leaf judged, and its page through the second: both must allow the access.
  @inline(__always)
  private func page(
    _ walk: PlainWalk, _ first: WalkPlan, _ second: WalkPlan, _ request: DMARequest
  ) -> WalkResult? {
    if (request.needs | first.due) & ~walk.all != 0 { return nil }
    var clean: UInt64 = 0
    if walk.leaf & PlainFirstStage.dirty == 0 {
      if request.writes { return nil }
      clean = PageFlags.clean
    }
    let address = walk.leaf & BitField<FirstStageEntry>.address.mask | request.iova.pageOffset
    guard let host = host(address, second, needs: request.needs) else { return nil }
    let flags = PlainFirstStage.flags(walk, first)
    return WalkResult(
      address: host.address,
      flags: flags & host.flags & 15 | (flags | host.flags) & PageFlags.snoop
        | host.flags & PageFlags.clean | clean)
  }
}
