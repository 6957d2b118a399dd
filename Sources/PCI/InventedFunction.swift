/// A function that exists only in a scenario: what it shall be, from which its configuration space
/// is made.
public struct InventedFunction: Hashable, Sendable {
  /// Where it stands.
  public var address: PCIAddress
  /// Who made it.
  public var vendor: UInt16
  /// Which device it is.
  public var device: UInt16
  /// What kind of function it is.
  public var classCode: PCIClass
  /// Whether the device has further functions.
  public var isMultiFunction = false
  /// Whether it may send requests, as a driver would have allowed it.
  public var isBusMaster = true
  /// Nil for a conventional function.
  public var portType: ExpressPortType?
  /// The buses below a bridge.
  public var buses: BridgeBuses?
  /// The ACS control bits; nil without the capability, which offers all of them.
  public var accessControl: AccessControl?
  /// Memory at which it answers, each within one base address register.
  public var memory: [PCIRegion] = []
  /// Memory that a bridge passes down, in whole megabytes.
  public var window: ClosedRange<UInt64>?
  /// Address Translation Services: how many invalidations it takes, 1 to 32; nil without.
  public var ats: UInt8?
  /// How many bits its PASIDs have; nil for a device that sends none.
  public var pasidWidth: UInt8?
  /// Whether it asks for pages that are not there (PRI).
  public var hasPageRequests = false

  /// A function with these ids; what it can do is set by its properties.
  public init(
    at address: PCIAddress, vendor: UInt16 = 0x8086, device: UInt16 = 0, classCode: PCIClass
  ) {
    self.address = address
    self.vendor = vendor
    self.device = device
    self.classCode = classCode
  }

  /// The function.
  public var function: PCIFunction {
    let isExpress = portType != nil
    var space = ConfigurationSpace(
      zeroed: isExpress ? ConfigurationSpace.extendedSize : ConfigurationSpace.conventionalSize)
    space.set(.vendorID, to: UInt32(vendor))
    space.set(.deviceID, to: UInt32(device))
    space.set(.classCode, to: classCode.rawValue)
    space.set(.multiFunction, to: isMultiFunction ? 1 : 0)
    space.set(.busMasterEnable, to: isBusMaster ? 1 : 0)
    space.set(.memorySpaceEnable, to: 1)
    if let buses { Self.bridge(&space, buses, window) }
    if let portType {
      Self.express(&space, portType)
      addExtendedCapabilities(to: &space)
    }
    return PCIFunction(
      address: address,
      identity: PCIIdentity(vendor: vendor, device: device, classCode: classCode),
      configuration: space, regions: memory)
  }

  private static func bridge(
    _ space: inout ConfigurationSpace, _ buses: BridgeBuses, _ window: ClosedRange<UInt64>?
  ) {
    space.set(.headerLayout, to: 1)
    space.set(.primaryBus, to: UInt32(buses.primary))
    space.set(.secondaryBus, to: UInt32(buses.secondary))
    space.set(.subordinateBus, to: UInt32(buses.subordinate))
    // A window whose limit is below its base is closed; zeros would open the first megabyte.
    let first = window.map { $0.lowerBound >> 20 } ?? 0xfff
    let last = window.map { $0.upperBound >> 20 } ?? 0
    space.set(.memoryBase, to: UInt32(truncatingIfNeeded: first))
    space.set(.memoryLimit, to: UInt32(truncatingIfNeeded: last))
  }

  private static func express(
    _ space: inout ConfigurationSpace, _ portType: ExpressPortType
  ) {
    let base = ConfigurationSpace.headerSize
    space.set(.capabilitiesList, to: 1)
    space.set(.capabilitiesPointer, to: UInt32(base))
    if case .conventional(let id) = CapabilityID.express {
      space.set(.capabilityID, at: base, to: UInt32(id))
    }
    space.set(.expressVersion, at: base, to: 2)
    space.set(.expressPortType, at: base, to: UInt32(portType.rawValue))
  }

  /// The extended capabilities, one behind the other, 0x20 bytes each.
  private func addExtendedCapabilities(to space: inout ConfigurationSpace) {
    var previous: Int?
    var next = ConfigurationSpace.extendedStart
    func add(_ capability: CapabilityID, _ fields: [(ConfigurationField, UInt32)]) {
      guard case .extended(let id) = capability else { return }
      space.set(.extendedCapabilityID, at: next, to: UInt32(id))
      space.set(.extendedCapabilityVersion, at: next, to: 1)
      for (field, value) in fields { space.set(field, at: next, to: value) }
      if let previous { space.set(.nextExtendedCapability, at: previous, to: UInt32(next)) }
      previous = next
      next += 0x20
    }
    if let accessControl {
      let offered = AccessControl.names.reduce(into: AccessControl()) { $0.insert($1.bit) }
      add(
        .accessControlServices,
        [
          (.accessControlCapability, UInt32(offered.rawValue)),
          (.accessControlControl, UInt32(accessControl.rawValue)),
        ])
    }
    if let ats {
      // 0 stands for 32; requests are page aligned, which the kernel insists on.
      add(
        .addressTranslationServices,
        [(.atsQueueDepth, UInt32(ats & 0x1f)), (.atsPageAligned, 1)])
    }
    if hasPageRequests { add(.pageRequest, [(.pageRequestCapacity, 64)]) }
    if let pasidWidth { add(.pasid, [(.pasidWidth, UInt32(min(pasidWidth, 20)))]) }
  }
}
