internal import KernelProfiles
internal import LinuxIOMMU
internal import PCI
public import ScenarioFormat
public import VTdFormats
public import VTdUnit

/// A scenario from QEMU's `-trace vtd_*` and an image of the guest's memory: what was written to the
/// unit's registers, the descriptors that it took, and the requests of devices, in their order.
///
/// The trace does not hold the contents of memory. The tables come from the image, which was taken
/// after the trace: a table that changed during the trace appears as it was at the end.
public struct EmulatorTrace {
  /// The largest number of requests that are kept; ``requestsLeftOut`` counts the others.
  public static let mostRequests = 1 << 14

  /// A fault in the trace.
  public struct Fault: Hashable, Sendable {
    /// The source-id of the request.
    public var source: SourceID
    /// The fault reason, as the unit encodes it.
    public var reason: UInt8
    /// What it wanted to reach.
    public var address: IOVA
    /// Whether it was a write.
    public var isWrite: Bool

    /// A fault of a DMA.
    public init(source: SourceID, reason: UInt8, address: IOVA, isWrite: Bool) {
      self.source = source
      self.reason = reason
      self.address = address
      self.isWrite = isWrite
    }
  }

  /// A request of a device.
  public struct Request: Hashable, Sendable {
    /// The source-id of the request.
    public var source: SourceID
    /// What it wants to reach.
    public var address: IOVA
    /// Whether it is a write. The trace does not say this of a request that was translated; it
    /// counts as a read here.
    public var isWrite: Bool
    /// Whether the unit refused it.
    public var isRefused: Bool
  }

  private enum Happening {
    case register(offset: Int, size: Int, value: UInt64)
    case request(Request)
  }

  private var happenings: [Happening] = []
  /// The descriptors behind each write of the queue's tail, by the index of that write.
  private var descriptors: [Int: [(low: UInt64, high: UInt64)]] = [:]
  private var seen: Set<[UInt64]> = []
  /// The faults that were recorded, in their order.
  public private(set) var faults: [Fault] = []
  /// The last fault in the trace, until a line says that it is recorded.
  private var latest: Fault?
  /// The last refused request; nil once a register write or a translation follows it.
  private var lastRefused: Request?
  private var requestCount = 0
  /// How many requests were left out, beyond ``mostRequests``.
  public private(set) var requestsLeftOut = 0
  /// RTADDR as it was written last; nil while it was not.
  public private(set) var root: UInt64?

  /// A trace of which nothing was read yet.
  public init() {}

  /// Whether nothing was read.
  public var isEmpty: Bool { happenings.isEmpty }

  /// Takes the next event.
  public mutating func take(_ event: EmulatorEvent) {
    switch event {
    case .registerWritten(let offset, let size, let value):
      happenings.append(.register(offset: offset, size: size, value: value))
      noteRoot(offset, size, value)
    case .descriptor(let high, let low):
      descriptors[happenings.count - 1, default: []].append((low, high))
    case .translated(let source, let address):
      // A device uses the same pages of its rings again and again; one request for each is enough.
      guard seen.insert([UInt64(source.rawValue), address.rawValue.page]).inserted else { return }
      add(Request(source: source, address: address, isWrite: false, isRefused: false))
    case .fault(let source, let reason, let address, let isWrite):
      latest = Fault(source: source, reason: reason, address: address, isWrite: isWrite)
      let request = Request(
        source: source, address: address, isWrite: isWrite, isRefused: true)
      // The unit refuses a long transfer piece by piece; one request for each page is enough.
      if let last = lastRefused, last.source == source, last.isWrite == isWrite,
        last.address.rawValue.page == address.rawValue.page
      {
        return
      }
      lastRefused = request
      add(request)
    case .recorded:
      if let latest { faults.append(latest) }
      latest = nil
    }
    if case .registerWritten = event { lastRefused = nil }
    if case .translated = event { lastRefused = nil }
  }

  private mutating func add(_ request: Request) {
    guard requestCount < Self.mostRequests else {
      requestsLeftOut += 1
      return
    }
    requestCount += 1
    happenings.append(.request(request))
  }

  private mutating func noteRoot(_ offset: Int, _ size: Int, _ value: UInt64) {
    switch (offset, size) {
    case (RegisterOffset.rtaddr, 8): root = value
    case (RegisterOffset.rtaddr, _): root = (root ?? 0) & ~0xffff_ffff | value & 0xffff_ffff
    case (RegisterOffset.rtaddr + 4, _): root = (root ?? 0) & 0xffff_ffff | value << 32
    default: break
    }
  }

  /// The requests of devices in their order: each page that a device reached once, and the refused
  /// ones. The tables of an image have to be read for these.
  public var requests: [Request] {
    happenings.compactMap { if case .request(let request) = $0 { request } else { nil } }
  }

  /// The scenario.
  ///
  /// - Parameters:
  ///   - unit: the emulated unit.
  ///   - memorySize: the size of the guest's memory.
  ///   - tables: words of the image that the unit reads on its way to the requests' pages, by address.
  ///   - gone: requests that are not made, as their mappings are no longer in the image.
  public func scenario(
    unit: UnitConfiguration, memorySize: UInt64, tables: [UInt64: UInt64],
    without gone: Set<Request> = []
  ) -> ScenarioDescription {
    var scenario = ScenarioDescription()
    scenario.summary =
      "From a trace of QEMU's unit (-trace vtd_*): registers, descriptors and requests in their order; the"
      + " tables are those of an image of the guest's memory."
    scenario.kernel.profile = KernelProfile.newest.release
    scenario.kernel.configuration.values.dumpsTables = true
    scenario.machine.memorySize = memorySize
    var description = UnitDescription()
    description.name = Self.unitName
    description.hardware = unit
    scenario.machine.units = [description]
    scenario.machine.functions = Set(requests.map(\.source)).sorted { $0.rawValue < $1.rawValue }
      .map {
        .init(
          at: PCIAddress(sourceID: $0), vendor: 0x1234, device: 0x11e8,
          classCode: PCIClass.unassigned.rawValue)
      }
    scenario.boot.leavesUnits = true
    scenario.steps = Self.memorySteps(tables)
    var queue = QueuePlace()
    for (index, happening) in happenings.enumerated() {
      switch happening {
      case .register(let offset, let size, let value):
        scenario.steps += queue.steps(
          before: offset, size, value, descriptors[index] ?? []
        ).map { .init(.writeMemory($0)) }
        scenario.steps.append(
          .init(
            .writeRegister(
              .init(
                unit: Self.unitName, offset: offset, value: value, isWide: size == 8))))
      case .request(let request):
        guard !gone.contains(request) else { continue }
        // The kernel prints at most ten faults in five seconds; the pause keeps all of them
        // printed.
        if request.isRefused { scenario.steps.append(.init(.wait(Self.pause))) }
        scenario.steps.append(
          .init(
            .dma(
              .init(
                .address(PCIAddress(sourceID: request.source)), request.isWrite ? .write : .read,
                request.address))))
      }
    }
    return scenario
  }

  private static let unitName = "dmar0"
  /// The pause before a refused request, in microseconds.
  private static let pause: UInt64 = 600_000

  /// Words that stand behind each other, in one step each.
  private static func memorySteps(_ tables: [UInt64: UInt64]) -> [ScenarioStep] {
    var steps: [ScenarioStep] = []
    var start: UInt64?
    var words: [UInt64] = []
    func finish() -> ScenarioStep? {
      guard let start, !words.isEmpty else { return nil }
      return .init(
        .writeMemory(.init(at: PhysicalAddress(rawValue: start), words: words)))
    }
    for (address, word) in tables.sorted(by: { $0.key < $1.key }) {
      if let first = start, first &+ UInt64(words.count) &* 8 == address, words.count < 8 {
        words.append(word)
        continue
      }
      if let step = finish() { steps.append(step) }
      (start, words) = (address, [word])
    }
    if let step = finish() { steps.append(step) }
    return steps
  }
}

/// Where in memory the unit finds its next descriptor.
private struct QueuePlace {
  private var head: UInt64 = 0

  /// IQA: the base in bits 63:12, the width of descriptors in bit 11, the size in bits 2:0.
  private var register = QueueAddress(rawValue: 0)

  /// What has to stand in memory before a register is written: the descriptors that the unit takes
  /// when its tail moves.
  mutating func steps(
    before offset: Int, _ size: Int, _ value: UInt64, _ descriptors: [(low: UInt64, high: UInt64)]
  ) -> [MemoryContent] {
    switch (offset, size) {
    case (RegisterOffset.iqa, 8):
      register = QueueAddress(rawValue: value)
      head = 0
    case (RegisterOffset.iqa, _):
      register = QueueAddress(
        rawValue: register.rawValue & ~0xffff_ffff | value & 0xffff_ffff)
      head = 0
    case (RegisterOffset.iqa + 4, _):
      register = QueueAddress(
        rawValue: register.rawValue & 0xffff_ffff | value << 32)
    case (RegisterOffset.iqt, _):
      let width = register.descriptorBytes
      let length = register.byteCount
      var contents: [MemoryContent] = []
      for descriptor in descriptors {
        contents.append(
          .init(
            at: PhysicalAddress(rawValue: register[inPlace: .address] &+ head),
            words: width == 32
              ? [descriptor.low, descriptor.high, 0, 0] : [descriptor.low, descriptor.high]))
        head = (head &+ width) % max(length, width)
      }
      head = value & 0x7fff0
      return contents
    default: break
    }
    return []
  }
}
