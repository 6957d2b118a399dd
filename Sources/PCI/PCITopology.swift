import Text

/// The functions of a machine in bus order, and the tree that their bridges make.
///
/// A value: a snapshot, this machine's bus and a scenario's invention are the same thing and add
/// up. Which bridge leads to which bus is derived from the bridges' configuration space alone.
public struct PCITopology: Hashable, Sendable {
  /// All functions, by segment, bus, device and function; each address once.
  public private(set) var functions: [PCIFunction]
  /// The bridges' bus ranges by secondary bus, for look-ups from a bus upwards.
  private var windows: [BridgeWindow]

  /// A bus without functions.
  public init() {
    functions = []
    windows = []
  }

  /// The bus with `functions`, in any order; of two with the same address the later one counts.
  public init(_ functions: [PCIFunction]) {
    var byAddress: [PCIAddress: PCIFunction] = [:]
    for function in functions { byAddress[function.address] = function }
    self.functions = byAddress.values.sorted { $0.address < $1.address }
    windows = Self.windows(of: self.functions)
  }

  /// The function at `address`.
  public subscript(address: PCIAddress) -> PCIFunction? {
    let index = functions.countInFront { $0.address >= address }
    return index < functions.count && functions[index].address == address ? functions[index] : nil
  }

  /// Adds `function`, as hot plug does.
  ///
  /// - Returns: what was at its address before.
  @discardableResult
  public mutating func add(_ function: PCIFunction) -> PCIFunction? {
    let index = functions.countInFront { $0.address >= function.address }
    var replaced: PCIFunction?
    if index < functions.count, functions[index].address == function.address {
      replaced = functions[index]
      functions[index] = function
    } else {
      functions.insert(function, at: index)
    }
    if function.bridgeBuses != nil || replaced?.bridgeBuses != nil {
      windows = Self.windows(of: functions)
    }
    return replaced
  }

  /// Adds all of `other`; where both have an address, `other` counts.
  public mutating func overlay(_ other: PCITopology) {
    self = PCITopology(functions + other.functions)
  }

  /// Removes the function at `address` and, if it is a bridge, everything below it.
  ///
  /// - Returns: what was removed, in bus order; empty if nothing is at `address`.
  @discardableResult
  public mutating func remove(_ address: PCIAddress) -> [PCIFunction] {
    guard let function = self[address] else { return [] }
    let below = function.bridgeBuses
    func goes(_ other: PCIFunction) -> Bool {
      other.address == address
        || (other.address.segment == address.segment
          && below?.contains(other.address.bus) ?? false)
    }
    let removed = functions.filter(goes)
    functions.removeAll(where: goes)
    if below != nil { windows = Self.windows(of: functions) }
    return removed
  }

  /// Changes the function at `address` in place.
  ///
  /// - Returns: whether there is one.
  @discardableResult
  public mutating func update(_ address: PCIAddress, _ change: (inout PCIFunction) -> Void) -> Bool
  {
    let index = functions.countInFront { $0.address >= address }
    guard index < functions.count, functions[index].address == address else { return false }
    var changed = functions[index]
    let before = changed.bridgeBuses
    change(&changed)
    // The address is fixed at creation; a change that puts another function here is not an update.
    guard changed.address == address else { return false }
    functions[index] = changed
    if changed.bridgeBuses != before { windows = Self.windows(of: functions) }
    return true
  }

  /// The functions on `bus`, in order.
  public func functions(on bus: PCIBus) -> ArraySlice<PCIFunction> {
    let start = functions.countInFront { $0.address.onBus >= bus }
    let end = functions.countInFront { $0.address.onBus > bus }
    return functions[start..<end]
  }

  /// The functions of the same device (slot) as `address`, itself among them if it exists.
  public func slot(of address: PCIAddress) -> [PCIFunction] {
    functions(on: address.onBus).filter { $0.address.device == address.device }
  }

  /// Every bus that has functions, in order.
  public var buses: [PCIBus] {
    var found: [PCIBus] = []
    for function in functions where found.last != function.address.onBus {
      found.append(function.address.onBus)
    }
    return found
  }

  /// The bridge right above `bus`; nil for a root bus.
  ///
  /// It is the bridge whose secondary bus this is. Virtual functions can sit on a bus that no
  /// bridge calls its secondary; above those is the innermost bridge whose range has the bus.
  public func bridge(above bus: PCIBus) -> PCIFunction? {
    var index = windows.countInFront { ($0.segment, $0.secondary) > (bus.segment, bus.number) }
    while index > 0 {
      index -= 1
      let window = windows[index]
      guard window.segment == bus.segment else { return nil }
      if window.subordinate >= bus.number { return self[window.bridge] }
    }
    return nil
  }

  /// The bridges from the root bus down to the bus of `address`; empty for a root bus.
  public func path(to address: PCIAddress) -> [PCIFunction] {
    var bridges: [PCIFunction] = []
    var bus = address.onBus
    // Each bridge sits on a lower bus than it leads to, so this ends.
    while let bridge = bridge(above: bus) {
      bridges.append(bridge)
      bus = bridge.address.onBus
    }
    return bridges.reversed()
  }

  /// Whether no bridge leads to `bus`: it hangs on the root complex.
  public func isRoot(_ bus: PCIBus) -> Bool { bridge(above: bus) == nil }

  /// The functions as trees, one per root bus.
  public var tree: [PCITree] {
    var children: [PCIAddress: [PCIBus]] = [:]
    var roots: [PCIBus] = []
    for bus in buses {
      if let bridge = bridge(above: bus) {
        children[bridge.address, default: []].append(bus)
      } else {
        roots.append(bus)
      }
    }
    func grow(_ bus: PCIBus) -> PCITree {
      PCITree(
        bus: bus,
        nodes: functions(on: bus).map { function in
          PCITree.Node(
            function: function, below: (children[function.address] ?? []).map(grow))
        })
    }
    return roots.map(grow)
  }

  private static func windows(of functions: [PCIFunction]) -> [BridgeWindow] {
    var windows: [BridgeWindow] = []
    for function in functions {
      guard let buses = function.bridgeBuses else { continue }
      windows.append(
        BridgeWindow(
          segment: function.address.segment, secondary: buses.secondary,
          subordinate: buses.subordinate, bridge: function.address))
    }
    // Of two bridges that claim one secondary bus, the first in bus order is looked at first when
    // the search comes from above.
    return windows.sorted {
      ($0.segment, $0.secondary, $1.bridge) < ($1.segment, $1.secondary, $0.bridge)
    }
  }
}

/// One bridge's claim to the buses below it.
private struct BridgeWindow: Hashable, Sendable {
  let segment: UInt32
  let secondary: UInt8
  let subordinate: UInt8
  let bridge: PCIAddress
}

/// A bus with its functions, and below its bridges the next buses.
public struct PCITree: Hashable, Sendable {
  /// A function and what stands behind it.
  public struct Node: Hashable, Sendable {
    /// The function.
    public let function: PCIFunction
    /// The buses right below a bridge; more than one only where virtual functions spill over.
    public let below: [PCITree]
  }

  /// The bus.
  public let bus: PCIBus
  /// What stands on the bus.
  public let nodes: [Node]
}
