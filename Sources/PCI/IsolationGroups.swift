/// Functions that cannot be told apart or kept apart: Linux maps for all of them at once.
public struct IsolationGroup: Hashable, Sendable {
  /// The number that `/sys/kernel/iommu_groups` would have for it, were every function covered.
  public let id: Int
  /// The functions of the group, in the order in which they came in.
  public internal(set) var members: [Member]

  /// One function of a group.
  public struct Member: Hashable, Sendable {
    /// Which function.
    public let address: PCIAddress
    /// Why it is not alone.
    public let cause: Cause
  }

  /// Why a function is in the group that it is in.
  public enum Cause: Hashable, Sendable {
    /// It is the first one.
    case first
    /// Requests of it come out under the id of this bridge, or of one that it shares.
    case aliasOf(PCIAddress)
    /// This port above it does not keep its peers apart.
    case noIsolationAt(PCIAddress)
    /// One uses ids of the other.
    case sharesIDs(with: PCIAddress)
    /// Both are functions of one device, which does not keep them apart.
    case functionOfSameDevice(PCIAddress)
  }
}

/// All groups of a bus.
public struct IsolationGroups: Hashable, Sendable {
  /// By id.
  public private(set) var groups: [IsolationGroup] = []
  /// Functions of which too little is known to be sure: their capabilities could not be read, so
  /// they count as conventional, which can only make groups larger than they are.
  public private(set) var uncertain: [PCIAddress] = []
  private var groupOf: [PCIAddress: Int] = [:]
  /// How many functions were looked at, all told: what the cost grows with.
  package private(set) var visits = 0

  /// The group of the function at `address`.
  public func group(of address: PCIAddress) -> IsolationGroup? {
    groupOf[address].map { groups[$0] }
  }

  fileprivate mutating func insert(
    _ address: PCIAddress, into group: Int?, because cause: IsolationGroup.Cause
  ) {
    let id = group ?? groups.count
    if id == groups.count { groups.append(IsolationGroup(id: id, members: [])) }
    groups[id].members.append(
      IsolationGroup.Member(address: address, cause: group == nil ? .first : cause))
    groupOf[address] = id
  }

  /// Forms the groups as the kernel's pci_device_group does: function by function in bus order.
  init(_ topology: PCITopology, state: AccessControlState) {
    var former = GroupFormer(topology: topology, isolation: Isolation(state: state))
    for function in topology.functions {
      if function.configuration.capabilityList.isCut { uncertain.append(function.address) }
      let (group, cause) = former.group(for: function, among: self)
      insert(function.address, into: group, because: cause)
    }
    visits = former.visits
  }

  fileprivate func id(of address: PCIAddress) -> Int? { groupOf[address] }
}

extension CapabilityList {
  /// Whether the list goes on where nothing is known.
  var isCut: Bool {
    if case .unknown = end { true } else { false }
  }
}

extension PCITopology {
  /// The groups of all functions. An empty configuration space says nothing, so its function
  /// counts as a conventional one.
  public func isolationGroups(_ state: AccessControlState = .asLinuxEnables) -> IsolationGroups {
    IsolationGroups(self, state: state)
  }
}

/// The search for the group that a function joins.
private struct GroupFormer {
  let topology: PCITopology
  let isolation: Isolation
  var visits = 0

  private let physicalFunctions: PhysicalFunctions
  /// Per function with ids other than its own on its bus: those device and function numbers. Few
  /// functions have any, so buses without them need no search.
  private let strangeIDs: [PCIBus: [PCIAddress: Set<UInt8>]]
  /// Whether all ports from a bridge to the root keep their peers apart.
  private var isolatedPaths: [PCIAddress: Bool] = [:]

  init(topology: PCITopology, isolation: Isolation) {
    self.topology = topology
    self.isolation = isolation
    physicalFunctions = PhysicalFunctions(topology)
    var strange: [PCIBus: [PCIAddress: Set<UInt8>]] = [:]
    for function in topology.functions {
      let ids = topology.deviceAliases(of: function, knownTo: .linux).map { $0.devfn }
      if !ids.isEmpty {
        strange[function.address.onBus, default: [:]][function.address] = Set(ids)
      }
    }
    strangeIDs = strange
  }

  /// The group that `function` joins, or nil for one of its own.
  mutating func group(for function: PCIFunction, among groups: IsolationGroups)
    -> (Int?, IsolationGroup.Cause)
  {
    visits += 1
    // 1. Up to the last bridge that takes requests over: below it, ids tell nothing apart.
    var point = function
    for alias in topology.aliases(of: function.address) where alias.carrier != function.address {
      visits += 1
      guard let carrier = topology[alias.carrier] else { continue }
      if let id = groups.id(of: carrier.address) { return (id, .aliasOf(carrier.address)) }
      point = carrier
    }
    // 2. Further up, to where ports keep their peers apart all the way.
    while let bridge = topology.bridge(above: point.address.onBus) {
      visits += 1
      if isIsolatedPath(from: bridge) { break }
      if let id = groups.id(of: bridge.address) { return (id, .noIsolationAt(bridge.address)) }
      point = bridge
    }
    // 3. Functions that share ids with this one, then functions of the same device.
    var seen: Set<UInt8> = []
    if let (id, other) = aliasGroup(of: point, groups, &seen) {
      return (id, .sharesIDs(with: other))
    }
    if let (id, other) = deviceGroup(of: point, groups, &seen) {
      return (id, .functionOfSameDevice(other))
    }
    return (nil, .first)
  }

  /// Whether `bridge` and every bridge above it keep their peers apart (pci_acs_path_enabled).
  private mutating func isIsolatedPath(from bridge: PCIFunction) -> Bool {
    if let known = isolatedPaths[bridge.address] { return known }
    visits += 1
    var result = isolation.holds(for: bridge, isMultiFunction: isMultiFunction(bridge))
    if result, let above = topology.bridge(above: bridge.address.onBus) {
      result = isIsolatedPath(from: above)
    }
    isolatedPaths[bridge.address] = result
    return result
  }

  /// The group of `function` or of one that shares ids with it (get_pci_alias_group).
  private mutating func aliasGroup(
    of function: PCIFunction, _ groups: IsolationGroups, _ seen: inout Set<UInt8>
  ) -> (Int, PCIAddress)? {
    guard seen.insert(function.address.devfn).inserted else { return nil }
    visits += 1
    if let id = groups.id(of: function.address) { return (id, function.address) }
    guard let strange = strangeIDs[function.address.onBus] else { return nil }
    for other in topology.functions(on: function.address.onBus) {
      visits += 1
      let share =
        strange[function.address]?.contains(other.address.devfn) ?? false
        || strange[other.address]?.contains(function.address.devfn) ?? false
      guard share else { continue }
      if let found = aliasGroup(of: other, groups, &seen) { return found }
      if let found = deviceGroup(of: other, groups, &seen) { return found }
    }
    return nil
  }

  /// The group of another function of the same device, where neither is kept apart
  /// (get_pci_function_alias_group).
  private mutating func deviceGroup(
    of function: PCIFunction, _ groups: IsolationGroups, _ seen: inout Set<UInt8>
  ) -> (Int, PCIAddress)? {
    guard isMultiFunction(function),
      !isolation.holds(for: function, isMultiFunction: true)
    else { return nil }
    for other in topology.slot(of: function.address) where other.address != function.address {
      visits += 1
      if isolation.holds(for: other, isMultiFunction: isMultiFunction(other)) { continue }
      if let found = aliasGroup(of: other, groups, &seen) { return found }
    }
    return nil
  }

  /// Whether the kernel counts the function among several of one device. Virtual functions it
  /// does not (pci_iov_add_virtfn).
  private func isMultiFunction(_ function: PCIFunction) -> Bool {
    if physicalFunctions.owner(of: function.address) != nil { return false }
    return function.address.function != 0 || function.configuration.isMultiFunction == true
  }
}
