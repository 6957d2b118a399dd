import Synchronization
import VTdFormats

// The two ways that nearly every request takes: a page that is cached, and one that is not but lies
// behind plain tables. Neither takes a lock, allocates, or counts references.
extension RemappingUnit {
  /// Translates one DMA of at most one page.
  ///
  /// A fault is recorded, and its message sent, before this returns.
  @inlinable
  @inline(__always)
  public func translate(_ request: DMARequest) -> Translation {
    // One look-up leads from the requester to the tag of its translations, another to the page.
    // Whatever else there is to know empties the requester's slot: remapping off, abort-DMA mode,
    // no caches, a request that is not an untranslated one.
    let requester = requesters[request]
    if _fastPath(requester.sent(request)) {
      let tag = SetCache.tag(request.iova, space: requester.space)
      let set = iotlb.set(of: tag)
      let version = set.version
      guard let word = set.find(tag, position: tag &>> 12, version) else {
        return missed(request, requester, version: version)
      }
      let page = CachedPage(word: word)
      if _fastPath(page.serves(request, of: requester)) { return page.translation(request) }
    }
    return translateSlowly(request)
  }

  /// A request whose requester is known and whose page is not cached, with the version of the set
  /// that should have had it.
  @usableFromInline
  @inline(never)
  func missed(_ request: DMARequest, _ requester: Requester, version: UInt64) -> Translation {
    let seen = caches.generation.load(ordering: .acquiring)
    if request.isExecute || request.iova &>> 20 == 0xfee { return translateSlowly(request) }
    let sizes = caches.largeSizes.load(ordering: .relaxed)
    if _slowPath(sizes != 0),
      let part = caches.part(for: request, space: requester.space, sizes, seen: seen)
    {
      return part.translation(request)
    }
    if requester.isFound(by: .secondStage) {
      return walk(PlainSecondStage.self, request, requester, version: version, seen: seen)
    }
    if requester.isFound(by: .firstStage) {
      return walk(PlainFirstStage.self, request, requester, version: version, seen: seen)
    }
    return translateSlowly(request)
  }

  /// An unprivileged request that maps through one stage to a page of 4 KiB, with nothing to set
  /// and nothing to refuse. Whatever is not so is left to ``translateSlowly(_:)``.
  @inline(__always)
  private func walk<Stage: PlainStage>(
    _ stage: Stage.Type, _ request: DMARequest, _ requester: Requester, version: UInt64,
    seen: UInt64
  ) -> Translation {
    guard let plan = requesters.plan(request, of: requester),
      Stage.covers(request.iova, beyond: plan.beyond)
    else { return translateSlowly(request) }
    let space = requester.space
    let place = caches.pagingStructures.place(
      SetCache.Key(request.iova, kind: 0, tables: true, space: space))
    let cached = place.find(space)
    let (table, shift, above) =
      if let cached {
        (
          cached & BitField<SecondStageEntry>.address.mask, PlainWalk.leafShift,
          Stage.bits(above: cached)
        )
      } else {
        (plan.table, plan.shift, ~0)
      }
    guard
      let walk = PlainWalk(
        request.iova, table: table, shift: shift, all: above, suspect: Stage.suspect(environment),
        environment.pointee.plainMemory)
    else { return walkToLargePage(stage, request, plan, space: space, seen: seen) }
    guard let page = Stage.page(walk, request, plan, level: 1) else {
      return translateSlowly(request)
    }
    let tag = SetCache.tag(request.iova, space: space)
    let set = iotlb.set(of: tag)
    set.fill(
      tag, page.word | SetCache.high(space), way: set.freeWay(tag &>> 12, version), version,
      caches.generation, seen: seen)
    if cached == nil && plan.keepsTables {
      place.fill(
        walk.table | Stage.permissions(walk.allAbove), space: space, caches.generation, seen: seen)
    }
    return page.translation(request)
  }

  /// The same where a page of 2 MiB or 1 GiB may be mapped.
  @inline(never)
  private func walkToLargePage<Stage: PlainStage>(
    _ stage: Stage.Type, _ request: DMARequest, _ plan: WalkPlan, space: UInt64, seen: UInt64
  ) -> Translation {
    let iova = request.iova
    let sizes = caches.largeSizes.load(ordering: .relaxed)
    let cached = caches.findTable(iova, space: space, sizes)
    let (table, level, above) =
      if let cached {
        (
          cached.data & BitField<SecondStageEntry>.address.mask, cached.level,
          Stage.bits(above: cached.data)
        )
      } else {
        (plan.table, Int(plan.shift / 9), ~0)
      }
    guard
      let walk = LargePageWalk(
        iova, table: table, level: level, all: above, suspect: Stage.suspect(environment),
        environment.pointee.plainMemory),
      let page = Stage.page(walk.walk, request, plan, level: walk.level)
    else {
      return translateSlowly(request)
    }
    caches.keep(request, space: space, page, seen: seen)
    if cached == nil && plan.keepsTables {
      caches.keepTable(
        iova, space: space, level: walk.level,
        data: walk.walk.table | Stage.permissions(walk.walk.allAbove), seen: seen)
    }
    return page.part(at: iova).translation(request)
  }
}
