public import KernelLog
public import LinuxIOMMU
public import PCI
public import VTdFormats
public import VTdUnit

/// What happened in a machine, in order: the trace of a run.
public enum MachineEvent: Hashable, Sendable {
  /// A device's access reached a unit.
  case dma(unit: String, DMARequest, TranslationOutcome)
  /// A device asked for a page.
  case pageRequest(unit: String, PageRequest, PageRequestOutcome)
  /// A device's write to the interrupt range reached a unit.
  case interruptRequest(unit: String, InterruptRequest, InterruptOutcome)
  /// A device's access reached memory without a unit in between.
  case untranslated(SourceID, IOVA)
  /// A device's access ended before it reached the root complex: nothing was sent, something on the
  /// way stopped it, or a peer took it.
  case offTheWay(PCIAddress, IOVA, DMARoute)
  /// A unit sent the message of one of its events.
  case message(unit: String, InterruptMessage)
  /// The CPU took an interrupt while it ran a task.
  case interrupt(EventMessage, task: InterruptedContext.Task)
  /// A message that no handler belongs to.
  case spurious(EventMessage)
  /// A CPU waits for a unit, with interrupts off, and nothing will end that.
  case hang(unit: String)
  /// The kernel died.
  case death(KernelDeath)
  /// The kernel printed a record.
  case log(LogRecord)

  init(_ event: KernelEvent) {
    switch event {
    case .log(let record): self = .log(record)
    case .hang(let unit): self = .hang(unit: unit)
    case .death(let death): self = .death(death)
    }
  }
}
