public import LinuxIOMMU
public import VTdFormats

/// What a step asks of the kernel's IOMMU driver.
public enum DriverAction: Sendable {
  /// A function gets a domain.
  case attach(DomainChoice)
  /// A function loses its domain.
  case detach(DeviceName)
  /// A group's type is written in sysfs.
  case groupType(GroupTypeChange)
  /// A domain maps pages.
  case map(MapStep)
  /// A domain unmaps pages.
  case unmap(UnmapStep)
  /// A lazy domain's flush comes now.
  case flush(DomainName)
  /// The writes of a domain's devices are noted from now on, or no longer.
  case dirtyTracking(DirtyTrackingStep)
  /// A user asks which pages were written.
  case readDirty(DirtyReadStep)
  /// The address that comes of it goes by the name.
  case mapDMA(DMAMapStep)
  /// A driver unmaps the buffer with that name.
  case unmapDMA(String)
  /// An interrupt entry changes.
  case interruptEntry(InterruptEntryChange)
  /// A process starts.
  case process(ProcessStep)
  /// A function may use a process's address space.
  case bind(ProcessChoice)
  /// A function may no longer use it.
  case unbind(ProcessChoice)
  /// A process unmaps part of its address space.
  case unmapProcess(ProcessUnmapStep)
}

/// A domain that a step means.
public enum DomainName: Hashable, Sendable {
  /// The domain with that name.
  case named(String)
  /// The one that the device is attached to.
  case of(DeviceName)
}

/// A device and the domain that it goes to.
public struct DomainChoice: Hashable, Sendable {
  /// The function.
  public var device = DeviceName.first
  /// The name of the domain.
  public var domain = ""

  public init() {}
}

/// What is written to the type file of a device's group.
public struct GroupTypeChange: Hashable, Sendable {
  /// A function of the group.
  public var device = DeviceName.first
  /// The type that is written.
  public var type = GroupType.identity

  public init() {}
}

/// A domain maps pages.
public struct MapStep: Hashable, Sendable {
  /// Which domain.
  public var domain = DomainName.of(.first)
  /// What is mapped.
  public var mapping = Mapping()

  public init() {}
}

/// A domain unmaps pages.
public struct UnmapStep: Hashable, Sendable {
  /// Which domain.
  public var domain = DomainName.of(.first)
  /// The first byte.
  public var address = IOVA(rawValue: 0)
  /// Bytes.
  public var size = Paging.pageSize

  public init() {}
}

/// A domain whose written pages shall be noted, or no longer.
public struct DirtyTrackingStep: Hashable, Sendable {
  /// Which domain.
  public var domain = DomainName.of(.first)
  /// Whether they are noted from now on.
  public var isOn = true

  public init() {}
}

/// A user asks which pages of a range were written.
public struct DirtyReadStep: Hashable, Sendable {
  /// Which domain.
  public var domain = DomainName.of(.first)
  /// The first byte.
  public var address = IOVA(rawValue: 0)
  /// Bytes.
  public var size = Paging.pageSize
  /// The pages stay as they are; otherwise they count as clean from now on.
  public var keeps = false
  /// The first addresses of the pages that are expected.
  public var pages: [IOVA] = []

  public init() {}
}

/// A buffer that a driver maps, and the name of the address that comes of it.
public struct DMAMapStep: Hashable, Sendable {
  /// The function.
  public var device = DeviceName.first
  /// What later steps call the buffer.
  public var name = ""
  /// The buffer.
  public var buffer = DMABuffer(
    target: PhysicalAddress(rawValue: 0), size: Paging.pageSize)

  public init() {}
}

/// A process whose addresses devices may use.
public struct ProcessStep: Hashable, Sendable {
  /// The name of the process.
  public var name = ""
  /// Its PASID; nil for the next free one.
  public var pasid: PASID?
  /// Levels of its page tables.
  public var levels = 4
  /// The areas of its address space.
  public var areas: [ProcessArea] = []

  public init() {}
}

/// A device and the process that it works for.
public struct ProcessChoice: Hashable, Sendable {
  /// The function.
  public var device = DeviceName.first
  /// The name of the process.
  public var process = ""

  public init() {}
}

/// A process unmaps part of its address space.
public struct ProcessUnmapStep: Hashable, Sendable {
  /// The name of the process.
  public var process = ""
  /// The first byte.
  public var start: UInt64 = 0
  /// Bytes.
  public var size = Paging.pageSize

  public init() {}

  /// The whole pages of the range.
  public var area: ProcessArea { ProcessArea(start: start, size: size).wholePages }
}

extension DriverAction {
  /// The steps of the driver.
  static func visit(_ field: inout Fields, _ whole: inout StepAction?) {
    /// Of another kind of step there is nothing.
    func driver(_ action: StepAction) -> Self? {
      if case .driver(let action) = action { action } else { nil }
    }
    field.choice(
      "attach", &whole, { .driver(.attach($0)) },
      { if case .attach(let it) = driver($0) { it } else { nil } }, .section,
      "a device and its group go to a domain (iommu_attach_group)")
    field.choice(
      "detach", &whole, { .driver(.detach($0)) },
      { if case .detach(let it) = driver($0) { it } else { nil } }, .device,
      "a device and its group leave their domain; they get their default domain back, if any",
      example: "first")
    field.choice(
      "group_type", &whole, { .driver(.groupType($0)) },
      { if case .groupType(let it) = driver($0) { it } else { nil } }, .section,
      "somebody writes the type file of a device's group: it gets another default domain")
    field.choice(
      "map", &whole, { .driver(.map($0)) },
      { if case .map(let it) = driver($0) { it } else { nil } }, .section,
      "a range is mapped in a domain (iommu_map)")
    field.choice(
      "unmap", &whole, { .driver(.unmap($0)) },
      { if case .unmap(let it) = driver($0) { it } else { nil } }, .section,
      "a range is unmapped and flushed at once (iommu_unmap)")
    field.choice(
      "flush", &whole, { .driver(.flush($0)) },
      { if case .flush(let it) = driver($0) { it } else { nil } }, .section,
      "the unit forgets all of a domain (iommu_flush_iotlb_all)")
    field.choice(
      "dirty_tracking", &whole, { .driver(.dirtyTracking($0)) },
      { if case .dirtyTracking(let it) = driver($0) { it } else { nil } }, .section,
      "a user lets the unit note which pages of a domain are written (IOMMU_HWPT_SET_DIRTY_TRACKING)"
    )
    field.choice(
      "read_dirty", &whole, { .driver(.readDirty($0)) },
      { if case .readDirty(let it) = driver($0) { it } else { nil } }, .section,
      "a user asks which pages were written, and is told these (IOMMU_HWPT_GET_DIRTY_BITMAP)")
    field.choice(
      "dma_map", &whole, { .driver(.mapDMA($0)) },
      { if case .mapDMA(let it) = driver($0) { it } else { nil } }, .section,
      "a driver maps a buffer; the kernel chooses the address (dma_map_single)")
    field.choice(
      "dma_unmap", &whole, { .driver(.unmapDMA($0)) },
      { if case .unmapDMA(let it) = driver($0) { it } else { nil } }, .form(.handle),
      "the buffer of that name is unmapped (dma_unmap_single); a DMA may still use the name",
      example: "ring")
    field.choice(
      "interrupt_entry", &whole, { .driver(.interruptEntry($0)) },
      { if case .interruptEntry(let it) = driver($0) { it } else { nil } }, .section,
      "a device's driver sets an interrupt entry up, or without a vector takes it down")
    field.choice(
      "process", &whole, { .driver(.process($0)) },
      { if case .process(let it) = driver($0) { it } else { nil } }, .section,
      "a process whose addresses devices may use")
    field.choice(
      "bind", &whole, { .driver(.bind($0)) },
      { if case .bind(let it) = driver($0) { it } else { nil } }, .section,
      "a device may work for a process (iommu_sva_bind_device)")
    field.choice(
      "unbind", &whole, { .driver(.unbind($0)) },
      { if case .unbind(let it) = driver($0) { it } else { nil } }, .section,
      "it may no longer (iommu_sva_unbind_device)")
    field.choice(
      "munmap", &whole, { .driver(.unmapProcess($0)) },
      { if case .unmapProcess(let it) = driver($0) { it } else { nil } }, .section,
      "a process gives a range of its memory up")
  }
}
