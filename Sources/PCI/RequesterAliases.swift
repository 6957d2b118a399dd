public import VTdFormats

/// One id under which requests of a function may reach the unit.
public struct RequesterAlias: Hashable, Sendable {
  /// Where an alias comes from.
  public enum Origin: Hashable, Sendable {
    /// The function's own id.
    case own
    /// The id of the device through which this one is seen: a Volume Management Device.
    case realRequester
    /// The device uses an id of its bus that is not its own; the text says which device does so.
    case device(String)
    /// A bridge takes requests from below over.
    case bridge
  }

  /// The segment in which the id is used.
  public let segment: UInt32
  /// The id that requests carry.
  public let sourceID: SourceID
  /// Why they carry it.
  public let origin: Origin
  /// The function that puts the id on the bus: the function itself or the bridge above it.
  public let carrier: PCIAddress
}

/// Whose knowledge of a device's strange ids counts.
public enum AliasKnowledge: Hashable, Sendable {
  /// What Linux allows for: it sets these ids up when it maps for the function.
  case linux
  /// What the hardware may send, known to Linux or not.
  case hardware
}

extension PCITopology {
  /// The ids under which requests of the function at `address` may reach the root bus, its own
  /// first, in the order of the kernel's pci_for_each_dma_alias; empty if there is no such
  /// function.
  public func aliases(of address: PCIAddress, knownTo knowledge: AliasKnowledge = .linux)
    -> [RequesterAlias]
  {
    guard let function = self[address] else { return [] }
    var aliases: [RequesterAlias] = []
    func add(_ id: SourceID, _ origin: RequesterAlias.Origin, _ carrier: PCIAddress) {
      if aliases.contains(where: { $0.sourceID == id }) { return }
      aliases.append(
        RequesterAlias(
          segment: carrier.segment, sourceID: id, origin: origin, carrier: carrier))
    }

    // Behind a Volume Management Device everything comes out as that device, on its own bus.
    let requester = realRequester(of: address) ?? function
    let bus = requester.address.bus
    add(
      requester.sourceID, requester.address == address ? .own : .realRequester, requester.address)
    for (devfn, note) in deviceAliases(of: requester, knownTo: knowledge) {
      let id = SourceID(bus: bus, devfn: devfn)
      add(id, .device(note), requester.address)
    }
    for bridge in path(to: requester.address).reversed() {
      if KnownDevice.rows(for: bridge.identity).contains(where: { $0.effect == .aliasesEndHere }) {
        break
      }
      if let id = ownedRequester(of: bridge) { add(id, .bridge, bridge.address) }
    }
    return aliases
  }

  /// The id that a bridge gives to requests from below; nil for those that pass them on.
  ///
  /// PCI Express to PCI/PCI-X Bridge Specification 1.0, 2.3, as the kernel reads it.
  func ownedRequester(of bridge: PCIFunction) -> SourceID? {
    guard let buses = bridge.bridgeBuses else { return nil }
    let below = SourceID(bus: buses.secondary, device: 0, function: 0)
    if let express = bridge.configuration.express {
      switch express.portType {
      case .expressToPCIBridge: return below
      case .pciToExpressBridge: return bridge.sourceID
      default: return nil
      }
    }
    return actsAsExpressBridge(bridge) ? below : bridge.sourceID
  }

  /// Whether a bridge without PCI Express capability is one in truth: its row in the table of
  /// known devices says so, and it stands right below a PCI Express port.
  private func actsAsExpressBridge(_ bridge: PCIFunction) -> Bool {
    guard
      KnownDevice.rows(for: bridge.identity).contains(where: { $0.effect == .bridgeActsAsExpress }),
      let above = self.bridge(above: bridge.address.onBus),
      let express = above.configuration.express
    else { return false }
    return express.portType != .expressToPCIBridge
  }

  /// Device and function numbers other than its own that the function may use, with the reason.
  func deviceAliases(of function: PCIFunction, knownTo knowledge: AliasKnowledge)
    -> [(devfn: UInt8, note: String)]
  {
    let own = function.address
    var found: [(devfn: UInt8, note: String)] = []
    for row in KnownDevice.rows(for: function.identity)
    where row.isKnownToLinux || knowledge == .hardware {
      switch row.effect {
      case .aliasFunction(let number): found.append((own.devfn & 0xf8 | number, row.note))
      case .aliasDevfn(let devfn): found.append((devfn, row.note))
      case .aliasWholeBus: found.append(contentsOf: (0...UInt8.max).map { ($0, row.note) })
      case .bridgeActsAsExpress, .aliasesEndHere, .isolatesWithoutACS, .wideACSRegisters: continue
      }
    }
    if knowledge == .hardware, let express = function.configuration.express,
      express.phantomFunctionsEnabled, (1...3).contains(express.phantomFunctionBits)
    {
      // The function number's high bits count phantoms (PCI Express Base 5.0, 7.5.3.3).
      let step = UInt8(8) >> express.phantomFunctionBits
      for number in stride(from: own.function % step, to: 8, by: Int(step)) {
        found.append((own.devfn & 0xf8 | number, "Phantom Functions Enable is set"))
      }
    }
    return found.filter { $0.devfn != own.devfn }
  }

  /// The function whose id requests from `address` carry instead of any id of its own segment.
  ///
  /// Functions behind a Volume Management Device live in a segment that Linux makes up; on the
  /// real bus they are the VMD. Which VMD made which segment is not in configuration space: Linux
  /// hands out segments from 0x10000 on as it finds the devices, and so does this.
  public func realRequester(of address: PCIAddress) -> PCIFunction? {
    guard address.segment >= Self.firstMadeUpSegment else { return nil }
    let segments = Set(
      functions.lazy.map { $0.address.segment }.filter { $0 >= Self.firstMadeUpSegment }
    ).sorted()
    let devices = functions.filter {
      $0.address.segment < Self.firstMadeUpSegment && $0.identity.isVolumeManagementDevice
    }
    guard let index = segments.firstIndex(of: address.segment), index < devices.count else {
      return nil
    }
    return devices[index]
  }

  /// Segments from here on have been made up by Linux: ACPI's have 16 bits.
  static let firstMadeUpSegment: UInt32 = 0x10000
}

extension PCIIdentity {
  /// Intel's Volume Management Device, which hides functions behind itself (drivers/pci/
  /// controller/vmd.c).
  var isVolumeManagementDevice: Bool {
    let devices: Set<UInt16> = [
      0x201d, 0x28c0, 0x467f, 0x4c3d, 0x7d0b, 0x9a0b, 0xa77f, 0xad0b, 0xb06f, 0xb60b,
    ]
    return vendor == 0x8086 && devices.contains(device)
  }
}
