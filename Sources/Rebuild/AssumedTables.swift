internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import ScenarioFormat
internal import VTdFormats

/// Tables with one thing wrong, for a fault whose tables the log does not show: what the row of its
/// reason says was wrong, in the structure that the row names. All else is as it is, or good.
struct AssumedTables {
  let image: TableImage
  let unit: MachineUnit
  let isScalable: Bool
  /// The second stage has the codes of legacy mode, as QEMU's has.
  let hasLegacyCodes: Bool
  /// What memory holds now.
  let load: (UInt64) -> UInt64
  let source: SourceID
  let row: FaultReasonRow
  let address: UInt64
  let pasid: PASID?
  var need = TableImage.Need()

  init(
    _ image: TableImage, _ unit: MachineUnit, hasLegacyCodes: Bool,
    _ fault: FaultTimeline.Fault, _ row: FaultReasonRow, load: @escaping (UInt64) -> UInt64
  ) {
    self.image = image
    self.unit = unit
    isScalable = unit.isScalable
    self.hasLegacyCodes = hasLegacyCodes
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

  func has(_ structure: FaultReasonRow.Structure, _ problem: FaultReasonRow.Problem) -> Bool {
    row.structure == structure && row.problem == problem
  }

  // MARK: The request

  mutating func chooseRequest() {
    switch row.reason {
    case .requestTypeBlocked, .deviceTLBDisabled: need.request.isTranslated = true
    case .pageRequestInLegacyMode, .pageRequestDisabled: need.request.isPageRequest = true
    case .executeRequestsDisabled, .executeNotPermitted: need.request.isExecute = true
    case .supervisorRequestsDisabled: need.request.isPrivileged = pasid != nil
    default: break
    }
  }

  /// The register holds what the reason says; behind the request it is as before.
  mutating func setRootTableAddress() {
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

  mutating func put(_ words: [UInt64], at address: UInt64) {
    for (index, word) in words.enumerated() { need.words[address &+ UInt64(index) * 8] = word }
  }

  func page(_ number: UInt64) -> UInt64 { image.page(source, number) }

  var domain: UInt64 { UInt64(source.rawValue % 0xff) + 1 }

  /// Levels of the second stage: as many as the unit has, or so few that the address is beyond them.
  var levels: Int {
    guard row.problem == .beyondWidth, row.structure == .request else { return image.levels }
    for levels in 3...5 where unit.capability.supports(secondStageLevels: levels) {
      if address >> UInt64(Paging.width(levels: levels)) != 0 { return levels }
    }
    return image.levels
  }

  /// A page behind which tables of a second stage lie that several requests use.
  func shared(_ number: UInt64) -> UInt64 { image.free + UInt64(page: 0x9000 + number) }

  // MARK: Legacy mode

  mutating func legacy() {
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

  mutating func scalable() {
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

  mutating func context(at address: UInt64) {
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
  func askForMore(_ context: inout ScalableContextEntry) {
    let enables: [(BitField<ScalableContextEntry>, BitField<ExtendedCapability>)] = [
      (.ridPrivilege, .supervisorRequests), (.pageRequestEnable, .pageRequests),
      (.deviceTLBEnable, .deviceTLB), (.pasidEnable, .pasid),
    ]
    if let lacking = enables.first(where: { !unit.extended[flag: $0.1] }) {
      context[flag: lacking.0] = true
    }
  }

  mutating func directory(_ directory: UInt64) {
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

  mutating func pasidEntry(at address: UInt64) {
    need.assumptions.append("the log shows no PASID table entry")
    var entry = PASIDTableEntry()
    entry[flag: .present] = !has(.pasidEntry, .notPresent)
    entry[.domainID] = domain
    let type: PASIDTranslationType =
      isNested ? .nested : usesFirstStage ? .firstStage : .secondStage
    entry[.translationType] = UInt64(type.rawValue)
    // The driver sets it for either stage.
    entry[.addressWidth] = UInt64(levels - 2)
    if type != .firstStage {
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

  var isNested: Bool {
    switch row.reason {
    case .firstStageTableBeyondWidth, .firstStageTopTableNotReadable, .firstStageTableNotReadable,
      .firstStageTableNotWritable, .intermediateAddressBeyondWidth:
      true
    default: false
    }
  }

  var usesFirstStage: Bool {
    switch row.reason {
    case .addressNotCanonical, .executeNotPermitted: true
    // What the second stage of such a unit refuses has the codes of legacy mode.
    case .scalableWriteNotPermitted, .scalableInterruptRange:
      hasLegacyCodes || !unit.extended[flag: .secondStage]
    default: row.structure == .firstStage
    }
  }
}
