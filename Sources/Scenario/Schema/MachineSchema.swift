internal import VTdUnit

/// What a scenario says of its machine.
enum MachineSchema {
  static let section = Section(
    name: "machine",
    fields: [
      Field("memory", .size, required: true, "bytes of memory, from address 0"),
      Field(
        "units", .table(key: .name, value: .section(unit)),
        required: true, "the remapping units by name, such as dmar0"),
      Field("pci", .section(pci), "the PCI bus"),
      Field("x2apic", .boolean, "the CPU has x2APIC mode"),
      Field("ioapics", .list(.integer(0...0xff)), "I/O interrupt controllers, those of the table"),
      Field(
        "acpi_devices", .list(.section(acpiDevice)),
        "the ACPI name space, as far as the table speaks of it"),
      Field("tboot", .boolean, "tboot has started the kernel (TXT): remapping is not to be off"),
      Field("firmware", .section(firmware), "what firmware calls itself"),
      Field(
        "cpus", .integer(1...2),
        "1 unless given; a second one takes interrupts while the first is busy"),
      Field(
        "dmar", .text,
        "the file of the DMAR table, which says what each unit covers; without it, a unit has its"
          + " segment"),
      Field("interrupted", .section(InterruptedSchema.section), "what the interrupt finds"),
      Field(
        "addresses", .table(key: .name, value: .integer(0...(.max))),
        "where named objects lie, such as pci.klist_devices"),
    ])

  private static let acpiDevice = Section(
    name: "acpi_device",
    fields: [
      Field("path", .text, required: true, #"its object, such as \_SB.PCI0.I2C0"#),
      Field("name", .text, required: true, "its device, such as INT33C2:00"),
    ])

  private static let firmware = Section(
    name: "firmware",
    fields: [
      Field("vendor", .text, "BIOS vendor"), Field("version", .text, "BIOS version"),
      Field("product", .text, "product version"),
    ])

  static let unit = Section(
    name: "unit",
    fields: [
      Field("base", .integer(0...0xf_ffff_ffff_f000), "physical address of the register page"),
      Field("segment", .integer(0...0xffff_ffff), "PCI segment that the unit covers"),
      Field("version", .integer(0...0xff), "VER, such as 0x10 for 1:0"),
      Field("cap", .integer(0...(.max)), required: true, "CAP as boot lines print it"),
      Field("ecap", .integer(0...(.max)), required: true, "ECAP as boot lines print it"),
      Field(
        "host_address_width", .integer(32...52),
        "address bits of the platform, 52 unless given: tables must not go beyond"),
      Field("caches", .section(CacheSchema.section), "what the unit remembers"),
      Field("quirks", .list(.oneOf(UnitQuirks.allNames)), "deviations from the specification"),
      Field("fault_event", .section(message), "the message that the kernel gives the fault event"),
      Field(
        "answers", .boolean, "false: nothing is there, and every register reads as all ones"),
    ])

  static let message = Section(
    name: "fault_event",
    fields: [
      Field("address", .integer(0...(.max)), required: true, "FEADDR and FEUADDR"),
      Field("data", .integer(0...0xffff_ffff), required: true, "FEDATA"),
    ])

  static let pci = Section(
    name: "pci",
    fields: [
      Field("host", .boolean, "take this machine's functions, read through libpciaccess"),
      Field("snapshot", .text, "take the functions of a file that dmar pci snapshot made"),
      Field(
        "functions", .table(key: .device, value: .section(FunctionSchema.section)),
        "functions of the scenario's own, laid over the others"),
      Field(
        "windows", .list(.section(window)),
        "memory that the host bridge passes on; the kernel maps nothing there"),
    ])

  private static let window = Section(
    name: "window",
    fields: [
      Field("base", .integer(0...(.max)), required: true, "first byte"),
      Field("limit", .integer(0...(.max)), required: true, "last byte"),
    ])
}

/// What a scenario says of the CPU at the moment of the interrupt.
enum InterruptedSchema {
  static let section = Section(
    name: "interrupted",
    fields: [
      Field("task", .section(task), required: true, "the running task"),
      Field("mode", .oneOf(["user", "kernel"]), required: true, "what the CPU executed"),
      Field(
        "functions", .list(.text),
        "in kernel mode the functions that the task is in, outermost first"),
      Field("registers", .section(registers), "as the backtrace prints them"),
      Field("code", .text, "the bytes behind Code:"),
      Field("irq_events", .section(events), "when interrupts last went on and off"),
      Field(
        "uncertain_frames", .list(.section(strays)),
        "what the backtrace prints with a question mark"),
    ])

  private static let task = Section(
    name: "task",
    fields: [
      Field("name", .text, required: true, "comm"),
      Field("pid", .integer(0...0x7fff_ffff), required: true, "process id"),
    ])

  private static let registers = Section(
    name: "registers",
    fields: [
      Field("rip", .text, required: true, "an address in user mode, a symbol in the kernel"),
      Field("cs", .integer(0...0xffff), required: true, "code segment"),
      Field("ss", .integer(0...0xffff), required: true, "stack segment"),
      Field("rsp", .integer(0...(.max)), required: true, "stack pointer"),
      Field("eflags", .integer(0...(.max)), required: true, "flags"),
    ]
      + generalRegisters.map { Field($0, .integer(0...(.max)), "general register") })

  static let generalRegisters = [
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
  ]

  private static let events = Section(
    name: "irq_events",
    fields: [
      Field("hardirqs_enabled", .section(event), "hard interrupts last went on"),
      Field("softirqs_enabled", .section(event), "soft interrupts last went on"),
      Field("softirqs_disabled", .section(event), "soft interrupts last went off"),
      Field("entry", .section(entry), "where the interrupt's entry code notes that they went off"),
    ])

  private static let event = Section(
    name: "event",
    fields: [
      Field("event", .integer(0...0xffff_ffff), required: true, "its number in the task's count"),
      Field("address", .integer(0...(.max)), required: true, "the code address"),
      Field("symbol", .text, required: true, "the same as a symbol"),
    ])

  private static let entry = Section(
    name: "entry",
    fields: [
      Field("address", .integer(0...(.max)), required: true, "the code address"),
      Field("symbol", .text, required: true, "the same as a symbol"),
    ])

  private static let strays = Section(
    name: "uncertain_frames",
    fields: [
      Field("after", .text, required: true, "the function whose frame they follow, or registers"),
      Field("symbols", .list(.text), required: true, "symbol+offset/size"),
    ])
}
