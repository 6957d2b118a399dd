import Text
public import VTdFormats
public import VTdUnit

// Parts of facts as members.
extension Recorded: RecordPart {
  init() { self.init(.recorded, index: nil) }

  mutating func visit(_ members: inout Members) {
    members.choice("recorded", &outcome)
    members.number("record", &index)
  }
}

extension Answer: RecordPart {
  init() { self.init(.translated) }

  mutating func visit(_ members: inout Members) {
    members.choice("result", &result)
    members.hexadecimal("address", &address)
    members.number("page_size", &pageSize)
    members.text("permissions", &permissions)
    members.reason("reason", &reason)
    members.text("refusal", &refusal)
  }
}

extension InterruptAnswer: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.choice("result", &result)
    members.hexadecimal("vector", &vector)
    members.number("destination", &destination)
    members.number("index", &index)
    members.hexadecimal("descriptor", &descriptor)
    members.reason("reason", &reason)
  }
}

extension BusWay: RecordPart {
  init() { self.init(sender: "") }

  mutating func visit(_ members: inout Members) {
    members.text("sender", &sender)
    members.parts("bridges", &bridges)
  }
}

extension BusWay.Bridge: RecordPart {
  init() { self.init(name: "", sourceID: nil) }

  mutating func visit(_ members: inout Members) {
    members.text("bridge", &name)
    members.text("source", &sourceID)
  }
}

extension DMAFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    members.text("device", &device)
    members.optional(&way, by: "sender")
    var word = access.word
    members.text("access", &word)
    if let known = DMAAccess.allCases.first(where: { $0.word == word }) {
      access = known
    } else {
      members.refuse("a DMA has an unknown access; read, write or atomic was expected")
    }
    members.hexadecimal("address", &address)
    members.hexadecimal("pasid", &pasid)
    var code = type == .untranslated ? nil : type.rawValue
    members.number("type", &code)
    if let known = AddressType(rawValue: code ?? 0) {
      type = known
    } else {
      members.refuse("a DMA has type \(code ?? 0); 0 to 2 was expected")
    }
    members.mark("execute", &isExecute)
    members.mark("privileged", &isPrivileged)
    members.mark("device_tlb", &usesDeviceTLB)
    members.told("result", .string(given.result.rawValue))
    members.told("reason", given.reason.map { .unsigned(UInt64($0.rawValue)) })
    members.optional(&recorded, by: "recorded")
    members.part("given", &given)
    members.part("tables", &tables)
    members.flag("hit", &isHit)
    members.number("filled_by", &filledBy)
    members.flag("stale", &isStale)
    members.number("stale_since", &staleSince)
    var many = count > 1 ? count : nil
    members.number("count", &many)
    count = many ?? 1
    members.parts("walk", &walk)
  }
}

extension InterruptFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("unit", &unit)
    members.text("device", &device)
    members.optional(&way, by: "sender")
    members.hexadecimal("address", &address)
    members.hexadecimal("data", &data)
    members.told("result", .string(given.result.rawValue))
    members.told("reason", given.reason.map { .unsigned(UInt64($0.rawValue)) })
    members.optional(&recorded, by: "recorded")
    members.part("given", &given)
    members.part("tables", &tables)
    members.flag("hit", &isHit)
    members.number("filled_by", &filledBy)
    members.flag("stale", &isStale)
    members.number("stale_since", &staleSince)
    members.parts("walk", &walk)
  }
}

extension CacheFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    var kind: Cache? = cache
    members.choice("cache", &kind)
    members.text("unit", &unit)
    members.text("device", &device)
    // Older records have no member `cache`, and hold events of these two caches only.
    cache = kind ?? (device == nil ? .iotlb : .deviceTLB)
    members.either("change", &isFill, "fill", "drop")
    members.number("domain", &domain)
    members.hexadecimal("pasid", &pasid)
    members.number("index", &index)
    members.hexadecimal("address", &address)
    members.hexadecimal("target", &target)
    members.text("permissions", &permissions)
    members.number("page_size", &pageSize)
    members.words("words", &words, evenIfEmpty: false)
    members.reason("reason", &reason)
  }
}

extension WalkFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.choice("structure", &structure)
    members.number("level", &level)
    members.hexadecimal("address", &address)
    members.hexadecimal("table", &table)
    members.number("index", &index)
    members.hexadecimal("input", &input)
    members.number("slice_high", &sliceHigh)
    members.number("slice_low", &sliceLow)
    members.words("words", &words)
    members.text("allowed", &allowed)
    members.number("parent", &parent)
    members.reason("failure", &failure)
    members.mark("missing", &isMissing)
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

extension LockFact: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("action", &verb)
    members.text("class", &lockClass)
    members.text("context", &context)
    members.text("letters", &letters)
    members.parts("new_usages", &newUsages)
    members.parts("new_dependencies", &newDependencies)
    members.list("held", &held)
    members.text("site", &site)
  }
}

extension LockFact.Usage: RecordPart {
  mutating func visit(_ members: inout Members) {
    members.text("class", &lockClass)
    members.text("usage", &name)
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
