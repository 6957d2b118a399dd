internal import KernelRuntime
public import PCI
public import VTdFormats

/// A function as the IOMMU core finds it on the bus.
public struct ProbedFunction: Hashable, Sendable {
  /// Where it stands on the bus.
  public var address: PCIAddress
  /// Functions of one group share a domain.
  public var group: Int
  /// Other ids under which its requests may arrive; they share its context entry's contents.
  public var aliases: [SourceID]
  /// Those of them that a bridge above it puts on the bus.
  public var bridgeAliases: Set<SourceID> = []
  /// Which unit covers it.
  public var unit: UnitChoice
  /// What the driver looks at.
  public var traits: Traits

  /// What the driver asks a function's configuration space and the firmware's table.
  public struct Traits: Hashable, Sendable {
    /// What kind of function it is.
    public var classCode: PCIClass
    /// Address Translation Services: the depth of its invalidation queue; nil without.
    public var ats: Int?
    /// Whether the table lets the devices behind its root port use them; those on the root complex
    /// itself always may.
    public var platformAllowsATS: Bool
    /// Nil for a function that sends no PASIDs.
    public var pasidWidth: Int?
    /// Whether it has the page request interface (PRI).
    public var hasPageRequests: Bool
    /// RMRRs that name it or a bridge above it.
    public var reservedMemory: [ClosedRange<UInt64>]
    /// Who made it.
    public var vendor: UInt16 = 0
    /// Which device it is.
    public var device: UInt16 = 0
    /// A port that leads out of the machine (firmware's ExternalFacingPort).
    public var isExternalFacing = false
    /// It sits behind such a port.
    public var isUntrusted = false

    /// A function with these traits.
    public init(
      classCode: PCIClass = PCIClass(rawValue: 0), ats: Int? = nil, platformAllowsATS: Bool = true,
      pasidWidth: Int? = nil, hasPageRequests: Bool = false,
      reservedMemory: [ClosedRange<UInt64>] = []
    ) {
      self.classCode = classCode
      self.ats = ats
      self.platformAllowsATS = platformAllowsATS
      self.pasidWidth = pasidWidth
      self.hasPageRequests = hasPageRequests
      self.reservedMemory = reservedMemory
    }

    /// A PCI-to-ISA bridge (class 0601): floppy-era devices behind it may use the first 16 MiB.
    var isISABridge: Bool { classCode.baseAndSubclass == 0x0601 }
    var isUSB: Bool { classCode.baseAndSubclass == 0x0c03 }

    /// device_rmrr_is_relaxable: what firmware reserved for USB and graphics is not used once the
    /// kernel runs.
    var locksReservedMemory: Bool { !reservedMemory.isEmpty && !isUSB && !classCode.isDisplay }
  }

  /// A function as the driver finds it.
  public init(
    address: PCIAddress, group: Int, aliases: [SourceID] = [], unit: UnitChoice = .ofSegment,
    traits: Traits = Traits()
  ) {
    self.address = address
    self.group = group
    self.aliases = aliases
    self.unit = unit
    self.traits = traits
  }
}

/// The unit that device_to_iommu finds for a function.
public enum UnitChoice: Hashable, Sendable {
  /// The one of the function's segment: there is no table that says more.
  case ofSegment
  /// By its place among the kernel's units.
  case index(Int)
  /// None: the function is not remapped, and gets no domain.
  case uncovered
}
