internal import KernelProfiles

/// From the interrupt's first instruction to the device driver's handler, and back.
extension KernelContext {
  /// Runs `handler` as the action of an edge-triggered message interrupt that hit the CPU in
  /// `context`: the x86 entry code, the flow handler of edge interrupts, and the action loop.
  ///
  /// - Parameter descriptorLock: the interrupt descriptor's lock, held by the flow handler except
  ///   while the action runs.
  package func interrupt(
    _ context: InterruptedContext, descriptorLock: KernelLock, _ handler: () -> Void
  ) {
    // request_irq gives the fault handler IRQF_NO_THREAD.
    interrupt(context) { handleEdge(descriptorLock, handler) }
  }

  /// Runs `flow`, the flow handler of an interrupt that hit the CPU in `context`, in the x86 entry
  /// code.
  ///
  /// - Parameter isThreaded: PREEMPT_RT runs the handler as a thread, which its locks may do with.
  package func interrupt(
    _ context: InterruptedContext, isThreaded: Bool = false, _ flow: () -> Void
  ) {
    let outer = (stack, interrupted)
    stack = CallStack(context.functions)
    interrupted = context
    enter(KernelTask(name: context.task.name, pid: context.task.pid))
    locks?.enterInterrupt(context, isThreaded: isThreaded)
    defer {
      locks?.leaveInterrupt()
      leaveTask()
      (stack, interrupted) = outer
    }
    // An interrupt from user mode stays on the task's stack, which is empty then.
    stack.pushInterruptEntry(
      "asm_common_interrupt", continuingOn: context.mode == .user ? .task : .interrupt)
    call("common_interrupt") {
      call("__common_interrupt") {
        call("handle_irq") {
          call("generic_handle_irq_desc", flow)
        }
      }
    }
  }

  /// handle_edge_irq, handle_irq_event and the loop over actions.
  private func handleEdge(_ descriptorLock: KernelLock, _ handler: () -> Void) {
    call("handle_edge_irq") {
      var saved = acquire(descriptorLock, .plain)
      call("handle_irq_event") {
        release(descriptorLock, restoring: saved)
        call("handle_irq_event_percpu") {
          call("__handle_irq_event_percpu", handler)
        }
        saved = acquire(descriptorLock, .plain)
      }
      release(descriptorLock, restoring: saved)
    }
  }
}
