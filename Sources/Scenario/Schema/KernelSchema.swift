internal import KernelLog
internal import LinuxIOMMU

/// What a kernel file holds: the facts of one build, and how that kernel behaves.
enum KernelSchema {
  static let type = SchemaType.section(section)

  static let section = Section(
    name: "kernel",
    fields: [
      Field("release", .text, required: true, "uname -r"),
      Field("version", .text, "the first word of uname -v, such as #1"),
      Field("taint", .text, "Not tainted, or Tainted: and the flags"),
      Field("package_note", .text, "what is printed behind the version in backtraces"),
      Field("hardware", .text, "the text behind Hardware name:"),
      Field("configuration", .section(configuration), "build and boot options"),
      Field("behaviour", .section(behaviour), "what differs from release to release"),
      Field(
        "call_sites",
        .table(key: .name, value: .table(key: .name, value: .form(.callSite))),
        "function: {callee: offset/size}, the return address of the call as %pS prints it"),
      Field(
        "frameless", .list(.text),
        "functions that leave no stack frame: inlined, or left by a tail call"),
    ])

  static let configuration = Section(
    name: "configuration",
    fields: [
      Field("PROVE_LOCKING", .boolean, "the lock validator is built in"),
      Field("PROVE_RAW_LOCK_NESTING", .boolean, "spinlocks under raw spinlocks are reported"),
      Field("INTEL_IOMMU_DEBUGFS", .boolean, "selects DMAR_DEBUG: faults dump the tables"),
      Field("scalable_mode", .boolean, "units that can are used in scalable mode"),
      Field("IRQ_REMAP", .boolean, "units that can remap interrupts do"),
    ])

  static let behaviour = Section(
    name: "behaviour",
    fields: [
      Field(
        "fault_lines", .oneOf(FaultLineGeneration.allCases.map(\.rawValue)),
        "the shape of fault lines, F1 (2.6) to F7 (5.15 on)"),
      Field(
        "table_walk", .oneOf(KernelBehaviour.TableWalk.allCases.map(\.rawValue)),
        "how the dump finds the page table"),
      Field("klist_add", lockMode, "how klist_add_* takes the klist's lock"),
      Field("klist_next", lockMode, "how klist_next and klist_prev take it"),
      Field("klist_put", lockMode, "how klist_put, hence klist_del, takes it"),
    ])

  private static let lockMode = SchemaType.oneOf(
    KernelBehaviour.LockMode.allCases.map(\.rawValue))
}
