internal import KernelProfiles
internal import LinuxIOMMU

/// What a kernel file holds: the facts of one build, and how that kernel behaves.
enum KernelSchema {
  static let type = SchemaType.section(section)

  static let section = Section(
    name: "kernel",
    fields: [
      Field(
        "release", .text,
        "uname -r; chooses the behaviour where there is no profile, and is the profile's unless given"
      ),
      Field("version", .text, "the first word of uname -v, such as #1"),
      Field("taint", .text, "Not tainted, or Tainted: and the flags"),
      Field("package_note", .text, "what is printed behind the version in backtraces"),
      Field("hardware", .text, "the text behind Hardware name:"),
      Field(
        "page_offset", .integer(0...(.max)),
        "where physical memory begins in the kernel's address space; as without KASLR, with four"
          + " levels, unless given"),
      Field(
        "oops_options", .text,
        "what an oops names of the build: SMP unless given, PREEMPT SMP NOPTI"),
      Field("configuration", .section(configuration), "build and boot options"),
      Field(
        "profile", .text,
        "a mainline release, such as 4.19, whose behaviour the kernel starts from; the one that the"
          + " release names unless given, and the newest where that names none"),
      Field(
        "behaviour", .section(behaviour),
        "what differs from the profile: a distribution's backports, or a what-if"),
      Field(
        "call_sites",
        .table(key: .name, value: .table(key: .name, value: .form(.callSite))),
        "function: {callee: offset/size}, the return address of the call as %pS prints it"),
      Field(
        "frameless", .list(.text),
        "functions that leave no stack frame: inlined, or left by a tail call; those of x86-64 builds"
          + " by gcc unless given"),
    ])

  static let configuration = Section(
    name: "configuration",
    fields: [
      Field("PROVE_LOCKING", .boolean, "the lock validator is built in"),
      Field("PROVE_RAW_LOCK_NESTING", .boolean, "spinlocks under raw spinlocks are reported"),
      Field("INTEL_IOMMU_DEBUGFS", .boolean, "selects DMAR_DEBUG: faults dump the tables"),
      Field("scalable_mode", .boolean, "units that can are used in scalable mode"),
      Field(
        "INTEL_IOMMU_DEFAULT_ON", .boolean,
        "false: units translate only where the command line has intel_iommu=on"),
      Field(
        "IOMMU_DEFAULT", .oneOf(DefaultDomainPolicy.allCases.map(\.rawValue)),
        "what devices get without a word on the command line; lazy unless given"),
      Field(
        "preemption", .oneOf(PreemptionModel.allCases.map(\.rawValue)),
        "what the kernel is built with, as stack dumps name it since 6.15; voluntary unless given"),
      Field("IRQ_REMAP", .boolean, "units that can remap interrupts do"),
    ])

  static let behaviour = Section(
    name: "behaviour",
    fields: KernelSetting.all.map { Field($0.key, .oneOf($0.values), $0.summary) })
}
