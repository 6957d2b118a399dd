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
  ) -> (form: LineForm, values: FormValues, words: String)? {
    let values = values
    for form in forms where form.era.contains(generations) && form.make(values) == self {
      if let words = FormTemplate.fill(form.words, values) { return (form, values, words) }
    }
    return nil
  }

  private var forms: [LineForm] {
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
