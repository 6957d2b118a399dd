internal import KernelRuntime
internal import VTdFormats

/// The tables that say which translation a request gets: root and context entries, PASID directories
/// and entries. It writes them and has them forgotten.
final class DeviceTables {
  let kernel: KernelContext
  let locks: DomainLocks
  let tables: TableMemory
  let flusher: Flusher
  let pageRequests: PageRequests
  let functionTable: FunctionTable

  init(
    in kernel: KernelContext, locks: DomainLocks, tables: TableMemory, flusher: Flusher,
    pageRequests: PageRequests, functionTable: FunctionTable
  ) {
    self.kernel = kernel
    self.locks = locks
    self.tables = tables
    self.flusher = flusher
    self.pageRequests = pageRequests
    self.functionTable = functionTable
  }

  /// Whether the unit passes an identity domain's requests through: it does if every unit can.
  func passesThrough(_ domain: IOMMUDomain) -> Bool {
    domain.kind == .identity && functionTable.hasPassThrough
  }
}
