public import VTdFormats
public import VTdUnit

// Parts of facts as members, and back.
extension Recorded {
  var members: Members {
    var members = Members()
    members.text("recorded", outcome.rawValue)
    members.count("record", index)
    return members
  }

  /// Nil where nothing is said of a record.
  init?(_ reader: MemberReader) throws(RecordError) {
    if !reader.has("recorded") { return nil }
    self.init(
      try reader.choice("recorded", Outcome.self), index: try reader.optionalCount("record"))
  }
}

extension Answer {
  var members: Members {
    var members = Members()
    members.text("result", result.rawValue)
    members.hexadecimal("address", address)
    members.number("page_size", pageSize)
    members.text("permissions", permissions)
    members.number("reason", reason.map { UInt64($0.rawValue) })
    members.text("refusal", refusal)
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    self.init(try reader.choice("result", Result.self))
    address = try reader.optionalHexadecimal("address")
    pageSize = try reader.optionalNumber("page_size")
    permissions = try reader.optionalText("permissions")
    reason = try reader.reason("reason")
    refusal = try reader.optionalText("refusal")
  }
}

extension InterruptAnswer {
  var members: Members {
    var members = Members()
    members.text("result", result.rawValue)
    members.hexadecimal("vector", vector)
    members.number("destination", destination)
    members.number("index", index)
    members.hexadecimal("descriptor", descriptor)
    members.number("reason", reason.map { UInt64($0.rawValue) })
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    self.init(
      result: try reader.choice("result", Result.self),
      vector: try reader.optionalHexadecimal("vector"),
      destination: try reader.optionalNumber("destination"),
      index: try reader.optionalNumber("index"),
      descriptor: try reader.optionalHexadecimal("descriptor"),
      reason: try reader.reason("reason"))
  }
}

extension BusWay {
  var members: Members {
    var members = Members()
    members.text("sender", sender)
    var list: [Members] = []
    for bridge in bridges {
      var one = Members()
      one.text("bridge", bridge.name)
      one.text("source", bridge.sourceID)
      list.append(one)
    }
    members.objects("bridges", list)
    return members
  }

  /// Nil where nothing is said of a way.
  init?(_ reader: MemberReader) throws(RecordError) {
    guard let sender = try reader.optionalText("sender") else { return nil }
    self.init(sender: sender)
    for bridge in try reader.objects("bridges") {
      bridges.append(
        Bridge(name: try bridge.text("bridge"), sourceID: try bridge.optionalText("source")))
    }
  }
}

extension DMAFact {
  var members: Members {
    var members = Members()
    members.text("unit", unit)
    members.text("device", device)
    if let way { members.append(way.members) }
    members.text("access", access.word)
    members.hexadecimal("address", address)
    members.hexadecimal("pasid", pasid.map(UInt64.init))
    if type != .untranslated { members.number("type", UInt64(type.rawValue)) }
    members.mark("execute", isExecute)
    members.mark("privileged", isPrivileged)
    members.mark("device_tlb", usesDeviceTLB)
    members.text("result", given.result.rawValue)
    members.number("reason", given.reason.map { UInt64($0.rawValue) })
    if let recorded { members.append(recorded.members) }
    members.object("given", given.members)
    members.object("tables", tables.members)
    members.flag("hit", isHit)
    members.count("filled_by", filledBy)
    members.flag("stale", isStale)
    members.count("stale_since", staleSince)
    if count > 1 { members.count("count", count) }
    var steps: [Members] = []
    for step in walk { steps.append(step.members) }
    members.objects("walk", steps)
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    let word = try reader.text("access")
    guard let access = DMAAccess.allCases.first(where: { $0.word == word }) else {
      throw RecordError("a DMA has an unknown access; read, write or atomic was expected")
    }
    self.init(
      unit: try reader.text("unit"), device: try reader.text("device"), access: access,
      address: try reader.hexadecimal("address"),
      given: try Answer(try reader.object("given")),
      tables: try Answer(try reader.object("tables")))
    way = try BusWay(reader)
    pasid = try reader.pasid("pasid")
    let code = try reader.optionalNumber("type") ?? 0
    guard let type = UInt8(exactly: code).flatMap(AddressType.init(rawValue:)) else {
      throw RecordError("a DMA has type \(code); 0 to 2 was expected")
    }
    self.type = type
    isExecute = try reader.flag("execute")
    isPrivileged = try reader.flag("privileged")
    usesDeviceTLB = try reader.flag("device_tlb")
    recorded = try Recorded(reader)
    isHit = try reader.flag("hit")
    filledBy = try reader.optionalCount("filled_by")
    isStale = try reader.flag("stale")
    staleSince = try reader.optionalCount("stale_since")
    count = try reader.optionalCount("count") ?? 1
    for step in try reader.objects("walk") { walk.append(try WalkFact(step)) }
  }
}

extension InterruptFact {
  var members: Members {
    var members = Members()
    members.text("unit", unit)
    members.text("device", device)
    if let way { members.append(way.members) }
    members.hexadecimal("address", address)
    members.hexadecimal("data", data)
    members.text("result", given.result.rawValue)
    members.number("reason", given.reason.map { UInt64($0.rawValue) })
    if let recorded { members.append(recorded.members) }
    members.object("given", given.members)
    members.object("tables", tables.members)
    members.flag("hit", isHit)
    members.count("filled_by", filledBy)
    members.flag("stale", isStale)
    members.count("stale_since", staleSince)
    var steps: [Members] = []
    for step in walk { steps.append(step.members) }
    members.objects("walk", steps)
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    self.init(
      unit: try reader.text("unit"), device: try reader.text("device"),
      address: try reader.hexadecimal("address"), data: try reader.hexadecimal("data"),
      given: try InterruptAnswer(try reader.object("given")),
      tables: try InterruptAnswer(try reader.object("tables")))
    way = try BusWay(reader)
    isHit = try reader.flag("hit")
    filledBy = try reader.optionalCount("filled_by")
    isStale = try reader.flag("stale")
    staleSince = try reader.optionalCount("stale_since")
    recorded = try Recorded(reader)
    for step in try reader.objects("walk") { walk.append(try WalkFact(step)) }
  }
}

extension CacheFact {
  var members: Members {
    var members = Members()
    members.text("cache", cache.rawValue)
    members.text("unit", unit)
    members.text("device", device)
    members.text("change", isFill ? "fill" : "drop")
    members.number("domain", domain)
    members.hexadecimal("pasid", pasid)
    members.number("index", index)
    members.hexadecimal("address", address)
    members.hexadecimal("target", target)
    members.text("permissions", permissions)
    members.number("page_size", pageSize)
    if !words.isEmpty { members.words("words", words) }
    members.number("reason", reason.map { UInt64($0.rawValue) })
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    let device = try reader.optionalText("device")
    // A record of before it told of any but these two.
    let cache: Cache =
      reader.has("cache")
      ? try reader.choice("cache", Cache.self) : device == nil ? .iotlb : .deviceTLB
    self.init(
      cache: cache, unit: try reader.text("unit"), device: device,
      isFill: try reader.text("change") == "fill",
      domain: try reader.optionalNumber("domain"), pasid: try reader.optionalHexadecimal("pasid"),
      index: try reader.optionalNumber("index"),
      address: try reader.optionalHexadecimal("address"),
      target: try reader.optionalHexadecimal("target"),
      permissions: try reader.optionalText("permissions"),
      pageSize: try reader.optionalNumber("page_size"), words: try reader.words("words"),
      reason: try reader.reason("reason"))
  }
}

extension WalkFact {
  var members: Members {
    var members = Members()
    members.text("structure", structure.rawValue)
    members.count("level", level)
    members.hexadecimal("address", address)
    members.hexadecimal("table", table)
    members.number("index", index)
    members.hexadecimal("input", input)
    members.count("slice_high", sliceHigh)
    members.count("slice_low", sliceLow)
    members.words("words", words)
    members.text("allowed", allowed)
    members.count("parent", parent)
    members.number("failure", failure.map { UInt64($0.rawValue) })
    members.mark("missing", isMissing)
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    self.init(
      structure: try reader.choice("structure", WalkStructure.self),
      level: try reader.count("level"), address: try reader.hexadecimal("address"),
      table: try reader.optionalHexadecimal("table"), index: try reader.optionalNumber("index"),
      input: try reader.optionalHexadecimal("input"),
      sliceHigh: try reader.optionalCount("slice_high"),
      sliceLow: try reader.optionalCount("slice_low"), words: try reader.words("words"),
      allowed: try reader.optionalText("allowed"), parent: try reader.optionalCount("parent"),
      failure: try reader.reason("failure"), isMissing: try reader.flag("missing"))
  }

  /// A step of a walk that has just been taken.
  public init(_ step: WalkStep) {
    self.init(
      structure: step.structure, level: step.level, address: step.address, table: step.table,
      index: step.index, input: step.input, sliceHigh: step.slice?.high,
      sliceLow: step.slice?.low, words: step.words, allowed: step.accumulated,
      parent: step.parent, failure: step.failure?.reason,
      isMissing: step.failure?.isMissing ?? false)
  }
}

extension LockFact {
  var members: Members {
    var members = Members()
    members.text("action", verb)
    members.text("class", lockClass)
    members.text("context", context)
    members.text("letters", letters)
    var list: [Members] = []
    for usage in newUsages {
      var one = Members()
      one.text("class", usage.lockClass)
      one.text("usage", usage.name)
      list.append(one)
    }
    members.objects("new_usages", list)
    list = []
    for dependency in newDependencies { list.append(dependency.members) }
    members.objects("new_dependencies", list)
    members.list("held", held)
    members.text("site", site)
    return members
  }

  init(_ reader: MemberReader) throws(RecordError) {
    var usages: [Usage] = []
    for usage in try reader.objects("new_usages") {
      usages.append(Usage(lockClass: try usage.text("class"), name: try usage.text("usage")))
    }
    var dependencies: [RunLockDependency] = []
    for dependency in try reader.objects("new_dependencies") {
      dependencies.append(try RunLockDependency(dependency))
    }
    self.init(
      verb: try reader.text("action"), lockClass: try reader.text("class"),
      context: try reader.text("context"), letters: try reader.text("letters"),
      newUsages: usages, newDependencies: dependencies, held: try reader.list("held"),
      site: try reader.optionalText("site"))
  }
}

/// The names that a record has for accesses.
extension DMAAccess {
  /// The access in one word, as records and logs have it.
  public var word: String {
    switch self {
    case .read: "read"
    case .write: "write"
    case .atomic: "atomic"
    }
  }
}

/// The names that a record has for descriptors.
extension DescriptorType {
  /// What the command does, in a few words without blanks.
  public var word: String {
    switch self {
    case .contextCache: "context_cache_invalidate"
    case .iotlb: "iotlb_invalidate"
    case .deviceTLB: "device_tlb_invalidate"
    case .interruptEntryCache: "interrupt_entry_cache_invalidate"
    case .wait: "invalidation_wait"
    case .pasidIOTLB: "pasid_iotlb_invalidate"
    case .pasidCache: "pasid_cache_invalidate"
    case .pasidDeviceTLB: "pasid_device_tlb_invalidate"
    case .pageGroupResponse: "page_group_response"
    }
  }
}
