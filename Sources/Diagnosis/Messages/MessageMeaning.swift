import KernelLog
import LogReading

/// What a message means, as data. `{device}` stands for the device that the line names, `{0}` and
/// `{1}` for its numbers in hexadecimal, `{#0}` in decimal, `{w0}` for its words.
struct MessageMeaning: Sendable {
  /// How bad it is.
  enum Weight: Sendable {
    /// Normal.
    case info
    /// The machine works with less than it could.
    case degraded
    /// Something does not work.
    case trouble
    /// Data or security are at risk.
    case danger

    var severity: Finding.Severity {
      switch self {
      case .info: .harmless
      case .degraded: .unclear
      case .trouble, .danger: .serious
      }
    }
  }

  var weight: Weight
  var culprit: String
  var verdict: String
  /// What it is about.
  var meaning: String
  var next: [String]
  var cause = Finding.Cause.message
}

extension MessageMeaning {
  /// Nil for marks, and for messages that a finding of their own explains.
  static func of(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    regions(kind) ?? interrupts(kind) ?? table(kind) ?? domains(kind) ?? pageRequests(kind)
      ?? users(kind) ?? systems(kind) ?? setup(kind) ?? refusals(kind)
  }

  private static func regions(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .attachIneligible:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware: it claims the device through a reserved region",
        verdict:
          "VFIO may not have {device}: the firmware uses memory through it (RMRR); nothing is "
          + "broken, pass-through alone is refused",
        meaning: "the DMAR table reserves a region for this device, and a guest's domain could not "
          + "keep it mapped",
        next: [
          "find the region: RMRR lines of the boot log, dmar acpi, the kernel's reserved_regions in "
            + "sysfs",
          "look for a firmware option that gives the region up (HP: shared memory features off)",
          "ask the vendor; kernels with relaxed RMRRs (out of tree) let firmware write into memory "
            + "of guest or host",
        ])
    case .identityMappingRequired:
      MessageMeaning(
        weight: .degraded,
        culprit:
          "the firmware: it asks for a region of the device that is mapped one to one (RMRR)",
        verdict:
          "{device} was refused: the firmware requires an identity (1:1) mapping for it, which "
          + "the wanted domain does not have; nothing is broken, pass-through alone is refused",
        meaning: "kernels from 6.6 on say so where older ones said that the device is ineligible",
        next: [
          "find the region: RMRR lines of the boot log, dmar acpi, reserved_regions in sysfs",
          "look for a firmware option that gives the region up; ask the vendor",
          "relaxed RMRRs (out of tree) let firmware write into memory of guest or host",
        ])
    case .regionsRelaxed:
      MessageMeaning(
        weight: .danger, culprit: "a kernel with a patch that ignores reserved regions",
        verdict:
          "this kernel treats all reserved regions as relaxable: pass-through of devices that "
          + "firmware uses is allowed, and firmware may write into memory of guest or host",
        meaning: "an out-of-tree patch prints it",
        next: ["use it only where the vendor says that the region is unused"])
    case .directMappingFailed:
      MessageMeaning(
        weight: .trouble, culprit: "the IOMMU set-up",
        verdict: "the kernel could not map a region that the firmware requires for {device}: the "
          + "device's firmware will fault",
        meaning: "the region stays unmapped in the device's domain",
        next: ["look at the errors before it (memory, address width)"])
    case .addressWidth:
      MessageMeaning(
        weight: .trouble, culprit: "whoever asked for the mapping (a guest's memory layout, VFIO)",
        verdict:
          "a mapping at 0x{1} was refused before any DMA: it needs more address bits than the "
          + "{#0} that the unit translates",
        meaning: "the unit's second stage has {#0} bits (CAP.MGAW, SAGAW), and 0x{1} lies beyond",
        next: [
          "lower the address: the guest's memory size or layout (QEMU: max address, 39-bit hosts)",
          "look at MGAW and SAGAW in the unit's cap (boot lines): it is a limit of the hardware",
        ])
    case .entryNotEmpty, .entryAlreadySet: nil
    case .identityDomain:
      MessageMeaning(
        weight: .degraded, culprit: "the IOMMU driver: several domains in one IOMMU group",
        verdict:
          "{device} got an identity domain of its own inside its IOMMU group: a region that the "
          + "firmware reserved is then mapped for some functions of the group and not for others",
        meaning: "kernels 5.3 to 5.7 give each device the type that it asks for; management "
          + "controllers that use the region through another function fault",
        next: [
          "see whether functions of the group fault at a reserved region (RMRR)",
          "a kernel from 5.8 on has one domain for a group",
        ], cause: .firmwareRegion)
    case .domainMoved:
      MessageMeaning(
        weight: .degraded, culprit: "the IOMMU driver: it changes the domain of a live device",
        verdict:
          "{device} was moved from identity mapping to a domain at its first 32-bit DMA: its "
          + "reserved regions and its firmware's DMA are not mapped for a moment, or not at all",
        meaning: "kernels 5.3 to 5.7 do so; the device's driver may fail with it",
        next: [
          "look for errors of the driver right behind the line",
          "a kernel from 5.8 on does not change domains under a live device",
        ], cause: .firmwareRegion)
    case .mappingRefused:
      MessageMeaning(
        weight: .trouble, culprit: "whoever asked for the mapping",
        verdict:
          "a mapping was refused by the IOMMU layer: address or size does not fit the page size",
        meaning: "nothing was mapped; a DMA to it will fault",
        next: ["see who called: the stack, the driver"])
    default: nil
    }
  }

  private static func interrupts(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .interruptRemappingFailed:
      MessageMeaning(
        weight: .danger, culprit: "the firmware's or the kernel's set-up of interrupt remapping",
        verdict:
          "interrupt remapping is off: a device that a guest has can inject interrupts into the "
          + "host",
        meaning: "the lines before it say why; without pass-through it is a loss of features only",
        next: [
          "look in the firmware for VT-d and x2APIC settings",
          "do not give devices to guests that are not trusted",
        ])
    case .chipsetErratum:
      MessageMeaning(
        weight: .degraded,
        culprit: "the chipset (5500, 5520, X58) and firmware that switches the feature on",
        verdict: "interrupt remapping was switched off because of the erratum of the 5500/5520/X58 "
          + "chipsets: with it the machine would be unstable",
        meaning: "there is no safe pass-through on it",
        next: [
          "update the firmware: newer ones leave the feature off",
          "say intremap=off to make it explicit; VFIO needs allow_unsafe_interrupts, at the price of "
            + "isolation",
        ])
    case .x2apicOptOut:
      MessageMeaning(
        weight: .info, culprit: "the firmware: a flag in the DMAR table",
        verdict: "the firmware opts out of x2APIC (opt-out flag of the DMAR table); xAPIC is used",
        meaning: "a loss only above 255 processors",
        next: ["intremap=no_x2apic_optout overrides it, if the firmware copes"])
    case .x2apicRefused:
      MessageMeaning(
        weight: .degraded,
        culprit: "interrupt remapping that is off, or a unit without extended mode",
        verdict: "x2APIC is not used, because interrupt remapping does not support it here",
        meaning: "above 255 processors some stay unused",
        next: ["see the messages about interrupt remapping above it"])
    case .ioapicWithoutUnit:
      MessageMeaning(
        weight: .trouble, culprit: "the firmware: an IOAPIC is in no scope of the DMAR table",
        verdict: "IOAPIC {#0} belongs to no unit, so interrupt remapping is switched off for all",
        meaning: "the table has to name every IOAPIC", next: ["firmware update; report the table"])
    case .interruptTableNotCopied:
      MessageMeaning(
        weight: .trouble, culprit: "the take-over of tables (kdump)",
        verdict: "the interrupt table of the kernel before could not be copied: devices that still "
          + "run may lose interrupts or fault",
        meaning: "kdump goes on with a new table", next: ["see whether the dump is written"])
    default: nil
    }
  }

  private static func table(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .unitReportedBroken:
      MessageMeaning(
        weight: .trouble, culprit: "the firmware: the DMAR table names a unit that is not there",
        verdict:
          "the DMAR table reports a unit at 0x{0}, and there is none: VT-d stays off, or does "
          + "without it",
        meaning: "the registers read as ones or zeros",
        next: ["update the firmware; report the line"],
        cause: .firmwareTable)
    case .regionScopeBroken:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware's DMAR table",
        verdict:
          "a reserved region (RMRR) of the table names {device} wrongly; the kernel repairs it "
          + "and goes on",
        meaning: "the scope's path does not lead to the device",
        next: ["update the firmware; look whether the device faults at that region"],
        cause: .firmwareTable)
    case .scopeMismatch:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware's DMAR table",
        verdict: "the DMAR table calls {device} another kind of device than it is (scope type: "
          + "endpoint or bridge); the entry is ignored",
        meaning: "the device may be handled by another unit than the table meant",
        next: ["update the firmware; see which unit the device got"], cause: .firmwareTable)
    case .tableUnusable:
      MessageMeaning(
        weight: .trouble, culprit: "the firmware's DMAR table",
        verdict: "the DMAR table cannot be used; VT-d stays off, or a part of it is ignored",
        meaning: "the line names the part",
        next: ["update the firmware; dmar acpi shows the table"],
        cause: .firmwareTable)
    case .namespaceDevice:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware: table and ACPI name space do not agree",
        verdict:
          "a device that the DMAR table names by its ACPI object was not found or not set up",
        meaning: "its DMA is not translated, or blocked if the device exists after all",
        next: ["harmless where the device is switched off; firmware update"])
    case .unitNotMapped:
      MessageMeaning(
        weight: .trouble, culprit: "the kernel's resources, or the firmware's memory map",
        verdict:
          "the registers of a unit could not be mapped: the unit, and often all of VT-d, stays "
          + "unused",
        meaning: "the address is in use by something else, or not there",
        next: ["see the memory map and /proc/iomem around the unit's base; firmware update"])
    case .unitWithoutWidth:
      MessageMeaning(
        weight: .degraded, culprit: "the unit: it names no table depth that the kernel can use",
        verdict:
          "a unit has no address width that the kernel can use (SAGAW): it remaps interrupts "
          + "alone or is left out",
        meaning: "kernels without five-level or first-stage tables refuse such units",
        next: ["a newer kernel; cap and ecap in the boot lines decide"])
    case .firmwareForcesOff:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware: flag 3 of the DMAR table (opt-out)",
        verdict:
          "the firmware forbids DMA remapping (opt-out flag of the DMAR table): translation is "
          + "off whatever the command line says",
        meaning: "interrupt remapping may still be on; kernels from 7.3 on obey the flag",
        next: ["look for the option in the firmware's set-up"])
    case .forcedOn:
      MessageMeaning(
        weight: .info, culprit: "nobody: the platform asks for it",
        verdict:
          "translation was switched on because the platform asks for it (opt-in flag or tboot)",
        meaning: "external ports are protected that way; intel_iommu=off may not be obeyed",
        next: [])
    case .azaliaEntries:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware",
        verdict: "the firmware gives the sound's unit too few cache entries: sound may stutter",
        meaning: "the unit for isochronous traffic should have 16", next: ["update the firmware"])
    default: nil
    }
  }

  private static func domains(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .registerInvalidation:
      MessageMeaning(
        weight: .degraded, culprit: "a unit without a queue, or a queue that could not be set up",
        verdict:
          "a unit flushes through registers, not through a queue: slower, without device TLBs "
          + "and without interrupt remapping",
        meaning: "ECAP.QI says whether the unit has a queue; a kdump kernel may not get it",
        next: ["see ecap in the unit's boot line"])
    case .initializationFailed:
      MessageMeaning(
        weight: .trouble, culprit: "the lines before it say who",
        verdict: "the IOMMU driver gave up: VT-d is off, though it was asked for",
        meaning: "devices do DMA untranslated", next: ["read the lines before it"])
    case .faultInterruptMissing:
      MessageMeaning(
        weight: .trouble, culprit: "interrupt vectors, or memory, at boot",
        verdict: "a unit has no fault interrupt: its faults will not be printed",
        meaning: "silence of such a unit means nothing", next: ["see which allocation failed"])
    case .domainAllocationFailed:
      MessageMeaning(
        weight: .trouble, culprit: "memory, or a wrong scope in the DMAR table",
        verdict: "{device} got no domain: its DMA is blocked, or not translated",
        meaning: "the device's driver will fail or fault",
        next: ["see the errno and the lines before it"])
    case .groupAdditionFailed:
      MessageMeaning(
        weight: .trouble, culprit: "memory, a wrong scope, or a device made by a driver (VMD)",
        verdict:
          "{device} could not be added to an IOMMU group ({w0}): it has no domain, and its DMA "
          + "is blocked or not translated",
        meaning: "-22: the device fits no unit; -16: its group is in use; -12: no memory",
        next: ["see the lines before it; report it with lspci -tv"])
    case .addressesExhausted:
      MessageMeaning(
        weight: .trouble,
        culprit: "a driver that maps more than it unmaps, or a 32-bit device under load",
        verdict:
          "{device} got no DMA address: its address space is used up for now, and the I/O failed",
        meaning: "under pressure it passes, and drivers try again; a number that grows is a leak",
        next: [
          "see whether it goes on when the load ends: then something leaks mappings",
          "iommu.forcedac=1 uses addresses above 4 GiB, where the device can",
        ])
    case .domainsExhausted:
      MessageMeaning(
        weight: .trouble, culprit: "more domains than the unit has ids",
        verdict: "the unit has no free domain id: a device gets no domain",
        meaning: "CAP.ND is the number", next: ["fewer guests or devices at one unit"])
    case .tablesNotCopied:
      MessageMeaning(
        weight: .trouble, culprit: "the take-over of tables (kdump)",
        verdict:
          "the tables of the kernel before could not be copied: devices that still run will fault",
        meaning: "the dump may still be written", next: ["stop the devices in the first kernel"],
        cause: .oldKernelTables)
    case .graphicsQuirk:
      MessageMeaning(
        weight: .info, culprit: "nobody: a quirk for old graphics",
        verdict:
          "a quirk for this graphics unit was applied (its translation or its batched flushes "
          + "are off, or stay on)",
        meaning: "known errata of old graphics", next: [])
    case .pageLeak:
      MessageMeaning(
        weight: .danger, culprit: "whoever freed the page: the owner's trace behind it",
        verdict: "a page was freed while a device could still reach it through its mapping",
        meaning: "a DMA may write into memory that has another owner now",
        next: ["read the owner's trace: it names who allocated and freed the page"])
    case .unitDead: nil
    default: nil
    }
  }
}
