import KernelProfiles
import LinuxIOMMU
import PCI
import PhysicalMemory
import Testing
import VTdFormats
import VTdUnit

@testable import Machine

/// A unit to map on: its levels, sizes of pages and stage.
struct MappingUnit: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let cap: UInt64
  let ecap: UInt64
  var isScalable = false
  var cachingMode = false
  var release = "6.12"

  /// 48 bits, two large page sizes, 2^18 pages at most in one invalidation; the golden machine's.
  static let all = [
    MappingUnit(testDescription: "39 bits", cap: 0xd2_008c_2226_0206, ecap: 0xf0_0f4a),
    MappingUnit(
      testDescription: "48 bits with large pages", cap: 0xd2_008c_222f_0606 | 3 << 34,
      ecap: 0xf0_0f4a),
    MappingUnit(
      testDescription: "MAMV 0", cap: 0xd2_008c_222f_0606 & ~(0x3f << 48), ecap: 0xf0_0f4a),
    MappingUnit(testDescription: "no queue", cap: 0xd2_008c_222f_0606 | 1 << 34, ecap: 0xf0_0f40),
    MappingUnit(
      testDescription: "caching mode", cap: 0xd2_008c_222f_0606 | 3 << 34 | 1 << 7,
      ecap: 0xf0_0f4a),
    MappingUnit(
      testDescription: "6.1, second stage, large pages", cap: 0xd2_008c_222f_0606 | 3 << 34,
      ecap: 0xf0_0f4a, release: "6.1"),
    MappingUnit(
      testDescription: "7.3, generic page tables, large pages",
      cap: 0xd2_008c_222f_0606 | 3 << 34, ecap: 0xf0_0f4a, release: "7.3"),
    MappingUnit(
      testDescription: "7.3, generic page tables, first stage",
      cap: 0xd2_008c_222f_0606 | 1 << 56, ecap: 0x8800_80f0_0f4a, isScalable: true,
      release: "7.3"),
    MappingUnit(
      testDescription: "scalable mode, second stage", cap: 0xd2_008c_222f_0606 | 1 << 34,
      ecap: 0x4800_80f0_0f4a, isScalable: true),
    MappingUnit(
      testDescription: "scalable mode, first stage, 1 GiB pages",
      cap: 0xd2_008c_222f_0606 | 1 << 56, ecap: 0x8800_80f0_0f4a, isScalable: true),
    MappingUnit(
      testDescription: "scalable mode, first stage of 5 levels",
      cap: 0xd2_008c_2238_0806 | 1 << 60, ecap: 0x8800_80f0_0f4a, isScalable: true),
  ]

  static let device = PCIAddress(bus: 0, device: 3, function: 0)

  func machine(_ commandLine: [String], pages base: UInt64 = 0x8000_0000) throws -> Machine {
    var build = KernelBuild(release: release)
    build.behaviour = KernelProfile.named(release)?.behaviour ?? build.behaviour
    build.configuration.usesScalableMode = isScalable
    build.configuration.dumpsTables = false
    var configuration = Machine.Configuration(
      memorySize: 1 << 32,
      units: [
        Machine.Configuration.Unit(
          name: "dmar0",
          hardware: UnitConfiguration(
            capability: Capability(rawValue: cap),
            extendedCapability: ExtendedCapability(rawValue: ecap)),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      build: build, pages: PageAllocator(base: PhysicalAddress(rawValue: base)))
    configuration.commandLine = commandLine
    let machine = try Machine(configuration)
    try machine.boot(
      Kernel.BootPlan(
        functions: [ProbedFunction(address: Self.device, group: 0)], makesDefaultDomains: true))
    return machine
  }
}

/// What a domain should translate, by page: the model that the tables and caches are checked against.
private struct PageModel {
  var pages: [UInt64: UInt64] = [:]
  private var ranges: [(first: UInt64, count: UInt64)] = []

  mutating func map(_ first: UInt64, _ target: UInt64, _ count: UInt64) {
    for page in 0..<count { pages[first + page] = target + page }
    ranges.append((first, count))
  }

  func isFree(_ first: UInt64, _ count: UInt64) -> Bool {
    ranges.allSatisfy { $0.first >= first + count || first >= $0.first + $0.count }
  }

  mutating func unmapOne(_ index: Int) -> (first: UInt64, count: UInt64)? {
    guard !ranges.isEmpty else { return nil }
    let range = ranges.remove(at: index % ranges.count)
    for page in range.first..<range.first + range.count { pages[page] = nil }
    return range
  }
}

@Suite("A domain that is mapped and unmapped")
struct DomainPropertyTests {
  private static let windows: [UInt64] = [0x100, 0x1000, 0x40000, 0x7f_fe00]

  /// The physical page that the device reaches at a page; nil where it is blocked.
  private static func reach(_ machine: Machine, _ page: UInt64) -> UInt64? {
    let outcome = machine.perform(
      Machine.DMA(
        device: MappingUnit.device, access: .write, address: IOVA(rawValue: page << 12))
    ).first
    if case .translated(let found) = outcome { return found.address.rawValue >> 12 }
    return nil
  }

  @Test(
    "translates exactly what is mapped, after every step, whatever was cached before",
    arguments: MappingUnit.all)
  func strict(_ unit: MappingUnit) throws {
    let machine = try unit.machine(["iommu.strict=1"])
    let domain = DomainReference.of(MappingUnit.device)
    var model = PageModel()
    var generator = SystemSeed(seed: 11)
    var touched: Set<UInt64> = []
    for _ in 0..<60 {
      if generator.next() % 5 < 3 {
        let counts: [UInt64] = [1, 2, 3, 17, 512, 700, 1024]
        let count = counts.randomElement(using: &generator) ?? 1
        let window = Self.windows.randomElement(using: &generator) ?? 0x100
        let first = window + generator.next() % 4 * 0x200 + generator.next() % 3
        // A third of the targets are aligned like their addresses, so that large pages are used.
        let target = 0x2_0000 + (generator.next() % 3 == 0 ? first & 0x3ff : generator.next() % 999)
        guard model.isFree(first, count) else { continue }
        let isMapped = try machine.kernel.map(
          Mapping(
            address: IOVA(rawValue: first << 12), target: PhysicalAddress(rawValue: target << 12),
            size: count << 12, access: .readWrite),
          in: domain)
        #expect(isMapped)
        model.map(first, target, count)
        touched.formUnion([first, first + count / 2, first + count - 1, first + count])
      } else if let range = model.unmapOne(Int(generator.next() % 64)) {
        let bytes = try machine.kernel.unmap(
          IOVA(rawValue: range.first << 12), size: range.count << 12, in: domain)
        #expect(bytes == range.count << 12)
      }
      for page in touched {
        #expect(Self.reach(machine, page) == model.pages[page], "page 0x\(String(page, radix: 16))")
      }
    }
  }

  @Test(
    "a domain with lazy flushing reaches at most what was mapped since the last flush, and nothing after it",
    arguments: MappingUnit.all)
  func lazy(_ unit: MappingUnit) throws {
    let machine = try unit.machine(["iommu.strict=0"])
    var live: [(address: IOVA, target: UInt64, count: UInt64)] = []
    var stale: [UInt64: Set<UInt64>] = [:]
    var generator = SystemSeed(seed: 5)
    for step in 0..<120 {
      if generator.next() % 2 == 0 {
        let count = generator.next() % 5 + 1
        let target = 0x2_0000 + generator.next() % 0x1000
        let address = try #require(
          try machine.kernel.mapDMA(
            DMABuffer(target: PhysicalAddress(rawValue: target << 12), size: count << 12),
            for: MappingUnit.device))
        live.append((address, target, count))
      } else if !live.isEmpty {
        let gone = live.remove(at: Int(generator.next() % UInt64(live.count)))
        for page in 0..<gone.count {
          let iova = gone.address.rawValue >> 12 + page
          // Only what the device has used can be cached.
          if Self.reach(machine, iova) != nil {
            stale[iova, default: []].insert(gone.target + page)
          }
        }
        try machine.kernel.unmapDMA(
          gone.address, size: gone.count << 12, for: MappingUnit.device)
      }
      if step % 20 == 19 {
        try machine.wait(10_000)
        stale = [:]
      }
      var mapped: [UInt64: UInt64] = [:]
      for entry in live {
        for page in 0..<entry.count {
          mapped[entry.address.rawValue >> 12 + page] = entry.target + page
        }
      }
      for page in Set(mapped.keys).union(stale.keys) {
        let found = Self.reach(machine, page)
        if let target = mapped[page] {
          #expect(found == target)
        } else if let found {
          #expect(stale[page]?.contains(found) == true)
        }
      }
    }
    try machine.wait(20_000)
    for page in stale.keys
    where !live.contains(where: { entry in
      (entry.address.rawValue >> 12..<entry.address.rawValue >> 12 + entry.count).contains(page)
    }) {
      #expect(Self.reach(machine, page) == nil)
    }
  }

  @Test("a domain that is mapped and unmapped gives every table back when its pages are gone")
  func tablesAreFreed() throws {
    let unit = MappingUnit.all[1]
    let machine = try unit.machine(["iommu.strict=1"], pages: 0xffe0_0000)
    let domain = DomainReference.of(MappingUnit.device)
    let mapping = Mapping(
      address: IOVA(rawValue: 0x4000_0000), target: PhysicalAddress(rawValue: 0x2000_1000),
      size: 4 << 20, access: .readWrite)
    for _ in 0..<300 {
      try machine.kernel.map(mapping, in: domain)
      try machine.kernel.unmap(mapping.address, size: mapping.size, in: domain)
    }
    // There are 512 pages for tables; each round takes four.
    #expect(Self.reach(machine, 0x40000) == nil)
  }

  @Test("unmaps a whole large page where its first part is asked for")
  func largePage() throws {
    let machine = try MappingUnit.all[1].machine(["iommu.strict=1"])
    let domain = DomainReference.of(MappingUnit.device)
    try machine.kernel.map(
      Mapping(
        address: IOVA(rawValue: 0x4000_0000), target: PhysicalAddress(rawValue: 0x2000_0000),
        size: 2 << 20, access: .readWrite),
      in: domain)
    #expect(Self.reach(machine, 0x401ff) == 0x201ff)
    let bytes = try machine.kernel.unmap(IOVA(rawValue: 0x4000_0000), size: 4096, in: domain)
    #expect(bytes == 2 << 20)
    #expect(Self.reach(machine, 0x401ff) == nil)
  }
}

private struct SystemSeed: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 33 ^ state << 17
  }
}
