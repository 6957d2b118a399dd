import PhysicalMemory
import VTdFormats

/// What the second stage found wrong; the code for it depends on the mode.
enum SecondStageFault {
  case topTableUnreadable, unreadable, reserved, notPresent, writeDenied, readDenied, updateRefused
}

extension Walker {
  /// Walks second-stage tables from the top for a request of its own (not nested).
  ///
  /// At each level: the entry is read; R and W both clear means not present; then its reserved bits
  /// are looked at; then it adds to the permission, which is judged at the leaf. QEMU judges before
  /// the reserved bits at each level (``UnitQuirks/permissionBeforeReserved``).
  @inline(__always)
  mutating func walkSecondStage(
    address: UInt64, table: UInt64, levels: Int, request: DMARequest, _ context: RequestContext
  ) -> WalkResult {
    var table = table
    var level = levels
    var permissions: UInt64 = 7
    while true {
      let entryAddress = table &+ Paging.entryOffset(of: address, level: level)
      guard let raw = memory.load64(entryAddress) else {
        observer.unreadable(.secondStageEntry, level: level, at: entryAddress)
        return fault(level == levels ? .topTableUnreadable : .unreadable, context)
      }
      let entry = SecondStageEntry(rawValue: raw)
      observer.read(.secondStageEntry, level: level, at: entryAddress, [raw])
      let leaf = level == 1 || (level < 4 && entry[flag: .pageSize])
      if !entry.isPresent || raw & reservedBits(level: level, leaf: leaf) != 0
        || hasQuirk(.permissionBeforeReserved)
      {
        // Off the path of a good entry: the order among these is worth spelling out.
        let problem = judge(raw, permissions & raw, level: level, leaf: leaf, request)
        if let problem { return fault(problem, context, request) }
      }
      permissions &= raw
      observer.accumulated(Permissions(rawValue: UInt8(truncatingIfNeeded: permissions)))
      if leaf {
        return finish(
          raw, at: entryAddress, level: level, permissions: permissions, address: address, request,
          context)
      }
      table = entry[inPlace: .address]
      level &-= 1
    }
  }

  @inline(__always)
  func reservedBits(level: Int, leaf: Bool) -> UInt64 {
    environment.pointee.secondStageReserved[unchecked: level &* 2 &+ (leaf ? 1 : 0)]
  }

  /// What is wrong with an entry, in the order of the specification or of QEMU.
  @inline(never)
  private func judge(
    _ raw: UInt64, _ permissions: UInt64, level: Int, leaf: Bool, _ request: DMARequest
  ) -> SecondStageFault? {
    if !SecondStageEntry(rawValue: raw).isPresent { return .notPresent }
    if hasQuirk(.permissionBeforeReserved), let denied = denied(permissions, request) {
      return denied
    }
    return raw & reservedBits(level: level, leaf: leaf) != 0 ? .reserved : nil
  }

  /// Which permission a request lacks, if any. An AtomicOp needs both, and says write first.
  @inline(__always)
  private func denied(_ permissions: UInt64, _ request: DMARequest) -> SecondStageFault? {
    let entry = SecondStageEntry(rawValue: permissions)
    if request.writes && !entry[flag: .write] { return .writeDenied }
    if request.reads && !entry[flag: .read] {
      // A zero-length read of a write-only page passes where the unit has CAP.ZLR.
      let passes =
        request.isZeroLength && entry[flag: .write]
        && environment.pointee.capability[flag: .zeroLengthRead]
      return passes ? nil : .readDenied
    }
    return nil
  }

  /// The leaf: permission, accessed and dirty, the page.
  @inline(__always)
  private mutating func finish(
    _ raw: UInt64, at entryAddress: UInt64, level: Int, permissions: UInt64, address: UInt64,
    _ request: DMARequest, _ context: RequestContext
  ) -> WalkResult {
    if let denied = denied(permissions, request) { return fault(denied, context, request) }
    let shift = UInt64(truncatingIfNeeded: Paging.shift(level: level))
    let offset = address & ((1 &<< shift) &- 1)
    let entry = SecondStageEntry(rawValue: raw)
    var result = WalkResult()
    // Page bits below a large page's size are reserved, so ADDR needs no further mask.
    result.address = entry[inPlace: .address] | offset
    result.pageShift = UInt8(truncatingIfNeeded: shift)
    result.permissions = UInt8(truncatingIfNeeded: permissions) | Permissions.user.rawValue
    result.snoop = entry[flag: .snoop]
    return result
  }

  /// A fault of the second stage by its code: legacy, scalable, or QEMU's mixture.
  @inline(never)
  func fault(
    _ problem: SecondStageFault, _ context: RequestContext, _ request: DMARequest? = nil
  ) -> WalkResult {
    let scalable = context.flags.contains(.scalable)
    let legacyPermission = !scalable || hasQuirk(.legacyPermissionCodes)
    let reason: FaultReason =
      switch problem {
      case .topTableUnreadable where scalable: .secondStageTableRead
      case .topTableUnreadable where hasQuirk(.topTableReadIsContextFault): .contextInvalid
      case .topTableUnreadable, .unreadable: scalable ? .scalableSecondStageRead : .secondStageRead
      case .reserved: scalable ? .scalableSecondStageReserved : .secondStageReserved
      case .notPresent where legacyPermission:
        request?.writes == true ? .writeNotPermitted : .readNotPermitted
      case .notPresent: .secondStageNotPresent
      case .writeDenied: legacyPermission ? .writeNotPermitted : .scalableWriteNotPermitted
      case .readDenied: legacyPermission ? .readNotPermitted : .scalableReadNotPermitted
      case .updateRefused: .secondStageAccessedDirty
      }
    return WalkResult(reason: reason.rawValue, pastContext: true)
  }
}
