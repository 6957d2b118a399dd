public import VTdFormats

/// A device's request to make a page present (PRI).
public struct PageRequest: Hashable, Sendable {
  /// The device that asks.
  public let source: SourceID
  /// The page that it asks for.
  public let address: IOVA
  /// The process whose address it is; nil for none.
  public let pasid: PASID?
  /// What it wants to do there.
  public let permissions: Permissions
  /// Whether it asks with supervisor privilege.
  public let isPrivileged: Bool
  /// The last of its group: software answers the group.
  public let isLast: Bool
  /// Page request group index, 9 bits.
  public let group: UInt16

  /// A request as it reaches the unit.
  public init(
    source: SourceID, address: IOVA, pasid: PASID? = nil, permissions: Permissions = [.read],
    isPrivileged: Bool = false, isLast: Bool = true, group: UInt16 = 0
  ) {
    self.source = source
    self.address = address
    self.pasid = pasid
    self.permissions = permissions
    self.isPrivileged = isPrivileged
    self.isLast = isLast
    self.group = group & 0x1ff
  }

  /// The descriptor that software finds in the queue.
  public var descriptor: PageRequestDescriptor {
    var descriptor = PageRequestDescriptor()
    descriptor[.requesterID] = UInt64(source.rawValue)
    descriptor[flag: .pasidPresent] = pasid != nil
    descriptor[.pasid] = UInt64(pasid?.rawValue ?? 0)
    descriptor[flag: .executeRequested] = permissions.contains(.execute)
    descriptor[flag: .privilegedMode] = isPrivileged
    descriptor[flag: .readRequested] = permissions.contains(.read)
    descriptor[flag: .writeRequested] = permissions.contains(.write)
    descriptor[flag: .lastInGroup] = isLast
    descriptor[.groupIndex] = UInt64(group)
    descriptor[inPlace: .address] = address.rawValue
    return descriptor
  }
}

/// The answer to a page request group, as the device gets it.
public struct PageGroupResponse: Hashable, Sendable {
  /// The group that is answered.
  public let group: UInt16
  /// The PASID that the answer carries; nil for none.
  public let pasid: PASID?
  /// Nil for a code that PCI Express does not define.
  public let code: PageResponseCode?

  /// An answer; `code` is nil for one that the specification reserves.
  public init(group: UInt16, pasid: PASID?, code: PageResponseCode?) {
    self.group = group
    self.pasid = pasid
    self.code = code
  }
}

/// What became of a page request.
public enum PageRequestOutcome: Hashable, Sendable {
  /// Written to the queue, at this byte offset.
  case queued(offset: UInt64)
  /// The queue is full or cannot be written: PRO is set, the device gets a failure.
  case overflowed
  /// The tables do not allow it: the device gets a failure.
  case blocked(FaultReason, FaultDisposition)
  /// Remapping is off, or aborts every DMA: the device gets a failure.
  case refused
}
