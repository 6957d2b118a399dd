internal import KernelProfiles
internal import VTdFormats

/// The queue that a unit writes devices' page requests to.
struct PageRequestQueue {
  let descriptors: PhysicalAddress
  /// 2^order pages.
  let order: Int

  var byteCount: UInt64 { Paging.pageSize << UInt64(order) }

  /// Where the descriptor begins that a register's value lies in.
  func place(of value: UInt64) -> UInt64 {
    value % byteCount / PageRequestDescriptor.byteCount * PageRequestDescriptor.byteCount
  }
  func address(at offset: UInt64) -> UInt64 { descriptors.rawValue + offset }
  func next(after offset: UInt64) -> UInt64 {
    (offset + PageRequestDescriptor.byteCount) % byteCount
  }
}

/// What becomes of a page that a device asks for.
public enum PageRequestAnswer: Hashable, Sendable {
  /// The page is there now.
  case served
  /// The process has no such page, or may not use it so.
  case refused
  /// Nobody serves this device's requests.
  case unknown
}

extension IntelIOMMUDriver {
  /// intel_iommu_enable_prq: memory for the queue, head and tail to its start, its address and its
  /// event.
  func enablePageRequests(of unit: IntelIOMMU) throws(DriverError) {
    let capability = unit.extendedCapability
    guard kernel.build.behaviour.pageRequestLines != .none, isScalable(unit),
      capability[flag: .pasid], capability[flag: .pageRequests]
    else { return }
    let order = kernel.build.behaviour.pageRequestLines == .long ? 0 : 4
    let queue = PageRequestQueue(descriptors: try allocatePages(1 << order), order: order)
    unit.pageRequests = queue
    setEvent(unit.pageRequestMessage, control: RegisterOffset.pectl, of: unit)
    unit.port.write64(0, at: RegisterOffset.pqh)
    unit.port.write64(0, at: RegisterOffset.pqt)
    var address = PageRequestQueueAddress()
    address[inPlace: .address] = queue.descriptors.rawValue
    address[.size] = UInt64(order)
    unit.port.write64(address.rawValue, at: RegisterOffset.pqa)
  }
}
