internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import VTdFormats

/// The machine that a log is about, as far as the log tells.
struct LoggedMachine {
  let contents: LogContents
  let timeline: FaultTimeline
  let files: PlatformFiles
  /// Whether the tables are those of scalable mode.
  private(set) var isScalable = false
  /// QEMU 10 and older record PASID 0 for a request without one in scalable mode.
  private(set) var recordsPASIDZero = false
  /// QEMU 11 records none.
  private(set) var isLaterQEMU = false
  /// The units that a scenario describes, in the kernel's order.
  private(set) var units: [MachineUnit] = []
  /// What debugfs shows of the machine before the first fault.
  let shownRows: [Noted<DebugfsRow>]
  /// What they show of it from then on.
  let shownMoments: ShownMoments

  init(contents: LogContents, timeline: FaultTimeline, files: PlatformFiles) {
    self.contents = contents
    self.timeline = timeline
    self.files = files
    shownRows = ShownRows(contents.debugfs, before: timeline.faults.first?.place).rows
    shownMoments = ShownMoments(
      shownRows, of: contents.debugfs, between: timeline.faults.map { $0.place })
    // Each looks at all faults, and each fault's steps ask for them.
    isScalable = showsScalableMode
    units = machineUnits
    recordsPASIDZero = showsPASIDZero
    isLaterQEMU = showsLaterQEMU
  }

  /// Real capabilities for a machine whose boot lines are missing.
  static let assumedCapability: UInt64 = 0x1c0_000c_4066_0462
  static let assumedExtended: UInt64 = 0x19_e2ff_0505e

  var hasInterrupts: Bool {
    timeline.faults.contains {
      if case .interrupt = $0.observation.request { true } else { $0.isPostedInterrupt }
    }
  }
  /// Whether the log's kernel remaps interrupts: it refused some, or shows the table.
  var remapsInterrupts: Bool {
    hasInterrupts
      || contents.debugfs.contains { row in
        if case .interruptTable = row.value { true } else { false }
      }
  }
  var hasDumps: Bool { timeline.faults.contains { $0.dump != nil } }

  /// The unit of the dumps, else the first.
  var unit: LogContents.Unit? {
    let name = timeline.faults.lazy.compactMap { $0.dump?.unit }.first
    return (contents.units.first { "dmar\($0.value.number)" == name } ?? contents.units.first)?
      .value
  }

  var unitName: String {
    timeline.faults.lazy.compactMap { $0.dump?.unit }.first ?? "dmar\(unit?.number ?? 0)"
  }

  /// What the machine can address, where the log says it.
  var hostAddressWidth: Int? {
    contents.boot.lazy.compactMap { line -> Int? in
      if case .hostAddressWidth(let width) = line.value { width } else { nil }
    }.last.map { min(max($0, 32), 52) }
  }

  /// What the machine can address at most, where no boot line says it: a paging entry that was refused for
  /// its reserved bits has its highest one above that width, unless another entry reaches as far.
  var widthOfRefusedEntry: Int? {
    guard hostAddressWidth == nil else { return nil }
    // Machines that address less than 512 GiB have such addresses in entries of sense.
    var width = 52
    var used: UInt64 = 0
    for fault in timeline.faults {
      let addresses = (fault.dump?.lines ?? []).compactMap { line -> UInt64? in
        guard case .pageTableEntry(_, let value) = line.value else { return nil }
        return SecondStageEntry(rawValue: value)[inPlace: .address]
      }
      let highest = addresses.max() ?? 0
      let row = fault.observation.faultReason?.row
      guard highest >> 39 != 0, row?.problem == .reserved,
        row?.structure == .firstStage || row?.structure == .secondStage
      else {
        used |= highest
        continue
      }
      width = min(width, 63 - highest.leadingZeroBitCount)
      used |= addresses.filter { $0 != highest }.max() ?? 0
    }
    return width < 52 && used >> UInt64(width) == 0 ? width : nil
  }
}
