import KernelLog
import PCI
import VTdFormats

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
    // With a table that names the engine's id it has a context, and its pages are still missing.
    guard fault.isReason(1, 2, 0x39, 0x41) || isEngine && fault.isReason(5, 6),
      fault.function == nil
    else { return nil }
    // A bus that nothing else is known of tells nothing, but for a function other than 0.
    guard fault.isBusListed || !fault.siblings.isEmpty || source.function != 0,
      fault.log.departures[fault.fault.function] == nil, !fault.isKdump
    else { return nil }
    var why: [Finding.Evidence] = []
    var confidence: Int
    if !fault.siblings.isEmpty {
      let names = fault.siblings.map(\.shortDescription).joined(separator: ", ")
      let places = fault.siblings.compactMap { fault.log.functions[$0]?.place }
      why.append(
        Finding.Evidence(
          "no PCI function \(fault.device) is in the log, but \(names) of the same device is",
          places))
      confidence = 84
    } else if fault.isBusListed {
      why.append(
        Finding.Evidence("the log lists the functions of this bus, and \(fault.device) is not one"))
      confidence = 74
    } else {
      why.append(
        Finding.Evidence(
          "the log knows no function \(source.function) of this device",
          fault.place))
      confidence = 56
    }
    let alias = knownAlias(fault)
    if let alias {
      why.append(
        Finding.Evidence(
          "\(alias.sibling.shortDescription) is a \(alias.row.note), which is known to send requests "
            + "under this id"
            + (alias.row.isKnownToLinux ? "" : "; Linux has no quirk for it"),
          fault.log.functions[alias.sibling].map { [$0.place] } ?? []))
      confidence += 12
    }
    if let above = fault.bridgeAbove {
      let buses = "bus \(hex(UInt64(source.bus), digits: 2))"
      if source.devfn == 0, fault.siblings.isEmpty {
        why.append(
          Finding.Evidence(
            "\(above.address.shortDescription) leads to \(buses), and a bridge to conventional PCI "
              + "sends what comes from below under this very id", [above.bridge.place]))
        confidence += 8
      } else {
        why.append(
          Finding.Evidence(
            "\(buses) is below \(above.address.shortDescription)", [above.bridge.place]))
      }
    }
    let family =
      alias != nil
      ? nil
      : fault.siblings.compactMap { sibling -> String? in
        guard let vendor = fault.log.functions[sibling]?.vendor else { return nil }
        return aliasingVendors[vendor]
      }.first
    if let family {
      why.append(Finding.Evidence("\(family) controllers are known to send such ids"))
      confidence += 10
    }
    if isEngine {
      why.append(
        Finding.Evidence(
          "00:16.x is the management engine: .7 is its firmware TPM, which has no PCI function"))
      confidence += 6
    }
    let directions = Set(
      fault.log.faults.filter { $0.key.source == source }.compactMap(\.access))
    if directions.count == 2 {
      why.append(Finding.Evidence("it both reads and writes: a whole engine uses this id"))
      confidence += 3
    }
    return Finding(
      .phantomFunction, confidence: confidence, severity: .serious,
      culprit: "the device: it sends a requester id that is not its own",
      verdict: "no function \(fault.device) exists as far as the log tells: a device next to it "
        + "sends DMA under this id, and the kernel has set nothing up for it",
      why: why,
      next: [
        "compare with lspci: which function sits at "
          + "\(hex(UInt64(source.bus), digits: 2)):\(hex(UInt64(source.device), digits: 2)).x?",
        "look for a DMA-alias quirk for that device in drivers/pci/quirks.c, or ask for one",
      ],
      missing: fault.isBusListed || !fault.siblings.isEmpty
        ? (alias == nil ? ["lspci -nn"] : []) : ["lspci -nn, lspci -t"])
  }
}
