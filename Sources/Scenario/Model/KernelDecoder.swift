internal import KernelLog
internal import LinuxIOMMU

/// The kernel section of a scenario.
enum KernelDecoder {
  static func build(from kernel: CheckedValue) throws -> KernelBuild {
    var build = KernelBuild(release: try kernel.required("release").text())
    if let version = try kernel["version"]?.text() { build.version = version }
    if let taint = try kernel["taint"]?.text() { build.taint = taint }
    if let note = try kernel["package_note"]?.text() { build.packageNote = note }
    build.hardwareName = try kernel["hardware"]?.text()
    if let configuration = kernel["configuration"] {
      build.configuration = try self.configuration(from: configuration)
    }
    if let behaviour = kernel["behaviour"] {
      build.behaviour = try self.behaviour(from: behaviour)
    }
    build.callSites = try callSites(from: kernel)
    return build
  }

  private static func configuration(from section: CheckedValue) throws -> KernelConfiguration {
    var configuration = KernelConfiguration()
    let switches: [(String, WritableKeyPath<KernelConfiguration, Bool>)] = [
      ("PROVE_LOCKING", \.provesLocking), ("PROVE_RAW_LOCK_NESTING", \.provesRawLockNesting),
      ("INTEL_IOMMU_DEBUGFS", \.dumpsTables), ("scalable_mode", \.usesScalableMode),
      ("IRQ_REMAP", \.remapsInterrupts),
    ]
    for (key, path) in switches {
      if let isOn = try section[key]?.boolean() { configuration[keyPath: path] = isOn }
    }
    return configuration
  }

  private static func behaviour(from section: CheckedValue) throws -> KernelBehaviour {
    var behaviour = KernelBehaviour()
    if let lines = section["fault_lines"] {
      behaviour.faultLines = try lines.choice(as: FaultLineGeneration.self)
    }
    if let walk = section["table_walk"] {
      behaviour.tableWalk = try walk.choice(as: KernelBehaviour.TableWalk.self)
    }
    let modes: [(String, WritableKeyPath<KernelBehaviour, KernelBehaviour.LockMode>)] = [
      ("klist_add", \.klistAdd), ("klist_next", \.klistNext), ("klist_put", \.klistPut),
    ]
    for (key, path) in modes {
      if let mode = section[key] {
        behaviour[keyPath: path] = try mode.choice(as: KernelBehaviour.LockMode.self)
      }
    }
    return behaviour
  }

  private static func callSites(from kernel: CheckedValue) throws -> CallSites {
    var symbols: [String: [String: CallSites.Symbol]] = [:]
    for (caller, callees) in try kernel["call_sites"]?.table() ?? [] {
      for (callee, text) in try callees.table() {
        symbols[caller, default: [:]][callee] = CallSites.Symbol(try text.text(), in: caller)
      }
    }
    let frameless = try kernel["frameless"]?.list().map { try $0.text() } ?? []
    return CallSites(symbols, frameless: Set(frameless))
  }
}
