internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// What the driver invalidates after it changed a domain's table.
extension Flusher {
  /// Pages were unmapped: each unit forgets them, then each device with a TLB of its own
  /// (intel_iommu_tlb_sync, cache_tag_flush_range).
  func flush(
    _ range: ClosedRange<UInt64>, of domain: IOMMUDomain, leavesOnly: Bool
  ) throws(DriverError) {
    if kernel.build.behaviour.driver.hasCacheTags {
      return try kernel.call("cache_tag_flush_range") { () throws(DriverError) in
        try flushTags(of: domain, range, leavesOnly: leavesOnly)
      }
    }
    try kernel.call("iommu_flush_iotlb_psi") { () throws(DriverError) in
      for unit in attachedUnits(of: domain) {
        try flush(range, of: domain, leavesOnly: leavesOnly, in: unit)
        try flushDeviceTLBs(of: domain, range)
      }
    }
  }

  private func flush(
    _ range: ClosedRange<UInt64>, of domain: IOMMUDomain, leavesOnly: Bool, in unit: IntelIOMMU
  ) throws(DriverError) {
    let aligns = kernel.build.behaviour.driver.hasCacheTags
    let id = domain.id(in: unit)
    if domain.usesFirstStage {
      try flushFirstStage(
        .none, of: id, RangeInvalidation(firstStage: range, aligns: aligns),
        leavesOnly: leavesOnly, of: unit)
    } else {
      try flushTranslations(
        of: id, RangeInvalidation(range, capability: unit.capability, aligns: aligns),
        leavesOnly: leavesOnly, of: unit)
    }
  }

  /// iommu_flush_dev_iotlb. The size is the IOTLB invalidation's, before MAMV cut it.
  private func flushDeviceTLBs(
    of domain: IOMMUDomain, _ range: ClosedRange<UInt64>?
  ) throws(DriverError) {
    guard domain.devices.contains(where: { $0.isATSEnabled }) else { return }
    try kernel.call("iommu_flush_dev_iotlb") { () throws(DriverError) in
      try kernel.locked(domain.lock, kernel.domainLockMode) { () throws(DriverError) in
        for device in domain.devices {
          try flushDeviceTLB(of: device, Self.deviceRange(range))
        }
      }
    }
  }

  private static func deviceRange(_ range: ClosedRange<UInt64>?) -> RangeInvalidation {
    range.map { RangeInvalidation(firstStage: $0, aligns: true) } ?? .everything
  }

  /// Everything of a domain: intel_flush_iotlb_all, cache_tag_flush_all.
  func flushAll(of domain: IOMMUDomain) throws(DriverError) {
    if kernel.build.behaviour.driver.hasCacheTags {
      return try kernel.call("cache_tag_flush_all") { () throws(DriverError) in
        try flushTags(of: domain, nil, leavesOnly: false)
      }
    }
    try kernel.call("intel_flush_iotlb_all") { () throws(DriverError) in
      for unit in attachedUnits(of: domain) {
        let id = domain.id(in: unit)
        if domain.usesFirstStage {
          try flushFirstStage(.none, of: id, of: unit)
        } else {
          try flushDomain(id, of: unit)
        }
        if !unit.capability[flag: .cachingMode] { try flushDeviceTLBs(of: domain, nil) }
      }
    }
  }

  /// Pages were mapped. A unit in caching mode may know them as not present and must forget that,
  /// unless they are first-stage; any other may have a write buffer (intel_iommu_iotlb_sync_map,
  /// cache_tag_flush_range_np). Device TLBs keep nothing that is not present.
  func synchronizeNew(
    _ range: ClosedRange<UInt64>, of domain: IOMMUDomain
  ) throws(DriverError) {
    for unit in attachedUnits(of: domain) {
      if unit.capability[flag: .cachingMode], !domain.usesFirstStage {
        try flush(range, of: domain, leavesOnly: false, in: unit)
      } else {
        flushWriteBuffer(of: unit)
      }
    }
  }

  /// Units in the order of their numbers.
  private func attachedUnits(of domain: IOMMUDomain) -> [IntelIOMMU] {
    units.filter { domain.attachments[$0.number] != nil }
  }

  // MARK: Cache tags

  /// Each unit's IOTLB, each device's TLB, under the domain's cache_lock; from 6.12 on with one wait
  /// for all of a unit's descriptors.
  private func flushTags(
    of domain: IOMMUDomain, _ range: ClosedRange<UInt64>?, leavesOnly: Bool
  ) throws(DriverError) {
    try kernel.locked(domain.cacheLock, .irqsave) { () throws(DriverError) in
      for unit in attachedUnits(of: domain) {
        var descriptors =
          unit.queue == nil
          ? [] : [tagDescriptor(of: domain, range, leavesOnly: leavesOnly, in: unit)]
        if unit.queue == nil { try flushDomain(domain.id(in: unit), of: unit) }
        for device in domain.devices where device.unit === unit {
          descriptors += deviceTLBDescriptors(
            of: device, Self.deviceRange(range), pasid: .none)
        }
        if kernel.build.behaviour.driver.batchesInvalidations {
          if !descriptors.isEmpty { try submit(descriptors, to: unit) }
        } else {
          for descriptor in descriptors { try submit([descriptor], to: unit) }
        }
      }
    }
  }

  private func tagDescriptor(
    of domain: IOMMUDomain, _ range: ClosedRange<UInt64>?, leavesOnly: Bool, in unit: IntelIOMMU
  ) -> [UInt64] {
    let id = domain.id(in: unit)
    if domain.usesFirstStage {
      return pasidIOTLBDescriptor(
        .none, id,
        range.map { RangeInvalidation(firstStage: $0, aligns: true) } ?? .everything,
        leavesOnly: leavesOnly
      ).words
    }
    return iotlbDescriptor(
      id,
      range.map { RangeInvalidation($0, capability: unit.capability, aligns: true) }
        ?? .everything,
      leavesOnly: leavesOnly, of: unit
    ).words
  }
}
