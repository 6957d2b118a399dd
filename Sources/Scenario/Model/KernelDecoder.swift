internal import KernelProfiles
internal import LinuxIOMMU

/// The kernel section of a scenario.
enum KernelDecoder {
  static func build(from kernel: CheckedValue) throws -> KernelBuild {
    let profile = try profile(of: kernel)
    var build = KernelBuild(
      release: try kernel["release"]?.text() ?? profile.release,
      behaviour: try behaviour(from: kernel, profile))
    if let version = try kernel["version"]?.text() { build.version = version }
    if let taint = try kernel["taint"]?.text() { build.taint = taint }
    if let note = try kernel["package_note"]?.text() { build.packageNote = note }
    if let base = try kernel["page_offset"]?.integer() { build.directMap = base }
    if let options = try kernel["oops_options"]?.text() { build.oopsOptions = options }
    build.hardwareName = try kernel["hardware"]?.text()
    if let configuration = kernel["configuration"] {
      build.configuration = try self.configuration(from: configuration)
    }
    build.callSites = try callSites(from: kernel)
    return build
  }

  /// Whether the section says which release the kernel behaves as. One that does not behaves as the
  /// newest release does, which another version of this program may know another one to be.
  static func namesRelease(_ kernel: CheckedValue) throws -> Bool {
    if kernel["profile"] != nil { return true }
    return try kernel["release"].flatMap { KernelProfile.named(try $0.text()) } != nil
  }

  /// The release that the kernel behaves as: the profile's, else its own, else the newest.
  private static func profile(of kernel: CheckedValue) throws -> KernelProfile {
    if let name = kernel["profile"] {
      guard let profile = KernelProfile.named(try name.text()) else {
        throw InputError(
          at: name.place,
          "\"\(try name.text())\" is no release that has a profile; \(KernelProfile.oldest) or later"
            + " was expected")
      }
      return profile
    }
    return try kernel["release"].flatMap { KernelProfile.named(try $0.text()) } ?? .newest
  }

  private static func configuration(from section: CheckedValue) throws -> KernelConfiguration {
    var configuration = KernelConfiguration()
    let switches: [(String, WritableKeyPath<KernelConfiguration, Bool>)] = [
      ("PROVE_LOCKING", \.provesLocking), ("PROVE_RAW_LOCK_NESTING", \.provesRawLockNesting),
      ("INTEL_IOMMU_DEBUGFS", \.dumpsTables), ("scalable_mode", \.usesScalableMode),
      ("IRQ_REMAP", \.remapsInterrupts),
      ("INTEL_IOMMU_DEFAULT_ON", \.isOnByDefault),
    ]
    for (key, path) in switches {
      if let isOn = try section[key]?.boolean() { configuration[keyPath: path] = isOn }
    }
    if let model = section["preemption"] {
      configuration.preemption = try model.choice(as: PreemptionModel.self)
    }
    if let policy = section["IOMMU_DEFAULT"] {
      configuration.defaultDomain = try policy.choice(as: DefaultDomainPolicy.self)
    }
    return configuration
  }

  /// The profile, then what the file changes of it.
  private static func behaviour(
    from kernel: CheckedValue, _ profile: KernelProfile
  ) throws -> KernelBehaviour {
    var behaviour = profile.behaviour
    for (key, value) in try kernel["behaviour"]?.table() ?? [] {
      // The schema has checked that the setting and its value exist.
      _ = KernelSetting.named(key)?.apply(try value.text(), to: &behaviour)
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
    let frameless = try kernel["frameless"]?.list().map { try $0.text() }
    return CallSites(symbols, frameless: frameless.map { Set($0) } ?? CallSites.framelessOfGCC)
  }
}
