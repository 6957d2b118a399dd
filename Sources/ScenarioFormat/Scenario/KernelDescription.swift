internal import KernelProfiles
internal import Text
public import LinuxIOMMU

/// The kernel of a scenario, as the file tells of it.
public struct KernelDescription: Sendable {
  /// As `uname -r` prints it; nil for that of the profile.
  public var release: String?
  /// What `uname -v` begins with.
  public var version = "#1"
  /// The taint, as reports print it.
  public var taint = "Not tainted"
  /// What distributions print behind the release.
  public var packageNote = ""
  /// The machine's name; nil where traces print none.
  public var hardwareName: String?
  /// Where physical memory begins in the kernel's address space.
  public var directMap: UInt64 = 0xffff_8880_0000_0000
  /// The options in the head of an oops.
  public var oopsOptions = "SMP"
  /// How the kernel was built.
  public var configuration = ConfigurationDescription()
  /// A mainline release whose behaviour the kernel starts from.
  public var profile: String?
  /// What differs from the profile.
  public var behaviour = BehaviourDescription()
  /// The places behind calls as `%pS` prints them, by caller and callee.
  package var callSites: [Keyed<[Keyed<String>]>] = []
  /// Functions that leave no stack frame; nil for those of x86-64 builds by gcc.
  public var frameless: [String]?
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}
}

extension KernelDescription: Section {
  package static var sectionName: String { "kernel" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field(
      "release", &release, .text,
      "uname -r; chooses the behaviour where there is no profile, and is the profile's unless given",
      example: "\"6.12.0\"")
    field(
      "profile", &profile, .text,
      "a mainline release, such as 4.19, whose behaviour the kernel starts from; the one that the"
        + " release names unless given, and the newest where that names none",
      example: "\"4.19\"")
    field.check(
      profile.map { KernelProfile.chosen($0) != nil } ?? true, at: "profile",
      "\"\(profile ?? "")\" is not a release that has a profile; \(KernelProfile.choice) was"
        + " expected")
    field("version", &version, .text, "the first word of uname -v")
    field("taint", &taint, .text, "Not tainted, or Tainted: and the flags")
    field(
      "package_note", &packageNote, .text, "what is printed behind the version in backtraces")
    field("hardware", &hardwareName, .text, "the text behind Hardware name:")
    field(
      "page_offset", &directMap, .number(0...(.max), .hex),
      "where physical memory begins in the kernel's address space; the default is that of four"
        + " levels without KASLR")
    field(
      "oops_options", &oopsOptions, .text, "what an oops names of the build",
      example: "PREEMPT SMP NOPTI")
    field("configuration", &configuration, .section, "build and boot options")
    field(
      "behaviour", &behaviour, .section,
      "what differs from the profile: a distribution's backports, or a what-if")
    field(
      "call_sites", &callSites,
      .table(
        .name, .table(.name, .callSite, printKey: Escaping.yaml, isFlow: true),
        printKey: Escaping.yaml),
      "function: {callee: offset/size}, the return address of the call as %pS prints it",
      example: "{klist_iter_exit: {klist_put: 0x2d/0xb0}}")
    field(
      "frameless", &frameless, .list(.name, isFlow: false),
      "functions that leave no stack frame: inlined, or left by a tail call; those of x86-64 builds"
        + " by gcc unless given", example: "[klist_del]")
    field.comments(notes)
  }
}

/// The build and boot options of a scenario's kernel.
public struct ConfigurationDescription: Sendable {
  /// The options.
  public var values = KernelConfiguration()
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}
}

extension ConfigurationDescription: Section {
  package static var sectionName: String { "configuration" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field(
      "PROVE_LOCKING", &values.provesLocking, .flag, always: true,
      "the lock validator is built in")
    field(
      "PROVE_RAW_LOCK_NESTING", &values.provesRawLockNesting, .flag,
      "spinlocks under raw spinlocks are reported")
    field(
      "INTEL_IOMMU_DEBUGFS", &values.dumpsTables, .flag, always: true,
      "selects DMAR_DEBUG: faults dump the tables")
    field(
      "scalable_mode", &values.usesScalableMode, .flag, always: true,
      "units that can are used in scalable mode")
    field(
      "INTEL_IOMMU_DEFAULT_ON", &values.isOnByDefault, .flag,
      "false: units translate only where the command line has intel_iommu=on")
    field(
      "IOMMU_DEFAULT", &values.defaultDomain, .word,
      "what devices get without a word on the command line")
    field(
      "preemption", &values.preemption, .word,
      "what the kernel is built with, as stack dumps name it since 6.15")
    field(
      "IRQ_REMAP", &values.remapsInterrupts, .flag, always: true,
      "units that can remap interrupts do")
    field.comments(notes)
  }
}

/// Settings of a kernel's behaviour by the names that scenarios have for them and their values.
public struct BehaviourDescription: Sendable {
  /// The names of values by the names of settings.
  public var values: [String: String] = [:]
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}
}

extension BehaviourDescription: Section {
  package static var sectionName: String { "behaviour" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    for setting in KernelSetting.all {
      field(
        setting.key, &values[setting.key],
        .named(setting.values.map { (name: $0, value: $0) }), setting.summary)
    }
    field.comments(notes)
  }
}

extension Form where Value == String {
  static var callSite: Form {
    Form(
      .form(.callSite),
      parse: { TextForm.callSite.isValid($0) ? $0 : nil }, print: Escaping.yaml)
  }
}

extension KernelDescription {
  /// The kernel that the section describes.
  public var build: KernelBuild {
    let profile = startingProfile ?? .newest
    var build = KernelBuild(
      release: release ?? profile.release, version: version, taint: taint,
      packageNote: packageNote, hardwareName: hardwareName, configuration: configuration.values,
      behaviour: profile.behaviour)
    build.directMap = directMap
    build.oopsOptions = oopsOptions
    for (setting, value) in behaviour.values {
      // Reading has checked that the setting and its value exist.
      _ = KernelSetting.named(setting)?.apply(value, to: &build.behaviour)
    }
    var symbols: [String: [String: CallSites.Symbol]] = [:]
    for caller in callSites {
      for site in caller.value {
        symbols[caller.key, default: [:]][site.key] = CallSites.Symbol(site.value, in: caller.key)
      }
    }
    build.callSites = CallSites(
      symbols, frameless: frameless.map { Set($0) } ?? CallSites.framelessOfGCC)
    return build
  }

  /// Whether the section says which release the kernel behaves as. One that does not behaves as the
  /// newest release does, which another version of this program may know another one to be.
  public var namesRelease: Bool { startingProfile != nil }

  /// The profile that is named, or that of the release.
  private var startingProfile: KernelProfile? {
    profile.map { KernelProfile.chosen($0) } ?? release.flatMap { KernelProfile.named($0) }
  }
}
