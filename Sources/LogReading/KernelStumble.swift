import Text

/// A defect that the kernel found in itself, with the functions that were running: a warning, an
/// oops, undefined behaviour, or a processor that hung.
public struct KernelStumble: Hashable, Sendable {
  /// What kind of trouble it is.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// WARNING: a check failed.
    case warning = "warning"
    /// kernel BUG: a check failed and the task ended.
    case bug = "bug"
    /// An access through a null pointer.
    case nullPointer = "null-pointer"
    /// An access through a pointer to nothing.
    case badPointer = "bad-pointer"
    /// UBSAN: arithmetic or an index that the language does not define.
    case undefinedBehaviour = "undefined-behaviour"
    /// A processor hung with interrupts off.
    case hardLockup = "hard-lockup"
    /// A processor hung with interrupts on.
    case softLockup = "soft-lockup"
    /// A task waited for too long.
    case hungTask = "hung-task"
    /// RCU waited for too long.
    case stall = "rcu-stall"
  }

  /// A function of a stack.
  public struct Frame: Hashable, Sendable {
    /// The function.
    public var function: String
    /// The module that has the function; empty for the kernel itself.
    public var module: String
  }

  /// What kind of trouble it is.
  public var kind: Kind
  /// The first line, without its prefix.
  public var text: String
  /// `drivers/iommu/intel/iommu.c:128`, where the head names a place.
  public var source: String = ""
  /// What the line behind the head says in words (of undefined behaviour).
  public var detail: String = ""
  /// The process that was running.
  public var task: String = ""
  /// What the line of the processor says of the build behind the process: the taint, the release, the
  /// version, the model of preemption, a distribution's package; empty where the log has no such line.
  public var build: String = ""
  /// The machine's name; nil where the log has none.
  public var hardware: String?
  /// What the head of an oops names behind its number, `PREEMPT SMP NOPTI`; nil where it is none.
  public var options: String?
  /// The function that the instruction pointer was in; empty where the log does not say.
  public var function: String = ""
  /// The stack, innermost first; frames that the kernel marks `?` are left out.
  public var stack: [Frame] = []
  /// The lines, from 1 on.
  public var lines: ClosedRange<Int>

  /// Trouble that these lines tell of.
  public init(kind: Kind, text: String, lines: ClosedRange<Int>) {
    self.kind = kind
    self.text = text
    self.lines = lines
  }

  /// Whether the line names a source file of remapping or of the DMA layer.
  package var isInRemapping: Bool {
    [
      "drivers/iommu/", "drivers/pci/dmar.c", "drivers/pci/intel-iommu.c", "drivers/pci/iova.c",
      "kernel/dma/",
    ].contains { source.contains($0) || text.contains($0) }
  }

  /// Whether a function of a family was running, among the innermost ones.
  package func ran(_ family: FunctionFamily, within count: Int = .max) -> Bool {
    functions.prefix(count).contains { family.contains($0) }
  }

  /// Everything that was running, innermost first.
  public var functions: [String] {
    function.isEmpty || stack.first?.function == function
      ? stack.map { $0.function } : [function] + stack.map { $0.function }
  }
}
