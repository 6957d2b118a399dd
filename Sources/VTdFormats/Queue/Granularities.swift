/// What an invalidation asks for: its granularity. Each kind of cache counts in its own way (VT-d
/// specification 6.5.1, 6.5.2).

/// Of the context cache: CCMD.CIRG, and G of its descriptor.
public enum ContextGranularity: UInt64, Sendable {
  /// All entries.
  case global = 1
  /// The entries of one domain.
  case domain = 2
  /// The entry of one function, or of several by a mask.
  case device = 3
}

/// Of the IOTLB: IOTLB.IIRG, and G of its descriptor.
public enum IOTLBGranularity: UInt64, Sendable {
  /// All translations.
  case global = 1
  /// The translations of one domain.
  case domain = 2
  /// One page of a domain, or 2^AM pages.
  case page = 3
}

/// Of the PASID-based IOTLB.
public enum PASIDIOTLBGranularity: UInt64, Sendable {
  /// All pages of the PASID.
  case pasid = 2
  /// One page of the PASID, or 2^AM pages.
  case page = 3
}

/// Of the PASID cache.
public enum PASIDCacheGranularity: UInt64, Sendable {
  /// All PASIDs of the domain.
  case domain = 0
  /// One PASID of the domain.
  case pasid = 1
  /// All PASIDs of all domains.
  case global = 3
}

// Nil is a value that the specification reserves.
extension ContextCacheDescriptor {
  /// What is to be dropped; nil for a value that the specification reserves.
  @inlinable public var granularity: ContextGranularity? {
    get { ContextGranularity(rawValue: self[.granularity]) }
    set { self[.granularity] = newValue?.rawValue ?? 0 }
  }
}

extension ContextCommand {
  /// What is to be dropped; nil for a value that the specification reserves.
  public var requestedGranularity: ContextGranularity? {
    get { ContextGranularity(rawValue: self[.requestedGranularity]) }
    set { self[.requestedGranularity] = newValue?.rawValue ?? 0 }
  }
}

extension IOTLBDescriptor {
  /// What is to be dropped; nil for a value that the specification reserves.
  @inlinable public var granularity: IOTLBGranularity? {
    get { IOTLBGranularity(rawValue: self[.granularity]) }
    set { self[.granularity] = newValue?.rawValue ?? 0 }
  }
}

extension IOTLBCommand {
  /// What is to be dropped; nil for a value that the specification reserves.
  public var requestedGranularity: IOTLBGranularity? {
    get { IOTLBGranularity(rawValue: self[.requestedGranularity]) }
    set { self[.requestedGranularity] = newValue?.rawValue ?? 0 }
  }
}

extension PASIDIOTLBDescriptor {
  /// What is to be dropped; nil for a value that the specification reserves.
  @inlinable public var granularity: PASIDIOTLBGranularity? {
    get { PASIDIOTLBGranularity(rawValue: self[.granularity]) }
    set { self[.granularity] = newValue?.rawValue ?? 0 }
  }
}

extension PASIDCacheDescriptor {
  /// What is to be dropped; nil for a value that the specification reserves.
  @inlinable public var granularity: PASIDCacheGranularity? {
    get { PASIDCacheGranularity(rawValue: self[.granularity]) }
    set { self[.granularity] = newValue?.rawValue ?? 0 }
  }
}
