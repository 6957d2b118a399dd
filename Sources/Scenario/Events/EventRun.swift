internal import LinuxIOMMU
internal import Machine
internal import PCI
internal import ScenarioFormat
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
    case .deviceTLB(let step):
      guard let tlb = machine.attachTLB(to: address(step.device)) else {
        throw InputError(
          at: place, "no unit covers \(address(step.device)); a function behind a unit was expected"
        )
      }
      tlb.unansweredInvalidations = step.unanswered
      tlb.answersTwice = step.answersTwice
    case .flushDeviceTLB(let step):
      try machine.flushDeviceTLB(
        of: address(step.device), step.address, order: step.order, queueDepth: step.queueDepth)
    case .submit(let step):
      try machine.submit(step.descriptors, to: try index(of: step.unit))
    case .unitStops(let unit):
      machine.stopAnswering(try index(of: unit))
    case .suspend(let step):
      for name in step.losing ?? [] { _ = try index(of: name) }
      try machine.suspend(losing: step.losing ?? machine.units.map(\.name))
    case .resume:
      try machine.resume()
    case .kexec(let step):
      var plan = plan(step.boot)
      plan.isCrashKernel = step.isCrash
      try machine.kexec(
        step.kernel?.build ?? build, pages: step.boot.pages.allocator,
        commandLine: step.boot.commandLine ?? [], plan)
      for domain in step.boot.domains { try setUp(domain) }
    }
  }

  private func index(of name: String) throws -> Int {
    if let index = machine.units.firstIndex(where: { $0.name == name }) { return index }
    let names = machine.units.map(\.name).joined(separator: ", ")
    throw InputError(at: place, "no unit is called \"\(name)\"; \(names) was expected")
  }
}
