internal import PCI
internal import VTdFormats

/// Attaching devices in scalable mode (drivers/iommu/intel/pasid.c).
extension IntelIOMMUDriver {
  /// intel_pasid_alloc_table: each device gets a PASID directory when it is probed, before any
  /// domain exists. One page holds 512 entries, which is what a device without PASIDs of its own
  /// gets.
  func allocatePASIDDirectory(for device: PCIAddress) throws(DriverError) {
    guard let unit = unit(covering: device), isScalable(unit) else { return }
    directories[device] = try allocatePage()
  }

  /// intel_pasid_setup_second_level for requests without PASID, then domain_context_mapping.
  func attachScalable(
    _ device: PCIAddress, to domain: IOMMUDomain, of unit: IntelIOMMU
  ) throws(DriverError) {
    let directory: PhysicalAddress
    if let known = directories[device] {
      directory = known
    } else {
      directory = try allocatePage()
      directories[device] = directory
    }
    try setUpPASIDZero(in: directory, for: domain, of: unit)
    for source in sourceIDs(of: device) {
      try setScalableContextEntry(of: source, to: directory, of: unit)
    }
  }

  private func setScalableContextEntry(
    of source: SourceID, to directory: PhysicalAddress, of unit: IntelIOMMU
  ) throws(DriverError) {
    guard let entry = try contextEntryAddress(for: source, of: unit, allocates: true)
    else { return }
    var context = ScalableContextEntry()
    context[inPlace: .pasidDirectory] = directory.rawValue
    context[.directorySize] = Self.onePageDirectorySize
    context[flag: .present] = true
    for (index, word) in context.words.enumerated().reversed() {
      try store(word, at: entry.rawValue + UInt64(index) * 8)
    }
  }

  /// PDTS of a directory of one page: 2^(PDTS + 7) entries of 8 bytes.
  private static let onePageDirectorySize: UInt64 = 2

  private func setUpPASIDZero(
    in directory: PhysicalAddress, for domain: IOMMUDomain, of unit: IntelIOMMU
  ) throws(DriverError) {
    var directoryEntry = PASIDDirectoryEntry(rawValue: load(directory.rawValue))
    if !directoryEntry[flag: .present] {
      directoryEntry[inPlace: .pasidTable] = try allocatePage().rawValue
      directoryEntry[flag: .present] = true
      try store(directoryEntry.rawValue, at: directory.rawValue)
    }
    var entry = PASIDTableEntry()
    entry.domain = domain.id
    entry[.addressWidth] = UInt64(domain.levels - 2)
    entry[.translationType] = UInt64(PASIDTranslationType.secondStage.rawValue)
    entry[inPlace: .secondStageTable] = domain.pageTable.rawValue
    // pasid_set_page_snoop: as coherent as the unit's walks are.
    entry[flag: .pageWalkSnoop] = unit.extendedCapability[flag: .scalableModePageWalkCoherency]
    entry[flag: .present] = true
    let table = directoryEntry[inPlace: .pasidTable]
    for (index, word) in entry.words.enumerated().reversed() {
      try store(word, at: table + UInt64(index) * 8)
    }
  }
}
