internal import Machine
internal import PhysicalMemory
internal import RemappingTables
internal import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// The tables that steps have built, unit by unit.
///
/// They are built beside the machine's memory and then written into it word by word as a program on the
/// CPU does, so that a trace, a qtest session and a recording tell of each word.
struct TableBuilder {
  /// The tables of one unit.
  private struct Built {
    var tables: RemappingTables
    /// The last value written of each word, by address; a word that is not here is still zero.
    var words: [UInt64: UInt64] = [:]
    /// Page tables by domain.
    var domains: [UInt64: PageTables] = [:]
  }

  private var built: [String: Built] = [:]
  /// The interrupt tables, by unit. They have pages of their own, and are of no mode.
  private var interrupts: [String: Built] = [:]

  // MARK: Tables

  /// Builds what a step asks for, writes it, and tells the unit.
  mutating func take(
    _ step: TablesStep, _ device: SourceID, of unit: NamedUnit,
    on machine: Machine, at place: Place
  ) throws(InputError) {
    if step.preset == .interrupts {
      try takeInterrupts(step, device, of: unit, on: machine, at: place)
      return
    }
    var tables = try existing(step, unit, machine, place)
    try place.building { () throws(TableError) in try Self.build(step, device, &tables) }
    try write(&tables, on: machine, at: place)
    built[unit.name] = tables
    if step.starts { Self.start(unit, tables.tables.rootTableAddress, on: machine) }
  }

  private func existing(
    _ step: TablesStep, _ unit: NamedUnit, _ machine: Machine, _ place: Place
  ) throws(InputError) -> Built {
    let mode: TranslationTableMode = step.preset == .legacy ? .legacy : .scalable
    if let known = built[unit.name] {
      if step.preset != .passThrough, known.tables.mode != mode {
        throw InputError(
          at: place,
          "\(unit.name) has \(known.tables.mode) tables already; one kind of tables was expected")
      }
      return known
    }
    return try make(mode, step.base, unit, machine, place)
  }

  /// Tables without an entry.
  private func make(
    _ mode: TranslationTableMode, _ base: PhysicalAddress, _ unit: NamedUnit, _ machine: Machine,
    _ place: Place
  ) throws(InputError) -> Built {
    try place.building { () throws(TableError) in
      let end = Self.end(of: machine.memory)
      let memory: PhysicalMemory
      do throws(PhysicalMemoryError) {
        memory = try PhysicalMemory(ranges: machine.memory.ranges)
      } catch {
        throw .outsideMemory(base.rawValue)
      }
      let pages = TablePages(regionsFrom: base, end: PhysicalAddress(rawValue: end))
      var tables = try RemappingTables(
        mode: mode, for: unit.hardware.configuration, in: memory, pages: pages)
      // The smallest directory, and entries that have been in use: a unit writes to none of them.
      tables.directorySize = 0
      tables.marksUsed = true
      return Built(tables: tables)
    }
  }

  /// Behind the last byte of the memory that begins at address 0.
  private static func end(of memory: PhysicalMemory) -> UInt64 {
    var end: UInt64 = 0
    for range in memory.ranges where range.base.rawValue == end { end = end &+ range.size }
    return end
  }

  private static func build(
    _ step: TablesStep, _ device: SourceID, _ built: inout Built
  ) throws(TableError) {
    let domain = DomainID(rawValue: UInt16(truncatingIfNeeded: step.domain))
    if step.preset == .passThrough {
      try built.tables.passThrough(device, domain: domain, pasid: step.pasid)
      return
    }
    let page: PageTables
    if let known = built.domains[step.domain] {
      page = known
    } else {
      page = try makePageTables(step, &built.tables)
      built.domains[step.domain] = page
    }
    built.tables.walksSnoop = page.stage == .first
    try built.tables.attach(device, to: page, domain: domain, pasid: step.pasid)
    if page.stage == .first, page.secondStage == nil {
      // The unit looks at AW for the second stage only. The entry gets the level count all the same,
      // encoded as a second stage has it.
      let place = try built.tables.pasidEntryAddress(of: device, step.pasid)
      var entry = try built.tables.entry(PASIDTableEntry.self, at: place)
      entry[.addressWidth] = UInt64(max(page.levels, 2) - 2)
      try built.tables.store(entry, at: place)
    }
    for mapping in step.mappings {
      var permissions: Permissions = []
      if mapping.isReadable { permissions.insert(.read) }
      if mapping.isWritable { permissions.insert(.write) }
      try built.tables.map(
        mapping.address, to: mapping.target, length: mapping.size, permissions,
        size: PageSize(rawValue: mapping.level) ?? .fourKiB, in: page)
      guard let second = page.secondStage else { continue }
      // Under a second stage the guest's pages lie where the guest says.
      try built.tables.map(
        IOVA(rawValue: mapping.target.rawValue), to: mapping.target, length: mapping.size,
        [.read, .write], size: PageSize(rawValue: mapping.level) ?? .fourKiB, in: second)
    }
  }

  private static func makePageTables(
    _ step: TablesStep, _ tables: inout RemappingTables
  ) throws(TableError) -> PageTables {
    switch step.preset {
    case .firstStage: return try tables.makePageTables(.first, levels: step.levels)
    case .nested:
      let second = try tables.makePageTables(.second, levels: step.levels)
      return try tables.makePageTables(.first, levels: 4, over: second)
    case .legacy, .secondStage, .passThrough, .interrupts:
      return try tables.makePageTables(.second, levels: step.levels)
    }
  }

  /// Writes what has changed in the tables' pages, a run of words at a time.
  private func write(_ built: inout Built, on machine: Machine, at place: Place) throws(InputError)
  {
    var run: (address: UInt64, bytes: [UInt8])?
    func flush() throws(InputError) {
      guard let (address, bytes) = run else { return }
      run = nil
      guard machine.writeMemory(bytes, at: PhysicalAddress(rawValue: address)) else {
        throw InputError(
          at: place,
          "there is no memory at 0x\(hex(address)) for a table; a base in memory was expected")
      }
    }
    var addresses: [UInt64] = []
    for page in built.tables.tablePages.sorted() {
      addresses += stride(from: page, to: page &+ Paging.pageSize, by: 8)
    }
    for address in addresses {
      let word = built.tables.memory.load64(PhysicalAddress(rawValue: address)) ?? 0
      guard word != built.words[address, default: 0] else {
        try flush()
        continue
      }
      built.words[address] = word
      if let (start, bytes) = run, start &+ UInt64(bytes.count) != address { try flush() }
      if run == nil { run = (address, []) }
      for byte in 0..<8 { run?.bytes.append(UInt8(truncatingIfNeeded: word >> (UInt64(byte) * 8))) }
    }
    try flush()
  }

  /// Tells the unit its root table and switches translation on, beside what is on already.
  private static func start(
    _ unit: NamedUnit, _ root: RootTableAddress, on machine: Machine
  ) {
    machine.writeRegister(root.rawValue, at: RegisterOffset.rtaddr, isWide: true, of: unit)
    machine.writeRegister(
      switchedOn(unit) | BitField<GlobalCommand>.setRootTable.mask
        | BitField<GlobalCommand>.translation.mask,
      at: RegisterOffset.gcmd, isWide: false, of: unit)
  }

  /// What a unit has switched on, as GCMD has it.
  private static func switchedOn(_ unit: NamedUnit) -> UInt64 {
    let levels = GlobalCommand.oneShot.reduce(UInt64(UInt32.max)) { $0 & ~$1.mask }
    return UInt64(unit.hardware.read32(RegisterOffset.gsts)) & levels
  }

  // MARK: Interrupts

  private mutating func takeInterrupts(
    _ step: TablesStep, _ device: SourceID, of unit: NamedUnit,
    on machine: Machine, at place: Place
  ) throws(InputError) {
    var made: Built
    if let known = interrupts[unit.name] {
      made = known
    } else {
      made = try make(.legacy, step.base, unit, machine, place)
    }
    try place.building { () throws(TableError) in
      for entry in step.interrupts {
        let (index, vector) = (Int(entry.index), UInt8(truncatingIfNeeded: entry.vector))
        if let descriptor = entry.descriptor {
          try made.tables.postInterrupt(index, vector: vector, to: descriptor, from: device)
        } else {
          try made.tables.allowInterrupt(
            index, vector: vector, processor: UInt8(truncatingIfNeeded: entry.destination),
            from: device)
        }
      }
    }
    try write(&made, on: machine, at: place)
    interrupts[unit.name] = made
    guard step.starts, let address = made.tables.interruptTableAddress else { return }
    machine.writeRegister(address.rawValue, at: RegisterOffset.irta, isWide: true, of: unit)
    let on = Self.switchedOn(unit)
    let latch = BitField<GlobalCommand>.setInterruptTable.mask
    let remap = BitField<GlobalCommand>.interruptRemapping.mask
    machine.writeRegister(on | latch, at: RegisterOffset.gcmd, isWide: false, of: unit)
    machine.writeRegister(on | remap, at: RegisterOffset.gcmd, isWide: false, of: unit)
  }

  // MARK: Entries

  /// Changes one entry of the tables that were built.
  mutating func take(
    _ step: EntryStep, _ device: SourceID, of unit: NamedUnit,
    on machine: Machine, at place: Place
  ) throws(InputError) {
    guard let tables = step.table == .interrupt ? interrupts[unit.name] : built[unit.name] else {
      throw InputError(
        at: place, "no step has built tables for \(unit.name); a step with tables was expected")
    }
    let (address, layout) = try find(step, device, tables, machine, place)
    var words: [UInt64] = []
    for index in 0..<layout.wordCount {
      let at = PhysicalAddress(rawValue: address.rawValue &+ UInt64(index) &* 8)
      guard let word = machine.memory.load64(at) else {
        throw InputError(at: place, "the entry at \(address) cannot be read")
      }
      words.append(word)
    }
    if step.words.count > words.count {
      throw InputError(
        at: place,
        "\(step.words.count) words for a \(layout.name); at most \(words.count) were expected")
    }
    for (index, word) in step.words.enumerated() { words[index] = word }
    for field in step.fields {
      guard layout.set(field.name, to: field.value, in: &words) else {
        throw InputError(
          at: place,
          "a \(layout.name) has no field \"\(field.name)\" for 0x\(hex(field.value)); "
            + "one of these was expected: \(layout.fieldNames.joined(separator: ", "))")
      }
    }
    var bytes: [UInt8] = []
    for word in words {
      for byte in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (UInt64(byte) * 8))) }
    }
    guard machine.writeMemory(bytes, at: address) else {
      throw InputError(at: place, "the entry at \(address) cannot be written")
    }
  }

  private func find(
    _ step: EntryStep, _ device: SourceID, _ built: Built, _ machine: Machine, _ place: Place
  ) throws(InputError) -> (PhysicalAddress, EntryLayout) {
    let tables = built.tables
    let isLegacy = tables.mode == .legacy
    return try place.building { () throws(TableError) in
      switch step.table {
      case .root:
        return (
          tables.rootEntryAddress(of: device),
          isLegacy ? .make(RootEntry.self) : .make(ScalableRootEntry.self)
        )
      case .context:
        return (
          try tables.contextEntryAddress(of: device),
          isLegacy ? .make(ContextEntry.self) : .make(ScalableContextEntry.self)
        )
      case .pasidDirectory:
        return (
          try tables.directoryEntryAddress(of: device, step.pasid), .make(PASIDDirectoryEntry.self)
        )
      case .pasid:
        return (try tables.pasidEntryAddress(of: device, step.pasid), .make(PASIDTableEntry.self))
      case .interrupt:
        let address = try tables.interruptEntryAddress(Int(step.index ?? 0))
        let isPosted = InterruptEntry(low: machine.memory.load64(address) ?? 0, high: 0)[
          flag: .posted]
        return (address, isPosted ? .make(PostedInterruptEntry.self) : .make(InterruptEntry.self))
      case .page:
        guard let outer = built.domains[step.domain], let address = step.address else {
          throw .unsupported(
            what: "domain \(step.domain)", needs: "no step with tables has made its page tables")
        }
        let stages = [outer] + (outer.secondStage.map { [$0] } ?? [])
        guard
          let page = stages.first(where: {
            step.stage == nil || $0.stage.rawValue == step.stage?.rawValue
          })
        else {
          throw .unsupported(
            what: "the \(step.stage?.rawValue ?? "other") stage of domain \(step.domain)",
            needs: "it has \(outer.stage.rawValue)-stage tables alone; preset: nested makes both")
        }
        return (
          try tables.entryAddress(level: step.level, of: address, in: page),
          page.stage == .first ? .make(FirstStageEntry.self) : .make(SecondStageEntry.self)
        )
      }
    }
  }
}

/// A kind of entry with its fields by name.
private struct EntryLayout {
  private struct Field {
    let name: String
    let bits: Range<Int>
    /// An address, which is given whole.
    let isAddress: Bool
  }

  let name: String
  let wordCount: Int
  private let fields: [Field]

  static func make<Entry: BitImage>(_: Entry.Type) -> EntryLayout {
    EntryLayout(
      name: Entry.name, wordCount: Entry.wordCount,
      fields: Entry.fields.map {
        Field(name: $0.name.description, bits: $0.bits, isAddress: $0.isAddress)
      })
  }

  var fieldNames: [String] {
    var names: [String] = []
    for field in fields where !names.contains(field.name) { names.append(field.name) }
    return names
  }

  /// Gives a field a value; false where there is no such field, or the value has too many bits.
  func set(_ name: String, to value: UInt64, in words: inout [UInt64]) -> Bool {
    guard let field = field(name), words.indices.contains(field.bits.lowerBound / 64) else {
      return false
    }
    let index = field.bits.lowerBound / 64
    let shift = UInt64(field.bits.lowerBound % 64)
    let count = UInt64(min(field.bits.count, 64 - Int(shift)))
    let mask = (count == 64 ? UInt64.max : 1 << count - 1) << shift
    let moved = field.isAddress ? value : value << shift
    guard moved & ~mask == 0, field.isAddress || moved >> shift == value else { return false }
    words[index] = words[index] & ~mask | moved
    return true
  }

  /// The field of that name, or the bit of that number.
  private func field(_ name: String) -> Field? {
    if let known = fields.first(where: { $0.name == name }) { return known }
    guard let bit = Int(name), (0..<wordCount * 64).contains(bit) else { return nil }
    return Field(name: name, bits: bit..<bit + 1, isAddress: false)
  }
}

extension Place {
  /// What cannot be built is an error at this place.
  fileprivate func building<Result>(_ body: () throws(TableError) -> Result) throws(InputError)
    -> Result
  {
    do throws(TableError) {
      return try body()
    } catch {
      throw InputError(at: self, "\(error)")
    }
  }
}
