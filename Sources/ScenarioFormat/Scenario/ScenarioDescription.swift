internal import Text
public import LinuxIOMMU

/// A scenario as it is written: what a file says, checked and read.
///
/// Files that it names are named only: whoever loads the scenario fills in what is in them.
public struct ScenarioDescription: Sendable {
  /// The form of the file. There is one so far.
  public var format: UInt64 = Self.knownFormat
  /// The file is there for others to extend, not to be run.
  public var isAbstract = false
  /// What the scenario shows, in its author's words.
  public var summary = ""
  /// The kernel.
  public var kernel = KernelDescription()
  /// The kernel that runs: what `kernel` describes, unless it is changed from outside.
  public var build = KernelBuild(release: "")
  /// Whether the scenario says which release its kernel behaves as. Otherwise it is the newest one, and
  /// what the scenario prints may change when another release becomes known.
  public var namesRelease: Bool { kernel.namesRelease }
  /// The machine.
  public var machine = MachineDescription()
  /// How the kernel boots.
  public var boot = BootDescription()
  /// What happens then, in order.
  public var steps: [ScenarioStep] = []
  /// What has to come of it.
  public var expectation = Expectation()
  /// Comments of a scenario that is written.
  public var notes = Notes()

  /// The form of files that this program reads.
  public static let knownFormat: UInt64 = 1

  public init() {}
}

extension ScenarioDescription: Section {
  package static var sectionName: String { "scenario" }
  package static var isFlow: Bool { false }

  package mutating func visit(_ field: inout Fields) {
    field(
      "format", &format, .format(Self.knownFormat),
      "the form of the file; a program that does not know it refuses the file")
    field(
      "abstract", &isAbstract, .flag,
      "the file is there for others to extend: it is listed by dmar test and not run")
    field("description", &summary, .text, "what the scenario shows, and why")
    field.required(
      "kernel", &kernel, .section, "the kernel that runs; a file of Configs/kernels by extends",
      unless: isAbstract)
    if field.has("kernel") { build = kernel.build }
    field.required("machine", &machine, .section, "the machine", unless: isAbstract)
    field("boot", &boot, .section, "what happens before the first step")
    field.required(
      "steps", &steps, .list(.section, isFlow: false), "what happens, in order",
      unless: isAbstract)
    field("expect", &expectation, .section, "what must come out of it")
    if boot.pagesPlace.file.isEmpty { field.note(&boot.pagesPlace) }
    field.comments(notes)
  }
}

extension Form where Value == UInt64 {
  /// The number of a form of files; another one is refused with what reads it.
  static func format(_ known: UInt64) -> Form {
    let any = Form<UInt64>.number().checked { format in
      format == known
        ? nil
        : "format \(format) is not known to this version of dmar, which reads format \(known);"
          + " a newer version reads it"
    }
    return Form(.integer(known...known), read: any.read, write: any.write)
  }
}
