/// What happened in a run, in order: the one record that every rendering is made from.
///
/// It is a value that holds no part of the machine, so it can be written as JSON and read again
/// (``json``, ``init(json:)``). A newer form of the record has another ``version``.
public struct RunRecord: Hashable, Sendable {
  /// The form of the record that this program writes and reads.
  public static let version: UInt64 = 1

  /// The scenario's file as the user named it; empty where there is none.
  public var scenario = ""
  /// What the scenario says of itself.
  public var summary = ""
  /// The kernel's release.
  public var release = ""
  /// The units.
  public var units: [RunUnit] = []
  /// The steps that were taken, in order; step 0 is the boot.
  public var steps: [RunStep] = []
  /// Every event: an event's place in the list is its ``RunEvent/id``, and its cause stands before it.
  public var events: [RunEvent] = []
  /// The lock classes at the end, in the order in which the validator met them.
  public var lockClasses: [RunLockClass] = []
  /// The orders in which locks were taken, in the order in which they were first seen.
  public var lockDependencies: [RunLockDependency] = []
  /// What the scenario's checks found other than expected, a sentence each.
  public var failedChecks: [String] = []
  /// How many steps were left when the kernel died.
  public var untakenSteps = 0

  /// A record of nothing.
  public init() {}

  /// The kernel's log: the events that are lines.
  public var lines: [RunEvent] {
    events.filter { if case .line = $0.what { true } else { false } }
  }

  /// The step of that number, 0 for the boot.
  public func step(_ number: Int) -> RunStep? { steps.first { $0.number == number } }

  /// The files by which the run was described: the scenario, then those of its steps. Standard input is
  /// none.
  ///
  /// - Parameter scenario: the scenario's path.
  public func fileNames(of scenario: String) -> [String] {
    var names = [scenario]
    for step in steps where !step.file.isEmpty && !names.contains(step.file) {
      names.append(step.file)
    }
    return names.filter { $0 != "-" }
  }

  /// What led to an event, the event itself first and its first cause last.
  public func causes(of event: RunEvent) -> [RunEvent] {
    var chain = [event]
    while let cause = chain.last?.cause, events.indices.contains(cause), chain.count <= event.id + 1
    {
      chain.append(events[cause])
    }
    return chain
  }
}

/// A remapping unit of the machine.
public struct RunUnit: Hashable, Sendable {
  /// Its name.
  public var name: String
  /// Where its registers begin.
  public var registerBase: UInt64
  /// The PCI segment that it covers.
  public var segment: UInt32

  /// A unit.
  public init(name: String, registerBase: UInt64, segment: UInt32) {
    self.name = name
    self.registerBase = registerBase
    self.segment = segment
  }
}

/// A step of the scenario.
public struct RunStep: Hashable, Sendable {
  /// From 1; 0 is the boot.
  public var number: Int
  /// Where it is written.
  public var file: String
  /// The line in the scenario's file, from 1 on.
  public var line: Int
  /// The step as a scenario has it, on one line.
  public var text: String

  /// A step.
  public init(number: Int, file: String, line: Int, text: String) {
    self.number = number
    self.file = file
    self.line = line
    self.text = text
  }
}

/// A lock class at the end of a run.
public struct RunLockClass: Hashable, Sendable {
  /// The class's name.
  public var name: String
  /// The four letters that reports print.
  public var letters: String
  /// Each usage by the name that reports print, with the functions that were called when it was first
  /// seen, innermost first.
  public var usages: [Usage]

  /// A usage and where it came about.
  public struct Usage: Hashable, Sendable {
    /// The usage, as reports print it.
    public var name: String
    /// The functions, innermost first.
    public var stack: [String]

    /// A usage and where it came about.
    public init(name: String, stack: [String]) {
      self.name = name
      self.stack = stack
    }
  }

  /// A class with its four letters.
  public init(name: String, letters: String, usages: [Usage]) {
    self.name = name
    self.letters = letters
    self.usages = usages
  }
}

/// Two lock classes, the second of which was taken while the first was held.
public struct RunLockDependency: Hashable, Sendable {
  /// The lock that was held.
  public var from: String
  /// The lock that was taken under it.
  public var to: String
  /// `SR`, `ER`, `SN`, `EN`, for each way that was seen.
  public var kinds: [String]

  /// An order between two classes, by their names.
  public init(from: String, to: String, kinds: [String]) {
    self.from = from
    self.to = to
    self.kinds = kinds
  }
}

/// One thing that happened.
public struct RunEvent: Hashable, Sendable {
  /// Its place in ``RunRecord/events``.
  public var id = 0
  /// The event that led to it, which stands before it; nil where a step or the boot is the beginning.
  public var cause: Int?
  /// The step in which it happened; 0 for the boot.
  public var step = 0
  /// Where the step is written.
  public var file = ""
  /// The line of the step in the scenario's file, from 1 on.
  public var line = 0
  /// Microseconds since the kernel's boot.
  public var microseconds: UInt64 = 0
  /// Who did it.
  public var who = RunActor.scenario
  /// What happened.
  public var what = RunFact.step
}

/// Who did something.
public enum RunActor: Hashable, Sendable {
  /// A device by its source-id, such as `00:1a.0`.
  case device(String)
  /// A remapping unit by its name.
  case unit(String)
  /// The kernel, on a CPU, in a task.
  case kernel(cpu: Int, task: String, pid: Int)
  /// The scenario itself, as if a program on the CPU did it.
  case scenario
}
