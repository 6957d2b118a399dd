import Synchronization
import VTdFormats

extension RemappingUnit {
  /// Every case, by the walker's rules.
  @usableFromInline
  @inline(never)
  func translateSlowly(_ request: DMARequest) -> Translation {
    let control = control.load(ordering: .acquiring)
    if let early = withoutTables(request, control) { return early }
    var walker = Walker(environment, updatesMemory: true, observer: SilentObserver())
    if !caches.isEnabled || request.attributes & DMARequest.Bits.addressTypeMask != 0 {
      return translateUncached(request, control, &walker)
    }
    let seen = caches.generation.load(ordering: .acquiring)
    guard let (context, space) = requesters.context(request) else {
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
    if let page = caches.findPage(request, space: space), page.allows(request) {
      return page.translation(request)
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
      let kind = isPlain ? PlainWalkKind(context, request) : .none
      let plan = WalkPlan(
        kind, context, beyondMGAW: environment.pointee.beyondMGAW,
        keepsTables: caches.hasPagingStructures)
      requesters.fill(request, context, kind, plan, space: space ?? 0)
      return (context, space ?? 0, 0)
    }
  }

  /// The walk from the lowest table that is cached, and keeping what it finds.
  @inline(__always)
  private func walk(
    _ request: DMARequest, _ context: RequestContext, space: UInt64, seen: UInt64,
    _ control: UInt64, _ walker: inout Walker<SilentObserver>
  ) -> Translation {
    let sizes = caches.largeSizes.load(ordering: .relaxed)
    if sizes != 0, let part = caches.part(for: request, space: space, sizes, seen: seen) {
      return part.translation(request)
    }
    if looksAtDenials {
      if let stale = staleFault(request, context, space: space) { return stale }
    }
    if !context.isNested, let table = caches.findTable(request.iova, space: space, sizes) {
      walker.startTable = table.data & BitField<SecondStageEntry>.address.mask
      walker.startPermissions = table.data & 15
      walker.startLevel = table.level
    }
    let result = walker.translate(request, context)
    if result.isFault { return blocked(result, request, context, space: space, seen: seen) }
    if context.flags.contains(.passThrough),
      control & ControlBits.protectedMemory != 0 && isProtected(result.address)
    {
      return Translation(blocked: .protectedMemory, .notReported)
    }
    let offset = (1 &<< PageFlags.shift(result.flags)) &- 1
    // A write to a page whose dirty bit is still to be set walks again.
    let isClean =
      result.flags & PageFlags.clean != 0 && !configuration.quirks.contains(.noDirtyOnHit)
    let page = CachedPage(
      address: result.address & ~offset, flags: result.flags, denied: isClean ? 2 : 0)
    caches.keep(request, space: space, page, seen: seen)
    if walker.leafTable != 0 && walker.startLevel == 0 && !context.isNested {
      caches.keepTable(
        request.iova, space: space, level: walker.leafLevel,
        data: walker.leafTable | walker.leafPermissions, seen: seen)
    }
    return Translation(address: result.address, flags: result.flags)
  }

  /// A cached page that denies the request, or a cached fault.
  ///
  /// By default a denied request walks again, as processors do: permission may have grown without
  /// an invalidation. QEMU blocks it without a record.
  @inline(never)
  private func staleFault(
    _ request: DMARequest, _ context: RequestContext, space: UInt64
  ) -> Translation? {
    guard let page = caches.findPage(request, space: space) else { return nil }
    if page.isMissing {
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
      caches.keep(request, space: space, .missing, seen: seen)
    }
    return report(result, request, context)
  }

  /// CAP.CM lets a unit cache what is not present; this one does it for pages.
  private var cachesFaults: Bool { environment.pointee.cachesFaults }

  func passThrough(_ result: WalkResult, _ control: UInt64) -> Translation {
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
    if request.addressType == .translationRequest { return answer(result, request, context) }
    if result.isFault { return report(result, request, context) }
    if context.flags.contains(.passThrough) { return passThrough(result, control) }
    return Translation(address: result.address, flags: result.flags)
  }

  /// What is decided before any table is read: the interrupt range, remapping off, abort-DMA mode.
  func withoutTables(_ request: DMARequest, _ control: UInt64) -> Translation? {
    let isRemapping = control & ControlBits.translationEnabled != 0
    if request.addressType == .translationRequest && !isRemapping {
      return Translation(blocked: .unsupportedRequest, .notReported)
    }
    // With a PASID the range is ordinary address space of a process (3.14).
    if request.iova.isInterruptAddress, request.addressType != .translated,
      request.attributes & DMARequest.Bits.hasPASID == 0
    {
      if request.addressType == .translationRequest {
        return RootTableAddress(rawValue: control).mode == .abortDMA
          ? Translation(blocked: .abortDMA, .notReported) : Self.interruptRangeAnswer(request)
      }
      if request.access == .write { return .interruptRequest }
      if !configuration.quirks.contains(.interruptRangeReadable) {
        return Translation(blocked: .interruptRangeRead, .notReported)
      }
      return unchanged(request)
    }
    if !isRemapping {
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

  /// Whether an address lies in a protected memory region.
  func isProtected(_ address: UInt64) -> Bool {
    state.withLock { ProtectedRegions($0.registers, configuration.capability).contain(address) }
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
      state.faults.record(record, &state.registers, &effects, memory)
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
    if quirks.contains(.recordPASIDZero), context.flags.contains(.scalable) {
      // The field takes 16 bits of the PASID there.
      record.pasid = result.pastContext ? PASID(rawValue: context.pasid & 0xffff) : nil
    } else if quirks.contains(.recordPASIDOnes), request.pasid == nil, result.pastContext {
      record[.pasid] = 0xffff
    }
    return record
  }
}
