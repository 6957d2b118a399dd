import KernelLog

/// The words of every message in `KernelMessage`, as data with holes: those of the driver's own lines
/// (`FormTemplate`), which are read and not printed.
///
/// Lines that the driver prints have their forms in KernelLog and are not rows here: what they say is
/// told by `KernelMessage.Kind.init(_:)`. A form may begin anywhere in a line; its first words have four
/// characters at least. Sources: drivers/iommu, drivers/vfio, kernel/dma and mm of Linux 2.6.30 to 7.3, Xen, QEMU and FreeBSD.
enum KernelMessageForms {
  typealias Row = (kind: KernelMessage.Kind, form: StaticString)

  static let rows: [Row] = regions + interrupts + table + domains + users + others + setup + marks

  private static let regions: [Row] = [
    (.regionsRelaxed, "assuming all RMRRs are relaxable"),
    (
      .directMappingFailed,
      "IOMMU driver was not able to establish FW requested direct mapping"
    ),
    (.mappingRefused, "iommu: unaligned: iova %llx pa %llx size %llx min_pagesz %llx"),
    (.mappingRefused, "iommu_map: ops->map failed iova %llx pa %llx"),
    (.mappingRefused, "Mapping reserved region failed"),
  ]

  private static let interrupts: [Row] = [
    (.interruptRemappingFailed, "Failed to enable Interrupt remapping"),
    (.chipsetErratum, "This system BIOS has enabled interrupt remapping"),
    (.chipsetErratum, "enabled interrupt remapping on a chipset that contains an erratum"),
    (.x2apicOptOut, "Your BIOS is broken and requested that x2apic be disabled"),
    (.x2apicRefused, "IRQ remapping doesn't support X2APIC mode"),
    (.x2apicRefused, "IRQ remapping hardware does not support EIM"),
    (.ioapicWithoutUnit, "No mapping IOMMU for ioapic %d"),
  ]

  private static let table: [Row] = [
    (.unitReportedBroken, "Your BIOS is broken; DMAR reported at address zero"),
    (.tableUnusable, "Invalid 0-length structure"),
    (.namespaceDevice, "ACPI name space devices didn't probe correctly"),
    (.unitNotMapped, "Failed to map dmar%d"),
    (.unitNotMapped, "IOMMU: failed to map dmar%d"),
    (.unitNotMapped, "IOMMU: can't map the region"),
    (.unitNotMapped, "Can't validate DRHD address: %llx"),
    (.unitNotMapped, "can't reserve memory"),
    (.unitNotMapped, "Can't map the region"),
    (.unitWithoutWidth, "Cannot get a valid max agaw for iommu (seq_id = %d)"),
    (.firmwareForcesOff, "DMA remapping disabled due to platform opt out"),
    (.azaliaEntries, "Recommended TLB entries for ISOCH unit is 16; your BIOS set %d"),
  ]

  private static let domains: [Row] = [
    (.initializationFailed, "DMAR: Initialization failed"),
    (.initializationFailed, "DMAR: init_dmars() failed"),
    (.initializationFailed, "Failed to initialize iommu: %d"),
    (.faultInterruptMissing, "failed to enable fault, interrupt, ret %d"),
    (.faultInterruptMissing, "DMAR: No free IRQ vectors"),
    (.faultInterruptMissing, "DMAR: Can't request irq"),
    (.domainAllocationFailed, "Allocating domain for %p failed"),
    (.domainAllocationFailed, "Allocating domain for %s failed"),
    (.domainAllocationFailed, "Can't allocate dmar_domain"),
    (.domainAllocationFailed, "Domain initialization failed"),
    (.domainAllocationFailed, "Failed to get a private domain"),
    (.domainAllocationFailed, "Failed to allocate default IOMMU domain of type %d"),
    (.domainAllocationFailed, "Domain context map for %s failed"),
    (.domainAllocationFailed, "Failed to set up IOMMU for device %s"),
    (.domainAllocationFailed, "Failed to set up IOMMU; retaining platform DMA ops"),
    (.groupAdditionFailed, "Failed to add to iommu group %d: %s"),
    (.groupAdditionFailed, "Error attaching device to iommu group"),
    (.addressesExhausted, "Allocating %d-page iova failed"),
    (.addressesExhausted, "Allocating iova for %s failed"),
    (.domainsExhausted, "no free domain ids"),
    (.domainsExhausted, "Max domain id reached"),
    (.graphicsQuirk, "Disabling batched IOTLB flush on Ironlake"),
    (.graphicsQuirk, "BIOS has allocated no shadow GTT; disabling IOMMU for graphics"),
    (.pageLeak, "iommu: Detected page leak"),
    (.pageRequestOverflow, "PRS: Page Request Overflow"),
  ]

  private static let users: [Row] = [
    (.unsafeInterrupts, "No interrupt remapping support.  Use the module param"),
    (.unsafeInterrupts, "No interrupt remapping for this platform"),
    (.unsafeInterrupts, "no interrupt remapping support. Use the module param"),
    (.lockedMemory, "RLIMIT_MEMLOCK (%d) exceeded"),
    (.groupNotViable, "group %d is not viable"),
    (.groupNotViable, "are bound to their vfio bus driver"),
    (.withoutGroup, "no iommu_group found"),
    (.groupNotOpened, "failed to open /dev/vfio/%s: %S"),
    (.withoutIOMMU, "Adding kernel taint for vfio-noiommu group"),
    (.withoutIOMMU, "vfio-noiommu device opened by user"),
    (.deviceStuck, "Unable to power on device, stuck in D3"),
    (.deviceStuck, "Unable to change power state from %s to %s, device inaccessible"),
    (.deviceStuck, "Refused to change power state"),
    (.deviceStuck, "not ready %dms after"),
    (
      .guestTranslation,
      "vtd_iommu_translate: detected translation failure (dev=%g iova=%llx)"
    ),
    (
      .guestTranslation,
      "vtd_iova_to_slpte: detected %S(iova=%llx"
    ),
    (.guestContainer, "cannot add vfio group to container, error %d (%S"),
    (.guestContainer, "cannot add VFIO group to container, error %d (%S"),
    (.guestBarMapping, "IOMMU_IOAS_MAP failed: Bad address, PCI BAR"),
    (.guestMapping, "vfio_container_dma_map(%S) = %s"),
    (.guestMapping, "vfio_dma_map(%S) = %s"),
    (.guestMapping, "VFIO_MAP_DMA failed: %S"),
    (.guestMapping, "VFIO_MAP_DMA: %s"),
    (.guestMapping, "IOMMU_IOAS_MAP failed: %S"),
    (.bounceBufferFull, "swiotlb buffer is full (sz: %d bytes)"),
    (.bounceBufferFull, "DMA: Out of SW-IOMMU space"),
    (.bounceBufferFull, "swiotlb: coherent allocation failed"),
    (.dmaMisuse, "DMA-API: %s %p: %S"),
    (.dmaMisuse, "DMA-API: %s %s: device driver"),
    (.dmaUnreachable, "overflow %llx+%llx of DMA mask %llx"),
    (.dmaUnreachable, "swiotlb addr %llx+%d overflow (mask %llx"),
  ]

  private static let others: [Row] = [
    (.xenSharedRegion, "disallowed to assign %p with shared RMRR at %llx"),
    (.xenSharedRegion, "cannot assign %p with shared RMRR"),
    (.xenSharedRegion, "assign %p with shared RMRR at %llx"),
    (.xenEmptyEntry, "MSI index (%d) has an empty entry"),
    (.xenEmptyEntry, "index (%d) get an empty entry"),
    (.xenQueueTimeout, "Queue invalidate wait descriptor timed out"),
    (.xenQueueTimeout, "Queue invalidate wait descriptor was not executed"),
    (.xenGraphics, "BIOS did not enable IGD for VT properly"),
    (
      .systemQueueTimeout,
      "IOMMU UNIT %d did not complete processing of a queued invalidation wait"
    ),
    (.bsdUnit, "DMAR%d: Fault Overflow"),
    (.bsdUnit, "DMAR%d: Invalidation timed out"),
    (.bsdUnit, "DMAR%d: queue error"),
    (.otherUnit, "AMD-Vi: Event logged"),
    (.otherUnit, "arm-smmu%S: event %llx received"),
    (.otherUnit, "arm-smmu%S: Unhandled context fault"),
    (.otherUnit, "arm-smmu%S: Unexpected global fault"),
    (.otherUnit, "exynos-sysmmu"),
    (.otherUnit, "mtk-iommu %S: fault"),
    (.otherUnit, "rk_iommu %S: Page fault"),
  ]

  private static let marks: [Row] = [
    (.suspend, "PM: suspend entry"),
    (.suspend, "PM: Suspending system"),
    (.suspend, "PM: hibernation: hibernation entry"),
    (.suspend, "Preparing to enter system sleep state S%d"),
    (.resume, "Waking up from system sleep state S%d"),
    (.resume, "Low-level resume complete"),
    (.resume, "PM: suspend exit"),
    (.resume, "PM: Finishing wakeup"),
    (.resume, "ACPI: resume from"),
    (.shutdown, "reboot: Restarting system"),
    (.shutdown, "reboot: Power down"),
    (.shutdown, "reboot: System halted"),
    (.shutdown, "kexec_core: Starting new kernel"),
    (.shutdown, "systemd-shutdown[%d]: %S"),
    (.garbageCommand, "genctr mismatch (got"),
    (.garbageCommand, "invalid id %d completed on queue %d"),
    (.garbageCommand, "could not locate request for tag %llx"),
    (.garbageCommand, "Unknown completion"),
    (.hostError, "Host System Error"),
    (.slotEmpty, "Slot(%s Card not present"),
    (.slotEmpty, "Slot(%s Link Down"),
    (.slotEmpty, "pciehp: Slot(%s Card not present"),
    (.assignment, "vfio_ecap_init: hiding"),
    (.assignment, "vfio_cap_init: hiding"),
    (.assignment, "enabling device (%S)"),
    (.busError, "AER: Uncorrectable %Serror"),
    (.busError, "AER: Uncorrected %Serror"),
    (.busError, "PCIe Bus Error: severity=%s"),
    (.guestBypass, "boot-bypass=on"),
    (.guestBypass, "bypass_iommu"),
    (.driverClaims, "pci function %p"),
  ]
}
