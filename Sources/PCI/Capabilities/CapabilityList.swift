/// One capability structure: what it is and where it begins.
public struct PCICapability: Hashable, Sendable {
  /// Which capability it is.
  public let id: CapabilityID
  /// The offset of its first byte.
  public let offset: Int
  /// The version in the header; 0 for the conventional list, whose headers have none.
  public let version: UInt8
}

/// Which structure: the conventional list and the extended list number theirs separately.
public enum CapabilityID: Hashable, Sendable {
  /// From the list that the header points to.
  case conventional(UInt8)
  /// From the list that begins at 0x100.
  case extended(UInt16)
}

extension CapabilityID {
  // PCI Code and ID Assignment Specification 1.11, chapter 2.
  /// Power management.
  public static let powerManagement = CapabilityID.conventional(0x01)
  /// Message signalled interrupts.
  public static let msi = CapabilityID.conventional(0x05)
  /// PCI-X.
  public static let pciX = CapabilityID.conventional(0x07)
  /// What only the vendor knows.
  public static let vendorSpecific = CapabilityID.conventional(0x09)
  /// The subsystem ids of a bridge.
  public static let subsystemIDs = CapabilityID.conventional(0x0d)
  /// PCI Express.
  public static let express = CapabilityID.conventional(0x10)
  /// Message signalled interrupts with a table.
  public static let msiX = CapabilityID.conventional(0x11)
  /// Advanced features of conventional PCI.
  public static let advancedFeatures = CapabilityID.conventional(0x13)

  // The same, chapter 3.
  /// Advanced error reporting (AER).
  public static let advancedErrorReporting = CapabilityID.extended(0x0001)
  /// Access control services (ACS).
  public static let accessControlServices = CapabilityID.extended(0x000d)
  /// Alternative routing-id interpretation (ARI).
  public static let alternativeRoutingID = CapabilityID.extended(0x000e)
  /// Address translation services (ATS).
  public static let addressTranslationServices = CapabilityID.extended(0x000f)
  /// Single-root I/O virtualisation (SR-IOV).
  public static let singleRootIOV = CapabilityID.extended(0x0010)
  /// Page request interface (PRI).
  public static let pageRequest = CapabilityID.extended(0x0013)
  /// Process address space ids (PASID).
  public static let pasid = CapabilityID.extended(0x001b)
}

/// The structures that a walk of one list found, and how the walk ended.
public struct CapabilityList: Hashable, Sendable {
  /// How a list of capabilities ends.
  public enum End: Hashable, Sendable {
    /// The last structure says that it is the last, or there is no list at all.
    case complete
    /// The pointer at `from` leads to `target`, which the walk had already seen.
    case loop(from: Int, target: Int)
    /// The pointer at `from` leads to `target`, where no structure can be.
    case misdirected(from: Int, target: Int)
    /// The structure at `target` exists, but this space is not known that far.
    case unknown(from: Int, target: Int)
  }

  /// The capabilities in the order of the list.
  public let capabilities: [PCICapability]
  /// Whether the list ended well.
  public let end: End

  /// The first structure with `id`.
  public func first(_ id: CapabilityID) -> PCICapability? { capabilities.first { $0.id == id } }
}

extension ConfigurationField {
  static let capabilityID = ConfigurationField("Capability ID", 0x00, 0..<8)
  static let nextCapability = ConfigurationField("Next Capability Pointer", 0x01, 0..<8)
  static let extendedCapabilityID = ConfigurationField("Extended Capability ID", 0x00, 0..<16)
  static let extendedCapabilityVersion = ConfigurationField("Capability Version", 0x00, 16..<20)
  static let nextExtendedCapability = ConfigurationField("Next Capability Offset", 0x00, 20..<32)
}

extension ConfigurationSpace {
  /// The conventional list: from the header's pointer through the pointers of the structures.
  ///
  /// The low two bits of a pointer are reserved and cut (PCI 3.0, 6.7). A pointer into the header
  /// or one that was seen before ends the walk: devices lie.
  public var capabilityList: CapabilityList {
    let status = ConfigurationField.capabilitiesList
    guard let hasList = self[status] else {
      let end = CapabilityList.End.unknown(from: status.offset, target: status.offset)
      return CapabilityList(capabilities: [], end: end)
    }
    guard hasList == 1 else { return CapabilityList(capabilities: [], end: .complete) }
    let start: ConfigurationField =
      headerLayout == .cardBusBridge ? .cardBusCapabilitiesPointer : .capabilitiesPointer
    var found: [PCICapability] = []
    var from = start.offset
    var pointer = self[start]
    while true {
      guard let target = pointer.map({ Int($0 & 0xfc) }) else {
        return CapabilityList(capabilities: found, end: .unknown(from: from, target: from))
      }
      if target == 0 { return CapabilityList(capabilities: found, end: .complete) }
      if target < Self.headerSize {
        return CapabilityList(capabilities: found, end: .misdirected(from: from, target: target))
      }
      if found.contains(where: { $0.offset == target }) {
        return CapabilityList(capabilities: found, end: .loop(from: from, target: target))
      }
      guard let id = self[.capabilityID, at: target], let next = self[.nextCapability, at: target]
      else {
        return CapabilityList(capabilities: found, end: .unknown(from: from, target: target))
      }
      // All ones is what a device answers that is gone.
      if id == 0xff {
        return CapabilityList(capabilities: found, end: .misdirected(from: from, target: target))
      }
      found.append(
        PCICapability(
          id: .conventional(UInt8(truncatingIfNeeded: id)), offset: target, version: 0))
      from = target + ConfigurationField.nextCapability.offset
      pointer = next
    }
  }

  /// The extended list, which begins at 0x100 (PCI Express Base 5.0, 7.6).
  ///
  /// Where fewer than 256 bytes are known, or only conventional space exists, it is empty: `end`
  /// says `.unknown` only if a list is known to go on.
  public var extendedCapabilityList: CapabilityList {
    var found: [PCICapability] = []
    var seen: Set<Int> = []
    var from = Self.extendedStart
    var target = Self.extendedStart
    while true {
      guard let id = self[.extendedCapabilityID, at: target],
        let version = self[.extendedCapabilityVersion, at: target],
        let next = self[.nextExtendedCapability, at: target]
      else {
        let end: CapabilityList.End =
          found.isEmpty ? .complete : .unknown(from: from, target: target)
        return CapabilityList(capabilities: found, end: end)
      }
      let isAbsent = (id == 0 && version == 0 && next == 0) || (id == 0xffff && next == 0xfff)
      if isAbsent && found.isEmpty { return CapabilityList(capabilities: found, end: .complete) }
      if id == 0xffff {
        return CapabilityList(capabilities: found, end: .misdirected(from: from, target: target))
      }
      seen.insert(target)
      // Id 0 is the null capability, which only links on.
      if id != 0 {
        found.append(
          PCICapability(
            id: .extended(UInt16(truncatingIfNeeded: id)), offset: target,
            version: UInt8(truncatingIfNeeded: version)))
      }
      from = target
      target = Int(next & 0xffc)
      if target == 0 { return CapabilityList(capabilities: found, end: .complete) }
      if target < Self.extendedStart {
        return CapabilityList(capabilities: found, end: .misdirected(from: from, target: target))
      }
      if seen.contains(target) {
        return CapabilityList(capabilities: found, end: .loop(from: from, target: target))
      }
    }
  }

  /// The structure with `id`, from whichever list numbers it.
  public func capability(_ id: CapabilityID) -> PCICapability? {
    switch id {
    case .conventional: capabilityList.first(id)
    case .extended: extendedCapabilityList.first(id)
    }
  }
}
