import Synchronization
import VTdFormats

extension RemappingUnit {
  /// Translates one DMA of at most one page.
  ///
  /// A fault is recorded, and its message sent, before this returns.
  public func translate(_ request: DMARequest) -> Translation {
    let control = control.load(ordering: .acquiring)
    if let early = withoutTables(request, control) { return early }
    var walker = Walker(environment, updatesMemory: true, observer: SilentObserver())
    let root = RootTableAddress(rawValue: control & ControlBits.root)
    let (result, context) = walker.walk(request, root: root)
    if result.isFault { return report(result, request, context) }
    return Translation(
      address: result.address, pageShift: UInt64(result.pageShift),
      permissions: result.permissions, snoop: result.snoop)
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
    Translation(address: request.iova, pageShift: 12, permissions: Permissions.all, snoop: false)
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
