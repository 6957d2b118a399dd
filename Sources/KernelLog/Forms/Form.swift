import PCI

/// How one line of the driver stands in a log: its words, the kernels that print it so, and what it
/// means. The same data prints the line and reads it.
package struct Form: Sendable {
  /// Who speaks: what stands before the words.
  package enum Voice: Sendable {
    /// The reader of the DMAR table, a unit, and interrupt remapping: each with a prefix that
    /// changed with the kernels.
    case table, unit, interrupt
    /// The driver, with `DMAR: ` in every kernel, and interrupt remapping with `DMAR-IR: `.
    case driver, remapping
    /// `PCI-DMA: `
    case pci
    /// The fault handler: nothing at first, then `dmar: `, then `DMAR: `.
    case fault
    /// `pci 0000:00:02.0: DMAR: `; only `DMAR: ` where the device is not known.
    case device
    /// `pci 0000:00:02.0: `
    case core
    /// An oops, with one more `Oops: ` in later kernels.
    case oops
    /// Nobody: the words are the whole line.
    case bare
  }

  /// Which kernels print the line so.
  package enum Era: Sendable {
    case always
    /// No kernel: a line as reports have it after it went through hands.
    case never
    case boot(ClosedRange<BootLineGeneration>)
    /// The current shape, with the device before the words or in them.
    case deviceFirst(Bool)
    case dump(DumpWording)
    case queue(namesWords: Bool)
    /// The line that ends a panic: whether its own reason ends with a line's end, and whether
    /// something closes it.
    case panic(breaksLine: Bool?, isClosed: Bool?)

    static let old = Era.boot(.acpi ... .lowercase)
    static let current = Era.boot(.current ... .current)

    func contains(_ generations: LineGenerations) -> Bool {
      switch self {
      case .always: true
      case .never: false
      case .boot(let range): range.contains(generations.boot)
      case .deviceFirst(let isFirst):
        generations.boot == .current && generations.namesDeviceFirst == isFirst
      case .dump(let wording): generations.dump == wording
      case .queue(let namesWords): generations.namesQueueWords == namesWords
      case .panic(let breaksLine, let isClosed):
        breaksLine ?? generations.panic.breaksLine == generations.panic.breaksLine
          && isClosed ?? generations.panic.isClosed == generations.panic.isClosed
      }
    }
  }

  package let voice: Voice
  package let isFirmwareBug: Bool
  package let words: StaticString
  package let era: Era
  package let level: LogLevel
  /// The line with these values; nil where they are none that it can have.
  package let make: @Sendable (FormValues) -> DriverLine?

  init(
    _ voice: Voice, isFirmwareBug: Bool = false, _ words: StaticString, _ era: Era = .always,
    level: LogLevel = .info, make: @escaping @Sendable (FormValues) -> DriverLine?
  ) {
    self.voice = voice
    self.isFirmwareBug = isFirmwareBug
    self.words = words
    self.era = era
    self.level = level
    self.make = make
  }

  static let firmwareBug: StaticString = "[Firmware Bug]: "

  /// What stands before the words.
  fileprivate func prefix(_ generations: LineGenerations, _ values: FormValues) -> String {
    let speaker =
      switch voice {
      case .table: generations.boot.tablePrefix
      case .unit: generations.boot.unitPrefix
      case .interrupt: generations.boot.interruptPrefix
      case .driver: "DMAR: "
      case .remapping: "DMAR-IR: "
      case .pci: "PCI-DMA: "
      case .fault: generations.faults.prefix
      case .device: Self.device(values) + "DMAR: "
      case .core: Self.device(values)
      case .oops: generations.repeatsOops ? "Oops: " : ""
      case .bare: ""
      }
    return isFirmwareBug ? speaker + Self.firmwareBug.description : speaker
  }

  /// The driver is the first value and the device the second.
  private static func device(_ values: FormValues) -> String {
    (values[1] as PCIAddress?).map { "\(values[0] as String) \($0): " } ?? ""
  }

  /// Reads the line's words, behind what stands before them. The cursor stays where they do not fit.
  ///
  /// - Parameter values: those that were read before the words: a driver and its device.
  func read(_ cursor: inout TextCursor, _ values: FormValues = FormValues()) -> DriverLine? {
    var (trial, values) = (cursor, values)
    guard FormTemplate.read(words, &trial, &values), let line = make(values) else { return nil }
    cursor = trial
    return line
  }
}

extension DriverLine {
  /// The record's text as a kernel of these generations prints it, and its level; nil where such a
  /// kernel has no such line. A record of two lines has a newline inside.
  public func printed(_ generations: LineGenerations) -> (level: LogLevel, text: String)? {
    if case .fault(let line) = self {
      return (.error, line.text(generations.faults, reasons: generations.reasons))
    }
    return filled(generations).map {
      ($0.form.level, $0.form.prefix(generations, $0.values) + $0.words)
    }
  }

  /// The line's text in those shapes; nil where a kernel of those shapes does not print it.
  public func text(_ generations: LineGenerations = LineGenerations()) -> String? {
    printed(generations)?.text
  }

  /// The words alone, without the driver's prefix; empty where there are none.
  public func words(_ generations: LineGenerations = LineGenerations()) -> String {
    filled(generations)?.words ?? ""
  }

  private func filled(
    _ generations: LineGenerations
  ) -> (form: Form, values: FormValues, words: String)? {
    let values = values
    for form in forms where form.era.contains(generations) && form.make(values) == self {
      if let words = FormTemplate.fill(form.words, values) { return (form, values, words) }
    }
    return nil
  }

  private var forms: [Form] {
    switch self {
    case .fault: []
    case .status, .suppressed: StatusForms.rows
    case .dump: DumpForms.rows
    case .queueError: QueueForms.rows
    case .pageRequest: PageRequestForms.rows
    case .boot: BootForms.rows
    case .note: NoteForms.rows
    case .death: DeathForms.rows
    }
  }

  private var values: FormValues {
    switch self {
    case .fault: FormValues()
    case .status(let line): FormValues(line.status)
    case .suppressed(let line): FormValues(line.function, line.count)
    case .dump(let line): line.values
    case .queueError(let line): line.values
    case .pageRequest(let line): line.values
    case .boot(let line): line.values
    case .note(let note): note.values
    case .death(let line): line.values
    }
  }
}
