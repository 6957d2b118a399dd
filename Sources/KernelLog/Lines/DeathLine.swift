/// What a kernel prints when it dies of remapping: the first lines of an oops, and a panic.
public enum DeathLine: Hashable, Sendable {
  /// An access through a null pointer.
  case nullPointer(UInt64)
  /// The address has no page behind it.
  case pageFault(UInt64)
  /// A read in kernel mode.
  case supervisorRead
  /// Nothing was mapped there.
  case notPresent
  /// `PGD 0 P4D 0 `: of the kernel's own page table, whose top entry for the address is empty.
  case noTables
  /// `Oops: 0000 [#1] PREEMPT SMP`; nil where the kernel names none of its options.
  case oops(options: String?)
  /// The address is not canonical.
  case generalProtection(UInt64, options: String?)
  /// The kernel stops.
  case panic(PanicReason)
  /// The kernel was not moved to a random address.
  case noOffset
  /// The machine starts again in so many seconds.
  case rebooting(seconds: Int)
  /// The last line of a panic.
  case end(PanicReason)

  /// Why a kernel panics.
  public enum PanicReason: Hashable, Sendable {
    /// A unit did not confirm a command.
    case malfunction
    /// An oops in an interrupt.
    case fatalInterrupt
    /// A reason that has nothing to do with remapping; such a line is read and not printed.
    case other(String)
  }
}
