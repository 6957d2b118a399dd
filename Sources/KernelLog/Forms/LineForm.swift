import PCI

/// How one line of the driver stands in a log: its words, the kernels that print it so, and what it
/// means. The same data prints the line and reads it.
package struct LineForm: Sendable {
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
  /// The line with these values; nil where it cannot have such values.
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
  func prefix(_ generations: LineGenerations, _ values: FormValues) -> String {
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
