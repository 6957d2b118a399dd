internal import KernelProfiles
internal import Lockdep

/// The console on an 8250 port: who prints a line takes its locks, whatever else it holds.
package final class SerialConsole {
  private let kernel: KernelContext
  private let generation: PrintkLocks
  private let buffer: KernelLock?
  private let semaphore: KernelLock
  private let map: KernelLock?
  private let owner: (lock: KernelLock, map: KernelLock)?
  private let list: KernelLock?
  private let allowance: KernelLock?
  private let port: KernelLock
  private let interrupts: KernelLock

  /// Nil for a machine without a serial console.
  package init?(commandLine: [String], in kernel: KernelContext) {
    guard commandLine.contains(where: { $0.hasPrefix("console=ttyS") }) else { return nil }
    self.kernel = kernel
    generation = kernel.build.behaviour.printkLocks
    func make(_ kind: LockKind, _ name: String) -> KernelLock {
      kernel.makeLock(kind, class: name, instance: name)
    }
    buffer = generation < .noBufferLock ? make(.rawSpinlock, "logbuf_lock") : nil
    semaphore = make(.rawSpinlock, "(console_sem).lock")
    map = generation >= .consoleLock ? make(.map, "console_lock") : nil
    owner =
      generation >= .owner
      ? (make(.rawSpinlock, "console_owner_lock"), make(.map, "console_owner")) : nil
    list = generation >= .srcu ? make(.srcu, "console_srcu") : nil
    allowance =
      generation >= .override
      ? make(.waitOverride, "printk_legacy_map-wait-type-override") : nil
    port = kernel.makeLock(.spinlock, class: "&port_lock_key", instance: "port.lock")
    interrupts = make(.spinlock, "&i->lock")
    kernel.call("register_console") { lock() }
  }

  /// console_lock and console_unlock, with nothing to print.
  private func lock() {
    kernel.call("down") { kernel.locked(semaphore, .irqsave) {} }
    take(map, at: place("console_lock"))
    give(map)
    kernel.call("up") { kernel.locked(semaphore, .irqsave) {} }
  }

  /// vprintk_emit, behind the record that was stored.
  package func flush() {
    kernel.call(generation >= .indexed ? "_printk" : "printk") {
      let caller = place("vprintk_emit")
      kernel.call("vprintk_emit") {
        if let buffer { kernel.locked(buffer, .irqsave) {} }
        kernel.call("down_trylock") { kernel.locked(semaphore, .irqsave) {} }
        take(map, .trylock, at: caller)
        kernel.call("console_unlock") {
          if let buffer { kernel.locked(buffer, .irqsave) {} }
          if generation >= .flushAll {
            kernel.call("console_flush_all", emit)
          } else {
            emit()
          }
          give(map)
          kernel.call("up") { kernel.locked(semaphore, .irqsave) {} }
        }
      }
    }
  }

  /// console_emit_next_record, with interrupts off.
  private func emit() {
    take(list, .unchecked, at: place("console_srcu_read_lock"))
    kernel.withInterruptsOff {
      if let owner {
        kernel.locked(owner.lock, .plain) {}
        take(owner.map, at: place("console_lock_spinning_enable"))
      }
      take(allowance, .trylock, at: place("printk_legacy_allow_spinlock_enter"))
      kernel.call("serial8250_console_write") { kernel.locked(port, .irqsave) {} }
      give(allowance)
      if let owner {
        kernel.locked(owner.lock, .plain) {}
        give(owner.map)
      }
    }
    give(list)
  }

  /// What a user's writes do to the port: the interrupt of the line that went out, and the timer that
  /// looks whether one was lost.
  package func isOpened() {
    let idle = InterruptedContext(task: .init(name: "swapper/0", pid: 0), mode: .kernel)
    let handle = { [self] in kernel.locked(port, .irqsave) {} }
    kernel.interrupt(idle, isThreaded: true) {
      kernel.call("serial8250_interrupt") { kernel.locked(interrupts, .plain, handle) }
    }
    kernel.timerSoftirq(over: idle, in: ["serial8250_timeout"], handle)
  }

  private func take(_ lock: KernelLock?, _ how: Acquisition = .exclusive, at: CallStack.Frame?) {
    if let lock { kernel.locks?.acquire(lock, how, at: at) }
  }

  private func give(_ lock: KernelLock?) {
    if let lock { kernel.locks?.release(lock) }
  }

  /// The place in the running function of a call that the compiler inlines.
  private func place(_ callee: String) -> CallStack.Frame? {
    kernel.stack.innermostFrame(inner: [callee], frameless: kernel.build.callSites.frameless)
  }
}
