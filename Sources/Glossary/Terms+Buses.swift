extension Terms {
  static let buses: [Term] = [
    Term(
      "DMA", ["direct memory access"],
      "A device reads or writes the machine's memory by itself, without the CPU. The CPU tells it an "
        + "address beforehand; from then on nothing but an IOMMU checks where it reads or writes.",
      see: ["IOMMU", "IOVA"]),
    Term(
      "PCI function", ["function", "device"],
      "What a driver binds to: one of up to eight functions of a PCI device. Linux calls it a device "
        + "and names it by segment, bus, device and function: 0000:00:1a.0.",
      see: ["source-id", "segment"]),
    Term(
      "bus:device.function", ["BDF", "bus device function", "devfn"],
      "The name of a PCI function within its segment: bus in 8 bits, device in 5, function in 3. "
        + "Linux prints it in hexadecimal: 00:1a.0 is bus 0, device 26, function 0. Device and "
        + "function together are called devfn: 0xd0 here.",
      see: ["source-id", "segment"]),
    Term(
      "source-id", ["requester id", "RID", "SID"],
      "Sixteen bits that a PCI request carries to say who sent it: bus in bits 15:8, devfn in bits "
        + "7:0. The unit looks up its tables by it. A bridge may put its own id in place of the "
        + "device's.",
      see: ["bus:device.function", "alias"]),
    Term(
      "segment", ["PCI domain", "domain number"],
      "A set of 256 buses with a configuration space of its own. Small machines have segment 0000 "
        + "alone. Linux also calls it a PCI domain, which has nothing to do with an IOMMU domain.",
      see: ["domain", "DRHD"]),
    Term(
      "bridge", ["root port", "switch port"],
      "A function that leads to another bus. Requests from behind a bridge to conventional PCI carry "
        + "the bridge's id, so that the unit cannot tell the devices behind it apart.",
      see: ["alias", "group"]),
    Term(
      "alias", ["DMA alias", "phantom function"],
      "A source-id that a function uses although it is another function's, or nobody's: because of a "
        + "bridge, or because the device is built so. Linux knows some by quirks; a device whose alias "
        + "it does not know faults with reason 0x02.",
      see: ["source-id", "bridge"]),
    Term(
      "configuration space", ["config space"],
      "Registers of a PCI function that say what it is and switch it on: ids, BARs, bus mastering, "
        + "capabilities such as ATS, MSI and PASID.",
      see: ["BAR", "ATS", "bus mastering"]),
    Term(
      "bus mastering", ["bus master enable", "BME"],
      "A bit in a function's command register. While it is clear the function cannot send DMA, nor "
        + "interrupts as messages.",
      see: ["DMA", "MSI"]),
    Term(
      "BAR", ["base address register"],
      "A range of addresses at which a function's own registers answer. A DMA to another function's "
        + "BAR is peer-to-peer.",
      see: ["peer-to-peer", "ACS"]),
    Term(
      "peer-to-peer", ["P2P"],
      "DMA from one device to another. Below a switch without ACS it never reaches the unit, which "
        + "cannot check it then.",
      see: ["ACS", "group"]),
    Term(
      "ACS", ["access control services"],
      "Bits in bridges that send every request up to the unit, peer-to-peer too. Linux puts devices "
        + "that can reach each other without ACS into one group.",
      see: ["group", "peer-to-peer"]),
    Term(
      "group", ["IOMMU group"],
      "The functions that the unit cannot keep apart. They share one domain, and only a whole group "
        + "can be handed to a guest.",
      see: ["ACS", "domain", "VFIO"]),
    Term(
      "root complex", ["host bridge"],
      "The part of the machine between the CPUs, memory and PCI. Remapping units sit in it.",
      see: ["unit"]),
  ]
}
