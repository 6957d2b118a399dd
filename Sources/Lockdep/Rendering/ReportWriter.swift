/// Collects the records of a report: one element is one printk record, which gets one time stamp.
///
/// A record keeps the line feeds that the kernel's format string has at its front and inside;
/// only the one that ends it is left out.
struct ReportWriter<Environment: ReportEnvironment> {
  let environment: Environment
  var records: [String] = []

  init(environment: Environment) {
    self.environment = environment
  }

  mutating func print(_ record: String) {
    records.append(record)
  }

  mutating func print(_ line: ReportLine, _ values: String...) {
    records.append(line.text(values))
  }

  // MARK: Lines that reports share

  var style: ReportStyle { environment.style }

  /// An empty line, a rule, the title, the ident, a rule; in brackets to this day.
  mutating func header(_ title: ReportLine, width: Int) {
    box("[ BUG: \(title.text()) ]", top: width, bottom: width)
  }

  /// What stood in the brackets of a title before it was a `WARNING:`.
  enum FormerTag: String {
    case info = "INFO"
    case bug = "BUG"
  }

  /// The same for a title that had another tag, and rules as long as that, in older kernels.
  ///
  /// - Parameter formerTop: the length of the upper rule in kernels with taint flags below titles,
  ///   where it is not that of the lower one.
  mutating func header(
    _ line: ReportLine, _ values: String..., was tag: FormerTag, width: Int,
    formerTop: Int? = nil
  ) {
    let title = line.text(values)
    guard style.heads != .warning else {
      return box("WARNING: \(title)", top: width, bottom: width)
    }
    let former = tag == .info ? width + 1 : width
    box(
      "[ \(tag.rawValue): \(title) ]",
      top: style.heads == .info ? formerTop ?? former : former, bottom: former, tag)
  }

  private mutating func box(_ title: String, top: Int, bottom: Int, _ tag: FormerTag? = nil) {
    let isBare = style.heads == .bare
    if !isBare { print("") }
    print((isBare ? "\n" : "") + String(repeating: "=", count: top))
    print(title)
    if !isBare {
      print(environment.ident)
    } else if tag != .bug {
      // The release and the first word of the version, without the taint.
      print(environment.ident.split(separator: " ").prefix(2).joined(separator: " "))
    }
    print(String(repeating: "-", count: bottom))
  }

  /// `name`, `#version`, `/subclass`, then what the class's print function adds.
  func name(_ lockClass: ClassDescription, _ instanceText: String = "") -> String {
    var text = lockClass.name.isEmpty ? environment.symbol(for: lockClass.key) : lockClass.name
    if lockClass.version > 1 { text += "#\(lockClass.version)" }
    if lockClass.subclass != 0 { text += "/\(lockClass.subclass)" }
    return text + instanceText
  }

  func name(_ lock: LockDescription) -> String {
    lock.lockClass.map { name($0, lock.instanceText) } ?? "<RELEASED>"
  }

  /// ` (name){usage}-{outer:inner}`; begins with a blank (`print_lock_name`).
  func nameAndUsage(_ lockClass: ClassDescription, _ instanceText: String = "") -> String {
    let usage = "\(lockClass.usage)" + (style.usage == .six ? ".." : "")
    let waits =
      style.waitTypes == .printed ? "-{\(lockClass.waitOuter):\(lockClass.waitInner)}" : ""
    return " (\(name(lockClass, instanceText))){\(usage)}\(waits)"
  }

  /// `address (name){usage}-{o:i}, at: symbol` (`print_lock`).
  func lock(_ lock: LockDescription) -> String {
    guard let lockClass = lock.lockClass else { return "<RELEASED>" }
    let address: String
    let place: String
    switch style.locks {
    case .place, .hashedPlace:
      address = ""
      place = environment.place(lock.frame)
    case .hashedLock, .lock:
      address = hex16(style.locks == .lock ? lock.address : hashed(lock.address))
      place = environment.symbol(for: lock.frame)
    }
    return address + nameAndUsage(lockClass, lock.instanceText) + ", at: \(place)"
  }

  /// The frames of a trace, each behind `indent` + 1 blanks (`stack_trace_print`).
  mutating func trace(_ frames: [LockdepFrame], indent: Int) {
    let blanks = String(repeating: " ", count: indent + 1)
    for frame in frames { print(blanks + text(of: frame)) }
  }

  /// A frame of a stored trace.
  func text(of frame: LockdepFrame) -> String {
    style.traces == .addresses ? environment.place(frame) : environment.symbol(for: frame)
  }

  /// `lockdep_print_held_locks`.
  mutating func heldLocks(_ scene: Scene) {
    heldLocks(scene.held, of: scene.task, cpu: scene.context.cpu)
  }

  /// - Parameters:
  ///   - cpu: where the task runs, or ran last.
  ///   - isRunning: by its state, which is the running one for the task that reports.
  mutating func heldLocks(
    _ held: [LockDescription], of task: TaskName, cpu: CPUID, isRunning: Bool = true
  ) {
    if style.heldLocks == .withCPU {
      print(
        .heldByOnCPU, "\(task)", "\(held.count), \(isRunning ? "last" : "on")",
        "\(cpu.rawValue)" + (held.isEmpty ? "" : ":"))
    } else {
      switch held.count {
      case 0: return print(.noneHeldBy, "\(task)")
      case 1: print(.oneHeldBy, "\(task)")
      default: print(.heldBy, "\(held.count)", "\(task)")
      }
    }
    for (index, entry) in held.enumerated() { print(" #\(index): \(lock(entry))") }
  }

  /// The five lines of `print_irqtrace_events`.
  mutating func irqTrace(_ trace: IRQTrace) {
    print(.eventStamp, "\(trace.events)")
    for (line, event) in [
      (ReportLine.hardEnabled, trace.hardirqsEnabled), (.hardDisabled, trace.hardirqsDisabled),
      (.softEnabled, trace.softirqsEnabled), (.softDisabled, trace.softirqsDisabled),
    ] {
      print(line, "\(event.number)", environment.place(event.frame))
    }
  }

  /// An empty line, `stack backtrace:` and what follows it.
  mutating func backtrace(_ scene: Scene, separated: Bool = true) {
    print((separated ? "\n" : "") + ReportLine.backtrace.text())
    records += environment.backtrace(scene)
  }
}
