internal import Recording
internal import VTdFormats

// What caches hold, in the words that every picture and page uses.
extension Words {
  /// Which cache it is.
  static func cache(_ fact: CacheFact) -> String {
    switch fact.cache {
    case .iotlb: "IOTLB of \(fact.unit)"
    case .deviceTLB: "TLB of \(fact.device ?? "a device")"
    case .context: "context cache of \(fact.unit)"
    case .pasid: "PASID cache of \(fact.unit)"
    case .pagingStructure: "paging-structure cache of \(fact.unit)"
    case .interruptEntry: "interrupt-entry cache of \(fact.unit)"
    }
  }

  /// The key by which the cache finds the entry.
  static func key(_ fact: CacheFact) -> String {
    switch fact.cache {
    case .iotlb, .deviceTLB: address(fact.address)
    case .context: fact.device ?? ""
    case .pasid: "PASID \(address(fact.pasid)) of \(fact.device ?? "")"
    case .pagingStructure:
      "\(address(fact.address)) to "
        + address((fact.address ?? 0) &+ ((fact.pageSize ?? 0) &- 1))
    case .interruptEntry: "entry \(fact.index ?? 0)"
    }
  }

  /// The domain and the PASID of the entry; empty where the key already names them.
  static func owner(_ fact: CacheFact) -> String {
    switch fact.cache {
    case .iotlb, .deviceTLB, .pagingStructure:
      var parts: [String] = []
      if let domain = fact.domain { parts.append("domain \(domain)") }
      if let pasid = fact.pasid { parts.append("PASID \(address(pasid))") }
      return parts.joined(separator: ", ")
    case .context, .pasid, .interruptEntry: return ""
    }
  }

  /// The contents of the entry.
  static func content(_ fact: CacheFact) -> String {
    if let reason = fact.reason { return "missing, \(describe(reason))" }
    switch fact.cache {
    case .iotlb, .deviceTLB: return "\(address(fact.target)) \(fact.permissions ?? "")"
    case .pagingStructure:
      return "table at \(address(fact.target)) \(fact.permissions ?? "")"
    case .context, .pasid:
      let tables =
        fact.target.map {
          fact.cache == .context && fact.domain == nil
            ? "PASID directory at \(address($0))" : "tables at \(address($0))"
        } ?? "passes through"
      return fact.domain.map { "domain \($0), \(tables)" } ?? tables
    case .interruptEntry:
      guard fact.words.count == 2 else { return "" }
      let entry = InterruptEntry(low: fact.words[0], high: fact.words[1])
      if !entry[flag: .present] { return "not present" }
      return "vector \(address(entry[.vector]))" + (entry[flag: .posted] ? ", posted" : "")
    }
  }
}
