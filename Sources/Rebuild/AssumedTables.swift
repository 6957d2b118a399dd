internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import ScenarioFormat
internal import VTdFormats

/// Tables with one thing wrong, for a fault whose tables the log does not show: what the row of its
/// reason says was wrong, in the structure that the row names. All else is as it is, or good.
struct AssumedTables {
  let image: TableImage
  let unit: ScenarioBuilder.MachineUnit
  let isScalable: Bool
  /// What memory holds now.
  let load: (UInt64) -> UInt64
  let source: SourceID
  let row: FaultReasonRow
  let address: UInt64
  let pasid: PASID?
  private(set) var need = TableImage.Need()

  init(
    _ image: TableImage, _ unit: ScenarioBuilder.MachineUnit, isScalable: Bool,
    _ fault: FaultTimeline.Fault, _ row: FaultReasonRow, load: @escaping (UInt64) -> UInt64
  ) {
    self.image = image
    self.unit = unit
    self.isScalable = isScalable
    self.load = load
    self.row = row
    source = fault.observation.source
    guard case .dma(_, let pasid, let address) = fault.observation.request else {
      (self.pasid, self.address) = (nil, 0)
      return
    }
    (self.pasid, self.address) = (pasid, address.rawValue)
    chooseRequest()
    if row.structure == .rootTableAddress || row.structure == .root && row.problem == .unreadable {
      setRootTableAddress()
      // Nothing behind the register is looked at.
      if need.rootTableAddress != nil { return }
    }
    if isScalable { scalable() } else { legacy() }
  }

  private func has(_ structure: FaultReasonRow.Structure, _ problem: FaultReasonRow.Problem) -> Bool
  {
    row.structure == structure && row.problem == problem
  }

  // MARK: The request

  private mutating func chooseRequest() {
    switch row.reason {
    case .requestTypeBlocked, .deviceTLBDisabled: need.request.isTranslated = true
    case .pageRequestInLegacyMode, .pageRequestDisabled: need.request.isPageRequest = true
    case .executeRequestsDisabled, .executeNotPermitted: need.request.isExecute = true
    case .supervisorRequestsDisabled: need.request.isPrivileged = pasid != nil
    default: break
    }
  }

  /// The register holds what the reason says; behind the request it is as before.
  private mutating func setRootTableAddress() {
    var value = RootTableAddress(rawValue: 0)
    value[inPlace: .rootTable] = has(.root, .unreadable) ? image.beyond : image.root
    value[.translationTableMode] = isScalable ? 1 : 0
    let good = {
      var good = value
      good[inPlace: .rootTable] = image.root
      return good.rawValue
    }()
    // Mode 2 is a reserved encoding.
    if has(.rootTableAddress, .unsupported) { value[.translationTableMode] = 2 }
    guard value.rawValue != good else { return }
    need.rootTableAddress = (value.rawValue, good)
    need.assumptions.append("the root table address register does not hold what it should")
  }

  // MARK: Pieces

  private mutating func put(_ words: [UInt64], at address: UInt64) {
    for (index, word) in words.enumerated() { need.words[address &+ UInt64(index) * 8] = word }
  }

  private func page(_ number: UInt64) -> UInt64 { image.page(source, number) }

  private var domain: UInt64 { UInt64(source.rawValue % 0xff) + 1 }

  /// Levels of the second stage: as many as the unit has, or so few that the address is beyond them.
  private var levels: Int {
    guard row.problem == .beyondWidth, row.structure == .request else { return image.levels }
    let widths = unit.capability[.supportedAdjustedGuestAddressWidths]
    for levels in 3...5 where widths >> UInt64(levels - 2) & 1 != 0 {
      if address >> UInt64(Paging.width(levels: levels)) != 0 { return levels }
    }
    return image.levels
  }

  /// A page behind which tables of a second stage lie that several requests use.
  private func shared(_ number: UInt64) -> UInt64 { image.free + 0x1000 * (0x9000 + number) }

  // MARK: Legacy mode

  private mutating func legacy() {
    let rootAddress = image.root + RootEntry.offset(of: source)
    // What an earlier fault had wrong is put right.
    var root = RootEntry(
      low: load(rootAddress) & ~RootEntry.reservedMask(word: 0),
      high: load(rootAddress + 8) & ~RootEntry.reservedMask(word: 1))
    let isKnown = root[flag: .present] && root[inPlace: .contextTable] != image.beyond
    if !isKnown || row.structure == .root || has(.context, .unreadable) {
      need.assumptions.append("the log shows no root entry")
    }
    if !isKnown {
      root = RootEntry()
      root[flag: .present] = true
      root[inPlace: .contextTable] = image.contextTable(source)
    }
    if has(.root, .notPresent) { root = RootEntry() }
    if has(.root, .reserved) { root.setReservedBit() }
    if has(.context, .unreadable) { root[inPlace: .contextTable] = image.beyond }
    put([root.low, root.high], at: rootAddress)
    guard root[flag: .present], !has(.context, .unreadable) else { return }
    let contextAddress = root[inPlace: .contextTable] + ContextEntry.offset(of: source)
    var context = ContextEntry()
    if !has(.context, .notPresent) {
      context[flag: .present] = true
      context[.addressWidth] = UInt64(levels - 2)
      context[.domainID] = domain
      context[inPlace: .secondStageTable] = page(0)
      need.assumptions.append("the log shows no context entry: domain, width and tables")
    }
    // AW 7 is a reserved encoding.
    if has(.context, .unsupported) { context[.addressWidth] = 7 }
    if has(.context, .reserved) { context.setReservedBit() }
    put([context.low, context.high], at: contextAddress)
    guard context[flag: .present], row.structure != .context else { return }
    secondStage(page(0), levels)
  }

  // MARK: Scalable mode

  private mutating func scalable() {
    let isUpper = ScalableRootEntry.isUpper(source)
    let rootAddress = image.root + ScalableRootEntry.offset(of: source)
    // What an earlier fault had wrong is put right.
    var root = ScalableRootEntry(
      low: load(rootAddress) & ~ScalableRootEntry.reservedMask(word: 0),
      high: load(rootAddress + 8) & ~ScalableRootEntry.reservedMask(word: 1))
    for field in [BitField<ScalableRootEntry>.lowerContextTable, .upperContextTable]
    where root[inPlace: field] == image.beyond {
      root = ScalableRootEntry()
    }
    let isKnown = isUpper ? root[flag: .upperPresent] : root[flag: .lowerPresent]
    if !isKnown || row.structure == .root || has(.context, .unreadable) {
      need.assumptions.append("the log shows no root entry")
    }
    if !isKnown {
      let table = image.contextTable(source)
      if !root[flag: .lowerPresent] {
        root[flag: .lowerPresent] = true
        root[inPlace: .lowerContextTable] = table
      }
      if !root[flag: .upperPresent] {
        root[flag: .upperPresent] = true
        root[inPlace: .upperContextTable] = table + Paging.pageSize
      }
    }
    if has(.root, .notPresent) { root = ScalableRootEntry() }
    if has(.root, .reserved) {
      root.setReservedBit()
      root.setReservedBit(ofWord: 1)
    }
    if has(.context, .unreadable) {
      root[inPlace: isUpper ? .upperContextTable : .lowerContextTable] = image.beyond
    }
    put([root.low, root.high], at: rootAddress)
    guard isUpper ? root[flag: .upperPresent] : root[flag: .lowerPresent],
      !has(.context, .unreadable)
    else { return }
    let table = root[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
    context(at: table + ScalableContextEntry.offset(of: source))
  }

  private mutating func context(at address: UInt64) {
    need.assumptions.append("the log shows no context entry")
    var context = ScalableContextEntry()
    if !has(.context, .notPresent) {
      context[flag: .present] = true
      context[inPlace: .pasidDirectory] = has(.directory, .unreadable) ? image.beyond : page(1)
      context[flag: .pasidEnable] = pasid != nil && row.reason != .pasidDisabled
      if let pasid, row.reason != .pasidBeyondDirectory {
        // A directory that has the PASID: 2^(PDTS + 13) of them.
        while context.pasidLimit <= UInt64(pasid.rawValue), context[.directorySize] < 7 {
          context[.directorySize] += 1
        }
      }
    }
    if has(.context, .reserved) { context.setReservedBit() }
    switch row.reason {
    case .scalableContextInvalid, .contextInvalid: askForMore(&context)
    case .ridPASIDInvalid: context[.ridPASID] = context.pasidLimit
    case .supervisorRequestsDisabled where pasid == nil: context[flag: .ridPrivilege] = true
    default: break
    }
    put((0..<4).map { context[word: $0] }, at: address)
    guard context[flag: .present], row.structure != .context, !has(.directory, .unreadable) else {
      return
    }
    directory(context[inPlace: .pasidDirectory])
  }

  /// Enables something that the unit lacks.
  private func askForMore(_ context: inout ScalableContextEntry) {
    let enables: [(BitField<ScalableContextEntry>, BitField<ExtendedCapability>)] = [
      (.ridPrivilege, .supervisorRequests), (.pageRequestEnable, .pageRequests),
      (.deviceTLBEnable, .deviceTLB), (.pasidEnable, .pasid),
    ]
    if let lacking = enables.first(where: { !unit.extended[flag: $0.1] }) {
      context[flag: lacking.0] = true
    }
  }

  private mutating func directory(_ directory: UInt64) {
    need.assumptions.append("the log shows no PASID directory entry")
    let pasid = pasid ?? PASID(rawValue: 0)
    var entry = PASIDDirectoryEntry(rawValue: 0)
    if !has(.directory, .notPresent) {
      entry[flag: .present] = true
      entry[inPlace: .pasidTable] = has(.pasidEntry, .unreadable) ? image.beyond : page(2)
    }
    if has(.directory, .reserved) { entry.setReservedBit() }
    put([entry.rawValue], at: directory + PASIDDirectoryEntry.offset(of: pasid))
    guard entry[flag: .present], row.structure != .directory, !has(.pasidEntry, .unreadable) else {
      return
    }
    pasidEntry(at: entry[inPlace: .pasidTable] + PASIDTableEntry.offset(of: pasid))
  }

  private mutating func pasidEntry(at address: UInt64) {
    need.assumptions.append("the log shows no PASID table entry")
    var entry = PASIDTableEntry()
    entry[flag: .present] = !has(.pasidEntry, .notPresent)
    entry[.domainID] = domain
    let type: PASIDTranslationType =
      isNested ? .nested : usesFirstStage ? .firstStage : .secondStage
    entry[.translationType] = UInt64(type.rawValue)
    if type != .firstStage {
      entry[.addressWidth] = UInt64(levels - 2)
      entry[inPlace: .secondStageTable] =
        row.reason == .secondStageTableRead ? image.beyond : type == .nested ? shared(0) : page(0)
    }
    if type != .secondStage {
      entry[inPlace: .firstStageTable] =
        row.reason == .firstStageTableRead ? image.beyond : page(0)
      if row.reason == .firstStageTableBeyondWidth {
        entry[inPlace: .firstStageTable] = 1 << UInt64(Paging.width(levels: levels))
      }
    }
    switch row.reason {
    // Encoding 5 is reserved.
    case .pasidEntryInvalid: entry[.translationType] = 5
    case .pasidEntryReserved: entry.setReservedBit(ofWord: 1)
    case .secondStageAccessedDirty: entry[flag: .secondStageAccessedDirty] = true
    case .firstStageTableNotWritable: entry[flag: .pageWalkSnoop] = true
    case .executeNotPermitted:
      entry[flag: .executeRequests] = true
      entry[flag: .noExecute] = true
    default: break
    }
    put(entry.words, at: address)
    guard entry[flag: .present], row.structure != .pasidEntry else { return }
    if type != .firstStage {
      if isNested { sharedSecondStage() } else { secondStage(page(0), levels) }
    }
    if type != .secondStage { firstStage(page(0)) }
  }

  private var isNested: Bool {
    switch row.reason {
    case .firstStageTableBeyondWidth, .firstStageTopTableNotReadable, .firstStageTableNotReadable,
      .firstStageTableNotWritable, .intermediateAddressBeyondWidth:
      true
    default: false
    }
  }

  private var usesFirstStage: Bool {
    switch row.reason {
    case .addressNotCanonical, .executeNotPermitted: true
    default: row.structure == .firstStage
    }
  }

  // MARK: Paging entries

  /// The pages of a walk: the tables below the top, then what the leaf maps.
  private func below(_ level: Int, of levels: Int) -> UInt64 {
    page(3) + Paging.pageSize * UInt64(levels - level)
  }

  private mutating func secondStage(_ top: UInt64, _ levels: Int) {
    func entry(to target: UInt64) -> SecondStageEntry {
      var entry = SecondStageEntry()
      entry[flag: .read] = true
      entry[flag: .write] = true
      entry[inPlace: .address] = target
      return entry
    }
    let place = image.entryAddress(top, levels, address)
    switch row.problem {
    case .unreadable where row.reason != .secondStageTableRead:
      put([entry(to: image.beyond).rawValue], at: place)
      need.assumptions.append("the table that cannot be read is the one below the top")
    case .reserved:
      // PS is reserved where there are no pages of that size.
      var spoilt = entry(to: 0)
      spoilt[flag: .pageSize] = true
      put([spoilt.rawValue], at: place)
      need.assumptions.append("the entry with the reserved bit is the top one")
    case .interruptRange, .notUpdated: fallthrough
    case .notPermitted where row.structure == .page:
      var table = top
      for level in stride(from: levels, through: 1, by: -1) {
        let target = below(level, of: levels)
        var next = entry(to: target)
        if level == 1 {
          if row.problem == .interruptRange { next[inPlace: .address] = 0xfee0_0000 }
          if row.reason == .scalableWriteNotPermitted { next[flag: .write] = false }
          if row.reason == .scalableReadNotPermitted { next[flag: .read] = false }
        }
        put([next.rawValue], at: image.entryAddress(table, level, address))
        table = target
      }
      need.assumptions.append("the walk down to the page")
    case .notPresent, .notPermitted: put([0], at: place)
    default: break
    }
  }

  /// A whole walk, its entries present, writable, used and written, with what is wrong in one of them.
  private mutating func firstStage(_ top: UInt64) {
    guard row.reason != .firstStageTableRead, row.reason != .firstStageTableBeyondWidth else {
      return
    }
    var table = top
    for level in stride(from: 4, through: 1, by: -1) {
      var entry = FirstStageEntry()
      for flag in [BitField<FirstStageEntry>.present, .write, .accessed, .dirty] {
        entry[flag: flag] = true
      }
      entry[flag: .user] = row.reason != .userNotPermitted
      let target = below(level, of: 4)
      entry[inPlace: .address] = target
      if level == 4 { spoilTop(&entry) }
      if level == 1 { spoilLeaf(&entry) }
      put([entry.rawValue], at: image.entryAddress(table, level, address))
      if entry.rawValue == 0 { break }
      table = target
    }
    need.assumptions.append(
      row.reason == .userNotPermitted ? "no level of the walk has U/S" : "the walk to the page")
  }

  private func spoilTop(_ entry: inout FirstStageEntry) {
    switch row.reason {
    case .firstStageNotPresent: entry = FirstStageEntry()
    case .firstStageReserved: entry[flag: .pageSize] = true
    case .firstStageRead: entry[inPlace: .address] = image.beyond
    case .firstStageTableNotReadable: entry[inPlace: .address] = Self.unreadable
    default: break
    }
  }

  private func spoilLeaf(_ entry: inout FirstStageEntry) {
    switch row.reason {
    case .intermediateAddressBeyondWidth:
      entry[inPlace: .address] = 1 << UInt64(Paging.width(levels: levels))
    case .executeNotPermitted: entry[flag: .executeDisable] = true
    case .firstStageAccessedDirtyNoSnoop, .firstStageTableNotWritable:
      entry[flag: .accessed] = false
      entry[flag: .dirty] = false
    default: break
    }
  }

  /// The GiB that a second stage lets nobody read.
  private static let unreadable: UInt64 = 1 << 38

  /// A second stage that maps memory to itself, in pages of 1 GiB, but for what is wrong with it.
  private mutating func sharedSecondStage() {
    var top = shared(0)
    for level in stride(from: levels, through: 4, by: -1) {
      var entry = SecondStageEntry()
      entry[flag: .read] = true
      entry[flag: .write] = true
      entry[inPlace: .address] = shared(UInt64(6 - level))
      put([entry.rawValue], at: top)
      top = shared(UInt64(6 - level))
    }
    func cover(_ address: UInt64, read: Bool, write: Bool) {
      var entry = SecondStageEntry()
      entry[flag: .read] = read
      entry[flag: .write] = write
      entry[flag: .pageSize] = true
      entry[inPlace: .address] = address & ~0x3fff_ffff
      put([entry.rawValue], at: top + Paging.entryOffset(of: address, level: 3))
    }
    cover(
      page(0), read: row.reason != .firstStageTopTableNotReadable,
      write: row.reason != .firstStageTableNotWritable)
    cover(Self.unreadable, read: false, write: true)
    need.assumptions.append("a second stage that maps memory to itself, but for what is wrong")
  }
}
