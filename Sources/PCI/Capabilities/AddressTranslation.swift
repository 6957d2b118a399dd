public import VTdFormats

/// What makes a device a partner of the remapping unit: Address Translation Services (PCI Express
/// Base 5.0, 10.5.1), the Page Request Interface (10.5.2) and PASIDs (7.8.8).
extension ConfigurationField {
  static let atsQueueDepth = ConfigurationField("Invalidate Queue Depth", 0x04, 0..<5)
  static let atsPageAligned = ConfigurationField("Page Aligned Request", 0x04, 5..<6)
  static let atsGlobalInvalidate = ConfigurationField("Global Invalidate Supported", 0x04, 6..<7)
  static let atsSmallestUnit = ConfigurationField("Smallest Translation Unit", 0x06, 0..<5)
  static let atsEnable = ConfigurationField("Enable", 0x06, 15..<16)

  static let pageRequestEnable = ConfigurationField("Enable", 0x04, 0..<1)
  static let pageRequestStopped = ConfigurationField("Stopped", 0x06, 8..<9)
  static let pageRequestPASIDRequired =
    ConfigurationField("PRG Response PASID Required", 0x06, 15..<16)
  static let pageRequestCapacity =
    ConfigurationField("Outstanding Page Request Capacity", 0x08, 0..<32)
  static let pageRequestAllocation =
    ConfigurationField("Outstanding Page Request Allocation", 0x0c, 0..<32)

  static let pasidExecuteSupported = ConfigurationField("Execute Permission", 0x04, 1..<2)
  static let pasidPrivilegedSupported = ConfigurationField("Privileged Mode", 0x04, 2..<3)
  static let pasidWidth = ConfigurationField("Max PASID Width", 0x04, 8..<13)
  static let pasidEnable = ConfigurationField("PASID Enable", 0x06, 0..<1)
  static let pasidExecuteEnable = ConfigurationField("Execute Permission Enable", 0x06, 1..<2)
  static let pasidPrivilegedEnable = ConfigurationField("Privileged Mode Enable", 0x06, 2..<3)
}

/// Address Translation Services: the device asks for translations and caches them.
public struct AddressTranslationServices: Hashable, Sendable {
  /// How many invalidations it takes before it pushes back, 1 to 32.
  public let invalidateQueueDepth: Int
  /// The device asks with addresses that are multiples of 4 KiB.
  public let isPageAligned: Bool
  /// The device obeys invalidations that mean all its PASIDs.
  public let supportsGlobalInvalidate: Bool
  /// The smallest unit it handles is 4,096 bytes times two to this power.
  public let smallestTranslationUnit: UInt8
  /// Whether software has switched the device's TLB on.
  public let isEnabled: Bool
}

/// The Page Request Interface: the device asks for pages that are not there.
public struct PageRequestInterface: Hashable, Sendable {
  /// Whether software lets the device ask for pages.
  public let isEnabled: Bool
  /// The device has no request under way.
  public let isStopped: Bool
  /// Answers to requests with PASID have to carry the PASID.
  public let responseNeedsPASID: Bool
  /// How many requests the device can have under way.
  public let capacity: UInt32
  /// How many of them software allows.
  public let allocation: UInt32
}

/// Process address space ids: the device tags its requests.
public struct PASIDCapability: Hashable, Sendable {
  /// How many bits a PASID of this device may have, up to 20.
  public let width: UInt8
  /// The device can send execute requests.
  public let supportsExecute: Bool
  /// The device can send requests with supervisor privilege.
  public let supportsPrivileged: Bool
  /// Whether software lets the device send PASIDs.
  public let isEnabled: Bool
  /// Whether software lets it send execute requests.
  public let executeEnabled: Bool
  /// Whether software lets it send requests with supervisor privilege.
  public let privilegedEnabled: Bool

  /// Whether the device can send `pasid`.
  public func allows(_ pasid: PASID) -> Bool {
    isEnabled && UInt64(pasid.rawValue) < 1 << UInt64(width)
  }
}

extension ConfigurationSpace {
  /// The ATS capability; nil where the function has none or it could not be read.
  public var addressTranslationServices: AddressTranslationServices? {
    guard let base = capability(.addressTranslationServices)?.offset,
      let depth = self[.atsQueueDepth, at: base], let unit = self[.atsSmallestUnit, at: base]
    else { return nil }
    return AddressTranslationServices(
      // 0 says 32.
      invalidateQueueDepth: depth == 0 ? 32 : Int(depth),
      isPageAligned: self[.atsPageAligned, at: base] == 1,
      supportsGlobalInvalidate: self[.atsGlobalInvalidate, at: base] == 1,
      smallestTranslationUnit: UInt8(truncatingIfNeeded: unit),
      isEnabled: self[.atsEnable, at: base] == 1)
  }

  /// Switches Address Translation Services on or off: the device uses its own TLB, or has none.
  ///
  /// - Returns: whether the function has the capability.
  @discardableResult
  public mutating func setAddressTranslationServices(_ isOn: Bool) -> Bool {
    guard let base = capability(.addressTranslationServices)?.offset else { return false }
    return set(.atsEnable, at: base, to: isOn ? 1 : 0)
  }

  /// The PRI capability; nil where the function has none or it could not be read.
  public var pageRequestInterface: PageRequestInterface? {
    guard let base = capability(.pageRequest)?.offset,
      let capacity = self[.pageRequestCapacity, at: base],
      let allocation = self[.pageRequestAllocation, at: base]
    else { return nil }
    return PageRequestInterface(
      isEnabled: self[.pageRequestEnable, at: base] == 1,
      isStopped: self[.pageRequestStopped, at: base] == 1,
      responseNeedsPASID: self[.pageRequestPASIDRequired, at: base] == 1,
      capacity: capacity, allocation: allocation)
  }

  /// The PASID capability; nil where the function has none or it could not be read.
  public var pasid: PASIDCapability? {
    guard let base = capability(.pasid)?.offset, let width = self[.pasidWidth, at: base],
      let enabled = self[.pasidEnable, at: base]
    else { return nil }
    return PASIDCapability(
      width: UInt8(truncatingIfNeeded: min(width, 20)),
      supportsExecute: self[.pasidExecuteSupported, at: base] == 1,
      supportsPrivileged: self[.pasidPrivilegedSupported, at: base] == 1,
      isEnabled: enabled == 1,
      executeEnabled: self[.pasidExecuteEnable, at: base] == 1,
      privilegedEnabled: self[.pasidPrivilegedEnable, at: base] == 1)
  }
}
