/// A scenario of a driver with default domains, and steps with numbers at every border.
struct RandomScenario {
  private var choices: Choices

  init(_ bytes: [UInt8]) { choices = Choices(bytes) }

  mutating func text() -> String {
    let unit = choices.one(of: [
      "{cap: 0xd2008c22260206, ecap: 0xf00f4a}",
      "{cap: 0x1d2008c222f0606, ecap: 0xc80080f00f4a}",
      "{cap: 0x1d2008c222f0606, ecap: 0xcd9820f00f4e}",
      "{cap: 0x91d2078c40380e06, ecap: 0x3ed9ce4f050de}",
    ])
    let release = choices.one(of: [
      "6.1.192", "2.6.32", "3.10", "4.19", "5.4", "5.9", "5.15", "6.0", "6.6", "6.7", "6.12", "7.3",
    ])
    let mode = choices.one(of: ["intel_iommu=on", "intel_iommu=on,sm_on"])
    let words = choices.one(of: [
      "iommu.strict=1", "iommu.strict=0", "iommu=pt", "iommu.forcedac=1",
    ])
    // A table of interrupts, and the first megabytes that a bridge to ISA gets, are most of a boot's time.
    let bridge =
      choices.next(8) == 1
      ? "\n      \"00:1f.0\": {vendor: 0x8086, device: 0x2918, class: 0x060100}" : ""
    var text = """
      kernel: {release: "\(release)", configuration: {IRQ_REMAP: \(choices.next(8) == 1), \
      INTEL_IOMMU_DEBUGFS: \(choices.bool()), PROVE_LOCKING: \(choices.bool())}}
      machine:
        memory: 1GiB
        units: {dmar0: \(unit)}
        pci:
          functions:
            "00:03.0": {vendor: 0x8086, device: 0x10d3, class: 0x020000, ats: 32, pasid: 20, \
      page_requests: true, port: root-complex-integrated-endpoint}\(bridge)
      boot: {command_line: "\(mode) \(words)", default_domains: true, pages: {base: 0x10000000}}
      steps:

      """
    repeat { text += "  - \(step())\n" } while !choices.isOver
    return text
  }

  private mutating func device() -> String {
    choices.one(of: ["\"00:03.0\"", "\"00:1f.0\"", "first", "\"00:1a.0\"", "\"0001:00:03.0\""])
  }

  private mutating func name() -> String { choices.one(of: ["a", "b", "c"]) }

  private mutating func size() -> String {
    choices.one(of: ["4KiB", "2MiB", "1GiB", "1", "0x1001", "\(choices.number())"])
  }

  private mutating func physical() -> UInt64 { choices.number(atMost: 0xf_ffff_ffff_ffff) }

  private mutating func domain() -> String {
    choices.bool() ? "domain: \(choices.one(of: ["vfio", "identity", "1"]))" : "device: \(device())"
  }

  private mutating func area() -> String {
    "{start: \(choices.number()), size: \(size()), target: \(physical()), "
      + "populated: \(choices.bool()), writable: \(choices.bool())}"
  }

  private mutating func step() -> String {
    switch choices.next(22) {
    case 0:
      let address = choices.bool() ? "\(choices.number())" : "\(name())+\(choices.number())"
      let pasid = choices.bool() ? ", pasid: \(choices.next(3))" : ""
      return "dma: {device: \(device()), access: \(choices.one(of: ["read", "write", "atomic"])), "
        + "address: \(address), length: \(choices.number(atMost: 0x1_0000)), "
        + "ats: \(choices.bool()), repeat: \(1 + choices.next(40))\(pasid)}"
    case 1:
      return "dma_map: {device: \(device()), name: \(name()), target: \(physical()), "
        + "size: \(size()), bits: \(20 + choices.next(45))}"
    case 2:
      return "dma_map: {device: \(device()), name: \(name()), segments: ["
        + "{target: \(physical()), size: \(size())}, {target: \(physical()), size: \(size())}]}"
    case 3: return "dma_unmap: \(name())"
    case 4:
      return "map: {\(domain()), iova: \(choices.number()), target: \(physical()), size: \(size())}"
    case 5: return "unmap: {\(domain()), iova: \(choices.number()), size: \(size())}"
    case 6: return "flush: {\(domain())}"
    case 7:
      return
        "attach: {device: \(device()), domain: \(choices.one(of: ["vfio", "identity", "blocked"]))}"
    case 8: return "detach: \(device())"
    case 9: return "process: {name: \(name()), levels: \(4 + choices.next(2)), areas: [\(area())]}"
    case 10: return "bind: {device: \(device()), process: \(name())}"
    case 11: return "unbind: {device: \(device()), process: \(name())}"
    case 12:
      return "munmap: {process: \(name()), start: \(choices.number()), size: \(size())}"
    case 13:
      return "wait: \(choices.one(of: ["0.1", "18446744073708", "1.999999", "5.000001"]))"
    case 14:
      return "page_request: {device: \(device()), address: \(choices.number()), "
        + "pasid: \(choices.number(atMost: 0xf_ffff))}"
    case 15:
      return
        "write_memory: {address: \(physical()), words: [\(choices.number()), \(choices.number())]}"
    case 16:
      return "write_register: {unit: dmar0, offset: \(choices.number(atMost: 0xfff)), "
        + "value: \(choices.number()), width: \(choices.one(of: ["32", "64"]))}"
    case 17:
      return "flush_device_tlb: {device: \(device()), address: \(choices.number()), "
        + "order: \(choices.next(53)), queue_depth: \(choices.next(32))}"
    case 18:
      return "submit: {unit: dmar0, descriptors: [[\(choices.number()), \(choices.number())]]}"
    case 19: return "device_tlb: {device: \(device()), unanswered: \(choices.next(4))}"
    case 20:
      return choices.one(of: [
        "suspend: {}", "resume: {}", "unit_stops: dmar0", "reset_unit: dmar0",
        "remove_device: \"00:03.0\"", "group_type: {device: first, type: identity}",
        "kexec: {crash: true, boot: {pages: {base: 0x18000000}}}",
      ])
    default:
      return "interrupt_entry: {index: \(choices.number(atMost: 0xffff)), vector: 0x30}"
    }
  }
}
