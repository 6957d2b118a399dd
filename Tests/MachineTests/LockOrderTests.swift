import Foundation
import KernelProfiles
import LinuxIOMMU
import Lockdep
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// Everything that the driver does, under its own kernel's lock validator.
@Suite("A machine's whole life")
struct LockOrderTests {
  private static let card = PCIAddress(bus: 0, device: 3, function: 0)
  private static let disk = PCIAddress(bus: 0, device: 4, function: 0)

  enum Mode: String, CaseIterable, Sendable {
    case legacy, lazy, scalable
  }

  /// The kernels whose own locks cannot pass, and what their validator says: 5.2-rc5 of the locks of
  /// domains, 5.14 of the page requests of a process that is unbound, 6.0-rc1 of the look-up in the
  /// fault handler, and before that of the timer that takes a domain's lock.
  private static func expected(_ release: String, _ mode: Mode) -> [String] {
    switch (release, mode) {
    case ("5.2-rc5", _), ("5.14", .scalable): ["possible circular locking dependency detected"]
    case ("6.0-rc1", .lazy): ["inconsistent lock state"]
    case ("6.0-rc1", _): ["[ BUG: Invalid wait context ]"]
    default: []
    }
  }

  @Test(
    "a machine's whole life has no lock report but those that its kernel is known for",
    arguments: Mode.allCases)
  func splatFree(_ mode: Mode) throws {
    for profile in KernelProfile.all {
      let machine = try live(profile, mode, provesNesting: true)
      #expect(
        machine.kernel.lockReports.map(\.title) == Self.expected(profile.release, mode),
        "\(profile.release)")
    }
  }

  /// Pairs of locks of which one was taken while the other was held. The files are what kernels of
  /// Debian's sources recorded themselves, in QEMU 7.2 with interrupt remapping, while they booted,
  /// removed and found a device again, and changed groups' types, in legacy and scalable mode; only
  /// locks that the model has.
  @Test(
    "a machine's whole life takes locks in the orders of the real kernel",
    arguments: ["6.1.192", "6.12.117"])
  func orders(_ release: String) throws {
    let profile = try #require(KernelProfile.named(release))
    var model: Set<String> = []
    for mode in [Mode.legacy, .lazy, .scalable] {
      model.formUnion(pairs(of: try live(profile, mode, takesProcesses: false)))
    }
    let real = try recorded(release)
    let differences = Self.differences.filter { $0.releases.contains(release) }
    for (side, pairs) in [
      (Side.model, model.subtracting(real)), (.real, real.subtracting(model)),
    ] {
      let known = differences.filter { $0.side == side }
      #expect(pairs.filter { pair in !known.contains { $0.covers(pair) } }.sorted() == [])
      for difference in known {
        #expect(pairs.contains(where: difference.covers), "\(difference.reason)")
      }
    }
  }

  private enum Side { case model, real }

  /// Pairs that only one side has: any of `inner` taken while any of `outer` is held.
  private struct Difference {
    let side: Side
    let reason: String
    let outer: Set<String>
    let inner: Set<String>
    var releases: Set<String> = ["6.1.192", "6.12.117"]

    func covers(_ pair: String) -> Bool {
      let locks = pair.split(separator: " > ").map(String.init)
      return outer.contains(locks[0]) && inner.contains(locks[1])
    }
  }

  private static let whileScanning: Set = ["&of->mutex", "pci_rescan_remove_lock", "&dev->mutex"]
  private static let whileProbing: Set = [
    "&(&priv->bus_notifier)->rwsem", "iommu_probe_device_lock",
  ]

  private static let differences: [Difference] = [
    Difference(
      side: .real, reason: "a removed device is found again, and its driver bound and unbound",
      outer: whileScanning.union(whileProbing),
      inner: [
        "&(&priv->bus_notifier)->rwsem", "&cpu_rcache->lock", "&dev->mutex", "&domain->cache_lock",
        "&domain->iova_cookie->mutex", "&domain->lock", "&fq->lock", "&group->mutex",
        "&iovad->iova_rbtree_lock", "&irq_desc_lock_class", "&qi->q_lock", "&rcache->lock",
        "(&cookie->fq_timer)", "iommu_probe_device_lock", "irq_2_ir_lock",
      ]),
    Difference(
      side: .real, reason: "the device model walks its lists",
      outer: whileScanning.union(whileProbing).union(["dmar_global_lock", "&k->k_lock"]),
      inner: ["&k->k_lock", "klist_remove_lock"]),
    Difference(
      side: .model, reason: "the list of buses was not looked at when the file was made",
      outer: whileScanning.union(whileProbing), inner: ["&k->list_lock"],
      releases: ["6.12.117"]),
    Difference(
      side: .model, reason: "the recorded machine has no ATS", outer: ["&domain->lock"],
      inner: ["&qi->q_lock"], releases: ["6.1.192"]),
    Difference(
      side: .model, reason: "the recorded machine has no ATS", outer: ["(&cookie->fq_timer)"],
      inner: ["&domain->lock"], releases: ["6.1.192"]),
    Difference(
      side: .model,
      reason: "with interrupts remapped the fault event is set before, without a lock",
      outer: ["dmar_global_lock"], inner: ["&irq_desc_lock_class"], releases: ["6.1.192"]),
  ]

  private func recorded(_ release: String) throws -> Set<String> {
    let url = try #require(
      Bundle.module.url(forResource: "Golden/lock-pairs-\(release)", withExtension: "txt"))
    let text = try String(contentsOf: url, encoding: .utf8)
    return Set(text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") })
  }

  private func pairs(of machine: Machine) -> Set<String> {
    var pairs: Set<String> = []
    for chain in chains(of: machine.kernel.lockChains.dropFirst()) {
      for (index, name) in chain.enumerated() {
        for outer in chain[..<index] where outer != name { pairs.insert("\(outer) > \(name)") }
      }
    }
    return pairs
  }

  private func chains(of lines: ArraySlice<String>) -> [[String]] {
    lines.split(whereSeparator: { !$0.hasPrefix("[") }).map { chain in
      chain.map { String($0.drop { $0 != "]" }.dropFirst(2)) }
    }
  }

  // MARK: Operations

  enum Operation: String, Sendable {
    case attach, map, changeType, remove, sleep, bind, unbind

    var usesProcesses: Bool { self == .bind || self == .unbind }
  }

  struct Nesting: CustomTestStringConvertible, Sendable {
    let operation: Operation
    let release: String
    let chains: [String]

    init(_ operation: Operation, _ release: String, _ chains: [String]) {
      self.operation = operation
      self.release = release
      self.chains = chains
    }

    var testDescription: String { "\(operation) \(release)" }
  }

  private static let removal = "&of->mutex > pci_rescan_remove_lock > &(&priv->bus_notifier)->rwsem"

  private static let nestings: [Nesting] = [
    Nesting(
      .attach, "5.10.13", ["&group->mutex > &iommu->lock", "&group->mutex > &qi->q_lock"]),
    Nesting(
      .attach, "6.1.192",
      [
        "&group->mutex > &qi->q_lock", "&group->mutex > &domain->lock",
        "&group->mutex > &iommu->lock > &domain->lock",
      ]),
    Nesting(.attach, "6.12.117", ["&group->mutex > &qi->q_lock"]),
    Nesting(.map, "5.10.13", ["&cpu_rcache->lock > &rcache->lock"]),
    Nesting(.map, "6.12.117", ["&cpu_rcache->lock > &rcache->lock"]),
    Nesting(.sleep, "6.12.117", []),
    Nesting(.changeType, "5.10.13", ["&of->mutex > &group->mutex"]),
    Nesting(
      .changeType, "6.1.192",
      [
        "&of->mutex > &group->mutex", "&of->mutex > &dev->mutex > &group->mutex > &qi->q_lock",
        "&of->mutex > &dev->mutex > &group->mutex > &domain->lock",
        "&of->mutex > &dev->mutex > &group->mutex > &iommu->lock > &domain->lock",
        "&of->mutex > &dev->mutex > &domain->iova_cookie->mutex > &iovad->iova_rbtree_lock",
        "&of->mutex > &dev->mutex > (&cookie->fq_timer)",
      ]),
    Nesting(
      .changeType, "6.12.117",
      [
        "&of->mutex > &group->mutex > &qi->q_lock",
        "&of->mutex > &group->mutex > &domain->cache_lock",
        "&of->mutex > &group->mutex > &domain->lock",
        "&of->mutex > &group->mutex > &iommu->lock > &domain->lock",
        "&of->mutex > &group->mutex > &domain->iova_cookie->mutex > &iovad->iova_rbtree_lock",
        "&of->mutex > &group->mutex > (&cookie->fq_timer)",
      ]),
    Nesting(
      .remove, "5.10.13",
      [
        "&of->mutex > pci_rescan_remove_lock > &k->k_lock", "\(removal) > dmar_global_lock",
        "\(removal) > &iommu->lock", "\(removal) > &qi->q_lock",
        "\(removal) > device_domain_lock > &iommu->lock", "\(removal) > &group->mutex",
      ]),
    Nesting(
      .remove, "6.12.117",
      [
        "&of->mutex > pci_rescan_remove_lock > &k->k_lock",
        "&of->mutex > pci_rescan_remove_lock > &k->list_lock", "\(removal) > dmar_global_lock",
        "\(removal) > &group->mutex > &qi->q_lock",
        "\(removal) > &group->mutex > &domain->cache_lock",
        "\(removal) > &group->mutex > &domain->lock",
        "\(removal) > &group->mutex > &iommu->lock > &domain->lock",
      ]),
    Nesting(.bind, "5.10.13", ["&group->mutex > pasid_mutex > &iommu->lock"]),
    Nesting(.bind, "6.12.117", ["iommu_sva_lock > &group->mutex > &iommu->lock"]),
    Nesting(.unbind, "5.10.13", ["&group->mutex > pasid_mutex > &qi->q_lock"]),
    Nesting(
      .unbind, "6.1.192",
      ["&group->mutex > pasid_mutex > &qi->q_lock", "&group->mutex > &param->lock"]),
    Nesting(
      .unbind, "6.12.117",
      [
        "iommu_sva_lock > &group->mutex > &qi->q_lock",
        "iommu_sva_lock > &group->mutex > &param->lock",
      ]),
  ]

  @Test("an operation nests locks as its kernel does", arguments: nestings)
  func operation(_ nesting: Nesting) throws {
    let profile = try #require(KernelProfile.named(nesting.release))
    let operation = nesting.operation
    let machine = try boot(profile, operation.usesProcesses ? .scalable : .lazy, false)
    if operation == .unbind { try perform(.bind, on: machine) }
    let earlier = machine.kernel.lockChains.count
    try perform(operation, on: machine)
    let new = chains(of: machine.kernel.lockChains.dropFirst(earlier)).map {
      $0.joined(separator: " > ")
    }
    // A chain's beginning was a chain before it went on.
    let longest = new.filter { chain in !new.contains { $0.hasPrefix("\(chain) > ") } }
    #expect(longest.filter { $0.contains(" > ") } == nesting.chains)
  }

  private func perform(_ operation: Operation, on machine: Machine) throws {
    let kernel = machine.kernel
    switch operation {
    case .attach:
      try kernel.makeDomain(named: "guest")
      try kernel.attach(Self.disk, to: .named("guest"))
    case .map:
      let buffer = DMABuffer(target: PhysicalAddress(rawValue: 0x200_0000), size: 8192)
      let address = try #require(try kernel.mapDMA(buffer, for: Self.card))
      try kernel.unmapDMA(address, size: 8192, for: Self.card)
    case .changeType: _ = try kernel.changeGroupType(of: Self.disk, to: .strict)
    case .remove: try machine.remove(Self.disk)
    case .sleep:
      try machine.suspend(losing: [])
      try machine.resume()
    case .bind:
      try kernel.makeProcess(
        "database", areas: [ProcessArea(start: 0x7f00_0000_0000, size: 0x4000)])
      _ = try kernel.bind(Self.card, toProcess: "database")
    case .unbind: try kernel.unbind(Self.card, fromProcess: "database")
    }
  }

  // MARK: The life

  /// Boot, DMA through the DMA API and through a user's domain, a group of another type, a bound
  /// process, faults, sleep, and a device that goes.
  private func live(
    _ profile: KernelProfile, _ mode: Mode, provesNesting: Bool = false,
    takesProcesses: Bool = true
  ) throws -> Machine {
    let machine = try boot(profile, mode, provesNesting)
    let kernel = machine.kernel
    let buffer = DMABuffer(target: PhysicalAddress(rawValue: 0x200_0000), size: 8192)
    for _ in 0..<2 {
      if let address = try kernel.mapDMA(buffer, for: Self.card) {
        try kernel.unmapDMA(address, size: 8192, for: Self.card)
      }
      try machine.wait(20_000)
    }
    try kernel.makeDomain(named: "guest")
    try kernel.attach(Self.disk, to: .named("guest"))
    let page = IOVA(rawValue: 0x10_0000)
    try kernel.map(
      Mapping(
        address: page, target: PhysicalAddress(rawValue: 0x300_0000), size: 4096,
        access: .readWrite),
      in: .named("guest"))
    _ = try kernel.unmap(page, size: 4096, in: .named("guest"))
    try kernel.flush(.named("guest"))
    try kernel.detach(Self.disk)
    for type in [GroupType.identity, .strict, .lazy, .auto] {
      _ = try kernel.changeGroupType(of: Self.disk, to: type)
    }
    if mode == .scalable, takesProcesses { try useProcess(machine) }
    _ = machine.perform(Machine.DMA(device: Self.card, access: .write, address: page))
    try machine.deliverInterrupts()
    try machine.suspend(losing: [])
    try machine.resume()
    try machine.remove(Self.disk)
    try machine.wait(20_000)
    return machine
  }

  private func useProcess(_ machine: Machine) throws {
    let area = ProcessArea(start: 0x7f00_0000_0000, size: 0x4000)
    try machine.kernel.makeProcess("database", areas: [area])
    _ = try machine.kernel.bind(Self.card, toProcess: "database")
    for page in [0x7f00_0000_1000, 0x7f00_0000_2000, 0x1000] as [UInt64] {
      machine.askForPage(Self.card, IOVA(rawValue: page), pasid: PASID(rawValue: 1))
      try machine.deliverInterrupts()
    }
    try machine.kernel.unmap(area, ofProcess: "database")
    try machine.kernel.unbind(Self.card, fromProcess: "database")
  }

  private func boot(
    _ profile: KernelProfile, _ mode: Mode, _ provesNesting: Bool
  ) throws -> Machine {
    var build = KernelBuild(release: profile.release)
    build.behaviour = profile.behaviour
    build.configuration.usesScalableMode = mode == .scalable
    build.configuration.remapsInterrupts = true
    build.configuration.provesRawLockNesting = provesNesting
    var card = InventedFunction(at: Self.card, classCode: PCIClass(rawValue: 0x020000))
    card.portType = .rootComplexEndpoint
    card.ats = 32
    let disk = InventedFunction(at: Self.disk, classCode: PCIClass(rawValue: 0x010600))
    var configuration = Machine.Configuration(
      memorySize: 1 << 30,
      units: [
        Machine.Configuration.Unit(
          name: "dmar0",
          hardware: UnitConfiguration(cap: 0x1d2_008c_222f_0666, ecap: 0xcd98_20f0_0f4e),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      pci: PCITopology([card.function, disk.function]), build: build,
      pages: PageAllocator(base: PhysicalAddress(rawValue: 0x1000_0000)))
    configuration.commandLine = ["iommu.strict=\(mode == .lazy ? 0 : 1)"]
    let machine = try Machine(configuration)
    machine.attachTLB(to: Self.card)
    let traits = ProbedFunction.Traits(ats: 32, pasidWidth: 20, hasPageRequests: true)
    let entry = InterruptEntryChange.Entry(
      vector: 0x30, destination: 0, source: SourceID(rawValue: 0xfff8))
    try machine.boot(
      Kernel.BootPlan(
        functions: [
          ProbedFunction(address: Self.card, group: 0, traits: traits),
          ProbedFunction(address: Self.disk, group: 1),
        ],
        makesDefaultDomains: true,
        interrupts: [
          InterruptEntryChange(index: 0, entry: entry),
          InterruptEntryChange(index: 1, entry: entry, isLate: true),
        ]))
    return machine
  }
}
