/// What differs between generations of the Intel driver in how it keeps domains, beside its lines.
public struct DriverBehaviour: Hashable, Sendable {
  /// Off or on.
  public typealias Switch = KernelValues.Switch

  /// Which locks guard domains, and how they are taken.
  public var locking = Self.lockingTimeline.newest
  /// What a write to a group's `type` file does.
  public var groupTypes = Self.groupTypesTimeline.newest
  /// Whether the DMA API's domains use first-stage tables where scalable mode offers both.
  public var firstStage = Self.firstStageTimeline.newest
  /// Whether a mapping for writes alone lets nothing be read.
  public var writeOnlyMappings = Self.writeOnlyMappingsTimeline.newest
  /// Whether first-stage entries have XD, and PASID entries NXE.
  public var noExecuteBits = Self.noExecuteBitsTimeline.newest
  /// Whether a function's scalable-mode context entry is set when it is probed, not when it is
  /// attached; ids that only a bridge uses get none then.
  public var contextAtProbe = Self.contextAtProbeTimeline.newest
  /// Whether debugfs shows each function's tables in a file of its own.
  public var deviceFiles = Self.deviceFilesTimeline.newest
  /// Whether a user may ask which pages devices have written, and on which units.
  public var dirtyTracking = Self.dirtyTrackingTimeline.newest
  /// What identity domains are made of.
  public var identityDomain = Self.identityDomainTimeline.newest
  /// Whether `igfx_off` gives graphics devices the identity domain, besides leaving units alone that
  /// cover nothing else.
  public var identityGraphics = Self.identityGraphicsTimeline.newest
  /// Whether the descriptors of one flush share one wait.
  public var batchedFlushes = Self.batchedFlushesTimeline.newest
  /// When a device gets a domain that nobody has asked for.
  public var defaultDomains = Self.defaultDomainsTimeline.newest
  /// What becomes of a device that passes through and cannot address all of memory.
  public var narrowIdentity = Self.narrowIdentityTimeline.newest
  /// Whether a flush of a process's pages in a device's TLB is called misaligned.
  public var alignmentWarning = Self.alignmentWarningTimeline.newest
  /// How page requests are drained when a PASID's translation goes.
  public var pageRequestDrain = Self.pageRequestDrainTimeline.newest
  /// Who switches a device's page requests on.
  public var pageRequestSwitch = Self.pageRequestSwitchTimeline.newest
  /// When a domain's levels and page sizes are decided.
  public var domainSizing = Self.domainSizingTimeline.newest
  /// Who makes page tables.
  public var pageTables = Self.pageTablesTimeline.newest
  /// What guards domain ids.
  public var domainIDs = Self.domainIDsTimeline.newest
  /// What of an entry goes before the unit has forgotten it.
  public var entryTeardown = Self.entryTeardownTimeline.newest

  /// What the newest release does.
  public init() {}

  /// One lock for the devices of all domains.
  package var sharesDeviceLock: Bool {
    locking == .deviceDomainLock || locking == .swappedDomainLock
  }
  /// Cache tags, which also align a flush's address and pass the invalidation hint on.
  package var hasCacheTags: Bool { locking == .cacheTags }
  package var mapsWriteOnly: Bool { writeOnlyMappings == .on }
  package var setsNoExecute: Bool { noExecuteBits == .on }
  package var setsContextAtProbe: Bool { contextAtProbe == .on }
  package var hasDeviceFiles: Bool { deviceFiles == .on }
  package var needsPassThrough: Bool { identityDomain == .passThrough }
  package var identityMapsGraphics: Bool { identityGraphics == .on }
  package var batchesInvalidations: Bool { batchedFlushes == .on }
  /// Tables of the generic library.
  package var hasGenericTables: Bool { pageTables == .generic }
  /// Domains are made for one device's unit.
  package var sizesDomainsForDevice: Bool { domainSizing == .device }
  package var clearsPresentFirst: Bool { entryTeardown == .presentFirst }
}

extension KernelChange {
  /// Identity domains of their own kind, and invalidations in batches.
  static let domainsOfItsOwn = KernelChange(
    "6.12", "identity domains have no tables, and each flush has one wait")
}

extension DriverBehaviour {
  /// Which locks guard domains, and how they are taken.
  public enum Locking: String, CaseIterable, Hashable, Sendable {
    /// One `device_domain_lock` for all domains and `iommu->lock` below it, interrupts off.
    case deviceDomainLock = "device-domain-lock"
    /// `iommu->lock` before `device_domain_lock` where a domain gets its id, and after it where a
    /// context entry is set.
    case swappedDomainLock = "swapped-domain-lock"
    /// `domain->lock` and `iommu->lock`, both plain.
    case plainDomainLock = "plain-domain-lock"
    /// `domain->lock` with interrupts off, `iommu->lock` plain.
    case domainLock = "domain-lock"
    /// `domain->cache_lock` as well, held while ranges are flushed.
    case cacheTags = "cache-tags"
  }

  static let lockingTimeline = Timeline<Locking>(
    "driver_locks", "which locks guard domains, and how", oldest: .deviceDomainLock,
    [
      .since(
        "5.2-rc5", commit: "7560cc3ca7d9", "iommu->lock is taken before device_domain_lock",
        .swappedDomainLock),
      .since(
        "5.2", commit: "0aafc8ae6653", "device_domain_lock is taken before iommu->lock again",
        .deviceDomainLock),
      .since(
        "6.0-rc1", commit: "5eaafdf0c055", "each domain has a lock, which is taken plainly",
        .plainDomainLock),
      .since(
        "6.0", commit: "a349ffcb4daf", "a domain's lock is taken with interrupts off", .domainLock),
      .since("6.10", "a domain knows what has cached it (cache tags)", .cacheTags),
    ])

  static let firstStageTimeline = Timeline<Switch>(
    "first_stage", "the DMA API's domains use first-stage tables where both stages are there",
    oldest: .off,
    [.since("5.6", "the DMA API's domains use first-stage tables where they can", .on)])

  static let writeOnlyMappingsTimeline = Timeline<Switch>(
    "write_only_mappings", "a mapping for writes alone lets nothing be read", oldest: .on,
    [
      .since(
        "5.13", commit: "eea53c581688", "a page that may be written may be read as well", .off),
      .since(
        "6.16", commit: "6f5dc7658094", "a mapping for writes alone lets nothing be read again",
        .on),
    ])

  static let noExecuteBitsTimeline = Timeline<Switch>(
    "no_execute_bits", "XD in first-stage entries, NXE in PASID entries", oldest: .on,
    [
      .since(
        "6.11", stable: ["6.10.10"], commit: "e995fcde6070",
        "first-stage entries have no XD, and PASID entries no NXE", .off)
    ])

  static let contextAtProbeTimeline = Timeline<Switch>(
    "context_at_probe", "scalable-mode context entries are set when functions are probed",
    oldest: .off,
    [.since("6.9", "scalable-mode context entries are set at the probe", .on)])

  /// Which units note in second-stage entries that a page was written, as far as the driver uses it.
  public enum DirtyTracking: String, CaseIterable, Hashable, Sendable {
    /// None.
    case none
    /// Those with ECAP.SSADS in scalable mode.
    case anyWalk = "any-walk"
    /// Those of them whose walks snoop (ECAP.SMPWC): another one would not see what it has written.
    case coherentWalk = "coherent-walk"
  }

  static let dirtyTrackingTimeline = Timeline<DirtyTracking>(
    "dirty_tracking", "on which units a user's domain tells which pages were written",
    oldest: .none,
    [
      .since(
        "6.7", commit: "f35f22cc760e", "users can ask which pages devices have written", .anyWalk),
      .since(
        "6.18", stable: ["6.17.3", "6.12.53"], commit: "57f55048e564",
        "no dirty tracking on units whose scalable-mode walks do not snoop", .coherentWalk),
    ])

  static let deviceFilesTimeline = Timeline<Switch>(
    "device_files", "debugfs shows each function's tables by itself", oldest: .off,
    [
      .since(
        "6.7", commit: "d87731f60931", "debugfs shows each function's tables in its own file", .on)
    ])

  /// What identity domains are made of.
  public enum IdentityDomain: String, CaseIterable, Hashable, Sendable {
    /// A domain like others, with an id; where a unit cannot pass requests through, with all of
    /// memory mapped.
    case mapped
    /// No tables and no id: devices of a unit that cannot pass requests through have none.
    case passThrough = "pass-through"
  }

  static let identityDomainTimeline = Timeline<IdentityDomain>(
    "identity_domain", "what identity domains are made of", oldest: .mapped,
    [.by(.domainsOfItsOwn, .passThrough)])

  static let identityGraphicsTimeline = Timeline<Switch>(
    "identity_graphics", "igfx_off gives graphics devices the identity domain", oldest: .on,
    [.by(.domainsOfItsOwn, .off)])

  /// What a write to a group's `type` file does.
  public enum GroupTypes: String, CaseIterable, Hashable, Sendable {
    /// The file cannot be written.
    case fixed
    /// A group of one device gets another default domain.
    case singleDevice = "single-device"
    /// `DMA-FQ` besides, which a strict domain can become as it is.
    case singleDeviceOrQueue = "single-device-or-queue"
    /// Any group gets a new default domain, of another type.
    case wholeGroup = "whole-group"
  }

  static let groupTypesTimeline = Timeline<GroupTypes>(
    "group_types", "what a write to a group's type file does", oldest: .fixed,
    [
      .since(
        "5.11", commit: "08a27c1c3ecf", "a group of one device may get another default domain",
        .singleDevice),
      .since(
        "5.15", commit: "26225bea1d84", "a group's domain may become lazy (DMA-FQ)",
        .singleDeviceOrQueue),
      .since(
        "6.5", commit: "d99be00f42ea", "a group of several devices may get another domain",
        .wholeGroup),
    ])

  static let batchedFlushesTimeline = Timeline<Switch>(
    "batched_flushes", "the descriptors of one flush share one wait", oldest: .off,
    [.by(.domainsOfItsOwn, .on)])

  /// When a device gets a domain that nobody has asked for.
  public enum DefaultDomains: String, CaseIterable, Hashable, Sendable {
    /// When its driver first maps something, but at boot for what firmware has reserved.
    case firstUse = "first-use"
    /// When the device is probed: its group gets one.
    case probe
  }

  static let defaultDomainsTimeline = Timeline<DefaultDomains>(
    "default_domains", "when a device gets a domain that nobody has asked for", oldest: .firstUse,
    [
      .since(
        "5.3", commit: "fa954e683178", "devices get their domains when they are probed", .probe)
    ])

  /// A device that passes through and cannot address all of memory.
  public enum NarrowIdentity: String, CaseIterable, Hashable, Sendable {
    /// It gets a domain when it first maps something.
    case moved
    /// It stays, and its buffers have to lie low.
    case kept
  }

  static let narrowIdentityTimeline = Timeline<NarrowIdentity>(
    "narrow_identity", "a device that passes through and cannot address all of memory",
    oldest: .moved,
    [
      .since(
        "5.8", commit: "327d5b2fee91", "devices of 32 bits pass through like others", .kept)
    ])

  /// `Invalidate non-aligned address`
  public enum AlignmentWarning: String, CaseIterable, Hashable, Sendable {
    /// Nothing is called misaligned.
    case none
    /// One bit too many is looked at: every second page is called misaligned.
    case oneBitTooMany = "one-bit-too-many"
    /// Nothing that the driver sends is.
    case exact
  }

  static let alignmentWarningTimeline = Timeline<AlignmentWarning>(
    "alignment_warning", "when a flush of a process's pages in a device's TLB is called misaligned",
    oldest: .none,
    [
      .since(
        "5.9", commit: "288d08e78008",
        "flushes of device TLBs are told as misaligned, aligned ones among them",
        .oneBitTooMany),
      .since(
        "5.11", stable: ["5.10.13"], commit: "494b3688bb11",
        "flushes that are aligned are not told any more", .exact),
    ])

  /// How page requests are drained when a PASID's translation goes.
  public enum PageRequestDrain: String, CaseIterable, Hashable, Sendable {
    /// They are not drained.
    case none
    /// When a process is unbound; the device is told to drop the page at address 0 alone.
    case onePage = "one-page"
    /// Likewise for requests without PASID, when the device leaves its domain; the device drops
    /// everything.
    case everyDomain = "every-domain"
  }

  static let pageRequestDrainTimeline = Timeline<PageRequestDrain>(
    "page_request_drain", "how page requests are drained when a PASID's translation goes",
    oldest: .none,
    [
      .since(
        "5.8", commit: "66ac4db36f4c", "page requests are drained when a process is unbound",
        .onePage),
      .since(
        "6.13", stable: ["6.12.75"], commit: "c43e1ccdebf2",
        "page requests are drained whenever a translation goes, and the device drops all of it",
        .everyDomain),
    ])

  /// Who switches a device's page requests on.
  public enum PageRequestSwitch: String, CaseIterable, Hashable, Sendable {
    /// The driver, whenever the device gets a domain.
    case attach
    /// The device's own driver, before it binds a process.
    case bind
  }

  /// When a domain's levels and page sizes are decided.
  public enum DomainSizing: String, CaseIterable, Hashable, Sendable {
    /// At the first attach: tables are of five levels before, and pages of 4 KiB.
    case attach
    /// When it is made, for the unit of the device that it is made for: what firmware reserved is
    /// mapped with large pages too.
    case device
  }

  static let domainSizingTimeline = Timeline<DomainSizing>(
    "domain_sizing", "when a domain's levels and page sizes are decided", oldest: .attach,
    [
      // 6.12.117 maps the first 16 MiB with pages of 4 KiB, 7.3.4 with 2 MiB.
      .since(
        "6.13", commit: "7c204426b818",
        "a domain is made for its device's unit, and maps with large pages from the start",
        .device)
    ])

  /// Who makes page tables.
  public enum PageTableMaker: String, CaseIterable, Hashable, Sendable {
    /// The driver; entries have no bits of its own.
    case driver
    /// The generic library: where the unit does not snoop, entries that lead to a table have a bit
    /// that says that the table is flushed; what is mapped already refuses another mapping without a
    /// word.
    case generic
  }

  static let pageTablesTimeline = Timeline<PageTableMaker>(
    "page_tables", "who makes page tables, and with which bits of its own", oldest: .driver,
    [
      .since(
        "6.19", commit: "5448c1558f60", "page tables are those of the generic library", .generic)
    ])

  /// What guards domain ids.
  public enum DomainIDLock: String, CaseIterable, Hashable, Sendable {
    /// `iommu->lock`
    case unitLock = "unit-lock"
    /// `iommu->did_lock`, a mutex.
    case mutex
  }

  static let domainIDsTimeline = Timeline<DomainIDLock>(
    "domain_ids", "what guards domain ids", oldest: .unitLock,
    [
      .since(
        "6.16", commit: "f93b4ac5929a", "domain ids have a mutex of their own", .mutex)
    ])

  /// What of a context or PASID entry goes before the unit has forgotten it.
  public enum EntryTeardown: String, CaseIterable, Hashable, Sendable {
    /// All of it.
    case whole
    /// Its present bit: a DMA on its way is refused as not present, and never meets half an entry.
    case presentFirst = "present-first"
  }

  static let entryTeardownTimeline = Timeline<EntryTeardown>(
    "entry_teardown", "what of an entry goes before the unit has forgotten it", oldest: .whole,
    [
      // That of a context entry; 75ed00055c05 is that of a PASID entry. 6.18's updates have both as well,
      // since one that was not looked up.
      .since(
        "7.0", stable: ["6.19.4"], commit: "c1e4f1dccbe9",
        "an entry's present bit goes first, the rest when the unit has forgotten it",
        .presentFirst)
    ])

  static let pageRequestSwitchTimeline = Timeline<PageRequestSwitch>(
    "page_request_switch", "when a device's page requests are switched on", oldest: .attach,
    [
      .since(
        "6.4", commit: "fbcde5bb92bd", "page requests are switched on for who binds processes",
        .bind)
    ])
}
