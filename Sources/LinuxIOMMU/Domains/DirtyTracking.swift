internal import KernelProfiles
internal import KernelRuntime
public import VTdFormats

/// Which pages of a user's domain devices have written (iommufd's IOMMU_HWPT_SET_DIRTY_TRACKING and
/// IOMMU_HWPT_GET_DIRTY_BITMAP): a virtual machine that moves is copied by it.
extension Domains {
  /// ssads_supported, for every unit that a domain is in; a first stage has no such entries.
  func canTrackWrites(of domain: IOMMUDomain) -> Bool {
    guard !domain.usesFirstStage, domain.kind == .unmanaged else { return false }
    return functionTable.units.filter { domain.attachments[$0.number] != nil }.allSatisfy { unit in
      guard unit.isScalable, unit.extendedCapability[flag: .secondStageAccessedDirty] else {
        return false
      }
      switch kernel.build.behaviour.driver.dirtyTracking {
      case .none: return false
      case .anyWalk: return true
      case .coherentWalk: return unit.extendedCapability[flag: .scalableModePageWalkCoherency]
      }
    }
  }

  /// iopt_set_dirty_tracking: what is noted from before is cleared first.
  func setDirtyTracking(_ isOn: Bool, of domain: IOMMUDomain) throws(DriverError) {
    if isOn, domain.limit > 0 {
      _ = try readDirty(0...(domain.limit - 1).page, in: domain, clears: true)
    }
    try kernel.call("intel_iommu_set_dirty_tracking") { () throws(DriverError) in
      try kernel.locked(domain.lock, .plain) { () throws(DriverError) in
        guard domain.tracksWrites != isOn else { return }
        for device in domain.devices {
          try deviceTables.setDirtyTracking(isOn, of: .none, for: device)
        }
        domain.tracksWrites = isOn
      }
    }
  }

  /// intel_iommu_read_and_clear_dirty, and the flush behind it, without which the unit would not note
  /// the next write of a page that it has cached as written.
  ///
  /// - Returns: the pages' first addresses and sizes, ascending.
  func readDirty(
    _ range: ClosedRange<UInt64>, in domain: IOMMUDomain, clears: Bool
  ) throws(DriverError) -> [DirtyPage] {
    var found: [DirtyPage] = []
    var page = range.lowerBound
    while page <= range.upperBound {
      try tables.spend()
      var level = 0
      guard let slot = try pageTables.entryAddress(of: page, at: &level, in: domain) else { break }
      let pages = Paging.pages(level: level)
      let first = page & ~(pages - 1)
      var entry = SecondStageEntry(rawValue: tables.load(slot))
      if entry.isPresent, entry[flag: .dirty] {
        found.append(
          DirtyPage(address: IOVA(rawValue: UInt64(page: first)), size: UInt64(page: pages)))
        if clears {
          entry[flag: .dirty] = false
          try tables.store(entry.rawValue, at: slot)
        }
      }
      page = first + pages
    }
    guard clears, let first = found.first, let last = found.last else { return found }
    let end = last.address.rawValue + last.size - 1
    try flusher.flush(first.address.rawValue.page...end.page, of: domain, leavesOnly: true)
    return found
  }
}

/// A page that a device has written.
public struct DirtyPage: Hashable, Sendable {
  /// Its first address, as devices see it.
  public var address: IOVA
  /// Bytes.
  public var size: UInt64
}
