/// What an invalidation asks for: its granularity. Each kind of cache counts in its own way (VT-d
/// specification 6.5.1, 6.5.2).

/// Of the context cache: CCMD.CIRG, and G of its descriptor.
public enum ContextGranularity: UInt64, Sendable {
  case global = 1
  case domain = 2
  case device = 3
}

/// Of the IOTLB: IOTLB.IIRG, and G of its descriptor.
public enum IOTLBGranularity: UInt64, Sendable {
  case global = 1
  case domain = 2
  case page = 3
}

/// Of the PASID-based IOTLB.
public enum PASIDIOTLBGranularity: UInt64, Sendable {
  /// All pages of the PASID.
  case pasid = 2
  case page = 3
}

/// Of the PASID cache.
public enum PASIDCacheGranularity: UInt64, Sendable {
  /// All PASIDs of the domain.
  case domain = 0
  case pasid = 1
  case global = 3
}

// Nil is a value that the specification reserves.
extension ContextCacheDescriptor {
  @inlinable public var granularity: ContextGranularity? {
    get { ContextGranularity(rawValue: self[.granularity]) }
    set { self[.granularity] = newValue?.rawValue ?? 0 }
  }
}

extension ContextCommand {
  public var requestedGranularity: ContextGranularity? {
    get { ContextGranularity(rawValue: self[.requestedGranularity]) }
    set { self[.requestedGranularity] = newValue?.rawValue ?? 0 }
  }
}

extension IOTLBDescriptor {
  @inlinable public var granularity: IOTLBGranularity? {
    get { IOTLBGranularity(rawValue: self[.granularity]) }
    set { self[.granularity] = newValue?.rawValue ?? 0 }
  }
}

extension IOTLBCommand {
  public var requestedGranularity: IOTLBGranularity? {
    get { IOTLBGranularity(rawValue: self[.requestedGranularity]) }
    set { self[.requestedGranularity] = newValue?.rawValue ?? 0 }
  }
}

extension PASIDIOTLBDescriptor {
  @inlinable public var granularity: PASIDIOTLBGranularity? {
    get { PASIDIOTLBGranularity(rawValue: self[.granularity]) }
    set { self[.granularity] = newValue?.rawValue ?? 0 }
  }
}

extension PASIDCacheDescriptor {
  @inlinable public var granularity: PASIDCacheGranularity? {
    get { PASIDCacheGranularity(rawValue: self[.granularity]) }
    set { self[.granularity] = newValue?.rawValue ?? 0 }
  }
}
