public import PCI

/// A line that is no fault record and still says something about remapping: of the kernel's IOMMU
/// code, of a hypervisor's, or of a driver that works with either.
public struct KernelMessage: Hashable, Sendable {
  /// What the line says. The raw values are stable: filters and other programs name them.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    // MARK: Reserved regions and mappings

    case attachIneligible = "rmrr-ineligible"
    case identityMappingRequired = "identity-mapping-required"
    case regionsRelaxed = "rmrr-relaxed"
    case directMappingFailed = "direct-mapping-failed"
    case addressWidth = "address-width"
    case entryAlreadySet = "entry-already-set"
    case entryNotEmpty = "unmap-entry-not-empty"
    case identityDomain = "private-identity-domain"
    case domainMoved = "moved-to-another-domain"
    case mappingRefused = "mapping-refused"

    // MARK: Interrupt remapping

    case interruptRemappingFailed = "interrupt-remapping-failed"
    case chipsetErratum = "interrupt-remapping-erratum"
    case x2apicOptOut = "x2apic-opt-out"
    case x2apicRefused = "x2apic-refused"
    case ioapicWithoutUnit = "ioapic-without-unit"
    case interruptTableNotCopied = "interrupt-table-not-copied"

    // MARK: The DMAR table

    case unitReportedBroken = "unit-reported-broken"
    case regionScopeBroken = "rmrr-scope-broken"
    case scopeMismatch = "scope-mismatch"
    case tableUnusable = "table-unusable"
    case namespaceDevice = "namespace-device"
    case unitNotMapped = "unit-not-mapped"
    case unitWithoutWidth = "unit-without-width"
    case firmwareForcesOff = "firmware-forces-off"
    case forcedOn = "forced-on"
    case azaliaEntries = "isoch-unit-entries"

    // MARK: Bring-up and domains

    case registerInvalidation = "register-based-invalidation"
    case initializationFailed = "initialization-failed"
    case faultInterruptMissing = "fault-interrupt-missing"
    case domainAllocationFailed = "domain-allocation-failed"
    case groupAdditionFailed = "group-addition-failed"
    case addressesExhausted = "iova-exhausted"
    case domainsExhausted = "domain-ids-exhausted"
    case tablesNotCopied = "tables-not-copied"
    case graphicsQuirk = "graphics-quirk"
    case pageLeak = "page-leak"
    case unitDead = "unit-dead"

    // MARK: Page requests

    case pageRequestOverflow = "page-request-overflow"
    case pageRequestInvalid = "page-request-invalid"
    case pageRequestPrivileged = "page-request-privileged"
    case pageRequestWithoutPASID = "page-request-without-pasid"
    case pageRequestExecute = "page-request-execute"

    // MARK: VFIO, IOMMUFD and QEMU

    case unsafeInterrupts = "vfio-unsafe-interrupts"
    case lockedMemory = "vfio-locked-memory"
    case groupNotViable = "vfio-group-not-viable"
    case withoutIOMMU = "vfio-no-iommu"
    case deviceStuck = "vfio-device-stuck"
    case guestTranslation = "qemu-guest-translation"
    case guestMapping = "qemu-mapping-refused"
    case guestBarMapping = "qemu-bar-mapping"

    // MARK: The DMA layer

    case bounceBufferFull = "bounce-buffer-full"
    case dmaMisuse = "dma-api"
    case dmaUnreachable = "dma-unreachable"

    // MARK: Other hypervisors and systems

    case xenSharedRegion = "xen-shared-rmrr"
    case xenEmptyEntry = "xen-msi-without-entry"
    case xenQueueTimeout = "xen-queue-timeout"
    case xenGraphics = "xen-graphics-not-enabled"
    case systemQueueTimeout = "queue-wait-timeout"
    case bsdUnit = "bsd-unit-error"
    case otherUnit = "other-iommu"

    // MARK: Marks: no findings of their own, but evidence for others

    case suspend = "suspend"
    case resume = "resume"
    case garbageCommand = "garbage-command"
    case hostError = "host-system-error"
    case slotEmpty = "slot-empty"
    case assignment = "assigned-to-guest"
    case busError = "pcie-error"
    case guestBypass = "guest-iommu-bypass"
    case translationWasOn = "translation-was-on"
    case driverClaims = "driver-claims-device"
  }

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
    case .suspend, .resume, .garbageCommand, .hostError, .slotEmpty, .assignment, .busError,
      .guestBypass, .translationWasOn, .driverClaims:
      true
    default: false
    }
  }
}
