/// Commented scenarios to start from, one for each thing that scenarios show.
public enum ScenarioTemplate: String, CaseIterable, Sendable {
  /// A device reads what nobody has mapped for it.
  case fault
  /// A driver maps a buffer, and its device goes on after the driver has unmapped it.
  case driver
  /// A device sends an interrupt that belongs to another one.
  case interrupt
  /// Two paths take two locks in opposite orders.
  case locks

  /// The scenario as YAML.
  public var text: String {
    switch self {
    case .fault:
      Self.head("A device reads an address that nobody has mapped for it.") + Self.faultText
    case .driver:
      Self.head("A device writes to a buffer after its driver has unmapped it.") + Self.driverText
    case .interrupt:
      Self.head("A device sends an interrupt that belongs to another device.") + Self.interruptText
    case .locks: Self.head("Two paths take two locks in opposite orders.") + Self.locksText
    }
  }

  private static func head(_ summary: String) -> String {
    """
    # `dmar replay FILE` prints the kernel's log, `dmar test FILE` compares it with what is expected below.
    # `dmar schema --reference` has every key.
    format: 1
    description: \(summary)

    """
  }

  private static let faultText = """

    kernel:
      # Which release the kernel behaves as: `dmar profiles` lists what changed from one to the next.
      release: 6.12.0
      profile: "6.12"

    machine:
      memory: 1GiB
      units:
        dmar0:
          # What the unit can do, as a kernel prints it at boot: "cap d2008c40660462 ecap f050da".
          cap: 0xd2008c40660462
          ecap: 0xf050da
      pci:
        functions:
          "00:03.0": {vendor: 0x8086, device: 0x10d3, class: 0x020000}

    boot:
      domains:
        # The domain with id 1, and what the driver has mapped in it.
        1:
          devices: ["00:03.0"]
          mappings:
            # Reading and writing are allowed; access: r or access: w allows one of them.
            - {iova: 0x10000000, target: 0x20000000, size: 64KiB}

    steps:
      # Within the mapping: memory is read, and nothing is printed.
      - dma: {device: "00:03.0", access: read, address: 0x10000000}
      # Behind its end: the unit records a fault, and the kernel prints it.
      - dma: {device: "00:03.0", access: read, address: 0x10010000}

    expect:
      faults:
        - {device: "00:03.0", access: read, address: 0x10010000, reason: 0x06}

    """

  private static let driverText = """

    kernel:
      release: 6.12.0
      profile: "6.12"

    machine:
      memory: 1GiB
      units:
        dmar0: {cap: 0xd2008c40660462, ecap: 0xf050da}
      pci:
        functions:
          "00:03.0": {vendor: 0x8086, device: 0x10d3, class: 0x020000}

    boot:
      # With iommu.strict=1 the unit forgets a page as soon as it is unmapped. Without it, the page can be
      # reached for a while longer.
      command_line: intel_iommu=on iommu.strict=1
      # The driver makes a domain for each device, as real kernels do.
      default_domains: true

    steps:
      # The kernel chooses the address; later steps call it by the name.
      - dma_map: {device: "00:03.0", name: ring, target: 0x20000000, size: 64KiB}
      - dma: {device: "00:03.0", access: write, address: ring}
      - dma_unmap: ring
      # The device has not been told: a use after the unmap.
      - dma: {device: "00:03.0", access: write, address: ring+0x40}

    expect:
      faults:
        - {device: "00:03.0", access: write, address: 0xffff0000, reason: 0x05}

    """

  private static let interruptText = """

    kernel:
      release: 6.12.0
      profile: "6.12"
      configuration:
        # The unit remaps interrupts: a device names an entry of a table and not a CPU.
        IRQ_REMAP: true

    machine:
      memory: 1GiB
      units:
        dmar0: {cap: 0xd2008c40660462, ecap: 0xf050da}
      pci:
        functions:
          "00:03.0": {vendor: 0x8086, device: 0x10d3, class: 0x020000}
          "00:04.0": {vendor: 0x8086, device: 0x10d3, class: 0x020000}

    boot:
      interrupts:
        # Entry 5 belongs to the first device and becomes vector 0x30 of the CPU with APIC id 0.
        - {index: 5, vector: 0x30, destination: 0, source: "00:03.0"}

    steps:
      # An interrupt is a write to 0xfee00000: bit 4 says that it is remapped, bits 19:5 name the entry.
      - dma: {device: "00:03.0", access: write, address: 0xfee000b0}
      # The other device has no business with this entry.
      - dma: {device: "00:04.0", access: write, address: 0xfee000b0}

    expect:
      contains:
        - "[fault reason 0x26]"

    """

  private static let locksText = """

    kernel:
      release: 6.12.0
      profile: "6.12"
      configuration:
        # The lock validator is built in.
        PROVE_LOCKING: true

    machine:
      memory: 1GiB
      units:
        dmar0: {cap: 0xd2008c40660462, ecap: 0xf050da}

    steps:
      # L takes a spinlock and U gives it back: `dmar lockcheck --help` explains the notation.
      - locks:
          program: "@open L(ring) L(queue) U(queue) U(ring)"
      # The opposite order: the two paths may wait for each other for ever, and the kernel says so.
      - locks:
          program: "@close L(queue) L(ring) U(ring) U(queue)"

    expect:
      splat:
        title: possible circular locking dependency detected

    """
}
