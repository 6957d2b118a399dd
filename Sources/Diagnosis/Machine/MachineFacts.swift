public import LogReading
public import PCI

/// What the machine's own files say beside the log: interrupts, memory, groups, units, devices.
public struct MachineFacts: Sendable {
  /// Rows beyond this count are not kept.
  static let mostRows = 1 << 14
  /// The list of a bundle is shorter.
  static let mostMissing = 256

  /// How often the interrupts of units came, in the order in which the rows were read.
  public internal(set) var interrupts: [Noted<InterruptCount>] = []
  /// Ranges of physical addresses.
  public internal(set) var resources: [Noted<MachineResource>] = []
  /// Ranges that the kernel keeps out of groups' mappings.
  public internal(set) var reservedRegions: [Noted<ReservedRegion>] = []
  /// What the devices of groups see.
  public internal(set) var groupTypes: [Int: Noted<GroupDomainKind>] = [:]
  /// How long requests to units took.
  public internal(set) var latencies: [Noted<LatencyRow>] = []
  /// What sysfs says of units.
  public internal(set) var unitValues: [Int: [UnitAttribute: Noted<UInt64>]] = [:]
  /// Flags of registers of functions.
  public internal(set) var flags: [PCIAddress: [FunctionRegister: Noted<FunctionFlags>]] = [:]
  /// The first request of a function that failed.
  public internal(set) var failedRequests: [PCIAddress: Noted<TransactionHeader>] = [:]
  /// What bundles say that they lack.
  public internal(set) var missing: [Noted<MissingFile>] = []
  /// How many rows were read.
  public internal(set) var rowCount = 0

  /// The flags of one register.
  public struct FunctionFlags: Hashable, Sendable {
    /// Those that are 1.
    public var set: [String]
    /// Those that are 0.
    public var clear: [String]
  }

  /// Whether a flag of a function is 1; nil where no list shows it.
  func isSet(_ flag: String, _ register: FunctionRegister, of function: PCIAddress) -> Bool? {
    guard let flags = flags[function]?[register]?.value else { return nil }
    if flags.set.contains(flag) { return true }
    return flags.clear.contains(flag) ? false : nil
  }
}

extension LogContents {
  /// The first 16 MiB, which the kernel itself maps for the bridge to ISA and its DMA controller.
  private static let memoryOfISA = 0...UInt64(0xff_ffff)

  /// The regions of the firmware that sysfs lists for groups, with the functions of each group. Those
  /// of a group without known functions tell nothing.
  var groupRegions: [Noted<Region>] {
    machine.reservedRegions.compactMap { row in
      guard row.value.kind == .direct || row.value.kind == .relaxable, let group = row.value.group,
        row.value.start...row.value.end != Self.memoryOfISA
      else { return nil }
      let members = functions.filter { $0.value.group == group }
      guard !members.isEmpty else { return nil }
      return Noted(
        value: Region(
          start: row.value.start, end: row.value.end, function: nil,
          reservedFor: members.keys.sorted()), place: row.place)
    }
  }
}
