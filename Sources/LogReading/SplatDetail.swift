import Lockdep
import Text

/// What a lockdep report of a wrong state says line by line, as far as a replay has to print it
/// again: the kernel's banner, both stacks with offsets, the switches of interrupts and what was
/// interrupted.
public struct SplatDetail: Hashable, Sendable {
  /// A line of a stack as `%pS` prints it.
  public struct Frame: Hashable, Sendable {
    /// `mark_lock.cold+0x48/0xe1`
    public var symbol: String
    /// `mark_lock`: without offset and without the part that the compiler split off.
    public var function: String
    /// Marked `?`: an address on the stack that the unwinder does not vouch for.
    public var isGuess: Bool
    /// Another word stands behind the symbol, such as a module's name in brackets.
    public var hasSuffix: Bool
  }

  /// A switch of interrupts as print_irqtrace_events names it.
  public struct Event: Hashable, Sendable {
    /// The number of the event.
    public var number: UInt32
    /// Where it was.
    public var address: UInt64
    /// The function there, with its offset.
    public var symbol: String
  }

  /// The registers that a trace prints.
  public struct Registers: Hashable, Sendable {
    /// CS.
    public var codeSegment: UInt64 = 0
    /// An address of user mode, or a symbol of the kernel.
    public var instruction = ""
    /// SS.
    public var stackSegment: UInt64 = 0
    /// RSP.
    public var stackPointer: UInt64 = 0
    /// EFLAGS.
    public var flags: UInt64 = 0
    /// The bytes around the instruction.
    public var code = ""
    /// By lower-case name without leading zero: `rax`, `r8`.
    public var general: [String: UInt64] = [:]
  }

  /// The kernel's release.
  public var release = ""
  /// The kernel's version.
  public var version = ""
  /// The taint.
  public var taint = ""
  /// The task's name.
  public var taskName = ""
  /// The task's number.
  public var pid: UInt64 = 0
  /// `[HC1[1]:SC0[0]:HE0:SE1]`
  public var context = ""
  /// The address of the lock that is being taken.
  public var lockAddress: UInt64 = 0
  /// Innermost first.
  public var registered: [Frame] = []
  /// When hard interrupts were last switched on.
  public var hardEnabled: Event?
  /// When hard interrupts were last switched off.
  public var hardDisabled: Event?
  /// When soft interrupts were last switched on.
  public var softEnabled: Event?
  /// When soft interrupts were last switched off.
  public var softDisabled: Event?
  /// The line that begins with `CPU:`, with what stands behind the version.
  public var processor = ""
  /// The machine's name; nil where the trace has none.
  public var hardware: String?
  /// The stack of this event down to the interrupt's entry, innermost first.
  public var taken: [Frame] = []
  /// The registers; nil where the trace has none.
  public var registers: Registers?
  /// Behind the registers: what the interrupted task was in, innermost first.
  public var interrupted: [Frame] = []
  /// Whether the interrupt has a stack of its own in the trace (`<IRQ>`).
  public var hasInterruptStack = false

  /// Nil where the report lacks its banner or its lock.
  public init?(_ splat: LockSplat) {
    var part = Part.head
    for line in splat.text {
      let text = Self.trimmed(line)
      if text == "</TASK>" { break }
      read(text, raw: line, &part)
    }
    guard !release.isEmpty, !taskName.isEmpty, lockAddress != 0 else { return nil }
  }

  private enum Part { case head, registered, middle, taken, interrupted }

  private mutating func read(_ text: Substring, raw: String, _ part: inout Part) {
    if let (line, values) = SplatLines.read(text), take(line, values, &part) { return }
    if text.hasPrefix("Call Trace") {
      part = .taken
    } else if text.hasPrefix("<IRQ>") {
      hasInterruptStack = true
    } else if text.hasPrefix("CPU: ") {
      processor = String(raw.drop { $0 == " " })
    } else if text.hasPrefix("Hardware name: ") {
      hardware = String(text.dropFirst("Hardware name: ".count))
    } else if Self.isOfRegisters(text) {
      takeRegisters(text)
      part = .interrupted
    } else if let frame = Frame(text) {
      switch part {
      case .registered: registered.append(frame)
      case .taken: taken.append(frame)
      case .interrupted: interrupted.append(frame)
      case .head, .middle: break
      }
    } else if part == .head {
      takeHead(text)
    }
  }

  /// The banner `6.1.192 #1 Not tainted`, and the lock `ff17… (&k->k_lock){?.+.}-{2:2}, at: …`.
  private mutating func takeHead(_ text: Substring) {
    if release.isEmpty, text.firstRange(of: "ainted") != nil {
      let words = text.split(separator: " ", maxSplits: 2)
      guard words.count == 3 else { return }
      (release, version, taint) = (String(words[0]), String(words[1]), String(words[2]))
    } else if lockAddress == 0, text.firstRange(of: "){") != nil {
      lockAddress = UInt64(text.prefix { $0.isHexDigit }, radix: 16) ?? 0
    }
  }

  /// Takes a line that has a form; answers whether it says something here.
  private mutating func take(_ line: ReportLine, _ values: [String], _ part: inout Part) -> Bool {
    switch line {
    case .takes: takeTask(values[0])
    case .registered: part = .registered
    case .eventStamp: part = .middle
    case .hardEnabled: hardEnabled = Event(values)
    case .hardDisabled: hardDisabled = Event(values)
    case .softEnabled: softEnabled = Event(values)
    case .softDisabled: softDisabled = Event(values)
    default: return false
    }
    return true
  }

  /// `rngd/1006 [HC1[1]:SC0[0]:HE0:SE1]`; a task's name may hold slashes.
  private mutating func takeTask(_ text: String) {
    guard let flags = text.firstRange(of: " [HC"),
      let slash = text[..<flags.lowerBound].lastIndex(of: "/")
    else { return }
    taskName = String(text[..<slash])
    pid = UInt64(text[text.index(after: slash)..<flags.lowerBound]) ?? 0
    context = String(text[flags.lowerBound...].dropFirst())
  }

  private static func isOfRegisters(_ text: Substring) -> Bool {
    if text.hasPrefix("Code: ") { return true }
    guard text.first == "R", let colon = text.firstIndex(of: ":") else { return false }
    return (2...3).contains(text.distance(from: text.startIndex, to: colon))
  }

  /// Lines of __show_regs: `NAME: value NAME: value …`, segments before a colon.
  private mutating func takeRegisters(_ text: Substring) {
    var registers = self.registers ?? Registers()
    defer { self.registers = registers }
    if text.hasPrefix("Code: ") {
      registers.code = String(text.dropFirst("Code: ".count))
      return
    }
    let words = text.split(separator: " ")
    for (name, value) in zip(words, words.dropFirst()) where name.last == ":" {
      let parts = value.split(separator: ":", maxSplits: 1)
      switch name {
      case "RIP:":
        guard parts.count == 2 else { continue }
        registers.codeSegment = UInt64(parts[0], radix: 16) ?? 0
        registers.instruction = String(parts[1])
      case "RSP:":
        guard parts.count == 2 else { continue }
        registers.stackSegment = UInt64(parts[0], radix: 16) ?? 0
        registers.stackPointer = UInt64(parts[1], radix: 16) ?? 0
      case "EFLAGS:": registers.flags = UInt64(value, radix: 16) ?? 0
      default:
        var short = name.dropLast().lowercased()
        if short.count == 3, short.hasPrefix("r0") {
          short.remove(at: short.index(after: short.startIndex))
        }
        registers.general[short] = UInt64(value, radix: 16)
      }
    }
  }

  private static func trimmed(_ line: String) -> Substring {
    var text = Substring(line).drop { $0 == " " || $0 == "\t" }
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}

extension SplatDetail.Event {
  /// The number, and `[<ffffffff85000e86>] symbol+0x16/0x20`.
  fileprivate init?(_ values: [String]) {
    guard values.count == 2, let number = UInt32(values[0]), values[1].hasPrefix("[<"),
      let close = values[1].firstRange(of: ">] "),
      let address = UInt64(values[1][..<close.lowerBound].dropFirst(2), radix: 16)
    else { return nil }
    self.init(
      number: number, address: address, symbol: String(values[1][close.upperBound...]))
  }
}

extension SplatDetail.Frame {
  /// `? klist_next+0x1b/0x160`; nil for a line that is not a frame.
  init?(_ text: Substring) {
    isGuess = text.hasPrefix("? ")
    let words = (isGuess ? text.dropFirst(2) : text).split(separator: " ")
    guard let first = words.first, let plus = first.firstRange(of: "+0x") else { return nil }
    let name = first[..<plus.lowerBound]
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
    else { return nil }
    symbol = words.joined(separator: " ")
    function = String(name.prefix { $0 != "." })
    hasSuffix = words.count > 1
  }
}
