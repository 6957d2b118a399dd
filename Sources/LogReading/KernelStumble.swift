/// A defect that the kernel found in itself, with the functions that were running: a warning, an
/// oops, undefined behaviour, or a processor that hung.
public struct KernelStumble: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case warning = "warning"
    case bug = "bug"
    case nullPointer = "null-pointer"
    case badPointer = "bad-pointer"
    case undefinedBehaviour = "undefined-behaviour"
    case hardLockup = "hard-lockup"
    case softLockup = "soft-lockup"
    case hungTask = "hung-task"
    case stall = "rcu-stall"
  }

  /// A function of a stack.
  public struct Frame: Hashable, Sendable {
    public var function: String
    /// The module that has the function; empty for the kernel itself.
    public var module: String
  }

  public var kind: Kind
  /// The first line, without its prefix.
  public var text: String
  /// `drivers/iommu/intel/iommu.c:128`, where the head names a place.
  public var source: String = ""
  /// What the line behind the head says in words (of undefined behaviour).
  public var detail: String = ""
  /// The process that was running.
  public var task: String = ""
  /// The function that the instruction pointer was in; empty where the log does not say.
  public var function: String = ""
  /// The stack, innermost first; frames that the kernel marks `?` are left out.
  public var stack: [Frame] = []
  public var lines: ClosedRange<Int>

  public init(kind: Kind, text: String, lines: ClosedRange<Int>) {
    self.kind = kind
    self.text = text
    self.lines = lines
  }

  /// Everything that was running, innermost first.
  public var functions: [String] {
    function.isEmpty || stack.first?.function == function
      ? stack.map { $0.function } : [function] + stack.map { $0.function }
  }
}
