/// The handles with which a caller names what the validator keeps for it.

/// A processor that the validator tracks; made by ``Validator/addCPU()``.
public struct CPUID: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// A task (a kernel thread or a process) that can hold locks; made by ``Validator/addTask(comm:pid:)``.
public struct TaskID: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// A lock instance (the kernel's `struct lockdep_map`); made by ``Validator/addLock(_:)``.
public struct LockID: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// The index of a lock class, in the order in which classes were registered.
public struct ClassID: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}

/// Where an operation happens: which task runs, and on which processor.
public struct LockdepContext: Hashable, Sendable {
  /// The processor.
  public var cpu: CPUID
  /// The task on it.
  public var task: TaskID

  /// A task on a processor.
  @inlinable public init(cpu: CPUID, task: TaskID) {
    self.cpu = cpu
    self.task = task
  }
}

#if !hasFeature(Embedded)
  // Here and not in Codable.swift: the compiler writes it in the type's own file only.
  extension LockdepContext: Codable {}
#endif

/// A place in the kernel's code, as an opaque token of the caller.
///
/// The validator stores and compares frames and never looks inside; a ``ReportEnvironment`` turns
/// them into `klist_next+0x1b/0x160` when a report is rendered.
public struct LockdepFrame: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt64

  @inlinable public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// No place: what an irq event that never happened shows (`0x0`).
  public static let none = LockdepFrame(rawValue: 0)
}

/// The address that gives a lock its class (the kernel's `struct lock_class_key`).
///
/// Eight subclass keys live inside one key, so keys lie at least eight bytes apart.
public struct LockKey: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// The kernel's `__lockdep_no_validate__`: locks of this key are held but never checked.
  public static let noValidate = LockKey(rawValue: 0xffff_ffff_ffff_fff0)
}
