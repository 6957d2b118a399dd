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
  let address: (DeviceName) -> PCIAddress
  /// What a boot finds on this machine.
  let plan: (BootDescription) throws(InputError) -> Kernel.BootPlan
  /// Sets a domain of a boot up.
  let setUp: (DomainDescription) throws(InputError) -> Void

  func take(_ action: EventAction) throws(InputError) {
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
      try place.asking { () throws(DriverError) in
        try machine.flushDeviceTLB(
          of: address(step.device), step.address, order: step.order, queueDepth: step.queueDepth)
      }
    case .submit(let step):
      let unit = try index(of: step.unit)
      try place.asking { () throws(DriverError) in
        try machine.submit(step.descriptors, to: unit)
      }
    case .unitStops(let unit):
      machine.stopAnswering(try index(of: unit))
    case .suspend(let step):
      for name in step.losing ?? [] { _ = try index(of: name) }
      try place.asking { () throws(DriverError) in
        try machine.suspend(losing: step.losing ?? machine.units.map { $0.name })
      }
    case .resume:
      try place.asking { () throws(DriverError) in try machine.resume() }
    case .kexec(let step):
      var plan = try plan(step.boot)
      plan.isCrashKernel = step.isCrash
      try place.asking { () throws(DriverError) in
        try machine.kexec(
          step.kernel?.build ?? build, pages: step.boot.pages.allocator,
          commandLine: step.boot.commandLine ?? [], plan)
      }
      for domain in step.boot.domains { try setUp(domain) }
    }
  }

  private func index(of name: String) throws(InputError) -> Int {
    if let index = machine.units.firstIndex(where: { $0.name == name }) { return index }
    let names = machine.units.map { $0.name }.joined(separator: ", ")
    throw InputError(at: place, "no unit is called \"\(name)\"; \(names) was expected")
  }
}
