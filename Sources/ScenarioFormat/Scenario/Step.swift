public import Lockdep
public import PCI
public import VTdFormats

/// One step with its time stamps.
public struct ScenarioStep: Sendable {
  /// Where the step stands.
  public var place = Place(file: "")
  /// What happens.
  public var action = StepAction.wait(0)
  /// The times of the lines that it prints, in microseconds.
  public var times: [UInt64] = []
  /// Whether the CPU takes no interrupt before the next step.
  public var holdsInterrupts = false
  /// What a writer remarks.
  public var notes = Notes()

  public init() {}

  /// A step with remarks above it.
  public init(_ action: StepAction, notes: [String] = []) {
    self.action = action
    self.notes = Notes(notes)
  }
}

/// What a step does.
public enum StepAction: Sendable {
  /// A device sends a DMA.
  case dma(DMADescription)
  /// The driver does something.
  case driver(DriverAction)
  /// A function is pulled out.
  case removeDevice(PCIAddress)
  /// The kernel takes locks.
  case locks(LocksStep)
  /// A device asks for a page.
  case pageRequest(PageRequestStep)
  /// The CPU builds tables.
  case tables(TablesStep)
  /// The CPU changes an entry of them.
  case entry(EntryStep)
  /// The CPU writes memory.
  case writeMemory(MemoryContent)
  /// The CPU writes a register.
  case writeRegister(RegisterContent)
  /// Memory is to hold these bytes.
  case checkMemory(MemoryContent)
  /// A register is to have this value.
  case checkRegister(RegisterContent)
  /// The unit with that name is reset.
  case resetUnit(String)
  /// Microseconds.
  case wait(UInt64)
  /// Something else happens to the machine.
  case event(EventAction)
}

/// Lock operations of some driver, and what it was called from.
public struct LocksStep: Sendable {
  /// The operations in the notation of `dmar lockcheck`.
  public var text = ""
  /// What is taken, in which context.
  public var program = LockProgram(threads: [], steps: [])
  /// The functions that call it, innermost first.
  public var functions: [String] = []

  public init() {}
}

/// A page that a device asks for.
public struct PageRequestStep: Hashable, Sendable {
  /// The device.
  public var device = DeviceName.first
  /// The page.
  public var address = IOVA(rawValue: 0)
  /// The PASID; nil for none.
  public var pasid: PASID?
  /// It wants to read.
  public var reads = true
  /// It wants to write.
  public var writes = false
  /// It wants to execute.
  public var executes = false
  /// It asks with supervisor privilege.
  public var isPrivileged = false
  /// The last of its group: it is answered.
  public var isLast = true
  /// Page request group index, 9 bits.
  public var group: UInt16 = 0

  public init() {}
}

extension ScenarioStep: Section {
  package static var sectionName: String { "step" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field.note(&place)
    var action: StepAction? = self.action
    DriverAction.visit(&field, &action)
    visitHardware(&field, &action)
    EventAction.visit(&field, &action)
    if let action { self.action = action }
    field(
      "hold_interrupts", &holdsInterrupts, .flag,
      "the CPU takes no interrupt behind the step: the next one comes first, as in a burst")
    field(
      "times", &times, .ascendingSeconds,
      "time stamps of the records that the step prints; behind the list the clock goes on by itself",
      example: "[32.283545, 32.283551]")
    field.oneChoice { "a step does \($0) things; exactly one was expected" }
    field.comments(notes)
  }

  private func visitHardware(
    _ field: inout Fields, _ action: inout StepAction?
  ) {
    field.choice(
      "dma", &action, { .dma($0) }, { if case .dma(let it) = $0 { it } else { nil } }, .section,
      "a device reads or writes memory")
    field.choice(
      "remove_device", &action, { .removeDevice($0) },
      { if case .removeDevice(let it) = $0 { it } else { nil } }, .device,
      "a function is removed through sysfs", example: "\"00:1a.0\"")
    field.choice(
      "locks", &action, { .locks($0) }, { if case .locks(let it) = $0 { it } else { nil } },
      .section, "a driver takes locks")
    field.choice(
      "page_request", &action, { .pageRequest($0) },
      { if case .pageRequest(let it) = $0 { it } else { nil } }, .section,
      "a device asks for a page (PRI)")
    field.choice(
      "tables", &action, { .tables($0) }, { if case .tables(let it) = $0 { it } else { nil } },
      .section, "the CPU builds a device's tables and tells the unit")
    field.choice(
      "entry", &action, { .entry($0) }, { if case .entry(let it) = $0 { it } else { nil } },
      .section, "the CPU changes one entry of the tables that a step has built")
    field.choice(
      "write_memory", &action, { .writeMemory($0) },
      { if case .writeMemory(let it) = $0 { it } else { nil } }, .section,
      "the CPU writes memory")
    field.choice(
      "write_register", &action, { .writeRegister($0) },
      { if case .writeRegister(let it) = $0 { it } else { nil } }, .section,
      "the CPU writes a unit's register")
    field.choice(
      "check_memory", &action, { .checkMemory($0) },
      { if case .checkMemory(let it) = $0 { it } else { nil } }, .section,
      "the CPU reads memory; anything else there than expected fails the scenario")
    field.choice(
      "check_register", &action, { .checkRegister($0) },
      { if case .checkRegister(let it) = $0 { it } else { nil } }, .section,
      "the CPU reads a unit's register; another value fails the scenario")
    field.choice(
      "reset_unit", &action, { .resetUnit($0) },
      { if case .resetUnit(let it) = $0 { it } else { nil } }, .name,
      "the unit of this name is as after power-on", example: "dmar0")
    field.choice(
      "wait", &action, { .wait($0) }, { if case .wait(let it) = $0 { it } else { nil } },
      .seconds, "time passes; the kernel's timers run when they are due")
  }
}

extension LocksStep: Section {
  package static var sectionName: String { "locks" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "program", &text, .text, "lock operations in the notation of `dmar lockcheck`",
      example: "\"@probe L(A) U(A)\"")
    field(
      "functions", &functions, .list(.text),
      "what the program's functions are called from, outermost first", example: "[probe]")
    do throws(LockProgramError) {
      program = try LockProgram(parsing: text)
    } catch {
      field.check(false, at: "program", "in the lock program, \(error)")
    }
  }
}

extension PageRequestStep: Section {
  package static var sectionName: String { "page_request" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &device, .device, "the device")
    field.required("address", &address, .number(), "the page", example: "0x7f0000001000")
    field(
      "pasid", &pasid, .number(0...0xf_ffff, .decimal), "the PASID of the request, if it has one")
    field("read", &reads, .flag, "false: it does not want to read")
    field("write", &writes, .flag, "it wants to write")
    field("execute", &executes, .flag, "it wants to execute")
    field("privileged", &isPrivileged, .flag, "it asks with supervisor privilege")
    field("last", &isLast, .flag, "false: more of its group follow, and only the last is answered")
    field("group", &group, .number(0...0x1ff), "page request group index")
  }
}

extension Form where Value == [UInt64] {
  /// Time stamps, none before the one in front of it.
  fileprivate static var ascendingSeconds: Form<[UInt64]> {
    let list = Form<[UInt64]>.list(.seconds)
    return .init(
      list.type(),
      read: { (value, name) throws(InputError) in
        let times = try list.read(value, name)
        for (index, pair) in zip(times, times.dropFirst()).enumerated() where pair.0 > pair.1 {
          throw InputError(
            at: value.elements?[index + 1].place ?? value.place,
            "time goes back here; a later time stamp was expected")
        }
        return times
      }, write: list.write)
  }
}
