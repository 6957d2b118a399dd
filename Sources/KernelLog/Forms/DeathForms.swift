/// The first lines of an oops, and a panic.
enum DeathForms {
  private static func row(
    _ words: StaticString, _ era: LineForm.Era = .always, _ voice: LineForm.Voice = .bare,
    level: LogLevel = .alert, _ make: @escaping @Sendable (FormValues) -> DeathLine
  ) -> LineForm {
    LineForm(voice, words, era, level: level) { .death(make($0)) }
  }

  private static let broken = LineForm.Era.panic(breaksLine: true, isClosed: nil)
  private static let whole = LineForm.Era.panic(breaksLine: false, isClosed: nil)

  static let rows: [LineForm] = [
    row("BUG: kernel NULL pointer dereference, address: %016llx") { .nullPointer($0[0]) },
    row("BUG: unable to handle page fault for address: %016llx") { .pageFault($0[0]) },
    row("BUG: unable to handle kernel paging request at %016llx", .never) { .pageFault($0[0]) },
    row("#PF: supervisor read access in kernel mode") { _ in .supervisorRead },
    row("#PF: error_code(0x0000) - not-present page") { _ in .notPresent },
    row("PGD 0 P4D 0 ", level: .info) { _ in .noTables },
    row("Oops: 0000 [#1]%| %S", .always, .oops, level: .warning) { .oops(options: $0[0]) },
    row(
      "general protection fault, probably for non-canonical address %#llx: 0000 [#1]%?%| %S",
      .always, .oops, level: .warning
    ) { .generalProtection($0[0], options: $0[1]) },
    row(
      "Kernel panic - not syncing: DMAR hardware is malfunctioning\n", broken, level: .emergency
    ) { _ in .panic(.malfunction) },
    row(
      "Kernel panic - not syncing: DMAR hardware is malfunctioning", whole, level: .emergency
    ) { _ in .panic(.malfunction) },
    row("Kernel panic - not syncing: Fatal exception in interrupt", level: .emergency) { _ in
      .panic(.fatalInterrupt)
    },
    row("Kernel panic - not syncing: %S", .never, level: .emergency) { .panic(.other($0[0])) },
    row("Kernel Offset: disabled", level: .emergency) { _ in .noOffset },
    row("Rebooting in %d seconds..", level: .emergency) { .rebooting(seconds: $0[0]) },
    row(
      "---[ end Kernel panic - not syncing: Fatal exception in interrupt ]---",
      .panic(breaksLine: nil, isClosed: true), level: .emergency
    ) { _ in .end(.fatalInterrupt) },
    row(
      "---[ end Kernel panic - not syncing: Fatal exception in interrupt",
      .panic(breaksLine: nil, isClosed: false), level: .emergency
    ) { _ in .end(.fatalInterrupt) },
    row(
      "---[ end Kernel panic - not syncing: DMAR hardware is malfunctioning\n ]---",
      .panic(breaksLine: true, isClosed: true), level: .emergency
    ) { _ in .end(.malfunction) },
    row(
      "---[ end Kernel panic - not syncing: DMAR hardware is malfunctioning ]---",
      .panic(breaksLine: false, isClosed: true), level: .emergency
    ) { _ in .end(.malfunction) },
    row(
      "---[ end Kernel panic - not syncing: DMAR hardware is malfunctioning\n",
      .panic(breaksLine: true, isClosed: false), level: .emergency
    ) { _ in .end(.malfunction) },
  ]
}

extension DeathLine {
  var values: FormValues {
    switch self {
    case .nullPointer(let address), .pageFault(let address): FormValues(address)
    case .oops(let options): FormValues(options)
    case .generalProtection(let address, let options): FormValues(address, options)
    case .panic(.other(let reason)), .end(.other(let reason)): FormValues(reason)
    case .rebooting(let seconds): FormValues(seconds)
    case .supervisorRead, .notPresent, .noTables, .panic, .noOffset, .end: FormValues()
    }
  }
}
