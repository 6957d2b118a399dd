public import VTdFormats
internal import VTdUnit

// Which tables a function's requests go through: root, context and PASID entries.
extension RemappingTables {
  /// Sends a function's requests through page tables.
  ///
  /// In scalable mode that is done for requests without PASID by the PASID 0 (RID_PASID), and with
  /// `pasid` for the requests that carry it.
  ///
  /// - Parameters:
  ///   - source: the function.
  ///   - tables: the page tables.
  ///   - domain: the tag that the caches keep the translations under.
  ///   - pasid: nil for requests without PASID.
  /// - Throws: ``TableError`` where the mode lacks what is asked, or no page is left.
  public mutating func attach(
    _ source: SourceID, to tables: PageTables, domain: DomainID, pasid: PASID? = nil
  ) throws(TableError) {
    if mode == .legacy {
      guard tables.stage == .second, pasid == nil else {
        throw .unsupported(
          what: "first-stage tables and PASIDs",
          needs: "legacy mode has second-stage tables only; build scalable tables")
      }
      var entry = ContextEntry()
      entry[flag: .present] = true
      entry[inPlace: .secondStageTable] = tables.top.rawValue
      entry[.addressWidth] = UInt64(tables.levels - 2)
      entry.domain = domain
      try store(entry, at: try makeContextEntry(of: source))
      return
    }
    var entry = PASIDTableEntry()
    entry[flag: .present] = true
    entry.domain = domain
    entry[flag: .pageWalkSnoop] = walksSnoop
    switch (tables.stage, tables.secondStage) {
    case (.second, _):
      entry.translation(.secondStage)
      entry.secondStage(tables)
    case (.first, nil):
      entry.translation(.firstStage)
      entry.firstStage(tables)
    case (.first, let second?):
      entry.translation(.nested)
      entry.firstStage(tables)
      entry.secondStage(second)
    }
    try store(entry, at: try makePASIDEntry(of: source, pasid ?? PASID(rawValue: 0)))
  }

  /// Lets a function's requests pass with their addresses unchanged.
  ///
  /// - Throws: ``TableError`` where the unit lacks pass-through or no page is left.
  public mutating func passThrough(_ source: SourceID, domain: DomainID, pasid: PASID? = nil)
    throws(TableError)
  {
    guard unit.extendedCapability[flag: .passThrough] else {
      throw .unsupported(what: "pass-through", needs: "the unit lacks it (ECAP.PT is clear)")
    }
    if mode == .legacy {
      var entry = ContextEntry()
      entry[flag: .present] = true
      entry[.translationType] = UInt64(TranslationType.passThrough.rawValue)
      // The width of the unit's widest tables: what bounds the address.
      entry[.addressWidth] = UInt64((unit.secondStageLevels.last ?? 4) - 2)
      entry.domain = domain
      try store(entry, at: try makeContextEntry(of: source))
    } else {
      var entry = PASIDTableEntry()
      entry[flag: .present] = true
      entry.translation(.passThrough)
      entry[.addressWidth] = UInt64((unit.secondStageLevels.last ?? 4) - 2)
      entry.domain = domain
      try store(entry, at: try makePASIDEntry(of: source, pasid ?? PASID(rawValue: 0)))
    }
  }

  /// Takes a function's context entry away: its requests then meet reason 0x02, or 0x4e and its like in
  /// scalable mode.
  ///
  /// - Throws: ``TableError/notAttached(_:)``.
  public func detach(_ source: SourceID) throws(TableError) {
    let address = try contextEntryAddress(of: source)
    if mode == .legacy {
      try store(ContextEntry(), at: address)
    } else {
      try store(ScalableContextEntry(), at: address)
    }
  }

  // MARK: Where entries lie

  /// Where the root entry of a function's bus lies.
  public func rootEntryAddress(of source: SourceID) -> PhysicalAddress {
    PhysicalAddress(rawValue: rootTable.rawValue + RootEntry.offset(of: source))
  }

  /// Where a function's context entry lies.
  ///
  /// - Throws: ``TableError/notAttached(_:)`` where its bus has no context table.
  public func contextEntryAddress(of source: SourceID) throws(TableError) -> PhysicalAddress {
    let root = rootEntryAddress(of: source)
    if mode == .legacy {
      let entry = try entry(RootEntry.self, at: root)
      guard entry[flag: .present] else { throw .notAttached(source) }
      return PhysicalAddress(
        rawValue: entry[inPlace: .contextTable] + ContextEntry.offset(of: source))
    }
    let entry = try entry(ScalableRootEntry.self, at: root)
    let isUpper = ScalableRootEntry.isUpper(source)
    guard entry[flag: isUpper ? .upperPresent : .lowerPresent] else { throw .notAttached(source) }
    return PhysicalAddress(
      rawValue: entry[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
        + ScalableContextEntry.offset(of: source))
  }

  /// Where the PASID table entry of a function's requests lies.
  ///
  /// - Parameters:
  ///   - source: the function.
  ///   - pasid: nil for requests without PASID.
  /// - Throws: ``TableError`` in legacy mode, and where the function has no such entry.
  public func pasidEntryAddress(of source: SourceID, _ pasid: PASID? = nil) throws(TableError)
    -> PhysicalAddress
  {
    let pasid = pasid ?? PASID(rawValue: 0)
    let place = try directoryEntryAddress(of: source, pasid)
    let directory = PASIDDirectoryEntry(rawValue: try load(place.rawValue))
    guard directory[flag: .present] else { throw .notAttached(source) }
    return PhysicalAddress(
      rawValue: directory[inPlace: .pasidTable] + PASIDTableEntry.offset(of: pasid))
  }

  /// Where the PASID directory entry of a function's requests lies.
  ///
  /// - Parameters:
  ///   - source: the function.
  ///   - pasid: nil for requests without PASID.
  /// - Throws: ``TableError`` in legacy mode, and where the function has no directory.
  public func directoryEntryAddress(of source: SourceID, _ pasid: PASID? = nil) throws(TableError)
    -> PhysicalAddress
  {
    guard mode == .scalable else {
      throw .unsupported(what: "PASID entries", needs: "legacy mode has none")
    }
    let context = try entry(
      ScalableContextEntry.self, at: try contextEntryAddress(of: source))
    guard context[flag: .present] else { throw .notAttached(source) }
    return PhysicalAddress(
      rawValue: context[inPlace: .pasidDirectory]
        + PASIDDirectoryEntry.offset(of: pasid ?? PASID(rawValue: 0)))
  }

  // MARK: Making the way to an entry

  private mutating func makeContextEntry(of source: SourceID) throws(TableError) -> PhysicalAddress
  {
    let place = rootEntryAddress(of: source)
    if mode == .legacy {
      var root = try entry(RootEntry.self, at: place)
      if !root[flag: .present] {
        root[flag: .present] = true
        root[inPlace: .contextTable] = try page(.context)
        try store(root, at: place)
      }
    } else {
      var root = try entry(ScalableRootEntry.self, at: place)
      let isUpper = ScalableRootEntry.isUpper(source)
      if !root[flag: isUpper ? .upperPresent : .lowerPresent] {
        root[flag: isUpper ? .upperPresent : .lowerPresent] = true
        root[inPlace: isUpper ? .upperContextTable : .lowerContextTable] = try page(.context)
        try store(root, at: place)
      }
    }
    return try contextEntryAddress(of: source)
  }

  private mutating func makePASIDEntry(of source: SourceID, _ pasid: PASID) throws(TableError)
    -> PhysicalAddress
  {
    let place = try makeContextEntry(of: source)
    var context = try entry(ScalableContextEntry.self, at: place)
    if !context[flag: .present] {
      context[flag: .present] = true
      context[flag: .pasidEnable] = true
      context[inPlace: .pasidDirectory] = try page(.directory)
      context[.directorySize] = directorySize
      try store(context, at: place)
    }
    guard UInt64(pasid.rawValue) < context.pasidLimit else {
      throw .unsupported(
        what: "PASID \(pasid)", needs: "the directory covers PASIDs below \(context.pasidLimit)")
    }
    let slot = context[inPlace: .pasidDirectory] + PASIDDirectoryEntry.offset(of: pasid)
    var directory = PASIDDirectoryEntry(rawValue: try load(slot))
    if !directory[flag: .present] {
      directory[flag: .present] = true
      directory[inPlace: .pasidTable] = try page(.pasid)
      try store(directory.rawValue, at: slot)
    }
    return try pasidEntryAddress(of: source, pasid)
  }
}

extension PASIDTableEntry {
  fileprivate mutating func translation(_ type: PASIDTranslationType) {
    self[.translationType] = UInt64(type.rawValue)
  }

  fileprivate mutating func firstStage(_ tables: PageTables) {
    self[inPlace: .firstStageTable] = tables.top.rawValue
    self[.firstStagePagingMode] = UInt64(tables.levels - 4)
  }

  fileprivate mutating func secondStage(_ tables: PageTables) {
    self[inPlace: .secondStageTable] = tables.top.rawValue
    self[.addressWidth] = UInt64(tables.levels - 2)
  }
}
