extension Terms {
  static let interrupts: [Term] = [
    Term(
      "MSI", ["MSI-X", "message signalled interrupt"],
      "An interrupt that a device sends as a write to an address in 0xfee00000 to 0xfeefffff. The "
        + "address says which CPU, the data which vector.",
      see: ["interrupt remapping", "interrupt address range"]),
    Term(
      "vector", ["interrupt vector"],
      "The number, 16 to 255, by which a CPU finds the handler of an interrupt. A message carries it in "
        + "its data, or the interrupt entry that the message names has it.",
      see: ["MSI", "interrupt remapping"]),
    Term(
      "interrupt address range", ["0xfee00000", "interrupt range"],
      "Addresses 0xfee00000 to 0xfeefffff. A write there is an interrupt and is never translated; any "
        + "other request there faults.",
      see: ["MSI"]),
    Term(
      "interrupt remapping", ["IR", "intremap"],
      "The unit replaces what an interrupt message says by an entry of a table that software controls, "
        + "so that a device cannot send just any interrupt.",
      see: ["interrupt entry", "remappable format"]),
    Term(
      "interrupt entry", ["IRTE", "interrupt remapping table entry"],
      "Sixteen bytes of the interrupt remapping table: vector, destination, and which source may use "
        + "it.",
      see: ["interrupt remapping", "source-id check"]),
    Term(
      "remappable format", ["compatibility format", "interrupt format"],
      "Bit 4 of the message's address tells the two formats apart. A remappable message holds an index "
        + "into the table; one in the old, compatibility format holds vector and destination itself and "
        + "can be blocked (reason 0x25).",
      see: ["interrupt remapping"]),
    Term(
      "source-id check", ["SVT", "SQ", "source validation"],
      "An interrupt entry names the source-id that may use it. A message from another source faults "
        + "with reason 0x26.",
      see: ["interrupt entry", "source-id"]),
    Term(
      "IOAPIC", ["HPET"],
      "Chips that send interrupts too. They are not PCI functions; firmware gives them source-ids of "
        + "their own, such as f0:1f.0, and names them in the DMAR table.",
      see: ["DMAR table", "source-id"]),
    Term(
      "posted interrupt", ["PID", "posted descriptor"],
      "An interrupt that is written into a descriptor in memory, for a guest that may not be running.",
      see: ["interrupt entry"]),
    Term(
      "x2APIC", ["EIM", "extended interrupt mode"],
      "Interrupt destinations of 32 bits, for machines with more than 255 CPUs. Needs interrupt "
        + "remapping with EIM.",
      see: ["interrupt remapping"]),
    Term(
      "hard interrupt context", ["hardirq", "interrupt context", "hard interrupt"],
      "Where the CPU is while it serves an interrupt. It interrupted something that may hold locks; "
        + "code here must not sleep and must not wait for such a lock.",
      see: ["lock class", "irq-safe"]),
    Term(
      "soft interrupt", ["softirq", "bottom half"],
      "Work that an interrupt handler leaves for right after it: timers, network. It has rules for "
        + "locks like those of hard interrupts.",
      see: ["hard interrupt context"]),
  ]
}
