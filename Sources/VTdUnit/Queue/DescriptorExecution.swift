import PhysicalMemory
import Synchronization
import VTdFormats

extension RemappingUnit {
  /// Carries out one descriptor; says why not, if it cannot.
  func execute(
    _ words: SIMD4<UInt64>, _ state: inout UnitState, _ effects: inout Effects
  ) -> QueueErrorInformation? {
    let code = DescriptorHeader(rawValue: words[0]).typeCode
    state.queue.lastWasWait = code == DescriptorType.wait.rawValue
    guard let type = DescriptorType(rawValue: code), supportedDescriptors & 1 &<< code != 0 else {
      return .invalidType
    }
    let isWide = state.queue.address[flag: .descriptorWidth]
    if let error = checkWidth(type, words, isWide: isWide) { return error }
    effects.trace(.descriptor(type, low: words[0], high: words[1]))
    let reserved = descriptorReserved[Int(type.rawValue)]
    if (words[0] & reserved[0]) | (words[1] & reserved[1]) != 0 { return .reservedField }
    switch type {
    case .contextCache: return invalidate(descriptor(words) as ContextCacheDescriptor)
    case .iotlb: return invalidate(descriptor(words) as IOTLBDescriptor)
    case .pasidIOTLB: return invalidate(descriptor(words) as PASIDIOTLBDescriptor)
    case .pasidCache: return invalidate(descriptor(words) as PASIDCacheDescriptor)
    case .interruptEntryCache:
      return invalidate(descriptor(words) as InterruptEntryCacheDescriptor)
    case .deviceTLB: return invalidate(descriptor(words) as DeviceTLBDescriptor, &state)
    case .pasidDeviceTLB: return invalidate(descriptor(words) as PASIDDeviceTLBDescriptor, &state)
    case .wait: return wait(descriptor(words), &state, &effects)
    case .pageGroupResponse: return respond(words)
    }
  }

  private func descriptor<Descriptor: InvalidationDescriptor>(
    _ words: SIMD4<UInt64>
  ) -> Descriptor {
    Descriptor(low: words[0], high: words[1])
  }

  /// PASID descriptors need the wide queue and scalable-mode tables; in the wide queue the upper
  /// half of the others is reserved.
  private func checkWidth(
    _ type: DescriptorType, _ words: SIMD4<UInt64>, isWide: Bool
  ) -> QueueErrorInformation? {
    switch type {
    case .pasidIOTLB, .pasidCache, .pasidDeviceTLB:
      if !isWide { return .invalidWidth }
      let root = RootTableAddress(rawValue: control.load(ordering: .relaxed))
      if root.mode != .scalable { return .invalidTableMode }
    case .pageGroupResponse:
      if !isWide { return .invalidWidth }
      let response = PageGroupResponseDescriptor(low: words[0], high: words[1])
      if response[flag: .privateDataPresent] { return nil }
    case .contextCache, .iotlb, .deviceTLB, .interruptEntryCache, .wait:
      break
    }
    return words[2] | words[3] != 0 ? .reservedField : nil
  }

  private func invalidate(_ descriptor: ContextCacheDescriptor) -> QueueErrorInformation? {
    guard
      let selection = contextSelection(
        granularity: descriptor.granularity, domain: descriptor[.domainID],
        source: descriptor[.sourceID], mask: descriptor[.functionMask])
    else { return .reservedField }
    invalidateContexts(selection)
    return nil
  }

  /// Nil for a granularity that is reserved.
  func contextSelection(
    granularity: ContextGranularity?, domain: UInt64, source: UInt64, mask: UInt64
  ) -> ContextSelection? {
    switch granularity {
    case .global: .global
    case .domain: .domain(UInt16(truncatingIfNeeded: domain))
    case .device:
      .device(
        UInt16(truncatingIfNeeded: source), ignoring: ContextSelection.functionMask(mask))
    case nil: nil
    }
  }

  private func invalidate(_ descriptor: IOTLBDescriptor) -> QueueErrorInformation? {
    let done = invalidateIOTLB(
      granularity: descriptor.granularity, domain: descriptor[.domainID],
      InvalidateAddress(rawValue: descriptor.high))
    return done == nil ? .reservedField : nil
  }

  /// The granularity that was done; nil where the request is invalid.
  func invalidateIOTLB(
    granularity: IOTLBGranularity?, domain: UInt64, _ range: InvalidateAddress
  ) -> IOTLBGranularity? {
    let domain = UInt16(truncatingIfNeeded: domain)
    switch granularity {
    case .global:
      invalidateTranslations()
    case .domain:
      invalidateTranslations(domain: domain)
    case .page:
      if range[.addressMask] > configuration.capability[.maximumAddressMask] { return nil }
      if !configuration.capability[flag: .pageSelectiveInvalidation] {
        // Without CAP.PSI a page costs its domain.
        invalidateTranslations(domain: domain)
        return .domain
      }
      invalidatePages(
        domain: domain, address: range[inPlace: .address], mask: range[.addressMask],
        leavesOnly: range[flag: .invalidationHint])
    case nil:
      break
    }
    return granularity
  }

  private func invalidate(_ descriptor: PASIDIOTLBDescriptor) -> QueueErrorInformation? {
    let domain = UInt16(truncatingIfNeeded: descriptor[.domainID])
    let pasid = UInt32(truncatingIfNeeded: descriptor[.pasid])
    switch descriptor.granularity {
    case .pasid:
      invalidateTranslations(domain: domain, pasid: pasid)
    case .page:
      if descriptor[.addressMask] > configuration.capability[.maximumAddressMask] {
        return .reservedField
      }
      invalidatePages(
        domain: domain, pasid: pasid, address: descriptor[inPlace: .address],
        mask: descriptor[.addressMask], leavesOnly: descriptor[flag: .invalidationHint])
    case nil:
      return .reservedField
    }
    return nil
  }

  private func invalidate(_ descriptor: PASIDCacheDescriptor) -> QueueErrorInformation? {
    let domain = UInt16(truncatingIfNeeded: descriptor[.domainID])
    switch descriptor.granularity {
    case .domain: invalidatePASIDs(.domain(domain))
    case .pasid:
      invalidatePASIDs(.pasid(domain, UInt32(truncatingIfNeeded: descriptor[.pasid])))
    case .global: invalidatePASIDs(.global)
    case nil: return .reservedField
    }
    return nil
  }

  private func invalidate(_ descriptor: InterruptEntryCacheDescriptor) -> QueueErrorInformation? {
    if !descriptor[flag: .granularity] {
      invalidateInterruptEntries(nil)
      return nil
    }
    let mask = descriptor[.indexMask]
    if mask > configuration.extendedCapability[.maximumHandleMask] { return .reservedField }
    let first = descriptor[.index] & ~((1 << mask) - 1)
    invalidateInterruptEntries(first..<first + 1 << mask)
    return nil
  }

  private func invalidate(
    _ descriptor: DeviceTLBDescriptor, _ state: inout UnitState
  ) -> QueueErrorInformation? {
    tellDevice(
      SourceID(rawValue: UInt16(truncatingIfNeeded: descriptor[.sourceID])),
      DeviceInvalidation(
        pasid: nil, everyPASID: false, address: descriptor[inPlace: .address],
        isLarge: descriptor[flag: .size]), &state)
    return nil
  }

  private func invalidate(
    _ descriptor: PASIDDeviceTLBDescriptor, _ state: inout UnitState
  ) -> QueueErrorInformation? {
    tellDevice(
      SourceID(rawValue: UInt16(truncatingIfNeeded: descriptor[.sourceID])),
      DeviceInvalidation(
        pasid: UInt32(truncatingIfNeeded: descriptor[.pasid]),
        everyPASID: descriptor[flag: .global], address: descriptor[inPlace: .address],
        isLarge: descriptor[flag: .size]), &state)
    return nil
  }

  /// Everything before it is done, for descriptors are carried out one after another: a wait has
  /// only its status to write and its event to raise, unless a device did not answer.
  private func wait(
    _ descriptor: WaitDescriptor, _ state: inout UnitState, _ effects: inout Effects
  ) -> QueueErrorInformation? {
    if descriptor[flag: .pageRequestDrain]
      && !configuration.extendedCapability[flag: .pageRequestDraining]
    {
      return .reservedField
    }
    let writes = descriptor[flag: .statusWrite]
    let interrupts = descriptor[flag: .interrupt]
    if configuration.quirks.contains(.waitNeedsOneAction) && writes == interrupts {
      return .reservedField
    }
    if configuration.quirks.contains(.waitNeedsAnyAction) && !writes && !interrupts
      && !descriptor[flag: .fence]
    {
      return .reservedField
    }
    // The wait is aborted: no status, no event, and the queue stands behind it.
    if timeOut(&state, &effects) { return nil }
    if writes {
      let address = PhysicalAddress(rawValue: descriptor[inPlace: .statusAddress])
      let data = UInt32(truncatingIfNeeded: descriptor[.statusData])
      // The specification names no error for an address that memory does not have.
      if !memory.store32(data, at: address) { return .notAvailable }
    }
    if interrupts { complete(&state, &effects) }
    return nil
  }

  /// ICS.IWC, and the completion event if it was clear.
  private func complete(_ state: inout UnitState, _ effects: inout Effects) {
    var status: CompletionStatus = state.registers[image: RegisterOffset.ics]
    if status[flag: .waitComplete] { return }
    status[flag: .waitComplete] = true
    state.registers[image: RegisterOffset.ics] = status
    EventSource.invalidationCompletion.raise(&state.registers, &effects)
  }
}
