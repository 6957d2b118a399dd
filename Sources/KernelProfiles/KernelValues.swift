/// What settings of ``KernelBehaviour`` may be: an enumeration for each, beside its timeline.
public enum KernelValues {
  /// A setting that is simply off or on.
  public enum Switch: String, CaseIterable, Hashable, Sendable {
    case off
    case on
  }

  /// How an operation takes a spinning lock.
  public enum SpinLockMode: String, CaseIterable, Hashable, Sendable {
    case plain
    case irqsave
  }
}
