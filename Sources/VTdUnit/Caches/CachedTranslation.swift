public import VTdFormats

/// One translation that a cache holds: of a unit's IOTLB, or of a device's own TLB (ATS).
public struct CachedTranslation: Hashable, Sendable {
  /// The domain whose translation it is; nil in a device's TLB, which knows none.
  public let domain: DomainID?
  /// The PASID; nil for a translation by a domain's second stage.
  public let pasid: PASID?
  /// The first address that it translates.
  public let address: IOVA
  /// Where it leads, and what it allows.
  public let page: TranslatedPage
  /// It remembers that nothing is mapped (CAP.CM).
  public let isMissing: Bool
  /// The requests of its domain pass through: addresses stay as they are.
  public let isPassThrough: Bool

  /// The cache and the address, which name the entry whatever it holds.
  public struct Key: Hashable, Sendable {
    let domain: UInt16?
    let pasid: UInt32?
    let address: UInt64
  }

  /// What names the entry among those of one cache.
  public var key: Key {
    Key(domain: domain?.rawValue, pasid: pasid?.rawValue, address: address.rawValue)
  }
}

extension CachedTranslation: CustomStringConvertible {
  /// What it translates, for whom, and where it leads: `0x40000000 of domain 1 -> 0x21000000 RW-U`.
  public var description: String {
    var text = "0x\(hex(address.rawValue))"
    if let domain { text += " of domain \(domain.rawValue)" }
    if let pasid { text += " with PASID 0x\(hex(UInt64(pasid.rawValue)))" }
    if isMissing { return text + " -> nothing" }
    if isPassThrough { return text + " -> as it is" }
    return text + " -> 0x\(hex(page.address.rawValue)) \(page.permissions)"
  }
}
