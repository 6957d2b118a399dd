import KernelLog
import LogReading
import PCI
import VTdFormats

/// Causes that lie in the requester id.
extension Rule {
  /// Families whose engines are known to send another function's number.
  private static let aliasingVendors: [UInt16: String] = [
    0x1b4b: "Marvell 88SE91xx/92xx", 0x1415: "Oxford", 0x111d: "IDT/PMC Switchtec",
    0x11f8: "Microsemi Switchtec",
  ]

  /// The row of the table of strange devices that makes a sibling the sender.
  private static func knownAlias(
    _ fault: FaultCase
  ) -> (sibling: PCIAddress, row: KnownDevice)? {
    let source = fault.fault.key.source
    for sibling in fault.siblings {
      guard let function = fault.log.functions[sibling], let vendor = function.vendor,
        let device = function.device
      else { continue }
      let identity = PCIIdentity(
        vendor: vendor, device: device,
        classCode: PCIClass(rawValue: function.classCode ?? 0))
      for row in KnownDevice.rows(for: identity) {
        switch row.effect {
        case .aliasFunction(let number) where number == source.function: return (sibling, row)
        case .aliasDevfn(let devfn) where devfn == source.devfn: return (sibling, row)
        case .aliasWholeBus: return (sibling, row)
        default: continue
        }
      }
    }
    return nil
  }

  /// Cause 3: the requester id belongs to no PCI function: an alias of a real one.
  static let phantomFunction = Rule(cause: .phantomFunction) { fault in
    let source = fault.fault.key.source
    let isEngine = source.bus == 0 && source.device == 0x16
    // Xen prints the reason on a line of its own, which an excerpt may lack.
    let isContext = fault.isReason(FaultReason.functionMissing) || fault.reason == nil
    // Where the DMAR table names the engine's id, the id has a context entry, and pages are
    // missing.
    guard isContext || isEngine && fault.isReason(FaultReason.legacyPageRefused),
      fault.function == nil,
      fault.fault.interruptIndex == nil, fault.behindBridge == nil, !fault.isTimerID
    else { return nil }
    // Function 0 of a bus of which the log lists nothing may exist.
    guard fault.isBusListed || !fault.siblings.isEmpty || source.function != 0,
      fault.log.departures[fault.fault.function] == nil, !fault.isKdump
    else { return nil }
    var clues: [Clue] = []
    if !fault.siblings.isEmpty {
      let names = fault.siblings.map { $0.shortDescription }.joined(separator: ", ")
      let places = fault.siblings.compactMap { fault.log.functions[$0]?.place }
      clues.append(
        Clue(
          .siblingListed,
          "no PCI function \(fault.device) is in the log, but \(names) of the same device is",
          places))
    } else if fault.isBusListed {
      clues.append(
        Clue(
          .busListedWithout,
          "the log lists the functions of this bus, and \(fault.device) is not one"))
    } else {
      clues.append(
        Clue(
          .functionUnknown,
          "the log knows no function \(source.function) of this device", fault.place))
    }
    if fault.reason == nil {
      clues.append(Clue(.reasonCut, "the reason is cut off", fault.place))
    }
    let alias = knownAlias(fault)
    if let alias {
      clues.append(
        Clue(
          .knownAlias,
          "\(alias.sibling.shortDescription) is a \(alias.row.note), which is known to send requests "
            + "under this id"
            + (alias.row.isKnownToLinux ? "" : "; Linux has no quirk for it"),
          fault.log.functions[alias.sibling].map { [$0.place] } ?? []))
    }
    if let above = fault.bridgeAbove {
      let buses = "bus \(hex(UInt64(source.bus), digits: 2))"
      clues.append(
        Clue(
          .context, "\(buses) is below \(above.address.shortDescription)", [above.bridge.place]))
    }
    let family =
      alias != nil
      ? nil
      : fault.siblings.compactMap { sibling -> String? in
        guard let vendor = fault.log.functions[sibling]?.vendor else { return nil }
        return aliasingVendors[vendor]
      }.first
    if let family {
      clues.append(Clue(.aliasingFamily, "\(family) controllers are known to send such ids"))
    }
    if isEngine {
      clues.append(
        Clue(
          .managementEngine,
          "00:16.x is the management engine: .7 is its firmware TPM, which has no PCI function"))
    }
    if fault.index.accesses(of: source).count == 2 {
      clues.append(
        Clue(.bothDirections, "it both reads and writes: a whole engine uses this id"))
    }
    let phantoms =
      fault.fault.address.map(fault.index.faults(at:))?.filter {
        $0.source.bus == source.bus && $0.source.device == source.device && $0.source != source
      } ?? []
    if !phantoms.isEmpty {
      clues.append(
        Clue(
          .sameAddressOfOthers,
          "other ids of the device fault at the same address: one engine uses several ids",
          phantoms.prefix(4).map { $0.place }))
    }
    return Hypothesis(
      cause: .phantomFunction, clues: clues, severity: .serious,
      culprit: isEngine
        ? "the firmware: it uses an id that the table gives to no unit's device"
        : "the device: it sends a requester id that is not its own",
      verdict: "no function \(fault.device) exists as far as the log tells: a device next to it "
        + "sends DMA under this id, and the kernel has set nothing up for it",
      next: [
        .linux(
          "compare with lspci: which function sits at "
            + "\(hex(UInt64(source.bus), digits: 2)):\(hex(UInt64(source.device), digits: 2)).x?"),
        .linux(
          "look for a DMA-alias quirk for that device in drivers/pci/quirks.c, or ask for one"),
      ],
      missing: fault.isBusListed || !fault.siblings.isEmpty
        ? (alias == nil ? [.linux("lspci -nn")] : []) : [.linux("lspci -nn, lspci -t")])
  }

  /// Cause 29: a bridge to conventional PCI sends what is behind it under function 0 of its
  /// secondary bus, and the kernel has no entry for that id.
  static let bridgeAlias = Rule(cause: .bridgeAlias) { fault in
    guard fault.isReason(FaultReason.notAttached), let behind = fault.behindBridge else {
      return nil
    }
    let names = behind.functions.map { $0.shortDescription }.joined(separator: ", ")
    var clues = [
      Clue(
        .aliasOfBridge,
        "no function \(fault.device) is listed, but \(names) behind the bridge "
          + "\(behind.bridge.shortDescription) "
          + (behind.functions.count == 1 ? "is" : "are")
          + "; such a bridge sends their requests as \(fault.device)",
        behind.places)
    ]
    if behind.isConventional {
      clues.append(
        Clue(
          .conventionalBus,
          "a PCI Express link has one device, number 0: other numbers show a conventional bus",
          behind.places))
    }
    return Hypothesis(
      cause: .bridgeAlias, clues: clues, severity: .serious,
      culprit: "the kernel's IOMMU set-up: it has no context entry for the bridge's alias",
      verdict:
        "\(fault.device) is the id that the bridge \(behind.bridge.shortDescription) uses for "
        + "what is behind it (\(names)); the bridge is right, and the kernel has no context entry "
        + "for the alias",
      next: [
        .linux(
          "see whether all functions behind the bridge and the bridge itself are in one IOMMU group"
        ),
        .linux("report it with lspci -tv: no quirk is missing, the entry for the alias is"),
        .linux(
          "as a test: a kernel in legacy mode (intel_iommu=on,sm_off) sets aliases up in another way"
        ),
      ])
  }
}

extension FaultCase {
  /// The functions below a bridge to conventional PCI that sends under the requester id.
  struct BehindBridge: Sendable {
    var bridge: PCIAddress
    var functions: [PCIAddress]
    /// Whether the functions' numbers show a conventional bus.
    var isConventional: Bool
    var places: [LogPlace]
  }

  /// The bridge and its functions, where the requester id is that of function 0 of their bus and no
  /// such function exists; nil otherwise.
  var behindBridge: BehindBridge? {
    let source = fault.key.source
    guard source.devfn == 0, function == nil, let above = bridgeAbove else { return nil }
    let below = log.functions.filter {
      $0.value.isListed && $0.key.segment == fault.function.segment && $0.key.bus == source.bus
    }
    guard !below.isEmpty else { return nil }
    return BehindBridge(
      bridge: above.address, functions: below.keys.sorted(),
      isConventional: below.keys.contains { $0.device > 0 },
      places: [above.bridge.place] + below.values.map { $0.place }.sorted().prefix(4))
  }
}
