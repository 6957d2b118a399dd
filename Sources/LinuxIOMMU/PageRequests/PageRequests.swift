internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// Devices' requests for pages: the unit's queue, the thread that serves it, and the draining of what
/// is under way.
final class PageRequests {
  let kernel: KernelContext
  let core: IOMMUCore
  let tables: TableMemory
  let flusher: Flusher
  let host: KernelHost
  let pci: PCICore
  let functionTable: FunctionTable
  let processes: ProcessTables

  init(
    in kernel: KernelContext, core: IOMMUCore, tables: TableMemory, flusher: Flusher,
    host: KernelHost, pci: PCICore, functionTable: FunctionTable, processes: ProcessTables
  ) {
    self.kernel = kernel
    self.core = core
    self.tables = tables
    self.flusher = flusher
    self.host = host
    self.pci = pci
    self.functionTable = functionTable
    self.processes = processes
  }

  /// intel_iommu_enable_prq: memory for the queue, head and tail to its start, its address and its
  /// event.
  func enablePageRequests(of unit: IntelIOMMU) throws(DriverError) {
    let capability = unit.extendedCapability
    guard kernel.build.behaviour.pageRequestLines != .none, unit.isScalable,
      capability[flag: .pasid], capability[flag: .pageRequests]
    else { return }
    let order = kernel.build.behaviour.pageRequestLines == .long ? 0 : 4
    let queue = PageRequestQueue(descriptors: try tables.allocatePages(1 << order), order: order)
    unit.pageRequests = queue
    core.setEvent(unit.pageRequestMessage, control: RegisterOffset.pectl, of: unit)
    unit.port.write64(0, at: RegisterOffset.pqh)
    unit.port.write64(0, at: RegisterOffset.pqt)
    var address = PageRequestQueueAddress()
    address[inPlace: .address] = queue.descriptors.rawValue
    address[.size] = UInt64(order)
    unit.port.write64(address.rawValue, at: RegisterOffset.pqa)
  }

  /// Answers a page request of a device: the process that its PASID is bound to has the page, or has
  /// none there. Memory that is not there counts as a page that the process may not use.
  func serve(
    _ pasid: PASID?, of device: PCIAddress, at address: IOVA, writes: Bool
  ) -> PageRequestAnswer {
    guard let pasid, let process = functionTable.devices[device]?.processes[pasid] else {
      return .unknown
    }
    do {
      return try processes.handleFault(at: address.rawValue, writes: writes, of: process)
        ? .served : .refused
    } catch {
      return .refused
    }
  }
}
