internal import LinuxIOMMU
internal import Synchronization
internal import VTdFormats
internal import VTdUnit

/// The way of messages from units to a CPU, and the trace of what happened.
///
/// It decides who takes an interrupt: the kernel, or, where the kernel leaves the units alone, whoever
/// programs them.
final class InterruptDelivery {
  private(set) var events: [MachineEvent] = []
  private let tap: AccessTap
  /// What an interrupt finds on the CPU.
  var interrupted: InterruptedContext
  /// The kernel that runs; nil while there is none.
  var kernel: Kernel?
  /// Whether the kernel has asked for the units' interrupts.
  var reachKernel = true
  private var queues: [(unit: String, messages: MessageQueue)] = []

  init(_ interrupted: InterruptedContext, tap: AccessTap) {
    self.interrupted = interrupted
    self.tap = tap
  }

  /// Adds to the trace.
  func record(_ event: MachineEvent) {
    events.append(event)
    if let witness = tap.witness { witness(.event(event)) }
  }

  /// Where the messages of one more unit wait.
  func queue(of unit: String) -> MessageQueue {
    let messages = MessageQueue()
    queues.append((unit, messages))
    return messages
  }

  /// The CPU takes every interrupt that waits, unit by unit.
  func take() throws(DriverError) {
    for (unit, messages) in queues {
      while let sent = messages.popFirst() {
        record(.message(unit: unit, sent))
        guard reachKernel, let kernel else { continue }
        tap.begin(act: .interrupt(unit: unit, sent, interrupted))
        defer { tap.end(unmuted: nil) }
        record(.interrupt(sent.message, task: interrupted.task))
        if try !kernel.interrupt(sent.message, in: interrupted) {
          record(.spurious(sent.message))
        }
      }
    }
  }

  /// A CPU in another state takes them.
  func take(in context: InterruptedContext) throws(DriverError) {
    let outer = interrupted
    interrupted = context
    defer { interrupted = outer }
    try take()
  }
}

/// Messages on their way from a unit to the CPU.
final class MessageQueue: Sendable {
  private let messages = UnitLock<[InterruptMessage]>([])

  func append(_ message: InterruptMessage) {
    messages.withLock { $0.append(message) }
  }

  func popFirst() -> InterruptMessage? {
    messages.withLock { $0.isEmpty ? nil : $0.removeFirst() }
  }
}
