internal import LinuxIOMMU
internal import VTdFormats

/// What a scenario file holds.
enum ScenarioSchema {
  static let type = SchemaType.section(
    Section(
      name: "scenario",
      fields: [
        Field("description", .text, "what the scenario shows, and why"),
        Field(
          "kernel", KernelSchema.type, required: true,
          "the kernel that runs; a file of Configs/kernels by extends"),
        Field("machine", .section(MachineSchema.section), required: true, "the machine"),
        Field("boot", .section(boot), "what happens before the first step"),
        Field("steps", .list(step), required: true, "what happens, in order"),
        Field("expect", .section(ExpectationSchema.section), "what must come out of it"),
      ]))

  static let boot = Section(
    name: "boot",
    fields: [
      Field("memory_blocks", .integer(0...65536), "how many memory blocks become devices"),
      Field(
        "memory_interrupts", .oneOf(["on", "off"]),
        "off: memory blocks are added with interrupts off, which no kernel does"),
      Field(
        "command_line", .text,
        "the kernel's command line; with it, the driver's own boot lines are printed"),
      Field(
        "driver", .oneOf(["on", "off"]),
        "off: the driver leaves the units alone, steps program them, and the kernel prints each"
          + " fault that a unit records"),
      Field("times", .list(.seconds), "time stamps of the boot lines"),
      Field(
        "reserved", .list(.section(reserved)),
        "what firmware's memory map reserves; RMRRs elsewhere are told as bad"),
      Field("pages", .section(pages), "where the driver's tables come to lie"),
      Field(
        "default_domains", .boolean,
        "the driver makes a domain for each group of functions, as real kernels do"),
      Field(
        "interrupts", .list(.section(interrupt)),
        "interrupt entries that the kernel sets up, in order; without a vector: takes down"),
      Field(
        "domains", .table(key: .domainID, value: .section(domain)), "domains by id"),
    ])

  private static let reserved = Section(
    name: "reserved",
    fields: [
      Field("base", .integer(0...(.max)), required: true, "first byte"),
      Field("end", .integer(0...(.max)), required: true, "last byte"),
    ])

  /// An entry of the interrupt table.
  static let interruptEntry = Section(
    name: "interrupt_entry",
    fields: [
      Field("index", .integer(0...0xffff), required: true, "the entry's index"),
      Field("vector", .integer(0x10...0xff), "the vector"),
      Field("destination", .integer(0...0xff), "the local APIC, 1 unless given"),
      Field("source", .form(.device), "who may send it, ff:00.0 unless given"),
    ])

  private static let interrupt = Section(
    name: "interrupt",
    fields: interruptEntry.fields + [
      Field(
        "late", .boolean, "a device's driver does it, once the units and all domains are set up")
    ])

  private static let pages = Section(
    name: "pages",
    fields: [
      Field(
        "list", .list(.integer(0...0xf_ffff_ffff_f000)),
        "page addresses in the order in which the driver asks for pages"),
      Field(
        "base", .integer(0...0xf_ffff_ffff_f000), "behind the list, pages follow from here"),
    ])

  private static let domain = Section(
    name: "domain",
    fields: [
      Field("levels", .integer(3...5), "page-table levels: 3, 4 or 5"),
      Field("devices", .list(.form(.deviceOrFirst)), "devices attached to it"),
      Field("mappings", .list(.section(mapping)), "what is mapped"),
    ])

  static let mapping = Section(
    name: "mapping",
    fields: [
      Field("iova", .integer(0...(.max)), required: true, "first address as the device sees it"),
      Field("target", .integer(0...0xf_ffff_ffff_ffff), required: true, "first physical address"),
      Field("size", .size, "bytes, 4096 unless given"),
      Field(
        "access", .oneOf(MappingAccess.allCases.map(\.rawValue)), "what is allowed, rw unless given"
      ),
    ])

  static let step = SchemaType.section(
    Section(
      name: "step",
      fields: DriverSchema.steps + [
        Field("dma", .section(dma), "a device reads or writes memory"),
        Field("remove_device", .form(.device), "a function is removed through sysfs"),
        Field("locks", .section(locks), "a driver takes locks"),
        Field("page_request", .section(pageRequest), "a device asks for a page (PRI)"),
        Field("write_memory", .section(HardwareSteps.memoryWrite), "the CPU writes memory"),
        Field(
          "write_register", .section(HardwareSteps.registerWrite),
          "the CPU writes a unit's register"),
        Field(
          "check_memory", .section(HardwareSteps.memoryCheck),
          "the CPU reads memory; anything else there than expected fails the scenario"),
        Field(
          "check_register", .section(HardwareSteps.registerCheck),
          "the CPU reads a unit's register; another value fails the scenario"),
        Field("reset_unit", .text, "the unit of this name is as after power-on"),
        Field("wait", .seconds, "time passes; the kernel's timers run when they are due"),
      ] + EventSchema.fields + [
        Field(
          "hold_interrupts", .boolean,
          "the CPU takes no interrupt behind the step: the next one comes first, as in a burst"),
        Field(
          "times", .list(.seconds),
          "time stamps of the records that the step prints; behind the list the clock goes on by"
            + " itself"),
      ]))

  private static let locks = Section(
    name: "locks",
    fields: [
      Field(
        "program", .text, required: true,
        "lock operations in the notation of `dmar lockcheck`, such as `@probe L(A) U(A)`"),
      Field(
        "functions", .list(.text), "what the program's functions are called from, outermost first"),
    ])

  private static let dma = Section(
    name: "dma",
    fields: [
      Field("device", .form(.deviceOrFirst), required: true, "the device"),
      Field("as", .form(.device), "the id that it uses instead of its own: a phantom function's"),
      Field("access", .oneOf(["read", "write", "atomic"]), required: true, "what it does"),
      Field(
        "address", .form(.dmaAddress), required: true,
        "the address that it sends, or what a dma_map gave: ring, ring+0x40"),
      Field(
        "ats", .boolean,
        "the device goes through its own TLB, if the driver has switched that on or device_tlb gave it"
      ),
      Field("execute", .boolean, "an instruction fetch; only with a PASID"),
      Field("privileged", .boolean, "supervisor privilege; only with a PASID"),
      Field(
        "type", .oneOf(AddressTypeNames.all),
        "what the address is: untranslated unless given, or ATS's translation request or translated"
      ),
      Field("data", .integer(0...0xffff_ffff), "what a write to the interrupt range holds"),
      Field(
        "bytes", .form(.hexBytes),
        "what a write puts into memory, as many as its length; without it, memory stays as it is"),
      Field("length", .integer(0...0x10_0000), "bytes, 4 unless given"),
      Field("pasid", .integer(0...0xf_ffff), "the PASID of the request, if it has one"),
      Field(
        "repeat", .integer(1...1_000_000),
        "how often, before the CPU takes an interrupt; 1 unless given"),
    ])

  private static let pageRequest = Section(
    name: "page_request",
    fields: [
      Field("device", .form(.deviceOrFirst), required: true, "the device"),
      Field("address", .integer(0...(.max)), required: true, "the page"),
      Field("pasid", .integer(0...0xf_ffff), "the PASID of the request, if it has one"),
    ])

}

/// The words for a request's address type.
enum AddressTypeNames {
  private static let table: [(name: String, type: AddressType)] = [
    ("untranslated", .untranslated), ("translation-request", .translationRequest),
    ("translated", .translated),
  ]

  static var all: [String] { table.map(\.name) }

  static func type(named name: String) -> AddressType {
    table.first { $0.name == name }?.type ?? .untranslated
  }
}

/// What a scenario expects of its run.
enum ExpectationSchema {
  static let section = Section(
    name: "expect",
    fields: [
      Field("log", .text, "a file with the whole log, line for line, trailing blanks aside"),
      Field("contains", .list(.text), "each is a part of some line, in this order"),
      Field("lacks", .list(.text), "each is a part of no line"),
      Field(
        "records", .list(.section(RecordExpectation.schema)),
        "the faults that the units recorded, all of them, in order"),
      Field("faults", .list(.section(fault)), "the faults printed, all of them, in order"),
      Field(
        "interrupts", .list(.section(interrupt)), "the interrupts delivered, all of them, in order"),
      Field("splat", .either(.oneOf(["none"]), .section(splat)), "none, or the splat printed"),
      Field(
        "dump", .oneOf(Expectation.Dump.allCases.map(\.rawValue)),
        "how far the table dump came; fatal: the kernel died of it"),
    ])

  static let fault = Section(
    name: "fault",
    fields: [
      Field("device", .form(.device), required: true, "the source-id"),
      Field("access", .oneOf(["read", "write"]), required: true, "what was refused"),
      Field("address", .integer(0...(.max)), required: true, "the page"),
      Field("reason", .integer(0...0xff), required: true, "the fault reason"),
    ])

  static let interrupt = Section(
    name: "interrupt",
    fields: [
      Field("vector", .integer(0...0xff), required: true, "the vector"),
      Field("destination", .integer(0...0xffff_ffff), required: true, "the local APIC"),
    ])

  static let splat = Section(
    name: "splat",
    fields: [
      Field("title", .text, required: true, "inconsistent lock state, …"),
      Field("class", .text, "the lock class"),
      Field("usage", .text, "its usage as printed, such as ?.+."),
      Field("from", .text, "the earlier state, such as HARDIRQ-ON-W"),
      Field("to", .text, "the new state, such as IN-HARDIRQ-W"),
      Field("registered_in", .list(.text), "functions of the earlier state's stack, in order"),
      Field("taken_in", .list(.text), "functions of the report's stack, in order"),
    ])
}
