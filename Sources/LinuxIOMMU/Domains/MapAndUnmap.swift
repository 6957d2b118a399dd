internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// iommu_map and iommu_unmap, and the driver's part of them.
extension Domains {
  /// iommu_map: false where the domain's unit cannot address the range, which the driver says, or
  /// where the range has something mapped.
  @discardableResult
  func map(_ mapping: Mapping, in domain: IOMMUDomain) throws(DriverError) -> Bool {
    try map([mapping], in: domain)
  }

  /// iommu_map_sg: mappings one behind the other, which the unit hears of at the end.
  func map(_ mappings: [Mapping], in domain: IOMMUDomain) throws(DriverError) -> Bool {
    guard let first = mappings.first?.pages.lowerBound, let last = mappings.last?.pages.upperBound
    else { return true }
    return try kernel.call(mappings.count == 1 ? "iommu_map" : "iommu_map_sg") {
      () throws(DriverError) -> Bool in
      for mapping in mappings {
        guard try place(mapping, in: domain) else { return false }
      }
      try flusher.synchronizeNew(first...last, of: domain)
      return true
    }
  }

  /// intel_iommu_map_pages.
  private func place(_ mapping: Mapping, in domain: IOMMUDomain) throws(DriverError) -> Bool {
    let range = mapping.pages
    // Large pages need addresses that are alike below their size, wherever the range begins.
    let alike = (range.lowerBound ^ mapping.target.rawValue.page).trailingZeroBitCount
    let level =
      min(domain.superpageSizes, alike / (Paging.shift(level: 2) - Paging.shift(level: 1))) + 1
    try tables.check(range, largestPage: Paging.pages(level: level))
    let end = UInt64(page: range.upperBound + 1)
    if domain.limit < end {
      guard domain.width >= 64 || end <= 1 << UInt64(domain.width) else {
        if !hasGenericTables {
          kernel.print(.note(.mappingTooHigh(width: domain.width, limit: end)))
        }
        return false
      }
      domain.limit = end
    }
    return try fill(
      range, from: mapping.target.rawValue.page, mapping.access, in: domain)
  }

  private var hasGenericTables: Bool { kernel.build.behaviour.driver.hasGenericTables }

  /// __domain_mapping: the largest pages that addresses, length and unit allow. The generic library
  /// refuses a range with something mapped in it, and takes back what it had mapped.
  private func fill(
    _ range: ClosedRange<UInt64>, from target: UInt64, _ access: MappingAccess,
    in domain: IOMMUDomain
  ) throws(DriverError) -> Bool {
    var page = range.lowerBound
    var target = target
    while page <= range.upperBound {
      let left = range.upperBound - page + 1
      var level = largestLevel(page | target, count: left, in: domain)
      if level > 1, try !makeRoom(for: page, level: level, in: domain) {
        return try takeBack(range.lowerBound..<page, in: domain)
      }
      guard let slot = try pageTables.entryAddress(of: page, at: &level, in: domain) else {
        return true
      }
      var entry = SecondStageEntry(
        rawValue: pageTables.leafEntry(to: UInt64(page: target), access, in: domain))
      entry[flag: .pageSize] = level > 1
      let old = tables.load(slot)
      if old == 0 {
        try tables.store(entry.rawValue, at: slot)
      } else if hasGenericTables {
        return try takeBack(range.lowerBound..<page, in: domain)
      } else {
        // What was mapped stays; the driver warns and goes on.
        kernel.print(.note(.entryAlreadySet(frame: page, old: old, new: entry.rawValue)))
      }
      page += Paging.pages(level: level)
      target += Paging.pages(level: level)
    }
    return true
  }

  /// Unmaps the beginning of a mapping that failed; false, for the mapping's outcome.
  private func takeBack(
    _ range: Range<UInt64>, in domain: IOMMUDomain
  ) throws(DriverError) -> Bool {
    if !range.isEmpty { try unmap(range.lowerBound...(range.upperBound - 1), in: domain) }
    return false
  }

  /// hardware_largepage_caps.
  private func largestLevel(_ merged: UInt64, count: UInt64, in domain: IOMMUDomain) -> Int {
    var level = 1
    while level <= domain.superpageSizes, merged & (Paging.pages(level: level + 1) - 1) == 0,
      count >= Paging.pages(level: level + 1)
    {
      level += 1
    }
    return level
  }

  /// switch_to_super_page: an empty table of small pages that is in the way of a large one is
  /// removed, with what it may still hold, and its range flushed. False where the generic library finds
  /// something mapped there.
  private func makeRoom(
    for page: UInt64, level: Int, in domain: IOMMUDomain
  ) throws(DriverError) -> Bool {
    var wanted = level
    guard let slot = try pageTables.entryAddress(of: page, at: &wanted, in: domain) else {
      return true
    }
    let entry = SecondStageEntry(rawValue: tables.load(slot))
    guard entry.isPresent else { return true }
    if hasGenericTables {
      guard !entry[flag: .pageSize],
        try pageTables.isEmpty(entry[inPlace: .address], level: level - 1)
      else { return false }
    }
    let range = page...(page + Paging.pages(level: level) - 1)
    var freed: [PhysicalAddress] = []
    try pageTables.clear(
      range, table: domain.pageTable.rawValue, level: domain.levels, from: 0, &freed)
    tables.free(freed)
    try flusher.flush(range, of: domain, leavesOnly: false)
    return true
  }

  // MARK: Unmapping

  /// What an unmapping has gathered and not yet flushed (`struct iommu_iotlb_gather`).
  struct Gather {
    var range: ClosedRange<UInt64>?
    /// Pages of each piece: pieces of different sizes are flushed apart.
    var size: UInt64 = 0
    var freed: [PhysicalAddress] = []
    /// The flush comes later, for the domain as a whole: nothing is gathered.
    let isQueued: Bool

    init(isQueued: Bool = false) { self.isQueued = isQueued }
  }

  /// iommu_unmap: unmaps, flushes, waits. The pages that were unmapped, which may be more than were
  /// asked for where a large page begins the range.
  @discardableResult
  func unmap(_ range: ClosedRange<UInt64>, in domain: IOMMUDomain) throws(DriverError) -> UInt64 {
    try kernel.call("iommu_unmap") { () throws(DriverError) -> UInt64 in
      var gather = Gather()
      let count = try unmap(range, in: domain, &gather)
      try synchronize(&gather, of: domain)
      return count
    }
  }

  /// __iommu_unmap: piece by piece, each of one page size.
  func unmap(
    _ range: ClosedRange<UInt64>, in domain: IOMMUDomain, _ gather: inout Gather
  ) throws(DriverError) -> UInt64 {
    if hasGenericTables { return try unmapWhole(range, in: domain, &gather) }
    var page = range.lowerBound
    while page <= range.upperBound {
      try tables.spend()
      let piece = pieceSize(at: page, count: range.upperBound - page + 1, in: domain)
      let done = try unmapPiece(page, count: piece, in: domain, &gather)
      if done == 0 { break }
      page += done
    }
    return page - range.lowerBound
  }

  /// iommu_pgsize with its count: pages of the largest size that fits here, as many as come before
  /// the next larger size fits.
  private func pieceSize(at page: UInt64, count: UInt64, in domain: IOMMUDomain) -> UInt64 {
    let level = largestLevel(page, count: count, in: domain)
    let unit = Paging.pages(level: level)
    guard level <= domain.superpageSizes else { return count / unit * unit }
    let next = Paging.pages(level: level + 1)
    let toNext = next - page & (next - 1)
    return toNext + next <= count ? toNext : count / unit * unit
  }

  /// intel_iommu_unmap. A piece that is smaller than the page that begins there takes the whole
  /// page: the driver never splits one.
  private func unmapPiece(
    _ page: UInt64, count: UInt64, in domain: IOMMUDomain, _ gather: inout Gather
  ) throws(DriverError) -> UInt64 {
    var level = 0
    guard try pageTables.entryAddress(of: page, at: &level, in: domain) != nil else { return 0 }
    let count = max(count, Paging.pages(level: level))
    let range = page...(page + count - 1)
    try pageTables.clear(
      range, table: domain.pageTable.rawValue, level: domain.levels, from: 0, &gather.freed)
    if domain.limit == UInt64(page: range.upperBound + 1) { domain.limit = UInt64(page: page) }
    if !gather.isQueued { try add(range, to: &gather, of: domain) }
    return count
  }

  /// The generic library's unmap_range: in one go, as far as pages are mapped; a range that begins in the
  /// middle of a large page stays as it is, and one that ends there takes the whole page. What went is
  /// flushed as one range, whatever the pages' sizes.
  private func unmapWhole(
    _ range: ClosedRange<UInt64>, in domain: IOMMUDomain, _ gather: inout Gather
  ) throws(DriverError) -> UInt64 {
    var page = range.lowerBound
    while page <= range.upperBound {
      try tables.spend()
      var level = 0
      guard let slot = try pageTables.entryAddress(of: page, at: &level, in: domain),
        SecondStageEntry(rawValue: tables.load(slot)).isPresent,
        page & (Paging.pages(level: level) - 1) == 0
      else { break }
      page += Paging.pages(level: level)
    }
    guard page > range.lowerBound else { return 0 }
    let done = range.lowerBound...(page - 1)
    try pageTables.clear(
      done, table: domain.pageTable.rawValue, level: domain.levels, from: 0, &gather.freed)
    if domain.limit == UInt64(page: page) { domain.limit = UInt64(page: range.lowerBound) }
    if !gather.isQueued {
      let known = gather.range ?? done
      gather.range =
        min(known.lowerBound, done.lowerBound)...max(known.upperBound, done.upperBound)
    }
    return page - range.lowerBound
  }

  /// iommu_iotlb_gather_add_page.
  private func add(
    _ range: ClosedRange<UInt64>, to gather: inout Gather, of domain: IOMMUDomain
  ) throws(DriverError) {
    let size = UInt64(range.count)
    if let known = gather.range {
      let isApart =
        range.lowerBound > known.upperBound + 1 || range.upperBound + 1 < known.lowerBound
      if gather.size != size || isApart { try synchronize(&gather, of: domain) }
    }
    gather.size = size
    let known = gather.range ?? range
    gather.range =
      min(known.lowerBound, range.lowerBound)...max(known.upperBound, range.upperBound)
  }

  /// intel_iommu_tlb_sync: flushes what was gathered, then gives the tables back. That only leaves
  /// changed is what no freed table says.
  private func synchronize(_ gather: inout Gather, of domain: IOMMUDomain) throws(DriverError) {
    if let range = gather.range {
      try flusher.flush(range, of: domain, leavesOnly: gather.freed.isEmpty)
    }
    tables.free(gather.freed)
    gather = Gather()
  }

  /// intel_iommu_iova_to_phys: what the tables say; nil where nothing is mapped.
  func target(of address: IOVA, in domain: IOMMUDomain) throws(DriverError) -> PhysicalAddress? {
    var level = 0
    guard
      let slot = try pageTables.entryAddress(of: address.rawValue.page, at: &level, in: domain)
    else { return nil }
    let entry = SecondStageEntry(rawValue: tables.load(slot))
    guard entry.isPresent else { return nil }
    let offset = address.rawValue & (UInt64(page: Paging.pages(level: level)) - 1)
    return PhysicalAddress(rawValue: entry[inPlace: .address] + offset)
  }
}

extension Mapping {
  /// The IOVA's pages; the target's offset in its first page may add one.
  var pages: ClosedRange<UInt64> {
    let first = address.rawValue.page
    let count = target.rawValue.pages(ofBytes: size)
    return first...(first + count - 1)
  }
}
