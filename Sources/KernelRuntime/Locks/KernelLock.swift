package import Lockdep

/// A lock of the kernel model.
package struct KernelLock {
  /// The validator's handle; nil in a kernel without one.
  package let id: LockID?
  package let kind: LockKind
}

/// What `irqsave` found and `irqrestore` puts back.
package enum SavedInterrupts {
  case untouched
  case wereOn
  case wereOff
}
