public import KernelLog

/// What a kernel does that others can see.
public enum KernelEvent: Hashable, Sendable {
  /// It printed a record.
  case log(LogRecord)
  /// A CPU waits for a unit, with interrupts off, and nothing will end that.
  case hang(unit: String)
  /// It died.
  case death(KernelDeath)
}
