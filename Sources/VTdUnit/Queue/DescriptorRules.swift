import VTdFormats

/// Which descriptors a unit takes, and which bits of them must be 0.
enum DescriptorRules {
  /// The types that a unit has, as a bit each; a type whose feature it lacks is an unknown one.
  static func supported(_ configuration: UnitConfiguration) -> UInt32 {
    DescriptorType.allCases.filter { isSupported($0, configuration) }
      .reduce(0) { $0 | 1 << UInt32($1.rawValue) }
  }

  private static func isSupported(
    _ type: DescriptorType, _ configuration: UnitConfiguration
  ) -> Bool {
    let ecap = configuration.extendedCapability
    return switch type {
    case .contextCache, .iotlb, .wait: true
    case .interruptEntryCache: ecap[flag: .interruptRemapping]
    case .deviceTLB:
      ecap[flag: .deviceTLB] || configuration.quirks.contains(.deviceTLBDescriptorAlwaysValid)
    case .pasidIOTLB, .pasidCache: ecap[flag: .scalableMode]
    case .pasidDeviceTLB: ecap[flag: .scalableMode] && ecap[flag: .deviceTLB]
    case .pageGroupResponse: ecap[flag: .pageRequests]
    }
  }

  /// Reserved bits by ``DescriptorType``, for the first two words. A unit works them out once: a layout's
  /// list of fields is long to look through.
  static var reserved: [SIMD2<UInt64>] {
    var table = [SIMD2<UInt64>](repeating: SIMD2(), count: 16)
    for type in DescriptorType.allCases { table[Int(type.rawValue)] = reserved(type) }
    return table
  }

  private static func reserved(_ type: DescriptorType) -> SIMD2<UInt64> {
    func words<Descriptor: BitImage>(_: Descriptor.Type) -> SIMD2<UInt64> {
      SIMD2(Descriptor.reservedMask(word: 0), Descriptor.reservedMask(word: 1))
    }
    return switch type {
    case .contextCache: words(ContextCacheDescriptor.self)
    case .iotlb: words(IOTLBDescriptor.self)
    case .deviceTLB: words(DeviceTLBDescriptor.self)
    case .interruptEntryCache: words(InterruptEntryCacheDescriptor.self)
    case .wait: words(WaitDescriptor.self)
    case .pasidIOTLB: words(PASIDIOTLBDescriptor.self)
    case .pasidCache: words(PASIDCacheDescriptor.self)
    case .pasidDeviceTLB: words(PASIDDeviceTLBDescriptor.self)
    case .pageGroupResponse: words(PageGroupResponseDescriptor.self)
    }
  }
}
