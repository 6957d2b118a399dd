internal import Text

/// What the interrupt found on the CPU: facts of one event that no model derives.
public struct InterruptedContext: Hashable, Sendable {
  /// The task that ran.
  public var task: Task
  /// Whether it ran its own code or the kernel.
  public var mode: Mode
  /// The functions of the interrupted task in kernel mode, outermost first, the one that was
  /// interrupted last; empty in user mode.
  public var functions: [String]
  /// The registers; nil where a log did not show them.
  public var registers: RegisterDump?
  /// When interrupts last went on and off.
  public var interruptEvents: InterruptEvents
  /// Return addresses that lie on the stack without belonging to a frame, which a backtrace
  /// prints with a question mark.
  public var strayFrames: [StrayFrames]

  /// A task of the kernel.
  public struct Task: Hashable, Sendable {
    /// Its name, `comm`.
    public var name: String
    /// Its process id.
    public var pid: Int

    /// A task by name and process id.
    public init(name: String, pid: Int) {
      self.name = name
      self.pid = pid
    }
  }

  /// Where the processor was.
  public enum Mode: String, CaseIterable, Hashable, Sendable {
    /// In the task's own code.
    case user
    /// In the kernel.
    case kernel
  }

  /// Symbols printed with `?` behind the frame of a function, or behind the registers.
  public struct StrayFrames: Hashable, Sendable {
    /// The function whose frame they follow; nil: the registers.
    public var after: String?
    /// As they are printed.
    public var symbols: [String]

    /// Stray addresses behind one frame.
    public init(after: String?, symbols: [String]) {
      self.after = after
      self.symbols = symbols
    }
  }

  /// What an interrupt finds.
  public init(
    task: Task, mode: Mode, functions: [String] = [], registers: RegisterDump? = nil,
    interruptEvents: InterruptEvents = InterruptEvents(), strayFrames: [StrayFrames] = []
  ) {
    self.task = task
    self.mode = mode
    self.functions = functions
    self.registers = registers
    self.interruptEvents = interruptEvents
    self.strayFrames = strayFrames
  }

  /// CPU 0 in its idle loop, the state of a machine that nobody described.
  public static let idle = InterruptedContext(
    task: Task(name: "swapper/0", pid: 0), mode: .kernel,
    functions: [
      "secondary_startup_64_no_verify", "start_kernel", "arch_call_rest_init", "rest_init",
      "cpu_startup_entry", "do_idle", "cpuidle_idle_call", "default_idle_call",
    ])

  /// The same of another CPU.
  public static func idle(cpu: Int) -> InterruptedContext {
    InterruptedContext(
      task: Task(name: "swapper/\(cpu)", pid: 0), mode: .kernel,
      functions: [
        "secondary_startup_64_no_verify", "start_secondary", "cpu_startup_entry", "do_idle",
        "cpuidle_idle_call", "default_idle_call",
      ])
  }
}

/// The registers at an interrupt as `__show_regs` prints them.
public struct RegisterDump: Hashable, Sendable {
  /// CS.
  public var codeSegment: UInt16
  /// The instruction pointer as it is printed: an address in user mode, a symbol in the kernel.
  public var instruction: String
  /// The bytes around the instruction, as printed behind `Code: `.
  public var code: String
  /// SS.
  public var stackSegment: UInt16
  /// RSP.
  public var stackPointer: UInt64
  /// RFLAGS.
  public var flags: UInt64
  /// RAX, RBX, RCX, RDX, RSI, RDI, RBP, R08 to R15, in the order in which they are printed.
  public var general: [UInt64]

  /// The names of ``general``, in its order.
  public static let generalNames = [
    "RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "R08", "R09", "R10", "R11", "R12", "R13",
    "R14", "R15",
  ]

  /// A dump of these values.
  ///
  /// - Parameters:
  ///   - codeSegment: CS.
  ///   - instruction: the instruction pointer as it is printed.
  ///   - code: the bytes around the instruction.
  ///   - stackSegment: SS.
  ///   - stackPointer: RSP.
  ///   - flags: RFLAGS.
  ///   - general: fifteen values in the order of `generalNames`; missing ones are 0.
  public init(
    codeSegment: UInt16, instruction: String, code: String, stackSegment: UInt16,
    stackPointer: UInt64, flags: UInt64, general: [UInt64]
  ) {
    self.codeSegment = codeSegment
    self.instruction = instruction
    self.code = code
    self.stackSegment = stackSegment
    self.stackPointer = stackPointer
    self.flags = flags
    let missing = max(0, Self.generalNames.count - general.count)
    self.general = general.prefix(Self.generalNames.count) + Array(repeating: 0, count: missing)
  }

  /// The lines of a register dump inside a backtrace.
  package var lines: [String] {
    func row(_ range: Range<Int>) -> String {
      range.map { "\(Self.generalNames[$0]): \(Hexadecimal.string(general[$0], digits: 16))" }
        .joined(
          separator: " ")
    }
    return [
      "RIP: \(Hexadecimal.string(UInt64(codeSegment), digits: 4)):\(instruction)",
      "Code: \(code)",
      "RSP: \(Hexadecimal.string(UInt64(stackSegment), digits: 4)):\(Hexadecimal.string(stackPointer, digits: 16))"
        + " EFLAGS: \(Hexadecimal.string(flags, digits: 8))",
    ] + stride(from: 0, to: 15, by: 3).map { row($0..<$0 + 3) }
  }
}

/// When interrupts last went on and off, as `print_irqtrace_events` shows it.
public struct InterruptEvents: Hashable, Sendable {
  /// One switch: its number in the task's count, the address and the symbol that made it.
  public struct Event: Hashable, Sendable {
    /// The task's count of switches.
    public var number: UInt32
    /// Where the code that switched returns to.
    public var address: UInt64
    /// The same as a symbol.
    public var symbol: String

    /// A switch.
    public init(number: UInt32, address: UInt64, symbol: String) {
      self.number = number
      self.address = address
      self.symbol = symbol
    }
  }

  /// Before the interrupt; nil prints as an event that never happened.
  public var hardEnabled: Event?
  /// When soft interrupts last went on.
  public var softEnabled: Event?
  /// When soft interrupts last went off.
  public var softDisabled: Event?
  /// Where the entry code of the interrupt notes that it went off; its number follows from
  /// `hardEnabled`.
  public var entryAddress: UInt64
  /// The same as a symbol.
  public var entrySymbol: String

  /// Switches; without any, none ever happened.
  public init(
    hardEnabled: Event? = nil, softEnabled: Event? = nil, softDisabled: Event? = nil,
    entryAddress: UInt64 = 0, entrySymbol: String = "0x0"
  ) {
    self.hardEnabled = hardEnabled
    self.softEnabled = softEnabled
    self.softDisabled = softDisabled
    self.entryAddress = entryAddress
    self.entrySymbol = entrySymbol
  }
}
