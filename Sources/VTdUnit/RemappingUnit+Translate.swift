import Synchronization
import VTdFormats

extension RemappingUnit {
  /// Translates one DMA of at most one page.
  ///
  /// A fault is recorded, and its message sent, before this returns.
  public func translate(_ request: DMARequest) -> Translation {
    // The hit path: one look-up leads from the requester to the tag of its translations, another
    // to the page. Whatever else there is to know empties the requester's slot: remapping off,
    // abort-DMA mode, no caches, a request that is not an untranslated one.
    let space = requesters.space(request.attributes)
    if space != 0 {
      let page = iotlb.find(
        tag: SetCache.tag(address: request.iova, space: space, kind: 0),
        page: request.iova &>> 12, space: space)
      if _fastPath(page != 0 && Denial.allows(request, page)) {
        return Translation(
          address: (page & BitField<SecondStageEntry>.address.mask) | (request.iova & 0xfff),
          flags: page & PageFlags.mask)
      }
    }
    return translateSlowly(request)
  }

  /// A miss: first the plain case, at speed.
  ///
  /// It needs a requester whose slot is filled, so everything that empties the slots (see above) is
  /// out of the question, and an unprivileged request that maps through one stage to a page of
  /// 4 KiB with nothing to set and nothing to refuse. Whatever is not so is left to the rest.
  @inline(never)
  private func translateSlowly(_ request: DMARequest) -> Translation {
    let seen = caches.generation.load(ordering: .acquiring)
    let unusual = DMARequest.Bits.privileged | 4 &<< DMARequest.Bits.needsShift
    guard isPlain, request.attributes & unusual == 0,
      request.iova >> 20 != 0xfee, caches.largePages.load(ordering: .relaxed) == 0,
      let (plan, space) = requesters.plan(request.attributes), plan.isPossible,
      plan.covers(request.iova, beyondMGAW: environment.pointee.beyondMGAW)
    else { return translateAnything(request) }
    var table = plan.table
    var level = plan.levels
    var above: UInt64 = ~0
    if hasPagingStructures {
      let cached = caches.findLeafTable(request.iova, space: space)
      if cached != 0 {
        table = cached & BitField<SecondStageEntry>.address.mask
        level = 1
        // Permissions as entry bits: in the first stage user stands at 3, and U/S at 2.
        above =
          plan.isFirstStage ? ~6 | (cached & 2) | (cached &>> 1) & 4 : ~7 | cached
      }
    }
    let suspect =
      plan.isFirstStage
      ? environment.pointee.firstStagePlain : environment.pointee.secondStagePlain
    guard
      let walk = PlainWalk(
        request.iova, table: table, level: level, all: above, suspect: suspect, environment),
      (request.needs | plan.due) & ~walk.all == 0
    else { return translateAnything(request) }
    let isClean = plan.dirty & ~walk.leaf != 0
    let address = walk.leaf & BitField<SecondStageEntry>.address.mask
    if request.needs & 2 != 0 && isClean || address >> 20 == 0xfee {
      return translateAnything(request)
    }
    let flags = plan.flags(walk) | (isClean ? PageFlags.clean : 0)
    let denied = ~flags & 7 | (isClean ? 2 : 0)
    iotlb.fill(
      tag: SetCache.tag(address: request.iova, space: space, kind: 0),
      page: request.iova &>> 12, space: space, data: address | denied &<< Denial.shift | flags,
      generation: caches.generation, seen: seen)
    if hasPagingStructures && level != 1 {
      // Execution above the leaf is not known here: with NXE no table is kept.
      let permissions =
        plan.isFirstStage ? 5 | walk.allAbove & 2 | (walk.allAbove & 4) << 1 : walk.allAbove & 7
      if !plan.isNoExecute {
        caches.keepTable(
          request.iova, space: space, level: 1, data: walk.table | permissions, seen: seen)
      }
    }
    return Translation(address: address | (request.iova & 0xfff), flags: flags)
  }

  /// Every case, by the walker's rules.
  @inline(never)
  private func translateAnything(_ request: DMARequest) -> Translation {
    let control = control.load(ordering: .acquiring)
    if let early = withoutTables(request, control) { return early }
    var walker = Walker(environment, updatesMemory: true, observer: SilentObserver())
    if !caches.isEnabled || request.attributes & DMARequest.Bits.addressTypeMask != 0 {
      return translateUncached(request, control, &walker)
    }
    let seen = caches.generation.load(ordering: .acquiring)
    guard let (context, space) = requesters.context(request.attributes) else {
      return translateNewRequester(request, control, &walker)
    }
    return walk(request, context, space: space, seen: seen, control, &walker)
  }

  /// A requester whose context is not at hand: the entry caches are asked, then memory.
  @inline(never)
  private func translateNewRequester(
    _ request: DMARequest, _ control: UInt64, _ walker: inout Walker<SilentObserver>
  ) -> Translation {
    let seen = caches.generation.load(ordering: .acquiring)
    let (context, space, reason) = findRequester(request, control)
    if reason != 0 { return report(WalkResult(reason: reason), request, context) }
    if space == 0 { return translateUncached(request, control, &walker) }
    // The requester was forgotten; its translations may still be there.
    let page = caches.findPage(request, space: space)
    if page != 0 && Denial.allows(request, page) {
      return Translation(
        address: (page & BitField<SecondStageEntry>.address.mask) | (request.iova & 0xfff),
        flags: page & PageFlags.mask)
    }
    return walk(request, context, space: space, seen: seen, control, &walker)
  }

  /// Reads the requester's entries and gives its translations a space.
  private func findRequester(
    _ request: DMARequest, _ control: UInt64
  ) -> (RequestContext, space: UInt64, reason: UInt8) {
    caches.entries.withLock { entries in
      var walker = Walker(environment, updatesMemory: true, observer: SilentObserver())
      var context = RequestContext()
      let root = RootTableAddress(rawValue: control & ControlBits.root)
      let reason = entries.find(request, root: root, &walker, &context)
      if reason != 0 { return (context, 0, reason) }
      // Commands that empty the requesters hold this lock, so what they changed shows here.
      if self.control.load(ordering: .acquiring) != control { return (context, 0, 0) }
      let supervisor = walker.isSupervisor(request, context)
      var space = entries.spaces.space(for: context, supervisor: supervisor)
      if space == nil {
        dropEverything(&entries)
        space = entries.spaces.space(for: context, supervisor: supervisor)
      }
      requesters.fill(request.attributes, context, space: space ?? 0)
      return (context, space ?? 0, 0)
    }
  }

  /// The walk from the lowest table that is cached, and keeping what it finds.
  @inline(__always)
  private func walk(
    _ request: DMARequest, _ context: RequestContext, space: UInt64, seen: UInt64,
    _ control: UInt64, _ walker: inout Walker<SilentObserver>
  ) -> Translation {
    let large = caches.largePages.load(ordering: .relaxed)
    if large != 0, let hit = largePage(request, space: space, large) { return hit }
    if looksAtDenials {
      if let stale = staleFault(request, context, space: space) { return stale }
    }
    if !context.isNested, let table = caches.findTable(request.iova, space: space, large) {
      walker.startTable = table.data & BitField<SecondStageEntry>.address.mask
      walker.startPermissions = table.data & 15
      walker.startLevel = table.level
    }
    let result = walker.translate(request, context)
    if result.isFault { return blocked(result, request, context, space: space, seen: seen) }
    if context.flags.contains(.passThrough) { return passThrough(result, control) }
    var denied = ~result.flags & 7
    if result.flags & PageFlags.clean != 0 && !configuration.quirks.contains(.noDirtyOnHit) {
      denied |= 2
    }
    let page = result.address & ~0xfff
    let size = (1 &<< PageFlags.shift(result.flags)) &- 1
    caches.keep(
      request, space: space,
      data: (page & ~size) | denied &<< Denial.shift | result.flags, seen: seen)
    if walker.leafTable != 0 && walker.startLevel == 0 && !context.isNested {
      caches.keepTable(
        request.iova, space: space, level: walker.leafLevel,
        data: walker.leafTable | walker.leafPermissions, seen: seen)
    }
    return Translation(address: result.address, flags: result.flags)
  }

  /// A page of 2 MiB or 1 GiB that may be used at once.
  private func largePage(_ request: DMARequest, space: UInt64, _ large: UInt64) -> Translation? {
    var kind: UInt64 = 1
    while kind <= 2 {
      if large & 1 &<< kind != 0 {
        let page = caches.findLargePage(request, space: space, kind: kind)
        if page != 0 && Denial.allows(request, page) {
          let offset = request.iova & ((1 &<< (12 &+ 9 &* kind)) &- 1)
          return Translation(
            address: (page & BitField<SecondStageEntry>.address.mask) | offset,
            flags: page & PageFlags.mask)
        }
      }
      kind &+= 1
    }
    return nil
  }

  /// A cached page that denies the request, or a cached fault.
  ///
  /// By default a denied request walks again, as processors do: permission may have grown without
  /// an invalidation. QEMU blocks it without a record.
  @inline(never)
  private func staleFault(
    _ request: DMARequest, _ context: RequestContext, space: UInt64
  ) -> Translation? {
    let page = caches.findPage(request, space: space)
    if page == 0 { return nil }
    if page & PageFlags.fault != 0 {
      let walker = Walker(environment, updatesMemory: false, observer: SilentObserver())
      return report(walker.notPresent(request, context), request, context)
    }
    if !configuration.quirks.contains(.silentPermissionOnHit) { return nil }
    let reason = Walker(environment, updatesMemory: false, observer: SilentObserver())
      .denied(request, context)
    return Translation(blocked: .fault(reason), .notReported)
  }

  /// A fault of the walk; with CAP.CM a missing page is remembered.
  @inline(never)
  private func blocked(
    _ result: WalkResult, _ request: DMARequest, _ context: RequestContext, space: UInt64,
    seen: UInt64
  ) -> Translation {
    if cachesFaults && result.flags & PageFlags.fault != 0 {
      caches.keep(request, space: space, data: PageFlags.fault | 7 << Denial.shift, seen: seen)
    }
    return report(result, request, context)
  }

  /// CAP.CM lets a unit cache what is not present; this one does it for pages.
  private var cachesFaults: Bool { configuration.capability[flag: .cachingMode] }

  private func passThrough(_ result: WalkResult, _ control: UInt64) -> Translation {
    if control & ControlBits.protectedMemory != 0 && isProtected(result.address) {
      return Translation(blocked: .protectedMemory, .notReported)
    }
    return Translation(address: result.address, flags: result.flags)
  }

  /// Straight from memory: caches off, or a request of ATS.
  @inline(never)
  func translateUncached(
    _ request: DMARequest, _ control: UInt64, _ walker: inout Walker<SilentObserver>
  ) -> Translation {
    let root = RootTableAddress(rawValue: control & ControlBits.root)
    let (result, context) = walker.walk(request, root: root)
    if result.isFault {
      return request.addressType == .translationRequest
        ? answer(fault: result, request, context) : report(result, request, context)
    }
    if context.flags.contains(.passThrough) { return passThrough(result, control) }
    return Translation(address: result.address, flags: result.flags)
  }

  /// What is decided before any table is read: the interrupt range, remapping off, abort-DMA mode.
  func withoutTables(_ request: DMARequest, _ control: UInt64) -> Translation? {
    let isUntranslated = request.attributes & DMARequest.Bits.addressTypeMask == 0
    // With a PASID the range is ordinary address space of a process (3.14).
    if request.iova >> 20 == 0xfee, isUntranslated,
      request.attributes & DMARequest.Bits.hasPASID == 0
    {
      if request.access == .write { return .interruptRequest }
      if !configuration.quirks.contains(.interruptRangeReadable) {
        return Translation(blocked: .interruptRangeRead, .notReported)
      }
      return unchanged(request)
    }
    if control & ControlBits.translationEnabled == 0 {
      if control & ControlBits.protectedMemory != 0 && isProtected(request.iova) {
        return Translation(blocked: .protectedMemory, .notReported)
      }
      return unchanged(request)
    }
    if RootTableAddress(rawValue: control).mode == .abortDMA {
      return Translation(blocked: .abortDMA, .notReported)
    }
    return nil
  }

  private func unchanged(_ request: DMARequest) -> Translation {
    Translation(address: request.iova, flags: UInt64(Permissions.all))
  }

  /// Whether an address lies in a protected memory region (10.16): from base to limit, with the
  /// bits of the limit's granule set.
  func isProtected(_ address: UInt64) -> Bool {
    state.withLock { state in
      let registers = state.registers
      let granule: UInt64 = 0x1f_ffff
      let low = UInt64(registers[RegisterOffset.plmbase])
      let lowEnd = UInt64(registers[RegisterOffset.plmlimit]) | granule
      let high = registers[quad: RegisterOffset.phmbase]
      let highEnd = registers[quad: RegisterOffset.phmlimit] | granule
      let capability = configuration.capability
      return (capability[flag: .protectedLowMemory] && address >= low && address <= lowEnd)
        || (capability[flag: .protectedHighMemory] && address >= high && address <= highEnd)
    }
  }

  /// Records a fault, unless FPD says not to.
  @inline(never)
  func report(
    _ result: WalkResult, _ request: DMARequest, _ context: RequestContext
  ) -> Translation {
    let reason = FaultReason(rawValue: result.reason)
    let cause = BlockCause.fault(reason)
    if context.flags.contains(.faultProcessingDisabled) {
      return Translation(blocked: cause, .faultProcessingDisabled)
    }
    let record = record(of: request, reason, result, context)
    let disposition = change { state, effects in
      state.faults.record(record, &state.registers, &effects)
    }
    return Translation(blocked: cause, disposition)
  }

  /// The record that a fault of this request leaves, F still clear.
  func record(
    of request: DMARequest, _ reason: FaultReason, _ result: WalkResult, _ context: RequestContext
  ) -> FaultRecord {
    var record = FaultRecord()
    record.address = request.address
    record.source = request.source
    record.reason = reason
    record.type = request.faultType
    record[.addressType] = UInt64(request.addressType.rawValue)
    record.pasid = request.pasid
    record[flag: .privilege] = request.isPrivileged
    record[flag: .execute] = request.isExecute
    let quirks = configuration.quirks
    if request.pasid == nil {
      if quirks.contains(.recordPASIDZero), context.flags.contains(.scalable) {
        record.pasid = PASID(rawValue: 0)
      } else if quirks.contains(.recordPASIDOnes), result.pastContext {
        record[.pasid] = 0xffff
      }
    }
    return record
  }
}

extension RemappingUnit {
  /// The answer to a translation request that faulted (VT-d specification 4.2.4).
  func answer(
    fault result: WalkResult, _ request: DMARequest, _ context: RequestContext
  ) -> Translation {
    report(result, request, context)
  }
}
