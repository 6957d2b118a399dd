import PhysicalMemory
import VTdFormats

/// What the second stage found wrong; the code for it depends on the mode.
enum SecondStageFault {
  case topTableUnreadable, unreadable, reserved, notPresent
  case writeDenied, readDenied, executeDenied, updateRefused
}

extension Walker {
  /// Walks second-stage tables from the top; `needs` are ``Permissions`` bits.
  ///
  /// At each level: the entry is read; R and W both clear means not present; then its reserved bits
  /// are looked at; then it adds to the permission, which is judged at the leaf. QEMU judges before
  /// the reserved bits at each level (``UnitQuirks/permissionBeforeReserved``).
  @inline(__always)
  mutating func walkSecondStage(
    address: UInt64, table: UInt64, levels: Int, needs: UInt64, zeroLength: Bool,
    _ context: RequestContext
  ) -> WalkResult {
    if Observer.isSilent, WalkNeeds.isDMA(needs),
      let plain = PlainWalk(
        address, table: startLevel != 0 ? startTable : table,
        shift: UInt64(9 &* (startLevel != 0 ? startLevel : levels)), all: startPermissions | ~0xf,
        suspect: environment.pointee.secondStagePlain, environment.pointee.plainMemory)
    {
      // A missing entry shows as a missing permission.
      var due = needs
      if context.flags.contains(.secondStageAccessedDirty) {
        due |= BitField<SecondStageEntry>.accessed.mask
      }
      if due & ~plain.all == 0 && !lacksDirty(plain.leaf, needs, context) {
        noteLeaf(plain.table, plain.allAbove & 7, 1)
        return page(
          plain.leaf, level: 1, permissions: plain.all, address: address, needs: needs,
          context)
      }
    }
    return walkSecondStageStepwise(
      address: address, table: table, levels: levels, needs: needs, zeroLength: zeroLength, context)
  }

  /// Whether a write still has to set the leaf's dirty bit.
  @inline(__always)
  private func lacksDirty(_ leaf: UInt64, _ needs: UInt64, _ context: RequestContext) -> Bool {
    needs & 2 != 0 && context.flags.contains(.secondStageAccessedDirty)
      && !SecondStageEntry(rawValue: leaf)[flag: .dirty]
  }

  @inline(__always)
  mutating func noteLeaf(_ table: UInt64, _ permissions: UInt64, _ level: Int) {
    leafTable = table
    leafPermissions = permissions
    leafLevel = level
  }

  @inline(never)
  private mutating func walkSecondStageStepwise(
    address: UInt64, table: UInt64, levels: Int, needs: UInt64, zeroLength: Bool,
    _ context: RequestContext
  ) -> WalkResult {
    var table = table
    var level = levels
    var permissions: UInt64 = 7
    if startLevel != 0 {
      table = startTable
      level = startLevel
      permissions = startPermissions
    }
    let updates = context.flags.contains(.secondStageAccessedDirty)
    while true {
      let entryAddress = table &+ Paging.entryOffset(of: address, level: level)
      observer.selects(Paging.index(of: address, level: level), by: address)
      guard let raw = load(entryAddress) else {
        observer.unreadable(.secondStageEntry, level: level, at: entryAddress)
        return fault(level == levels ? .topTableUnreadable : .unreadable, context, needs)
      }
      let entry = SecondStageEntry(rawValue: raw)
      observer.read(.secondStageEntry, level: level, at: entryAddress, [raw])
      let leaf = level == 1 || (level < 4 && entry[flag: .pageSize])
      let suspect = environment.pointee.secondStageSuspect[level &* 2 &+ (leaf ? 1 : 0)]
      if !entry.isPresent || raw & suspect != 0 {
        // Off the path of a good entry: the order among these is worth spelling out.
        let problem = judge(
          raw, permissions & raw, level: level, leaf: leaf, needs: needs, zeroLength: zeroLength)
        if let problem { return fault(problem, context, needs) }
      }
      observer.checked("R or W is set")
      observer.checked("reserved bits are clear")
      if leaf { noteLeaf(table, permissions, level) }
      permissions &= raw
      observer.accumulated(Permissions(rawValue: UInt8(truncatingIfNeeded: permissions)))
      if leaf {
        return finish(
          raw, at: entryAddress, level: level, permissions: permissions, address: address,
          needs: needs, zeroLength: zeroLength, context)
      }
      if updates && !entry[flag: .accessed]
        && !setSecondStage(.accessed, at: entryAddress, raw, context)
      {
        return fault(.updateRefused, context, needs)
      }
      table = entry[inPlace: .address]
      level &-= 1
    }
  }

  /// What is wrong with an entry, in the order of the specification or of QEMU.
  @inline(never)
  private func judge(
    _ raw: UInt64, _ permissions: UInt64, level: Int, leaf: Bool, needs: UInt64, zeroLength: Bool
  ) -> SecondStageFault? {
    if !SecondStageEntry(rawValue: raw).isPresent { return .notPresent }
    if hasQuirk(.permissionBeforeReserved),
      let denied = denied(permissions, needs: needs, zeroLength: zeroLength)
    {
      return denied
    }
    let reserved = environment.pointee.secondStageReserved[level &* 2 &+ (leaf ? 1 : 0)]
    return raw & reserved != 0 ? .reserved : nil
  }

  /// Which permission is missing, if any. An AtomicOp needs both, and says write first.
  @inline(__always)
  private func denied(
    _ permissions: UInt64, needs: UInt64, zeroLength: Bool
  ) -> SecondStageFault? {
    // R, W and X are bits 0 to 2 of an entry and of Permissions alike.
    if needs & ~permissions & 7 == 0 { return nil }
    return missing(permissions, needs: needs, zeroLength: zeroLength)
  }

  @inline(never)
  private func missing(
    _ permissions: UInt64, needs: UInt64, zeroLength: Bool
  ) -> SecondStageFault? {
    let entry = SecondStageEntry(rawValue: permissions)
    if needs & 2 != 0 && !entry[flag: .write] { return .writeDenied }
    if needs & 1 != 0 && !entry[flag: .read] {
      // A zero-length read of a write-only page passes where the unit has CAP.ZLR.
      let passes =
        zeroLength && entry[flag: .write] && environment.pointee.capability[flag: .zeroLengthRead]
      if !passes { return .readDenied }
    }
    return needs & 4 != 0 && !entry[flag: .execute] ? .executeDenied : nil
  }

  /// The leaf: permission, accessed and dirty, the page.
  private mutating func finish(
    _ raw: UInt64, at entryAddress: UInt64, level: Int, permissions: UInt64, address: UInt64,
    needs: UInt64, zeroLength: Bool, _ context: RequestContext
  ) -> WalkResult {
    var needs = needs
    if !WalkNeeds.isDMA(needs) {
      // A translation request that may do nothing at all.
      if permissions & 3 == 0 { return fault(.readDenied, context, needs) }
      needs = WalkNeeds.granted(needs, permissions)
    }
    if let denied = denied(permissions, needs: needs, zeroLength: zeroLength) {
      return fault(denied, context, needs)
    }
    observer.checked("the permission suffices")
    if context.flags.contains(.secondStageAccessedDirty) {
      let entry = SecondStageEntry(rawValue: raw)
      let dirties = needs & 2 != 0
      if !entry[flag: .accessed] || (dirties && !entry[flag: .dirty]) {
        let field: BitField<SecondStageEntry>? = dirties ? .dirty : nil
        if !setSecondStage(.accessed, field, at: entryAddress, raw, context) {
          return fault(.updateRefused, context, needs)
        }
      }
    }
    return page(
      raw, level: level, permissions: permissions, address: address, needs: needs, context)
  }

  /// What a leaf maps an address to.
  @inline(__always)
  private func page(
    _ raw: UInt64, level: Int, permissions: UInt64, address: UInt64, needs: UInt64,
    _ context: RequestContext
  ) -> WalkResult {
    let entry = SecondStageEntry(rawValue: raw)
    var flags = permissions & 7 | UInt64(Permissions.user.rawValue)
    if context.flags.contains(.secondStageAccessedDirty) && needs & 2 == 0
      && !entry[flag: .dirty]
    {
      flags |= PageFlags.clean
    }
    let shift = UInt64(truncatingIfNeeded: Paging.shift(level: level))
    if entry[flag: .snoop] || context.flags.contains(.pageSnoop) { flags |= PageFlags.snoop }
    flags |= UInt64(truncatingIfNeeded: level &- 1) &<< PageFlags.sizeShift
    // Page bits below a large page's size are reserved, so ADDR needs no further mask.
    return WalkResult(
      address: entry[inPlace: .address] | address & ((1 &<< shift) &- 1), flags: flags)
  }

  /// Sets bits of an entry as hardware does: atomically, and only while it is what was read.
  ///
  /// False where memory refuses, or where walks do not snoop (PWSNP clear), so that an update could
  /// be lost. An entry that changed meanwhile keeps the change and gets the bits as well.
  @inline(never)
  private mutating func setSecondStage(
    _ first: BitField<SecondStageEntry>, _ second: BitField<SecondStageEntry>? = nil,
    at address: UInt64, _ raw: UInt64, _ context: RequestContext
  ) -> Bool {
    if !canUpdate(context) { return false }
    observer.updates(second == nil ? "A" : "A and D")
    return !updatesMemory || memory.set(first.mask | (second?.mask ?? 0), at: address, raw)
  }

  /// Whether accessed and dirty bits may be written at all.
  @inline(__always)
  func canUpdate(_ context: RequestContext) -> Bool {
    context.flags.contains(.pageWalkSnoop) || hasQuirk(.updatesWithoutSnoop)
  }

  /// A fault of the second stage by its code: legacy, scalable, or QEMU's mixture.
  @inline(never)
  func fault(
    _ problem: SecondStageFault, _ context: RequestContext, _ needs: UInt64
  ) -> WalkResult {
    let scalable = context.flags.contains(.scalable) && !hasQuirk(.legacyPermissionCodes)
    let reason: FaultReason =
      switch problem {
      // A top table out of reach is a fault of the entry that points to it (LCT.4).
      case .topTableUnreadable: scalable ? .secondStageTableRead : .contextInvalid
      case .unreadable: scalable ? .scalableSecondStageRead : .secondStageRead
      case .reserved: scalable ? .scalableSecondStageReserved : .secondStageReserved
      case .notPresent where !scalable:
        needs & 2 != 0 ? .writeNotPermitted : .readNotPermitted
      case .notPresent: .secondStageNotPresent
      case .writeDenied: scalable ? .scalableWriteNotPermitted : .writeNotPermitted
      case .readDenied: scalable ? .scalableReadNotPermitted : .readNotPermitted
      case .executeDenied: .executeNotPermitted
      case .updateRefused: .secondStageAccessedDirty
      }
    return WalkResult(
      flags: problem == .notPresent ? PageFlags.fault : 0, reason: reason.rawValue,
      pastContext: true)
  }
}

extension MemoryView {
  /// Sets bits of a 64-bit entry atomically; false where memory refuses the write.
  func set(_ bits: UInt64, at address: UInt64, _ seen: UInt64) -> Bool {
    var expected = seen
    while true {
      guard
        let (exchanged, original) = compareExchange64(
          address, expected: expected, desired: expected | bits)
      else { return false }
      if exchanged { return true }
      expected = original
    }
  }
}
