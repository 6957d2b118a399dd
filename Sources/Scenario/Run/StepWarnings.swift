internal import LinuxIOMMU
internal import Machine
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// Warnings of what a scenario asks for and does not have, which is most likely a slip. Each names the
/// key that was expected; a device is warned of once, however many steps name it.
struct StepWarnings {
  private let scenario: ScenarioDescription
  /// The functions that a request can come from.
  private let functions: Set<PCIAddress>
  private var known: Set<PCIAddress> = []
  private(set) var warnings: [Mismatch] = []

  init(_ scenario: ScenarioDescription, bus: PCITopology) {
    self.scenario = scenario
    functions = Set(
      bus.functions.map { $0.address } + scenario.machine.functions.map { $0.invention.address })
    if !scenario.build.configuration.remapsInterrupts, !scenario.boot.interrupts.isEmpty {
      warn(
        "boot.interrupts sets entries up and interrupt remapping is off; "
          + "kernel.configuration.IRQ_REMAP: true was expected", scenario.boot.interruptsPlace)
    }
  }

  /// Looks at a step before it is taken.
  mutating func check(_ step: ScenarioStep) {
    if case .driver(.interruptEntry(let change)) = step.action, change.entry != nil,
      !scenario.build.configuration.remapsInterrupts
    {
      warn(
        "interrupt_entry sets an entry up and interrupt remapping is off; "
          + "kernel.configuration.IRQ_REMAP: true was expected", step.place)
    }
    for device in Self.devices(of: step.action) where known.insert(device).inserted {
      check(device, at: step.place)
    }
  }

  private mutating func check(_ device: PCIAddress, at place: Place) {
    if !functions.contains(device) {
      warn(
        "\(device.shortDescription) is not on the bus; machine.pci.functions was expected to have"
          + " it, with absent: true if it sends without being there", place)
    }
    let segments = scenario.machine.units.map { $0.segment }
    let isNamed = scenario.machine.units.contains { $0.covers.contains(device) }
    if scenario.machine.table == nil, !segments.contains(device.segment), !isNamed {
      warn(
        "no unit covers segment \(device.segment); machine.units was expected to have one with"
          + " segment: \(device.segment)", place)
    }
  }

  private mutating func warn(_ sentence: String, _ place: Place) {
    warnings.append(Mismatch(sentence, at: place))
  }

  /// The devices that a step names by address.
  private static func devices(of action: StepAction) -> [PCIAddress] {
    switch action {
    case .dma(let dma): addresses(dma.device)
    case .pageRequest(let request): addresses(request.device)
    case .removeDevice(let device): [device]
    case .driver(let action): devices(of: action)
    case .event(.deviceTLB(let step)): addresses(step.device)
    case .event(.flushDeviceTLB(let step)): addresses(step.device)
    case .event, .locks, .tables, .entry, .writeMemory, .writeRegister, .checkMemory,
      .checkRegister, .resetUnit,
      .wait:
      []
    }
  }

  private static func devices(of action: DriverAction) -> [PCIAddress] {
    switch action {
    case .attach(let step): addresses(step.device)
    case .detach(let device): addresses(device)
    case .groupType(let step): addresses(step.device)
    case .mapDMA(let step): addresses(step.device)
    case .bind(let step), .unbind(let step): addresses(step.device)
    case .map(let step): addresses(step.domain)
    case .unmap(let step): addresses(step.domain)
    case .flush(let domain): addresses(domain)
    case .dirtyTracking(let step): addresses(step.domain)
    case .readDirty(let step): addresses(step.domain)
    case .unmapDMA, .interruptEntry, .process, .unmapProcess: []
    }
  }

  private static func addresses(_ domain: DomainName) -> [PCIAddress] {
    if case .of(let device) = domain { addresses(device) } else { [] }
  }

  private static func addresses(_ device: DeviceName) -> [PCIAddress] {
    if case .address(let address) = device { [address] } else { [] }
  }
}
