/// What differs between generations of the Intel driver in how it keeps domains, beside its lines.
public struct DriverBehaviour: Hashable, Sendable {
  public typealias Switch = KernelBehaviour.Switch

  /// Which locks guard domains, and how they are taken.
  public enum Locking: String, CaseIterable, Hashable, Sendable {
    /// One `device_domain_lock` for all domains and `iommu->lock` below it, interrupts off.
    case deviceDomainLock = "device-domain-lock"
    /// 5.2-rc5: `iommu->lock` before `device_domain_lock` where a domain gets its id, and after it
    /// where a context entry is set.
    case swappedDomainLock = "swapped-domain-lock"
    /// `domain->lock` and `iommu->lock`, both plain.
    case plainDomainLock = "plain-domain-lock"
    /// `domain->lock` with interrupts off, `iommu->lock` plain.
    case domainLock = "domain-lock"
    /// `domain->cache_lock` as well, held while ranges are flushed.
    case cacheTags = "cache-tags"
  }

  /// What identity domains are made of.
  public enum IdentityDomain: String, CaseIterable, Hashable, Sendable {
    /// A domain like others, with an id; where a unit cannot pass requests through, with all of
    /// memory mapped.
    case mapped
    /// No tables and no id: devices of a unit that cannot pass requests through have none.
    case passThrough = "pass-through"
  }

  /// How page requests are drained when a PASID's translation goes.
  public enum PageRequestDrain: String, CaseIterable, Hashable, Sendable {
    case none
    /// When a process is unbound; the device is told to drop the page at address 0 alone.
    case onePage = "one-page"
    /// Likewise for requests without PASID, when the device leaves its domain; the device drops
    /// everything.
    case everyDomain = "every-domain"
  }

  /// `Invalidate non-aligned address`
  public enum AlignmentWarning: String, CaseIterable, Hashable, Sendable {
    case none
    /// One bit too many is looked at: every second page is called misaligned.
    case oneBitTooMany = "one-bit-too-many"
    /// Nothing that the driver sends is.
    case exact
  }

  /// Who switches a device's page requests on.
  public enum PageRequestSwitch: String, CaseIterable, Hashable, Sendable {
    /// The driver, whenever the device gets a domain.
    case attach
    /// The device's own driver, before it binds a process.
    case bind
  }

  /// What a write to a group's `type` file does.
  public enum GroupTypes: String, CaseIterable, Hashable, Sendable {
    /// The file cannot be written.
    case fixed
    /// A group of one device gets another default domain.
    case singleDevice = "single-device"
    /// `DMA-FQ` besides, which a strict domain can become as it is.
    case singleDeviceOrQueue = "single-device-or-queue"
    /// Any group gets a new default domain, of the same type too.
    case wholeGroup = "whole-group"
  }

  /// When a device gets a domain that nobody has asked for.
  public enum DefaultDomains: String, CaseIterable, Hashable, Sendable {
    /// When its driver first maps something, but at boot for what firmware has reserved.
    case firstUse = "first-use"
    /// When the device is probed: its group gets one.
    case probe
  }

  /// A device that passes through and cannot address all of memory.
  public enum NarrowIdentity: String, CaseIterable, Hashable, Sendable {
    /// It gets a domain when it first maps something.
    case moved
    /// It stays, and its buffers have to lie low.
    case kept
  }

  public var locking = Locking.domainLock
  public var groupTypes = GroupTypes.wholeGroup
  /// Whether the DMA API's domains use first-stage tables where scalable mode offers both.
  public var firstStage = Switch.on
  /// Whether a mapping for writes alone lets nothing be read.
  public var writeOnlyMappings = Switch.off
  /// Whether first-stage entries have XD, and PASID entries NXE.
  public var noExecuteBits = Switch.on
  /// Whether a function's scalable-mode context entry is set when it is probed, not when it is
  /// attached; ids that only a bridge uses get none then.
  public var contextAtProbe = Switch.off
  /// Whether debugfs shows each function's tables in a file of its own.
  public var deviceFiles = Switch.off
  public var identityDomain = IdentityDomain.mapped
  /// Whether `igfx_off` gives graphics devices the identity domain, besides leaving units alone that
  /// cover nothing else.
  public var identityGraphics = Switch.on
  /// Whether the descriptors of one flush share one wait.
  public var batchedFlushes = Switch.off
  public var defaultDomains = DefaultDomains.probe
  public var narrowIdentity = NarrowIdentity.kept
  /// Since when a flush of a process's pages in a device's TLB is called misaligned.
  public var alignmentWarning = AlignmentWarning.exact
  public var pageRequestDrain = PageRequestDrain.onePage
  public var pageRequestSwitch = PageRequestSwitch.attach

  public init() {}

  /// One lock for the devices of all domains.
  var sharesDeviceLock: Bool { locking == .deviceDomainLock || locking == .swappedDomainLock }
  /// Cache tags, which also align a flush's address and pass the invalidation hint on.
  var hasCacheTags: Bool { locking == .cacheTags }
  var mapsWriteOnly: Bool { writeOnlyMappings == .on }
  var setsNoExecute: Bool { noExecuteBits == .on }
  var setsContextAtProbe: Bool { contextAtProbe == .on }
  var hasDeviceFiles: Bool { deviceFiles == .on }
  var needsPassThrough: Bool { identityDomain == .passThrough }
  var identityMapsGraphics: Bool { identityGraphics == .on }
  var batchesInvalidations: Bool { batchedFlushes == .on }
}
