import KernelLog
import LogReading

extension MessageMeaning {
  static func pageRequests(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .pageRequestOverflow:
      MessageMeaning(
        weight: .trouble, culprit: "a device that asks for pages faster than they are served",
        verdict:
          "the page request queue overflowed: requests of a device were lost, and it has to ask "
          + "again",
        meaning: "the kernel answers and drains; a device that does not ask again hangs",
        next: ["see which process uses the device (PASID); fewer requests at a time"])
    case .pageRequestInvalid:
      MessageMeaning(
        weight: .trouble, culprit: "the device, or the process that it works for",
        verdict: "a device asked for a page that it may not have (request words 0x{0} 0x{1})",
        meaning:
          "the low word holds the requester's id and PASID, the high word address and access",
        next: ["decode the words; see whether the PASID's process has ended"])
    case .pageRequestPrivileged:
      MessageMeaning(
        weight: .trouble, culprit: "the device: it asks with privilege",
        verdict: "a device asked for a page in privileged mode, which the driver does not serve",
        meaning: "kernel addresses are not shared with devices",
        next: ["see which device has shared virtual memory on, and what its driver lets it do"])
    case .pageRequestWithoutPASID:
      MessageMeaning(
        weight: .trouble, culprit: "the device",
        verdict: "a device asked for a page without naming an address space (no PASID), which the "
          + "driver does not serve",
        meaning: "requests without PASID need another use of the queue",
        next: ["update the device's firmware or driver"])
    case .pageRequestExecute:
      MessageMeaning(
        weight: .trouble, culprit: "the device",
        verdict: "a device asked for a page to execute it, which the driver does not serve",
        meaning: "no device may execute memory here", next: ["update the device's driver"])
    default: nil
    }
  }

  static func users(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .unsafeInterrupts:
      MessageMeaning(
        weight: .degraded, culprit: "interrupt remapping that is off or missing",
        verdict: "VFIO refuses pass-through because there is no interrupt remapping: a guest could "
          + "inject interrupts into the host",
        meaning: "allow_unsafe_interrupts=1 lets it through and gives that isolation up",
        next: [
          "switch interrupt remapping on (firmware, kernel command line)",
          "allow_unsafe_interrupts only for guests that are trusted",
        ])
    case .lockedMemory:
      MessageMeaning(
        weight: .trouble, culprit: "the limit of locked memory of the service",
        verdict: "guest memory could not be pinned: RLIMIT_MEMLOCK ({#0}) is too low",
        meaning: "all of a guest's memory is pinned for pass-through",
        next: ["raise the limit (LimitMEMLOCK, ulimit -l)"])
    case .groupNotViable:
      MessageMeaning(
        weight: .degraded, culprit: "other devices of the IOMMU group that a host driver has",
        verdict: "pass-through is refused: not all devices of the IOMMU group are given to VFIO",
        meaning: "devices of one group can reach each other, so they go together",
        next: ["bind all of the group to vfio-pci; dmar pci shows why they are in one group"])
    case .withoutGroup:
      MessageMeaning(
        weight: .degraded, culprit: "the host's set-up: no IOMMU is at work for the device",
        verdict: "pass-through is refused: {device} is in no IOMMU group",
        meaning: "the kernel makes groups when it sets its units up; without VT-d there is none",
        next: [
          "switch VT-d on in the firmware, and intel_iommu=on on the kernel's command line",
          "dmesg | grep DMAR has to say `IOMMU enabled` and name units; a unit's scope may lack the "
            + "device",
        ])
    case .groupNotOpened:
      MessageMeaning(
        weight: .degraded, culprit: "the host's set-up: who holds the group, or may open it",
        verdict:
          "pass-through is refused: the group's file /dev/vfio/{w0} cannot be opened: {w1}",
        meaning:
          "No such file: nothing of the group is with vfio-pci; not permitted or denied: the "
          + "file's owner or a container's devices; busy: another guest has it",
        next: ["ls -l /dev/vfio; fuser -v on the file; bind the whole group to vfio-pci"])
    case .withoutIOMMU:
      MessageMeaning(
        weight: .danger, culprit: "whoever switched enable_unsafe_noiommu_mode on",
        verdict: "a user program drives {device} without any IOMMU: it can reach all memory",
        meaning: "the kernel is tainted for it", next: ["trusted programs only"])
    case .deviceStuck:
      MessageMeaning(
        weight: .trouble, culprit: "the device, its power or its link",
        verdict: "{device} does not come back from a power state or a reset: it does not answer",
        meaning: "invalidations of its device TLB will time out as well",
        next: ["look for a hot-plug or link event; disable runtime power management for a test"])
    case .guestTranslation:
      MessageMeaning(
        weight: .trouble, culprit: "the guest: a driver in it, or its tables",
        verdict:
          "QEMU's emulated unit refused a DMA of the guest's device {device} (IOVA 0x{0}); the "
          + "guest's log has the fault",
        meaning: "dev= is bus, device and function inside the guest",
        next: ["explain the guest's log"])
    case .guestMapping:
      MessageMeaning(
        weight: .trouble, culprit: "the host: width, memory limit, or the mapped memory itself",
        verdict: "QEMU could not map guest memory for a device: {w0}",
        meaning: "-12: memory limit; -22: address too wide or not allowed; -14: not memory",
        next: ["see the errno; RLIMIT_MEMLOCK; the unit's address width"])
    case .guestGroupSplit:
      MessageMeaning(
        weight: .degraded, culprit: "the guest's layout: its own IOMMU and where its devices sit",
        verdict:
          "pass-through is refused: devices of host group {#0} would be in different address spaces "
          + "of the guest",
        meaning: "a group has one set of tables on the host, and the guest's own IOMMU gives each "
          + "PCI Express function one of its own",
        next: [
          "put the group's devices behind one conventional bridge of the guest (pcie-pci-bridge), "
            + "which makes them one to its IOMMU",
          "or give the guest one function of the group, or no IOMMU of its own",
        ])
    case .guestContainer:
      MessageMeaning(
        weight: .degraded, culprit: "the kernel's log has the reason, as a rule",
        verdict: "pass-through is refused: the group could not be given its tables: {w0}",
        meaning: "`Invalid argument` or error 22 at this place is the kernel refusing the device "
          + "(a reserved region, a 1:1 mapping, missing interrupt remapping); with a range of memory "
          + "behind it, that mapping was refused",
        next: ["read the host's kernel log at that second (dmesg | grep -E 'vfio|DMAR')"])
    case .guestBarMapping:
      MessageMeaning(
        weight: .info, culprit: "nobody: a BAR of another device",
        verdict: "QEMU could not map a PCI BAR for peer-to-peer DMA; harmless where devices do not "
          + "talk to each other",
        meaning: "guest memory itself is mapped", next: [])
    case .bounceBufferFull:
      MessageMeaning(
        weight: .trouble,
        culprit: "a driver that maps much at once, or bounce memory that is too small",
        verdict: "the bounce buffer (swiotlb) is full: {device} got no mapping, and its I/O failed",
        meaning:
          "bounce memory is used where the IOMMU is off, for untrusted devices, and for devices "
          + "that cannot reach high addresses",
        next: [
          "swiotlb=N makes it larger; with the IOMMU on most devices do without",
          "a number of used slots that never falls is a leak of the driver",
        ])
    case .dmaMisuse:
      MessageMeaning(
        weight: .trouble, culprit: "the driver {w0}",
        verdict: "the driver {w0} misuses the DMA API for {device}: {w1}",
        meaning: "DMA_API_DEBUG checks every call; a fault at the same address is its consequence",
        next: ["read the stack behind it, and the trace of who mapped"])
    case .dmaUnreachable:
      MessageMeaning(
        weight: .trouble, culprit: "the device's address width, or its driver's mask",
        verdict: "a buffer lies where {device} cannot reach it",
        meaning: "the device's DMA mask is smaller than the address",
        next: ["the driver's dma_set_mask; the IOMMU on maps it lower"])
    default: nil
    }
  }

  static func systems(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .xenSharedRegion:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware: several devices share a reserved region (RMRR)",
        verdict: "Xen will not assign {device}: it shares the reserved region (RMRR) at 0x{0} with "
          + "other devices; nothing is broken",
        meaning: "the region would be mapped for two guests",
        next: [
          "assign all devices of the region together, or use rdm policy relaxed for this device "
            + "(no strict reset), at the price of isolation"
        ])
    case .xenEmptyEntry:
      MessageMeaning(
        weight: .info, culprit: "a device whose interrupt was freed",
        verdict:
          "an interrupt came for an MSI entry that is empty (index {#0}): normal while a guest "
          + "is torn down",
        meaning: "at other times the guest's driver uses an interrupt that it freed",
        next: ["ignore it at a guest's end"])
    case .xenQueueTimeout, .systemQueueTimeout:
      MessageMeaning(
        weight: .trouble, culprit: "the unit, or a device with ATS that is gone",
        verdict:
          "a unit did not finish a wait descriptor of its invalidation queue in time: it, or a "
          + "device with a TLB of its own, does not answer; the host may hang",
        meaning: "every flush waits for it",
        next: ["see which device was reset, removed or lost power just before; ATS off as a test"],
        cause: .invalidationTimeout)
    case .xenGraphics:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware",
        verdict: "the firmware did not prepare the graphics for VT-d; Xen leaves its unit off",
        meaning: "the graphics does DMA untranslated", next: ["update the firmware"])
    case .bsdUnit:
      MessageMeaning(
        weight: .trouble, culprit: "the unit's status",
        verdict: "FreeBSD reports an error of a unit: fault overflow, time-out or queue error, as "
          + "Linux's status bits PFO, ITE and IQE",
        meaning: "faults may be lost", next: ["see the fault lines around it"])
    case .otherUnit:
      MessageMeaning(
        weight: .trouble, culprit: "open: another kind of IOMMU reports it",
        verdict:
          "a fault of another kind of IOMMU (AMD-Vi, Arm SMMU or similar), which this tool does not "
          + "explain",
        meaning: "only Intel's VT-d is read here", next: [])
    default: nil
    }
  }
}
