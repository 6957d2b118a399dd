extension Terms {
  static let linux: [Term] = [
    Term(
      "DMAR table", ["DMAR", "ACPI DMAR"],
      "The ACPI table in which firmware describes the units. Linux also begins its lines about VT-d "
        + "with the word DMAR.",
      see: ["DRHD", "RMRR", "ATSR"]),
    Term(
      "DRHD", ["DMA remapping hardware unit definition"],
      "A structure of the DMAR table: one unit, its register base, and which devices it serves.",
      see: ["DMAR table", "unit"]),
    Term(
      "RMRR", ["reserved memory region", "reserved region"],
      "A structure of the DMAR table: memory that firmware goes on using by DMA, for a USB keyboard or "
        + "for graphics. Linux keeps it mapped to itself.",
      see: ["DMAR table", "identity domain"]),
    Term(
      "ATSR", ["SATC", "RHSA", "ANDD"],
      "Further structures of the DMAR table: which root ports support ATS (ATSR), which devices of the "
        + "root complex do (SATC), which node a unit is near to (RHSA), devices that are not on PCI "
        + "(ANDD).",
      see: ["DMAR table", "ATS"]),
    Term(
      "domain", ["IOMMU domain"],
      "An address space of devices: one set of page tables, and the devices attached to it.",
      see: ["domain id", "group", "segment"]),
    Term(
      "domain id", ["DID", "domain-id"],
      "The number by which a unit tells the cached entries of domains apart. Two domains of one unit "
        + "must not share one.",
      see: ["IOTLB", "domain"]),
    Term(
      "identity domain", ["default domain", "DMA domain", "blocking domain"],
      "Kinds of domains: DMA (mapped by the driver as needed), identity (every address is its own), "
        + "blocking (nothing is mapped). The one that a group starts with is its default domain.",
      see: ["domain", "pass-through"]),
    Term(
      "DMA API", ["dma_map_single", "dma_map_page", "dma_alloc_coherent"],
      "The functions with which a driver maps memory for its device and gives it back: dma_map_* and "
        + "dma_unmap_*, with a direction.",
      see: ["IOVA", "direction"]),
    Term(
      "direction", ["DMA_TO_DEVICE", "DMA_FROM_DEVICE"],
      "Whether the device will read the memory (to the device) or write it (from the device). A wrong "
        + "direction shows as reason 0x05 or 0x06.",
      see: ["DMA API", "permission"]),
    Term(
      "fault handler", ["dmar_fault"],
      "Linux's function that serves the fault event in hard interrupt context: it reads FSTS and the "
        + "records, prints a line for each, and clears them.",
      see: ["fault event", "table dump"]),
    Term(
      "table dump", ["Dump dmar0 table entries", "pgtable_walk", "dump"],
      "The lines below a fault line that show each entry on the way to the address, in kernels from "
        + "5.16 on that were built with INTEL_IOMMU_DEBUGFS.",
      see: ["fault handler", "debugfs"]),
    Term(
      "kernel log", ["dmesg", "log", "printk"],
      "The lines that a kernel prints about itself, each with the seconds since it was started. `dmesg` "
        + "and `journalctl -k` show them.",
      see: ["fault handler", "table dump"]),
    Term(
      "rate limiter", ["callbacks suppressed", "ratelimit"],
      "Linux prints at most ten fault messages in five seconds and counts the rest: \"dmar_fault: N "
        + "callbacks suppressed\".",
      see: ["fault handler"]),
    Term(
      "debugfs", ["dmar_translation_struct", "domain_translation_struct", "iommu_regset"],
      "Files below /sys/kernel/debug/iommu/intel that show tables, registers and queues of each unit.",
      see: ["table dump"]),
    Term(
      "SVA", ["shared virtual addressing", "SVM"],
      "A device uses a process's own addresses: its first stage is the process's page table.",
      see: ["PASID", "first stage", "page request"]),
    Term(
      "VFIO", ["iommufd", "vfio-pci"],
      "Linux's interface to hand devices to user space or to guests. It attaches a whole group to a "
        + "domain of its own.",
      see: ["group", "domain"]),
    Term(
      "kdump", ["crash kernel", "kexec"],
      "Another kernel is started without a reset. Devices go on with their DMA, so the new kernel takes "
        + "the old one's tables over at first.",
      see: ["root table"]),
    Term(
      "intel_iommu=", ["kernel command line", "iommu="],
      "Words on the kernel's command line: intel_iommu=on, off, sm_on, sm_off, igfx_off; iommu=pt; "
        + "iommu.strict=0 or 1.",
      see: ["pass-through", "strict", "scalable mode"]),
    Term(
      "caller of a lock", ["stack trace", "backtrace", "call trace"],
      "The chain of functions that led to a line, innermost first. `+0x1b/0x160` is the place within "
        + "the function and the function's size.",
      see: ["splat"]),
  ]
}
