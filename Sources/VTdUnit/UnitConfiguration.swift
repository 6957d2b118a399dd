public import VTdFormats

/// How large the caches are; see ``UnitConfiguration/caches``.
public struct CacheConfiguration: Hashable, Sendable {
  /// Off: every request walks memory, so no stale translation is ever seen.
  public var isEnabled: Bool
  /// Pages kept in the IOTLB, two to a set; a power of 2.
  public var iotlbEntries: Int
  /// Pages of 2 MiB and 1 GiB kept whole, two to a set; a power of 2. What is in use of them is in
  /// the IOTLB, 4 KiB by 4 KiB.
  public var largePageEntries: Int
  /// Tables kept in the paging-structure caches; a power of 2; 0 for none.
  public var pagingStructureEntries: Int
  /// Context entries kept; a power of 2.
  public var contextEntries: Int
  /// PASID entries kept; a power of 2.
  public var pasidEntries: Int
  /// Interrupt entries kept; a power of 2; 0 for none.
  public var interruptEntries: Int

  /// Sizes; each is checked when a unit is made of them.
  public init(
    isEnabled: Bool = true, iotlbEntries: Int = 1024, largePageEntries: Int = 64,
    pagingStructureEntries: Int = 256, contextEntries: Int = 256, pasidEntries: Int = 256,
    interruptEntries: Int = 256
  ) {
    self.isEnabled = isEnabled
    self.iotlbEntries = iotlbEntries
    self.largePageEntries = largePageEntries
    self.pagingStructureEntries = pagingStructureEntries
    self.contextEntries = contextEntries
    self.pasidEntries = pasidEntries
    self.interruptEntries = interruptEntries
  }

  /// No caches.
  public static let off = CacheConfiguration(isEnabled: false)
}

/// What a unit is: its capabilities, where it sits, how it differs.
public struct UnitConfiguration: Hashable, Sendable {
  /// Where the machine maps the registers.
  public var registerBase: PhysicalAddress
  /// VER_REG.
  public var version: VersionRegister
  /// CAP_REG.
  public var capability: Capability
  /// ECAP_REG.
  public var extendedCapability: ExtendedCapability
  /// Address bits of the platform (the DMAR table's host address width), 32 to 52: higher address
  /// bits in tables are reserved.
  public var hostAddressWidth: Int
  /// In what it differs from the specification.
  public var quirks: UnitQuirks
  /// How large its caches are.
  public var caches: CacheConfiguration

  /// A unit with these registers; ``validate()`` says whether they go together.
  public init(
    capability: Capability, extendedCapability: ExtendedCapability,
    registerBase: PhysicalAddress = PhysicalAddress(rawValue: 0xfed9_0000),
    version: VersionRegister = VersionRegister(rawValue: 0x10), hostAddressWidth: Int = 52,
    quirks: UnitQuirks = [], caches: CacheConfiguration = CacheConfiguration()
  ) {
    self.registerBase = registerBase
    self.version = version
    self.capability = capability
    self.extendedCapability = extendedCapability
    self.hostAddressWidth = hostAddressWidth
    self.quirks = quirks
    self.caches = caches
  }

  /// A unit with the raw values that a kernel prints at boot: `cap d2008c22260206 ecap f00f4a`.
  public init(cap: UInt64, ecap: UInt64) {
    self.init(
      capability: Capability(rawValue: cap), extendedCapability: ExtendedCapability(rawValue: ecap))
  }

  /// Every register that the unit has, by offset.
  public var registers: [RegisterDescription] {
    RegisterMap.registers(capability: capability, extendedCapability: extendedCapability)
  }
}
