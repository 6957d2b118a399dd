import PhysicalMemory
import VTdFormats

// Nested translation (VT-d specification 3.8): the first stage's tables and its result are
// addresses of the second stage.
extension Walker {
  mutating func walkNested(_ request: DMARequest, _ context: RequestContext) -> WalkResult {
    if Observer.isSilent, let plain = walkNestedPlainly(request, context) { return plain }
    return walkNestedStepwise(request, context)
  }

  @inline(never)
  private mutating func walkNestedStepwise(
    _ request: DMARequest, _ context: RequestContext
  ) -> WalkResult {
    var stage = firstStage(request, context)
    while true {
      let isTop = stage.level == Int(context.firstStageLevels)
      let guest = stage.table &+ Paging.entryOffset(of: request.iova, level: stage.level)
      let host = tableAddress(guest, isTop: isTop, context)
      if host.isFault { return host }
      observer.selects(Paging.index(of: request.iova, level: stage.level), by: request.iova)
      guard let raw = load(host.address) else {
        observer.unreadable(.firstStageEntry, level: stage.level, at: host.address)
        return .fault(isTop ? .firstStageTableRead : .firstStageRead)
      }
      let reason = look(at: raw, host.address, &stage)
      if reason != 0 { return WalkResult(reason: reason) }
      let wanted = stage.missingUpdates(raw)
      if wanted != 0 {
        let refused = updateNested(wanted, guest, host, raw, context)
        if refused != 0 { return WalkResult(reason: refused) }
      }
      if stage.isLeaf {
        let page = stage.result(raw, pageSnoop: context.flags.contains(.pageSnoop))
        return through(page, request, context)
      }
      stage.descend(raw)
    }
  }

  /// A first-stage entry's address through the second stage, for reading.
  @inline(__always)
  private mutating func tableAddress(
    _ guest: UInt64, isTop: Bool, _ context: RequestContext
  ) -> WalkResult {
    if guest & beyondSecondStage(context) != 0 { return .fault(.firstStageTableBeyondWidth) }
    var host = walkSecondStage(
      address: guest, table: context.secondStageTable, levels: Int(context.secondStageLevels),
      needs: 1, zeroLength: false, context)
    if host.reason == FaultReason.scalableReadNotPermitted.rawValue
      || host.reason == FaultReason.readNotPermitted.rawValue
    {
      host.reason =
        (isTop ? FaultReason.firstStageTopTableNotReadable : .firstStageTableNotReadable).rawValue
    }
    return host
  }

  /// Address bits that the second stage does not have.
  @inline(__always)
  private func beyondSecondStage(_ context: RequestContext) -> UInt64 {
    environment.pointee.beyondMGAW
      | ~0 &<< UInt64(Paging.width(levels: Int(context.secondStageLevels)))
  }

  /// Accessed and dirty bits of a first-stage entry: the second stage must let it be written.
  @inline(never)
  private mutating func updateNested(
    _ bits: UInt64, _ guest: UInt64, _ host: WalkResult, _ raw: UInt64, _ context: RequestContext
  ) -> UInt8 {
    if !canUpdate(context) { return FaultReason.firstStageAccessedDirtyNoSnoop.rawValue }
    if host.flags & 2 == 0 { return FaultReason.firstStageTableNotWritable.rawValue }
    if host.flags & PageFlags.clean != 0 {
      // Writing the entry makes its page dirty in the second stage.
      let written = walkSecondStage(
        address: guest, table: context.secondStageTable, levels: Int(context.secondStageLevels),
        needs: 2, zeroLength: false, context)
      if written.isFault { return written.reason }
    }
    observer.updates(Self.name(ofUpdate: bits))
    if updatesMemory && !memory.set(bits, at: host.address, raw) {
      return FaultReason.firstStageAccessedDirtyRefused.rawValue
    }
    return 0
  }

  /// The first stage's page through the second stage: both must allow the access, and the smaller
  /// page counts.
  @inline(__always)
  private mutating func through(
    _ page: WalkResult, _ request: DMARequest, _ context: RequestContext
  ) -> WalkResult {
    if page.address & beyondSecondStage(context) != 0 {
      return .fault(.intermediateAddressBeyondWidth)
    }
    // What the first stage does not let be written need not become dirty in the second.
    let needs = page.flags & 2 == 0 ? request.walkNeeds & ~WalkNeeds.asksToWrite : request.walkNeeds
    var result = walkSecondStage(
      address: page.address, table: context.secondStageTable,
      levels: Int(context.secondStageLevels), needs: needs,
      zeroLength: request.isZeroLength, context)
    if result.isFault { return result }
    let sizes = UInt64(3) &<< PageFlags.sizeShift
    let joined = (result.flags & page.flags & 15) | ((result.flags | page.flags) & PageFlags.clean)
    result.flags =
      joined | min(result.flags & sizes, page.flags & sizes)
      | (result.flags | page.flags) & PageFlags.snoop
    return result
  }
}
