public import VTdFormats

/// Single Root I/O Virtualization (PCI Express Base 5.0, 9.3.3): a physical function that brings
/// virtual ones along.
extension ConfigurationField {
  static let virtualFunctionEnable = ConfigurationField("VF Enable", 0x08, 0..<1)
  static let virtualFunctionMemoryEnable = ConfigurationField("VF MSE", 0x08, 3..<4)
  static let initialVirtualFunctions = ConfigurationField("InitialVFs", 0x0c, 0..<16)
  static let totalVirtualFunctions = ConfigurationField("TotalVFs", 0x0e, 0..<16)
  static let virtualFunctionCount = ConfigurationField("NumVFs", 0x10, 0..<16)
  static let firstVirtualFunctionOffset = ConfigurationField("First VF Offset", 0x14, 0..<16)
  static let virtualFunctionStride = ConfigurationField("VF Stride", 0x16, 0..<16)
  static let virtualFunctionDeviceID = ConfigurationField("VF Device ID", 0x1a, 0..<16)
}

/// The SR-IOV capability: which virtual functions a physical one has.
public struct SingleRootIOV: Hashable, Sendable {
  /// Whether the virtual functions exist now.
  public let isEnabled: Bool
  /// How many there are when they do.
  public let count: UInt16
  /// How many there can be.
  public let total: UInt16
  /// From the physical function's requester id to the first virtual one's.
  public let firstOffset: UInt16
  /// From one virtual function's requester id to the next one's.
  public let stride: UInt16
  /// The device id of the virtual functions.
  public let deviceID: UInt16

  /// The requester ids of the virtual functions of the physical function at `owner`, in order.
  /// Ids wrap at 16 bits, as the specification's sum does (9.2.1.2).
  public func sourceIDs(of owner: SourceID) -> [SourceID] {
    guard isEnabled else { return [] }
    return (0..<count).map { index in
      SourceID(rawValue: owner.rawValue &+ firstOffset &+ stride &* index)
    }
  }

  /// Whether `id` is one of them.
  func owns(_ id: SourceID, at owner: SourceID) -> Bool {
    guard isEnabled, count > 0 else { return false }
    let distance = id.rawValue &- owner.rawValue &- firstOffset
    if stride == 0 { return distance == 0 }
    return distance % stride == 0 && distance / stride < count
  }
}

extension ConfigurationSpace {
  /// The SR-IOV capability; nil where the function has none or it could not be read.
  public var singleRootIOV: SingleRootIOV? {
    guard let base = capability(.singleRootIOV)?.offset,
      let enabled = self[.virtualFunctionEnable, at: base],
      let count = self[.virtualFunctionCount, at: base],
      let total = self[.totalVirtualFunctions, at: base],
      let offset = self[.firstVirtualFunctionOffset, at: base],
      let stride = self[.virtualFunctionStride, at: base],
      let deviceID = self[.virtualFunctionDeviceID, at: base]
    else { return nil }
    return SingleRootIOV(
      isEnabled: enabled == 1, count: UInt16(truncatingIfNeeded: count),
      total: UInt16(truncatingIfNeeded: total),
      firstOffset: UInt16(truncatingIfNeeded: offset),
      stride: UInt16(truncatingIfNeeded: stride),
      deviceID: UInt16(truncatingIfNeeded: deviceID))
  }
}

/// The physical functions of a bus that have virtual ones, to find the owner of any of those.
package struct PhysicalFunctions: Sendable {
  private let owners: [(address: PCIAddress, virtualization: SingleRootIOV)]

  package init(_ topology: PCITopology) {
    owners = topology.functions.compactMap { function in
      function.configuration.singleRootIOV.flatMap {
        $0.isEnabled ? (function.address, $0) : nil
      }
    }
  }

  /// The physical function that `address` is a virtual function of.
  package func owner(of address: PCIAddress) -> PCIAddress? {
    owners.first {
      $0.address.segment == address.segment && $0.address != address
        && $0.virtualization.owns(address.sourceID, at: $0.address.sourceID)
    }?.address
  }
}

extension PCITopology {
  /// The physical function that the function at `address` is a virtual one of, if it is.
  public func physicalFunction(of address: PCIAddress) -> PCIFunction? {
    PhysicalFunctions(self).owner(of: address).flatMap { self[$0] }
  }
}
