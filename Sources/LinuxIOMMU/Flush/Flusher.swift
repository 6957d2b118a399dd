internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// What makes units and devices forget what they cached: through a unit's queue, or its registers
/// where it has none.
final class Flusher {
  let kernel: KernelContext
  let tables: TableMemory
  let pci: PCICore
  let host: KernelHost
  let units: [IntelIOMMU]

  init(
    in kernel: KernelContext, tables: TableMemory, pci: PCICore, host: KernelHost,
    units: [IntelIOMMU]
  ) {
    self.kernel = kernel
    self.tables = tables
    self.pci = pci
    self.host = host
    self.units = units
  }

  // MARK: The queue

  /// dmar_enable_qi: memory for the queue, IQT to its start, IQA, QIE.
  func enableQueue(of unit: IntelIOMMU) throws(DriverError) {
    guard unit.extendedCapability[flag: .queuedInvalidation] else { return }
    // Scalable mode doubles the descriptors and so the pages, also where the driver does not use it.
    let isWide = unit.extendedCapability[flag: .scalableMode]
    let descriptors = try tables.allocatePages(isWide ? 2 : 1)
    let status = tables.allocateSmall()
    let queue = InvalidationQueue(descriptors: descriptors, status: status, isWide: isWide)
    unit.queue = queue
    start(queue, of: unit)
  }

  /// __dmar_enable_qi: the queue begins anew.
  func start(_ queue: InvalidationQueue, of unit: IntelIOMMU) {
    queue.next = 0
    var address = QueueAddress()
    address[inPlace: .address] = queue.descriptors.rawValue
    address[flag: .descriptorWidth] = queue.isWide
    address[.size] = queue.isWide ? 1 : 0
    kernel.locked(unit.registerLock, .irqsave) {
      unit.port.write64(0, at: RegisterOffset.iqt)
      unit.port.write64(address.rawValue, at: RegisterOffset.iqa)
      unit.command(.queuedInvalidation)
    }
  }
}
