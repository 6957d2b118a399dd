internal import Diagnosis
internal import KernelLog
internal import LinuxIOMMU
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// Makes a scenario of a log, section by section.
struct ScenarioBuilder {
  let log: LoggedMachine
  var scenario = ScenarioDescription()
  let plan: RebuildPlan
  var faultCount = 0
  /// How many stops of queues the scenario has.
  var stopCount = 0
  /// How many refused page requests the scenario has.
  var pageRequestCount = 0
  /// How many fault records each unit has used, by its name.
  var usedRecords: [String: Int] = [:]
  /// Devices that may ask for pages.
  var asking: Set<PCIAddress> = []
  /// Devices that have sent something.
  var seen: Set<PCIAddress> = []
  /// A free stretch for tables that the log does not show.
  var free: UInt64 = 0
  /// Addresses behind the machine's memory, within what the unit may address.
  var beyond: UInt64 = 0
  /// What memory holds once the kernel has booted.
  var baseline: (UInt64) -> UInt64 = { _ in 0 }
  /// The lock report that the scenario leads to again.
  var splat: SplatImage?
  /// A lock report of another kind, as lock programs, with its place.
  var lockProgram: (place: LogPlace, image: LockProgramImage)?
  /// Lock reports that it does not, and why.
  var splatNotes: [(place: LogPlace, reason: String)] = []
  /// Rows of debugfs files of which the scenario makes nothing, and why.
  var rowNotes: [(place: LogPlace, reason: String)] = []
  /// Words that memory has to hold in the end, as the row of a debugfs file says that stands there.
  var shownWords: [UInt64: (word: UInt64, place: LogPlace)] = [:]
  /// Entries of interrupt tables that rows of debugfs files gave, by their table.
  var shownInterruptEntries: [UInt64: Set<UInt64>] = [:]
  /// How many tables may still be searched for pages that debugfs shows no more: a domain of 16 MiB in pages
  /// of 4 KiB has eleven.
  var searches = 1 << 16
  /// How many tables have a place of their own because no row of debugfs shows theirs.
  var placedTables: UInt64 = 0
  /// What memory holds so far.
  var memory: [UInt64: UInt64] = [:]

  init(_ log: LoggedMachine, plan: RebuildPlan) {
    self.log = log
    self.plan = plan
  }

  /// Adds a step.
  mutating func step(_ action: StepAction, notes: [String] = []) {
    scenario.steps.append(.init(action, notes: notes))
  }

  /// The last request of a device so far.
  var lastRequest: StepAction? {
    scenario.steps.last { if case .dma = $0.action { true } else { false } }?.action
  }
}
