public import LinuxIOMMU

/// What a scenario says of the CPU at the moment of the interrupt.
extension InterruptedContext: Section {
  package static var sectionName: String { "interrupted" }
  package static var isFlow: Bool { false }

  /// A task without a name that executes user code.
  package init() { self.init(task: Task(), mode: .user) }

  package mutating func visit(_ field: inout Fields) {
    field.required("task", &task, .section, "the running task")
    field.required("mode", &mode, .word, "what the CPU executed")
    field(
      "functions", &functions, .list(.text, isFlow: false),
      "in kernel mode the functions that the task is in, outermost first")
    var code = registers?.code ?? ""
    field("registers", &registers, .section, "as the backtrace prints them")
    field("code", &code, .text, "the bytes behind Code:")
    registers?.code = code
    field("irq_events", &interruptEvents, .section, "when interrupts last went on and off")
    field(
      "uncertain_frames", &strayFrames, .list(.section, isFlow: false),
      "what the backtrace prints with a question mark")
  }
}

extension InterruptedContext.Task: Section {
  package static var sectionName: String { "task" }
  package init() { self.init(name: "", pid: 0) }

  package mutating func visit(_ field: inout Fields) {
    field.required("name", &name, .text, "comm", example: "swapper/0")
    field.required("pid", &pid, .number(0...0x7fff_ffff), "process id")
  }
}

extension InterruptedContext.StrayFrames: Section {
  package static var sectionName: String { "uncertain_frames" }
  package static var isFlow: Bool { false }
  package init() { self.init(after: nil, symbols: []) }

  package mutating func visit(_ field: inout Fields) {
    var name = after ?? "registers"
    field.required("after", &name, .text, "the function whose frame they follow, or registers")
    after = name == "registers" ? nil : name
    field.required(
      "symbols", &symbols, .list(.text), "symbol+offset/size", example: "[klist_next+0x7/0x100]")
  }
}

extension RegisterDump: Section {
  package static var sectionName: String { "registers" }
  package static var isFlow: Bool { false }

  /// All zeros.
  package init() {
    self.init(
      codeSegment: 0, instruction: "", code: "", stackSegment: 0, stackPointer: 0, flags: 0,
      general: [])
  }

  /// The general registers in the order of `general`, as scenarios call them.
  private static let keys = [
    "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
  ]

  package mutating func visit(_ field: inout Fields) {
    field.required("cs", &codeSegment, .number(0...0xffff, .hex), "code segment")
    field.required(
      "rip", &instruction, .text, "an address in user mode, a symbol in the kernel",
      example: "mwait_idle+0x75/0x80")
    field.required("ss", &stackSegment, .number(0...0xffff, .hex), "stack segment")
    field.required("rsp", &stackPointer, .number(0...(.max), .hex), "stack pointer")
    field.required("eflags", &flags, .number(0...(.max), .hex), "flags")
    for (index, key) in Self.keys.enumerated() {
      field(key, &general[index], .number(0...(.max), .hex), always: true, "general register")
    }
  }
}

extension InterruptEvents: Section {
  package static var sectionName: String { "irq_events" }
  package static var isFlow: Bool { false }
  package init() { self.init(hardEnabled: nil) }

  package mutating func visit(_ field: inout Fields) {
    field("hardirqs_enabled", &hardEnabled, .section, "hard interrupts last went on")
    let isKnown = entryAddress != 0 || entrySymbol != InterruptEvents().entrySymbol
    var entry = isKnown ? CodePlace(address: entryAddress, symbol: entrySymbol) : nil
    field(
      "entry", &entry, .section, "where the interrupt's entry code notes that they went off")
    if let entry { (entryAddress, entrySymbol) = (entry.address, entry.symbol) }
    field("softirqs_enabled", &softEnabled, .section, "soft interrupts last went on")
    field("softirqs_disabled", &softDisabled, .section, "soft interrupts last went off")
  }
}

extension InterruptEvents.Event: Section {
  package static var sectionName: String { "event" }
  package init() { self.init(number: 0, address: 0, symbol: "") }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "event", &number, .number(0...0xffff_ffff), "its number in the task's count",
      example: "28334")
    var place = CodePlace(address: address, symbol: symbol)
    place.visit(&field)
    (address, symbol) = (place.address, place.symbol)
  }
}

/// A place in the kernel's code.
private struct CodePlace: Section {
  static var sectionName: String { "entry" }
  var address: UInt64 = 0
  var symbol = ""

  init() {}

  init(address: UInt64, symbol: String) {
    self.address = address
    self.symbol = symbol
  }

  mutating func visit(_ field: inout Fields) {
    field.required(
      "address", &address, .number(0...(.max), .hex), "the code address",
      example: "0xffffffff82000d26")
    field.required(
      "symbol", &symbol, .text, "the same as a symbol",
      example: "asm_common_interrupt+0x26/0x40")
  }
}
