public import ScenarioFormat

/// What a run asks of the description.
extension ScenarioDescription {
  /// Whether no run of it could fail: it has no expectation, and no step that checks something.
  public var expectsNothing: Bool {
    expectation.isEmpty
      && !steps.contains { step in
        switch step.action {
        case .checkMemory, .checkRegister, .driver(.readDirty): true
        default: false
        }
      }
  }

  /// How many steps set up the tables: none where the kernel did so at boot; else the first steps, as
  /// long as the CPU writes memory or registers in them or time passes.
  public var preparingSteps: Int {
    if boot.makesDefaultDomains || !boot.domains.isEmpty { return 0 }
    return steps.prefix { step in
      switch step.action {
      case .tables, .entry, .writeMemory, .writeRegister, .wait: true
      default: false
      }
    }.count
  }
}

extension ScenarioStep {
  /// The step as a file has it, on one line.
  var oneLine: String {
    let flow = written.flow
    return flow.hasPrefix("{") && flow.hasSuffix("}") ? String(flow.dropFirst().dropLast()) : flow
  }

  /// Whether the CPU does it by the scenario's word, without the kernel.
  var isByHand: Bool {
    switch action {
    case .tables, .entry, .writeMemory, .writeRegister, .checkMemory, .checkRegister, .resetUnit:
      true
    default: false
    }
  }

  /// The one thing that goes on after the kernel died.
  var startsCrashKernel: Bool {
    if case .event(.kexec(let kexec)) = action { return kexec.isCrash }
    return false
  }
}
