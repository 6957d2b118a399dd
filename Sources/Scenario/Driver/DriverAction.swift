public import LinuxIOMMU
public import VTdFormats

extension ScenarioDescription {
  /// What a step asks of the kernel's IOMMU driver.
  public enum DriverAction: Sendable {
    case attach(DeviceName, domain: String)
    case detach(DeviceName)
    case groupType(DeviceName, GroupType)
    case map(DomainName, Mapping)
    case unmap(DomainName, IOVA, size: UInt64)
    case flush(DomainName)
    /// The address that comes of it goes by the name.
    case mapDMA(name: String, DeviceName, DMABuffer)
    case unmapDMA(name: String)
    case interruptEntry(InterruptEntryChange)
    case process(name: String, PASID?, levels: Int, [ProcessArea])
    case bind(DeviceName, process: String)
    case unbind(DeviceName, process: String)
    case unmapProcess(name: String, ProcessArea)
  }

  /// A domain that a step means.
  public enum DomainName: Hashable, Sendable {
    case named(String)
    /// The one that the device is attached to.
    case of(DeviceName)
  }

  /// The address that a DMA uses.
  public enum DMAAddress: Hashable, Sendable {
    case number(IOVA)
    /// What a `dma_map` of that name gave, and bytes from there on.
    case mapped(name: String, offset: UInt64)
  }
}
