/// What settings of ``KernelBehaviour`` may be: an enumeration for each, beside its timeline.
public enum KernelValues {
  /// A setting that is simply off or on.
  public enum Switch: String, CaseIterable, Hashable, Sendable {
    /// The kernel does not do it.
    case off
    /// The kernel does it.
    case on
  }

  /// How an operation takes a spinning lock.
  public enum SpinLockMode: String, CaseIterable, Hashable, Sendable {
    /// Interrupts are left as they are (`spin_lock`).
    case plain
    /// Interrupts are saved and switched off (`spin_lock_irqsave`).
    case irqsave
  }
}
