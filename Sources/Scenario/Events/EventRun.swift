internal import LinuxIOMMU
internal import Machine
internal import PCI
internal import VTdUnit

/// Lets a machine meet an event.
struct EventRun {
  let machine: Machine
  let place: Place
  let build: KernelBuild
  /// Finds the address of a device that a step names.
  let address: (ScenarioDescription.DeviceName) -> PCIAddress
  /// What a boot finds on this machine.
  let plan: (ScenarioDescription.BootDescription) -> Kernel.BootPlan
  /// Sets a domain of a boot up.
  let setUp: (ScenarioDescription.DomainDescription) throws -> Void

  func take(_ action: EventAction) throws {
    do {
      try perform(action)
    } catch let error as DriverError {
      throw InputError(at: place, "\(error)")
    }
  }

  private func perform(_ action: EventAction) throws {
    switch action {
    case .deviceTLB(let device, let unanswered, let answersTwice):
      guard let tlb = machine.attachTLB(to: address(device)) else {
        throw InputError(
          at: place, "no unit covers \(address(device)); a function behind a unit was expected")
      }
      tlb.unansweredInvalidations = unanswered
      tlb.answersTwice = answersTwice
    case .flushDeviceTLB(let device, let start, let order, let depth):
      try machine.flushDeviceTLB(
        of: address(device), start, order: order, queueDepth: depth)
    case .submit(let unit, let descriptors):
      try machine.submit(descriptors, to: try index(of: unit))
    case .unitStops(let unit):
      machine.stopAnswering(try index(of: unit))
    case .suspend(let names):
      for name in names ?? [] { _ = try index(of: name) }
      try machine.suspend(losing: names ?? machine.units.map(\.name))
    case .resume:
      try machine.resume()
    case .kexec(let description):
      var plan = plan(description.boot)
      plan.isCrashKernel = description.isCrash
      try machine.kexec(
        description.build ?? build, pages: description.boot.pages,
        commandLine: description.boot.commandLine ?? [], plan)
      for domain in description.boot.domains { try setUp(domain) }
    }
  }

  private func index(of name: String) throws -> Int {
    if let index = machine.units.firstIndex(where: { $0.name == name }) { return index }
    let names = machine.units.map(\.name).joined(separator: ", ")
    throw InputError(at: place, "no unit is called \"\(name)\"; \(names) was expected")
  }
}
