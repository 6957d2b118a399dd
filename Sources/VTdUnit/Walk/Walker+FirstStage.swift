import PhysicalMemory
import VTdFormats

extension Walker {
  /// Scalable mode once the PASID entry is known (VT-d specification 3.5, 3.6, 3.8; SGN.1-8).
  @inline(__always)
  mutating func translateScalable(_ request: DMARequest, _ context: RequestContext) -> WalkResult {
    if request.attributes & (DMARequest.Bits.addressTypeMask | DMARequest.Bits.privileged) != 0
      || request.needs & 4 != 0 || context.flags.contains(.ridPrivilege)
    {
      if request.addressType == .translated {
        return request.iova.isInterruptAddress
          ? .fault(.scalableInterruptRange) : .unchanged(request.iova)
      }
      // A translation request is answered without X instead.
      if request.isExecute && !context.flags.contains(.executeRequests)
        && request.addressType == .untranslated
      {
        return .fault(.executeRequestsDisabled)
      }
      if isSupervisor(request, context) && !context.flags.contains(.supervisorRequests) {
        return .fault(.supervisorRequestsDisabled)
      }
      observer.checked("SRE and ERE allow the request")
    }
    var result = translateByType(request, context)
    result.pastContext = true
    if !result.isFault { observer.checked("the result lies outside the interrupt range") }
    if !result.isFault && leadsToInterrupts(result) {
      result.reason = FaultReason.scalableInterruptRange.rawValue
    }
    return result
  }

  @inline(__always)
  private mutating func translateByType(
    _ request: DMARequest, _ context: RequestContext
  ) -> WalkResult {
    if context.flags.contains(.firstStage) {
      if !isCanonical(request.iova, context) { return .fault(.addressNotCanonical) }
      observer.checked("the address is canonical")
      return context.flags.contains(.secondStage)
        ? walkNested(request, context)
        : walkFirstStage(request, context)
    }
    let isPassThrough = context.flags.contains(.passThrough)
    let width: UInt64 =
      isPassThrough ? 64 : UInt64(Paging.width(levels: Int(context.secondStageLevels)))
    if isPassThrough && hasQuirk(.passThroughUnbounded) { return .unchanged(request.iova) }
    if request.iova & (environment.pointee.beyondMGAW | ~0 << width) != 0 {
      return .fault(
        hasQuirk(.legacyPermissionCodes) ? .addressBeyondWidth : .scalableAddressBeyondWidth)
    }
    observer.checked("the address is within MGAW and AW")
    if isPassThrough { return .unchanged(request.iova) }
    return walkSecondStage(
      address: request.iova, table: context.secondStageTable,
      levels: Int(context.secondStageLevels), needs: request.walkNeeds,
      zeroLength: request.isZeroLength, context)
  }

  /// The fault of a page that is remembered as missing.
  func notPresent(_ request: DMARequest, _ context: RequestContext) -> WalkResult {
    context.flags.contains(.firstStage)
      ? WalkResult(reason: FaultReason.firstStageNotPresent.rawValue, pastContext: true)
      : fault(.notPresent, context, request.needs)
  }

  /// The reason for which a page of the second stage denies a request.
  func denied(_ request: DMARequest, _ context: RequestContext) -> FaultReason {
    let problem: SecondStageFault = request.writes ? .writeDenied : .readDenied
    return FaultReason(rawValue: fault(problem, context, request.needs).reason)
  }

  /// Whether the request has supervisor privilege: its own, or RID_PRIV's.
  @inline(__always)
  func isSupervisor(_ request: DMARequest, _ context: RequestContext) -> Bool {
    (request.isPrivileged || context.flags.contains(.ridPrivilege)) && !hasQuirk(.plainFirstStage)
  }

  /// Whether the bits above the tables' width repeat the highest one below.
  @inline(__always)
  func isCanonical(_ address: UInt64, _ context: RequestContext) -> Bool {
    var width = UInt64(Paging.width(levels: Int(context.firstStageLevels)))
    if hasQuirk(.canonicalCheckUsesAW) {
      width = UInt64(
        min(
          Paging.width(levels: Int(context.secondStageLevels)),
          environment.pointee.capability.maximumGuestAddressWidth))
    }
    let bias: UInt64 = 1 &<< (width &- 1)
    return (address &+ bias) &>> width == 0
  }

  /// First-stage tables that lie in memory as they are.
  @inline(__always)
  mutating func walkFirstStage(_ request: DMARequest, _ context: RequestContext) -> WalkResult {
    var stage = firstStage(request, context)
    if startLevel != 0 { stage.permissions = startPermissions }
    if Observer.isSilent, WalkNeeds.isDMA(stage.needs),
      let plain = PlainWalk(
        request.iova, table: startLevel != 0 ? startTable : context.firstStageTable,
        shift: UInt64(9 &* (startLevel != 0 ? startLevel : Int(context.firstStageLevels))),
        all: ~0, suspect: environment.pointee.firstStagePlain, environment.pointee.plainMemory)
    {
      let above = stage.permissions & stage.allowed(plain.allAbove, any: 0)
      stage.accumulate(plain.all, any: plain.any)
      stage.isLeaf = true
      stage.level = 1
      let entries = BitField<FirstStageEntry>.present.mask | stage.accessedBits
      if entries & ~plain.all == 0 && stage.missingUpdates(plain.leaf) == 0 && stage.denial == 0 {
        // Execution above the leaf is not known here: with NXE no table is kept.
        if !stage.noExecute { noteLeaf(plain.table, above, 1) }
        return stage.result(plain.leaf, pageSnoop: context.flags.contains(.pageSnoop))
      }
    }
    return walkFirstStageStepwise(request, context)
  }

  @inline(never)
  private mutating func walkFirstStageStepwise(
    _ request: DMARequest, _ context: RequestContext
  ) -> WalkResult {
    var stage = firstStage(request, context)
    if startLevel != 0 {
      stage.table = startTable
      stage.level = startLevel
      stage.permissions = startPermissions
    }
    while true {
      let entryAddress = stage.table &+ Paging.entryOffset(of: request.iova, level: stage.level)
      observer.selects(Paging.index(of: request.iova, level: stage.level), by: request.iova)
      guard let raw = load(entryAddress) else {
        observer.unreadable(.firstStageEntry, level: stage.level, at: entryAddress)
        return .fault(
          stage.level == Int(context.firstStageLevels) ? .firstStageTableRead : .firstStageRead)
      }
      let reason = look(at: raw, entryAddress, &stage)
      if reason != 0 { return stage.fault(reason) }
      let wanted = stage.missingUpdates(raw)
      if wanted != 0 {
        let refused = update(wanted, at: entryAddress, raw, context)
        if refused != 0 { return WalkResult(reason: refused) }
      }
      if stage.isLeaf { return stage.result(raw, pageSnoop: context.flags.contains(.pageSnoop)) }
      stage.descend(raw)
    }
  }

  /// Looks at one entry: present, reserved, and at the leaf the permissions.
  ///
  /// Permissions are judged at the leaf, in the order of their codes: U/S, execute, write. Accessed
  /// bits of the entries above are set on the way down, as processors do. QEMU judges at each level,
  /// before the reserved bits.
  @inline(__always)
  mutating func look(at raw: UInt64, _ address: UInt64, _ stage: inout FirstStageWalk) -> UInt8 {
    let entry = FirstStageEntry(rawValue: raw)
    observer.read(.firstStageEntry, level: stage.level, at: address, [raw])
    if !entry[flag: .present] { return FaultReason.firstStageNotPresent.rawValue }
    observer.checked("P is set")
    stage.isLeaf = stage.level == 1 || (stage.level < 4 && entry[flag: .pageSize])
    // As in a plain walk: with NXE no table of small pages is kept, so that both keep the same.
    if stage.isLeaf, stage.level > 1 || !stage.noExecute {
      noteLeaf(stage.table, stage.permissions, stage.level)
    }
    if hasQuirk(.permissionBeforeReserved) {
      var judged = stage
      judged.accumulate(raw)
      if judged.denial != 0 { return judged.denial }
    }
    let reserved = environment.pointee.firstStageReserved[
      stage.level &* 2 &+ (stage.isLeaf ? 1 : 0)]
    if raw & reserved != 0 { return FaultReason.firstStageReserved.rawValue }
    observer.checked("reserved bits are clear")
    stage.accumulate(raw)
    observer.accumulated(Permissions(rawValue: UInt8(truncatingIfNeeded: stage.permissions)))
    if !stage.isLeaf { return 0 }
    stage.needs = WalkNeeds.granted(stage.needs, stage.effective)
    let denial = stage.denial
    if denial == 0 { observer.checked("the permission suffices") }
    return denial
  }

  /// Accessed, dirty and extended-accessed bits, atomically; a reason where that cannot be.
  @inline(never)
  private mutating func update(
    _ bits: UInt64, at address: UInt64, _ raw: UInt64, _ context: RequestContext
  ) -> UInt8 {
    if !canUpdate(context) { return FaultReason.firstStageAccessedDirtyNoSnoop.rawValue }
    observer.updates(Self.name(ofUpdate: bits))
    if updatesMemory && !memory.set(bits, at: address, raw) {
      return FaultReason.firstStageAccessedDirtyRefused.rawValue
    }
    return 0
  }
}

extension Walker {
  /// Accessed, dirty and extended-accessed bits by name.
  static func name(ofUpdate bits: UInt64) -> StaticString {
    let entry = FirstStageEntry(rawValue: bits)
    return
      switch (
        entry[flag: .accessed], entry[flag: .dirty], entry[flag: .extendedAccessed]
      )
    {
    case (true, false, false): "A"
    case (true, true, false): "A and D"
    case (false, true, false): "D"
    case (true, false, true): "A and EA"
    case (true, true, true): "A, D and EA"
    case (false, true, true): "D and EA"
    case (false, false, _): "EA"
    }
  }

  /// A first-stage walk at its top.
  @inline(__always)
  func firstStage(_ request: DMARequest, _ context: RequestContext) -> FirstStageWalk {
    var stage = FirstStageWalk(request, context, isSupervisor: isSupervisor(request, context))
    if hasQuirk(.plainFirstStage) { stage.forgetExtensions() }
    stage.updatesFreshEntriesOnly = hasQuirk(.updatesFreshEntriesOnly)
    return stage
  }
}

/// Where a first-stage walk stands: which table, at which level, with which permission so far.
struct FirstStageWalk {
  var needs: UInt64
  let iova: UInt64
  let isSupervisor: Bool
  let writeProtect: Bool
  private(set) var noExecute: Bool
  private(set) var extendedAccessed: Bool
  /// ``UnitQuirks/updatesFreshEntriesOnly``
  var updatesFreshEntriesOnly = false
  var table: UInt64
  var level: Int
  var isLeaf = false
  /// ``Permissions`` over the levels so far: R/W as write, U/S as user, XD as no execute.
  var permissions: UInt64 = 15

  @inline(__always)
  init(_ request: DMARequest, _ context: RequestContext, isSupervisor: Bool) {
    // Whatever is present can be read, so a translation request may demand that.
    needs = request.walkNeeds | ((request.walkNeeds &>> 4) & 1)
    iova = request.iova
    self.isSupervisor = isSupervisor
    writeProtect = context.flags.contains(.writeProtect)
    noExecute = context.flags.contains(.noExecute)
    extendedAccessed = context.flags.contains(.extendedAccessed)
    table = context.firstStageTable
    level = Int(context.firstStageLevels)
  }

  /// XD and EA do not count.
  mutating func forgetExtensions() {
    noExecute = false
    extendedAccessed = false
    needs &= ~4
  }

  @inline(__always)
  mutating func accumulate(_ raw: UInt64) { accumulate(raw, any: raw) }

  /// Takes what all entries allow, and what any of them denies.
  @inline(__always)
  mutating func accumulate(_ all: UInt64, any: UInt64) { permissions &= allowed(all, any: any) }

  /// ``Permissions`` of entries: R/W is write where it stands, U/S moves up by one.
  @inline(__always)
  func allowed(_ all: UInt64, any: UInt64) -> UInt64 {
    let denies = noExecute && FirstStageEntry(rawValue: any)[flag: .executeDisable]
    return 1 | (all & 2) | (all & 4) &<< 1 | (denies ? 0 : 4)
  }

  /// Bits that hardware sets in every entry that it uses.
  @inline(__always)
  var accessedBits: UInt64 {
    extendedAccessed
      ? BitField<FirstStageEntry>.accessed.mask | BitField<FirstStageEntry>.extendedAccessed.mask
      : BitField<FirstStageEntry>.accessed.mask
  }

  /// What the requester may do: a supervisor is not bound by U/S, nor by R/W where WPE is clear.
  @inline(__always)
  var effective: UInt64 {
    if isSupervisor { return writeProtect ? permissions : permissions | 2 }
    return permissions & 8 != 0 ? permissions : permissions & 8
  }

  /// The reason for which the leaf denies the request, or 0.
  @inline(__always)
  var denial: UInt8 {
    if needs & ~effective & 7 == 0 { return 0 }
    if !isSupervisor && permissions & 8 == 0 { return FaultReason.userNotPermitted.rawValue }
    if needs & 4 & ~effective != 0 { return FaultReason.executeNotPermitted.rawValue }
    return FaultReason.scalableWriteNotPermitted.rawValue
  }

  /// A fault with its reason; a missing page is marked as such.
  func fault(_ reason: UInt8) -> WalkResult {
    let isMissing = reason == FaultReason.firstStageNotPresent.rawValue
    return WalkResult(flags: isMissing ? PageFlags.fault : 0, reason: reason)
  }

  /// Bits that hardware has to set in an entry that this request uses.
  @inline(__always)
  func missingUpdates(_ raw: UInt64) -> UInt64 {
    var bits = accessedBits
    if isLeaf && needs & 2 != 0 { bits |= BitField<FirstStageEntry>.dirty.mask }
    let missing = bits & ~raw
    return missing != 0 && updatesFreshEntriesOnly && raw & bits != 0 ? 0 : missing
  }

  @inline(__always)
  mutating func descend(_ raw: UInt64) {
    table = FirstStageEntry(rawValue: raw)[inPlace: .address]
    level &-= 1
  }

  /// The page that the leaf maps.
  @inline(__always)
  func result(_ raw: UInt64, pageSnoop: Bool) -> WalkResult {
    let entry = FirstStageEntry(rawValue: raw)
    let shift = UInt64(truncatingIfNeeded: Paging.shift(level: level))
    let offset = (1 &<< shift) &- 1
    var flags = effective & 7 | permissions & 8
    if needs & 2 == 0 && !entry[flag: .dirty] { flags |= PageFlags.clean }
    if pageSnoop { flags |= PageFlags.snoop }
    flags |= UInt64(truncatingIfNeeded: level &- 1) &<< PageFlags.sizeShift
    // Bit 12 of a large page is its PAT bit, so the offset's bits are cut.
    return WalkResult(
      address: entry[inPlace: .address] & ~offset | iova & offset, flags: flags)
  }
}
