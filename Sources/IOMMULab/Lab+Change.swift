internal import RemappingTables
public import VTdFormats

// Entries as they lie in memory: to look at, and to spoil on purpose. Nothing is flushed.
extension Lab {
  /// Changes the second-stage entry of a level for an address: level 1 maps a page of 4 KiB.
  ///
  /// ```swift
  /// try lab.change(level: 1, of: 0x4000_0000) { $0[flag: .write] = false }
  /// ```
  public mutating func change(
    level: Int, of address: UInt64, domain: Int? = nil, _ body: (inout SecondStageEntry) -> Void
  ) throws(LabError) {
    try change(level: level, of: address, domain, .second, body)
  }

  /// Changes the first-stage entry of a level for an address.
  public mutating func changeFirstStage(
    level: Int, of address: UInt64, domain: Int? = nil, _ body: (inout FirstStageEntry) -> Void
  ) throws(LabError) {
    try change(level: level, of: address, domain, .first, body)
  }

  private mutating func change<Entry: BitImage>(
    level: Int, of address: UInt64, _ domain: Int?, _ stage: TranslationStage,
    _ body: (inout Entry) -> Void
  ) throws(LabError) {
    let page = try pageTables(domain)
    guard page.stage == stage else {
      throw .unit(
        "these are \(page.stage.rawValue)-stage tables; their entries are changed with "
          + (page.stage == .first ? "changeFirstStage(level:of:)" : "change(level:of:)"))
    }
    try build { (tables) throws(TableError) in
      let place = try tables.entryAddress(level: level, of: IOVA(rawValue: address), in: page)
      var entry = try tables.entry(Entry.self, at: place)
      body(&entry)
      try tables.store(entry, at: place)
    }
  }

  /// Changes a device's context entry (legacy tables).
  public mutating func changeContext(of device: String, _ body: (inout ContextEntry) -> Void)
    throws(LabError)
  {
    try changeEntry(of: device, .legacy, body)
  }

  /// Changes a device's context entry (scalable tables).
  public mutating func changeScalableContext(
    of device: String, _ body: (inout ScalableContextEntry) -> Void
  ) throws(LabError) {
    try changeEntry(of: device, .scalable, body)
  }

  /// Changes the PASID table entry of a device's requests (scalable tables).
  ///
  /// - Parameters:
  ///   - device: `bus:device.function`.
  ///   - pasid: nil for requests without PASID.
  ///   - body: the change.
  public mutating func changePASID(
    of device: String, pasid: Int? = nil, _ body: (inout PASIDTableEntry) -> Void
  ) throws(LabError) {
    let source = try Self.source(device)
    let number = pasid.map { PASID(rawValue: UInt32(truncatingIfNeeded: $0)) }
    try build { (tables) throws(TableError) in
      let place = try tables.pasidEntryAddress(of: source, number)
      var entry = try tables.entry(PASIDTableEntry.self, at: place)
      body(&entry)
      try tables.store(entry, at: place)
    }
  }

  private mutating func changeEntry<Entry: BitImage>(
    of device: String, _ mode: TranslationTableMode, _ body: (inout Entry) -> Void
  ) throws(LabError) {
    let source = try Self.source(device)
    guard preset.mode == mode else {
      throw .unit("this lab has \(preset.mode) tables, whose context entries have another form")
    }
    try build { (tables) throws(TableError) in
      let place = try tables.contextEntryAddress(of: source)
      var entry = try tables.entry(Entry.self, at: place)
      body(&entry)
      try tables.store(entry, at: place)
    }
  }
}
