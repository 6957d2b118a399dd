public import PCI

/// A line that is not a fault record and still says something about remapping: of the kernel's IOMMU
/// code, of a hypervisor's, or of a driver that works with either.
public struct KernelMessage: Hashable, Sendable {
  /// What the line says. The raw values are stable: filters and other programs name them.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    // MARK: Reserved regions and mappings

    /// A device with a reserved region may not be given away.
    case attachIneligible = "rmrr-ineligible"
    /// A device needs its one-to-one mapping and cannot be given away.
    case identityMappingRequired = "identity-mapping-required"
    /// Reserved regions are not enforced.
    case regionsRelaxed = "rmrr-relaxed"
    /// A one-to-one mapping failed.
    case directMappingFailed = "direct-mapping-failed"
    /// An address, or a domain, is wider than a unit.
    case addressWidth = "address-width"
    /// An entry that was to be set is set already.
    case entryAlreadySet = "entry-already-set"
    /// An entry that should be empty is not.
    case entryNotEmpty = "unmap-entry-not-empty"
    /// A device has an identity domain of its own.
    case identityDomain = "private-identity-domain"
    /// A device got another domain.
    case domainMoved = "moved-to-another-domain"
    /// A mapping was refused.
    case mappingRefused = "mapping-refused"

    // MARK: Interrupt remapping

    /// Interrupt remapping could not be switched on.
    case interruptRemappingFailed = "interrupt-remapping-failed"
    /// The chipset's interrupt remapping is broken.
    case chipsetErratum = "interrupt-remapping-erratum"
    /// The firmware asks not to use x2APIC.
    case x2apicOptOut = "x2apic-opt-out"
    /// x2APIC is not used.
    case x2apicRefused = "x2apic-refused"
    /// An interrupt got no entry.
    case interruptEntryMissing = "interrupt-entry-missing"
    /// As whom an IOAPIC or a HPET sends is not known.
    case interruptSourceUnknown = "interrupt-source-unknown"
    /// An interrupt is not posted to a guest.
    case postedInterruptFailed = "posted-interrupt-failed"
    /// No unit covers an IOAPIC.
    case ioapicWithoutUnit = "ioapic-without-unit"
    /// The interrupt table of the kernel before could not be copied.
    case interruptTableNotCopied = "interrupt-table-not-copied"

    // MARK: The DMAR table

    /// The firmware reports a unit that does not answer.
    case unitReportedBroken = "unit-reported-broken"
    /// A reserved region's devices cannot be found.
    case regionScopeBroken = "rmrr-scope-broken"
    /// A device is not of the kind that its scope says.
    case scopeMismatch = "scope-mismatch"
    /// The DMAR table cannot be used.
    case tableUnusable = "table-unusable"
    /// A device of the ACPI namespace cannot be found.
    case namespaceDevice = "namespace-device"
    /// A unit's registers could not be mapped.
    case unitNotMapped = "unit-not-mapped"
    /// A unit supports no width that the driver could use.
    case unitWithoutWidth = "unit-without-width"
    /// The firmware makes the kernel leave the IOMMU off.
    case firmwareForcesOff = "firmware-forces-off"
    /// The IOMMU is on whatever the command line says.
    case forcedOn = "forced-on"
    /// A device is below another unit than the table says.
    case wrongUnit = "unit-assigned-wrong"
    /// An option of the command line has another name now.
    case optionDeprecated = "option-deprecated"
    /// The kernel does not know a word of intel_iommu=.
    case optionUnknown = "option-unknown"
    /// A measured launch does not switch the IOMMU on, because the command line says so.
    case launchUnprotected = "tboot-unprotected"
    /// The units do not agree on a feature.
    case unitsDiffer = "units-differ"
    /// The sound device's unit has too few entries.
    case azaliaEntries = "isoch-unit-entries"

    // MARK: Bring-up and domains

    /// A unit is flushed by registers.
    case registerInvalidation = "register-based-invalidation"
    /// The driver could not start.
    case initializationFailed = "initialization-failed"
    /// A measured launch (tboot) ends here.
    case launchFailed = "measured-launch-failed"
    /// A unit cannot do what was asked for.
    case featureMissing = "unit-feature-missing"
    /// An erratum forbids read-only mappings.
    case readOnlyRefused = "read-only-mapping-refused"
    /// The driver meets a state that should not be.
    case driverDefect = "driver-inconsistent"
    /// Unmappings are not gathered.
    case flushQueueMissing = "flush-queue-missing"
    /// A unit's counters are used in part.
    case countersReduced = "performance-counters-reduced"
    /// The range of DMA addresses does not fit.
    case rangeRefused = "dma-range-refused"
    /// Devices of a group need different domains.
    case domainTypeConflict = "domain-type-conflict"
    /// A group's domain keeps its type.
    case domainTypeRefused = "domain-type-unchanged"
    /// An alias of a blocked device is free already.
    case aliasUnblocked = "alias-unblocked-early"
    /// The fault interrupt could not be set up.
    case faultInterruptMissing = "fault-interrupt-missing"
    /// No domain could be made.
    case domainAllocationFailed = "domain-allocation-failed"
    /// A device could not join its group.
    case groupAdditionFailed = "group-addition-failed"
    /// No address was left to hand out.
    case addressesExhausted = "iova-exhausted"
    /// No domain-id was left.
    case domainsExhausted = "domain-ids-exhausted"
    /// The tables of the kernel before could not be copied.
    case tablesNotCopied = "tables-not-copied"
    /// The IOMMU, or a part of it, is off for the graphics device.
    case graphicsQuirk = "graphics-quirk"
    /// A page was freed that devices can still reach.
    case pageLeak = "page-leak"
    /// A unit does not do what it is told.
    case unitDead = "unit-dead"

    // MARK: Page requests

    /// The queue of page requests was full.
    case pageRequestOverflow = "page-request-overflow"
    /// A unit has no queue of page requests.
    case pageRequestsOff = "page-request-queue-missing"
    /// A page request cannot be served.
    case pageRequestInvalid = "page-request-invalid"
    /// A page request asks for supervisor privilege.
    case pageRequestPrivileged = "page-request-privileged"
    /// A page request has no PASID.
    case pageRequestWithoutPASID = "page-request-without-pasid"
    /// A page request asks for execute permission.
    case pageRequestExecute = "page-request-execute"

    // MARK: VFIO, IOMMUFD and QEMU

    /// vfio refuses a device, for interrupts are not remapped.
    case unsafeInterrupts = "vfio-unsafe-interrupts"
    /// vfio may not lock so much memory.
    case lockedMemory = "vfio-locked-memory"
    /// A group has devices that other drivers hold.
    case groupNotViable = "vfio-group-not-viable"
    /// A device is in no group: no IOMMU is at work for it.
    case withoutGroup = "vfio-no-group"
    /// A group's file cannot be opened.
    case groupNotOpened = "vfio-group-not-opened"
    /// vfio works without an IOMMU.
    case withoutIOMMU = "vfio-no-iommu"
    /// A device that is to go is still in use.
    case deviceInUse = "vfio-device-in-use"
    /// A device is known to be unsafe to give away.
    case deniedByList = "vfio-device-denied"
    /// A physical function and its virtual ones are with different drivers.
    case virtualFunctions = "vfio-virtual-functions"
    /// A part of a pass-through is missing.
    case assignmentPartly = "vfio-part-missing"
    /// A device's configuration space is odd.
    case configurationOdd = "vfio-configuration-odd"
    /// A device's own vfio driver could not move it to another host.
    case migrationFailed = "vfio-migration"
    /// A device did not come back from a reset.
    case deviceStuck = "vfio-device-stuck"
    /// QEMU's unit blocked a guest's DMA.
    case guestTranslation = "qemu-guest-translation"
    /// QEMU could not map a guest's memory.
    case guestMapping = "qemu-mapping-refused"
    /// QEMU has devices of one group in different address spaces of the guest.
    case guestGroupSplit = "qemu-group-split"
    /// QEMU could not set a group's container up.
    case guestContainer = "qemu-container-refused"
    /// QEMU could not map a device's memory.
    case guestBarMapping = "qemu-bar-mapping"

    // MARK: The DMA layer

    /// The bounce buffer is full.
    case bounceBufferFull = "bounce-buffer-full"
    /// There is no bounce buffer.
    case bounceBufferMissing = "bounce-buffer-missing"
    /// DMA-API debug found a wrong call.
    case dmaMisuse = "dma-api"
    /// A device cannot reach an address.
    case dmaUnreachable = "dma-unreachable"

    // MARK: Other hypervisors and systems

    /// Xen: devices share a reserved region.
    case xenSharedRegion = "xen-shared-rmrr"
    /// Xen: an interrupt has no entry.
    case xenEmptyEntry = "xen-msi-without-entry"
    /// Xen: the queue does not go on.
    case xenQueueTimeout = "xen-queue-timeout"
    /// Xen: the IOMMU is off for the graphics device.
    case xenGraphics = "xen-graphics-not-enabled"
    /// Another system: the queue does not go on.
    case systemQueueTimeout = "queue-wait-timeout"
    /// BSD: a unit reports an error.
    case bsdUnit = "bsd-unit-error"
    /// A line of another maker's IOMMU.
    case otherUnit = "other-iommu"

    // MARK: Marks: no findings of their own, but evidence for others

    /// The machine goes to sleep.
    case suspend = "suspend"
    /// The machine wakes up.
    case resume = "resume"
    /// The machine goes down, or another kernel takes over.
    case shutdown = "shutdown"
    /// A device speaks of a command that it was not given.
    case garbageCommand = "garbage-command"
    /// A controller reports a system error.
    case hostError = "host-system-error"
    /// A slot is empty now.
    case slotEmpty = "slot-empty"
    /// A device goes to a guest, or comes back.
    case assignment = "assigned-to-guest"
    /// PCI Express reports an error.
    case busError = "pcie-error"
    /// A guest's IOMMU passes everything.
    case guestBypass = "guest-iommu-bypass"
    /// A unit translated before the driver began.
    case translationWasOn = "translation-was-on"
    /// A driver takes a device.
    case driverClaims = "driver-claims-device"
  }

  /// What kind of message it is.
  public var kind: Kind
  /// The device that the line is about, where it names one.
  public var device: PCIAddress?
  /// Who speaks: the driver in front of the device; empty where the line has none.
  public var driver: String
  /// The words that stood in the form's holes, in order.
  public var words: [String]
  /// The numbers that stood in the form's holes, in order.
  public var numbers: [UInt64]
  /// The line without its prefix, at most 240 characters.
  public var text: String

  /// A message.
  public init(
    kind: Kind, device: PCIAddress? = nil, driver: String = "", words: [String] = [],
    numbers: [UInt64] = [], text: String = ""
  ) {
    self.kind = kind
    self.device = device
    self.driver = driver
    self.words = words
    self.numbers = numbers
    self.text = text
  }
}

extension KernelMessage.Kind {
  /// Whether the line is told for the sake of other findings alone.
  public var isMark: Bool {
    switch self {
    case .suspend, .resume, .shutdown, .garbageCommand, .hostError, .slotEmpty, .assignment,
      .busError, .guestBypass, .translationWasOn, .driverClaims:
      true
    default: false
    }
  }
}
