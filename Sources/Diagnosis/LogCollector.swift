import KernelLog
public import LogReading
import PCI
import VTdFormats

/// Gathers the events of one or several logs.
public struct LogCollector: Sendable {
  /// What was read so far.
  public internal(set) var contents = LogContents()
  private var indices: [FaultGroup.Key: Int] = [:]
  /// What was read of a file before its next line.
  private struct FileState {
    var lastFault: Int?
    var lastStatus: UInt32?
    /// A dump whose fault record is not in the log.
    var isInLooseDump = false
    /// Which boot of the file is being read.
    var boot = 0
    var bounds = BootBounds()
    /// Which machine speaks in lines without a host's name.
    var machine = 0
  }

  private var state = FileState()
  /// The states of the other files, where several are read in turn.
  private var paused: [Int: FileState] = [:]
  /// The file that is being read.
  private var file = 0
  private var machines = MachineIdentities()
  private var messageIndices: [MessageKey: Int] = [:]

  /// Messages that differ in nothing else are counted.
  private struct MessageKey: Hashable {
    var kind: KernelMessage.Kind
    var device: PCIAddress?
    var words: [String]
    var numbers: [UInt64]
  }

  /// The fault groups that have changed since they were asked for; nil where nobody asks.
  private var changes: Set<Int>?

  /// How many rows of debugfs files are kept.
  private let mostRows: Int

  /// A collector that has heard nothing yet.
  ///
  /// - Parameter keepsTables: whether to keep every row of a pasted translation table, as a rebuild
  ///   of the machine needs it; an explanation does with fewer.
  public init(keepsTables: Bool = false) {
    mostRows = keepsTables ? .max : 1 << 14
  }

  /// Begins to note which fault groups change, for one who follows the log.
  public mutating func noteChanges() { changes = [] }

  /// The fault groups that are new or have changed since the last call, in the order of their indices.
  public mutating func takeChanges() -> [Int] {
    guard let changed = changes, !changed.isEmpty else { return [] }
    changes = []
    return changed.sorted()
  }

  /// Begins a further file, to which all places belong from now on.
  ///
  /// - Parameters:
  ///   - file: its name, as places name it.
  ///   - isPart: whether it is a part of what was given, which alone does not tell where a line is.
  public mutating func begin(file: String, isPart: Bool = false) {
    contents.files.append(file)
    if isPart { contents.hasParts = true }
    resume(file: contents.files.count - 1)
  }

  /// Continues a file that was begun before, for several files that are read in turn while they
  /// grow.
  public mutating func resume(file: Int) {
    guard file != self.file else { return }
    paused[self.file] = state
    state = paused[file] ?? FileState()
    self.file = file
  }

  /// Takes an event; returns the index of the fault group that it begins, nil where it begins none.
  @discardableResult
  public mutating func take(_ event: LogEvent) -> Int? {
    // Rows of the machine's own files do not count as events of a log.
    switch event.kind {
    case .fact(.machineRow), .attachment: break
    default: contents.eventCount += 1
    }
    let place = LogPlace(file: file, line: event.lines.lowerBound)
    func noted<Value>(_ value: Value) -> Noted<Value> {
      Noted(value: value, place: place, time: event.time)
    }
    if state.bounds.isRepeat(event) { return nil }
    if state.bounds.begins(with: event) {
      state.boot += 1
      state.lastFault = nil
      if contents.bootStarts.count < LogContents.mostEvents { contents.bootStarts.append(place) }
    }
    switch event.kind {
    case .fault(let fault): return take(fault, event, place)
    case .status(let status):
      state.lastStatus = status
      state.isInLooseDump = false
      contents.statuses[status, default: 0] += 1
      if status == .max, contents.onesPlaces.count < 6 { contents.onesPlaces.append(place) }
    case .suppressed(let function, let count):
      // Xen counts all lines that it suppressed; in a storm of faults most of them are faults.
      guard function == "dmar_fault" || function == "printk" else { break }
      contents.suppressed += count
      if let lastFault = state.lastFault { contents.faults[lastFault].suppressed += count }
    case .dump(let line, _): take(noted(line))
    case .queueError(let line): Self.append(noted(line), to: &contents.queueErrors)
    case .pageRequest: break
    case .boot(let line): take(noted(line))
    case .note(let line): take(line, place, event)
    case .death(.panic(let reason)): Self.append(noted(reason), to: &contents.panics)
    case .death(.pageFault(let address)), .death(.generalProtection(let address, _)):
      Self.append(noted(address), to: &contents.oopses)
    case .death: break
    case .fact(let fact): take(fact, place, event)
    // The caller unpacks an attachment and hands in its contents as a file of its own.
    case .attachment: break
    }
    return nil
  }

  private static func append<Value>(_ value: Noted<Value>, to list: inout [Noted<Value>]) {
    if list.count < LogContents.mostEvents { list.append(value) }
  }

  private mutating func take(
    _ fault: FaultObservation, _ event: LogEvent, _ place: LogPlace
  ) -> Int? {
    defer { state.lastStatus = nil }
    state.isInLooseDump = false
    if let system = fault.system { note(system, place) }
    let key = FaultGroup.Key(
      request: fault.request, source: fault.source, segment: fault.segment, reason: fault.reason,
      boot: state.boot, hiddenAddress: fault.hiddenAddress, machine: machine(event))
    let sighting = FaultGroup.Sighting(place: place, time: event.time)
    if let index = indices[key] {
      state.lastFault = index
      changes?.insert(index)
      // A mail's subject repeats a record of its body, so it is not counted again.
      if event.repairs.contains(.mailSubject) {
        noteSubject(index, place)
        return nil
      }
      if contents.faults[index].isFromSubject {
        let subject = contents.faults[index].first
        replace(index, with: sighting, event)
        noteSubject(index, subject)
        return nil
      }
      if isSeen(sighting, in: contents.faults[index]) {
        contents.faults[index].sightings.append(sighting)
        contents.faults[index].duplicates += 1
        return nil
      }
      contents.faults[index].count += 1
      if contents.faults[index].sightings.count < LogContents.mostSightings {
        contents.faults[index].sightings.append(sighting)
      }
      // An excerpt may precede the whole log, so the times decide which record is first or last.
      let earlier = Self.isEarlier(event.time, contents.faults[index].firstTime)
      if earlier {
        contents.faults[index].firstTime = event.time
      }
      if !Self.isEarlier(event.time, contents.faults[index].lastTime) {
        contents.faults[index].last = place
        contents.faults[index].lastTime = event.time
      }
      return nil
    }
    guard contents.faults.count < LogContents.mostFaults else {
      contents.faultsNotKept += 1
      state.lastFault = nil
      return nil
    }
    var group = FaultGroup(
      key: key, first: place, last: place, firstLines: event.lines, observation: fault)
    group.firstTime = event.time
    group.lastTime = event.time
    group.status = state.lastStatus
    group.sightings = [sighting]
    group.repairs = event.repairs.map { Noted(value: $0, place: place, time: nil) }
    contents.faults.append(group)
    indices[key] = contents.faults.count - 1
    state.lastFault = contents.faults.count - 1
    changes?.insert(contents.faults.count - 1)
    return state.lastFault
  }

  /// Which machine an event is of.
  private mutating func machine(_ event: LogEvent) -> Int {
    guard let host = event.time?.host else { return state.machine }
    let machine = machines.machine(host: host, present: state.machine)
    contents.identities = machines.known
    return machine
  }

  private mutating func replace(
    _ index: Int, with sighting: FaultGroup.Sighting, _ event: LogEvent
  ) {
    contents.faults[index].first = sighting.place
    contents.faults[index].last = sighting.place
    contents.faults[index].firstLines = event.lines
    contents.faults[index].firstTime = event.time
    contents.faults[index].lastTime = event.time
    contents.faults[index].sightings = [sighting]
    contents.faults[index].status = state.lastStatus
    contents.faults[index].repairs = event.repairs.map {
      Noted(value: $0, place: sighting.place, time: nil)
    }
  }

  /// Notes, once for each group, that a mail's subject repeats the record.
  private mutating func noteSubject(_ index: Int, _ place: LogPlace) {
    guard !contents.faults[index].repairs.contains(where: { $0.value == .repeatedSubject }) else {
      return
    }
    contents.faults[index].repairs.append(
      Noted(value: .repeatedSubject, place: place, time: nil))
  }

  private static func isEarlier(_ time: LogTime?, _ other: LogTime?) -> Bool {
    guard let time = time?.uptime, let other = other?.uptime else { return false }
    return time < other
  }

  /// Whether another file holds the same record, with the same uptime to the microsecond.
  private func isSeen(_ sighting: FaultGroup.Sighting, in group: FaultGroup) -> Bool {
    guard let uptime = sighting.time?.uptime, uptime > 0 else { return false }
    return group.sightings.count < 2 * LogContents.mostSightings
      && group.sightings.contains {
        $0.place.file != sighting.place.file && $0.time?.uptime == uptime
      }
  }

  /// Notes a file that was not read, and why.
  public mutating func note(unread path: String, _ words: String) {
    if contents.unread.count < LogContents.mostEvents {
      contents.unread.append((path, words))
    }
  }

  /// Says that the input is a kernel's log, though nothing in it may be about remapping.
  public mutating func noteLog() { contents.isLog = true }

  private mutating func note(_ system: OtherSystem, _ place: LogPlace) {
    if !contents.systems.contains(where: { $0.value == system }) {
      contents.systems.append(Noted(value: system, place: place, time: nil))
    }
  }

  private mutating func take(_ message: KernelMessage, _ place: LogPlace, _ time: LogTime?) {
    if let system = OtherSystem(printing: message.kind) { note(system, place) }
    guard !message.kind.isMark else {
      if message.kind == .driverClaims, let device = message.device {
        change(device, place) {
          let line = Noted(value: message.driver, place: place, time: time)
          if $0.driverLine == nil { $0.driverLine = line }
          if $0.driver.isEmpty || DriverRemark.givesToGuests($0.driver) {
            $0.driver = message.driver
          }
        }
      }
      Self.append(Noted(value: message, place: place, time: time), to: &contents.marks)
      return
    }
    let key = MessageKey(
      kind: message.kind, device: message.device, words: message.words, numbers: message.numbers)
    if let index = messageIndices[key] {
      contents.messages[index].count += 1
      contents.messages[index].lastTime = time
      if contents.messages[index].places.count < 6 {
        contents.messages[index].places.append(place)
      }
      return
    }
    guard contents.messages.count < LogContents.mostEvents else { return }
    messageIndices[key] = contents.messages.count
    contents.messages.append(
      LogContents.MessageGroup(
        message: message, places: [place], firstTime: time, lastTime: time))
  }

  private mutating func take(_ line: Noted<DumpLine>) {
    if let lastFault = state.lastFault { changes?.insert(lastFault) }
    if case .header = line.value, let lastFault = state.lastFault,
      contents.faults[lastFault].dump == nil
    {
      contents.faults[lastFault].dump = TableDump(lines: [line])
      state.isInLooseDump = false
      return
    }
    if let lastFault = state.lastFault, !state.isInLooseDump {
      // Only the first dump of a group is kept; the others say the same as a rule.
      guard let dump = contents.faults[lastFault].dump else {
        contents.faults[lastFault].dump = TableDump(lines: [line])
        return
      }
      if dump.stop == nil, dump.lines.count < 32 {
        contents.faults[lastFault].dump?.lines.append(line)
      }
      return
    }
    if !state.isInLooseDump || contents.looseDumps.last?.stop != nil {
      guard contents.looseDumps.count < LogContents.mostNotes else { return }
      contents.looseDumps.append(TableDump())
      state.isInLooseDump = true
    }
    if let last = contents.looseDumps.indices.last, contents.looseDumps[last].lines.count < 32 {
      contents.looseDumps[last].lines.append(line)
    }
  }

  private mutating func take(_ line: Noted<BootLine>) {
    Self.append(line, to: &contents.boot)
    switch line.value {
    case .unit(let number, let base, _, let cap, let ecap):
      Self.append(
        Noted(
          value: LogContents.Unit(
            number: number, base: base, capability: Capability(rawValue: cap),
            extended: ExtendedCapability(rawValue: ecap)), place: line.place, time: line.time),
        to: &contents.units)
    case .hardwareUnit(let base, let flags):
      Self.append(
        Noted(value: (base, flags), place: line.place, time: line.time), to: &contents.hardwareUnits
      )
    case .reservedMemory(let base, let end):
      Self.append(
        Noted(
          value: LogContents.Region(start: base, end: end, function: nil), place: line.place,
          time: line.time), to: &contents.regions)
    case .identityMap(let address, let start, let end):
      Self.append(
        Noted(
          value: LogContents.Region(start: start, end: end, function: address),
          place: line.place, time: line.time), to: &contents.regions)
      change(address, line.place) { $0.isListed = true }
    case .identityMapIgnored(let address, _, _), .staticIdentity(let address, _),
      .graphicsStayOn(let address?), .graphicsDisabled(let address?):
      change(address, line.place) { $0.isListed = true }
    default: break
    }
  }

  private mutating func take(_ fact: LogFact, _ place: LogPlace, _ event: LogEvent) {
    func noted<Value>(_ value: Value) -> Noted<Value> {
      Noted(value: value, place: place, time: event.time)
    }
    switch fact {
    case .kernelVersion(let text): Self.append(noted(text), to: &contents.kernels)
    case .boot: break
    case .commandLine(let text): Self.append(noted(text), to: &contents.commandLines)
    case .machine(let text):
      state.machine = machines.machine(named: text, present: state.machine)
      contents.identities = machines.known
      Self.append(noted(text), to: &contents.machines)
    case .memory(let start, let end, let type):
      Self.append(
        noted((LogContents.Region(start: start, end: end, function: nil), type)),
        to: &contents.memory)
    case .pciFunction(let address, let vendor, let device, let classCode, let words):
      change(address, place) { function in
        function.vendor = vendor ?? function.vendor
        function.device = device ?? function.device
        function.classCode = classCode ?? function.classCode
        if !words.isEmpty { function.words = words }
        function.isListed = true
        if words.isEmpty, let device, function.announcements.count < LogContents.mostNotes {
          function.announcements.append(Noted(value: device, place: place, time: event.time))
        }
      }
    case .pciWindow(let address, let start, let end):
      Self.append(
        noted(LogContents.Region(start: start, end: end, function: address)), to: &contents.windows)
    case .pciBridge(let address, let secondary, let subordinate):
      bridge(address, secondary, subordinate, place)
    case .busTree(let functions):
      for function in functions {
        change(function.address, place) {
          if $0.words.isEmpty { $0.words = function.words }
          $0.isListed = true
        }
        if let secondary = function.secondary, let subordinate = function.subordinate {
          bridge(function.address, secondary, subordinate, place)
        }
      }
    case .iommuGroup(let address, let group):
      change(address, place) {
        $0.group = group
        $0.isListed = true
        if $0.groupLines.count < LogContents.mostNotes {
          $0.groupLines.append(Noted(value: group, place: place, time: event.time))
        }
      }
    case .leftIOMMUGroup(let address, _): contents.departures[address] = place
    case .deviceNote(let address, let driver, let text):
      note(address, DriverRemark(remapping: text, driver: driver), place, event.time)
    case .driverMessage(let address, let driver, let text):
      note(address, DriverRemark(driver: driver, text: text), place, event.time)
    case .reservedRegion(let start, let end):
      Self.append(
        noted(LogContents.Region(start: start, end: end, function: nil)), to: &contents.regions)
    case .scopeDevice(let address): change(address, place) { $0.isListed = true }
    case .dmarNote(let text):
      guard UnreadRecord.isOne(text) else { return }
      contents.unreadRecordCount += 1
      if contents.unreadRecords.count < LogContents.mostNotes {
        contents.unreadRecords.append(place)
      }
    case .defaultDomain(let passesThrough): contents.passesThrough = passesThrough
    case .defect(let text): Self.append(noted(text), to: &contents.defects)
    case .toolEntry(let level, let value):
      let begins = contents.toolWalks.last?.last.map { $0.value.level <= level } ?? true
      if begins, contents.toolWalks.count < LogContents.mostNotes { contents.toolWalks.append([]) }
      if let last = contents.toolWalks.indices.last {
        contents.toolWalks[last].append(noted((level, value)))
      }
    case .machineRow(let row): take(row, place)
    case .debugfs(let row):
      if case .page = row {
        contents.debugfsPages += 1
      }
      guard contents.debugfs.count < mostRows else { return }
      contents.debugfs.append(noted(row))
    case .lockSplat(let splat):
      Self.append(noted(splat), to: &contents.splats)
      for repair in event.repairs where !contents.reportRepairs.contains(repair) {
        contents.reportRepairs.append(repair)
      }
    case .message(let message): take(message, place, event.time)
    case .stumble(let stumble): Self.append(noted(stumble), to: &contents.stumbles)
    }
  }

  private mutating func bridge(
    _ address: PCIAddress, _ secondary: UInt8, _ subordinate: UInt8, _ place: LogPlace
  ) {
    change(address, place) { $0.isListed = true }
    guard contents.bridges[address] != nil || contents.bridges.count < LogContents.mostFunctions
    else { return }
    contents.bridges[address] = LogContents.Bridge(
      secondary: secondary, subordinate: subordinate, place: place)
  }

  /// Notes a range of the memory map.
  mutating func note(memory region: LogContents.Region, _ type: String, _ place: LogPlace) {
    Self.append(Noted(value: (region: region, type: type), place: place), to: &contents.memory)
  }

  /// Notes memory of a device.
  mutating func note(window: LogContents.Region, _ place: LogPlace) {
    Self.append(Noted(value: window, place: place), to: &contents.windows)
  }

  /// Notes a unit.
  mutating func note(unit: LogContents.Unit, _ place: LogPlace) {
    Self.append(Noted(value: unit, place: place), to: &contents.units)
  }

  mutating func change(
    _ address: PCIAddress, _ place: LogPlace, _ body: (inout LogContents.Function) -> Void
  ) {
    guard
      contents.functions[address] != nil
        || contents.functions.count < LogContents.mostFunctions
    else { return }
    body(&contents.functions[address, default: LogContents.Function(place: place, isListed: false)])
  }

  private mutating func take(_ line: DriverNote, _ place: LogPlace, _ event: LogEvent) {
    guard case .device(let address, let driver, _) = line else {
      return Self.append(
        Noted(value: line, place: place, time: event.time), to: &contents.driverNotes)
    }
    guard let address else { return }
    let remark = DriverRemark(remapping: DriverLine.note(line).words(), driver: driver)
    note(address, remark, place, event.time)
  }

  private mutating func note(
    _ address: PCIAddress, _ remark: DriverRemark, _ place: LogPlace, _ time: LogTime?
  ) {
    change(address, place) {
      // Lines of `pci` come from the bus code, not from the device's driver.
      if $0.driver.isEmpty, remark.driver != "pci" { $0.driver = remark.driver }
      if !remark.isOfCore, $0.driverLine == nil || Self.isEarlier(time, $0.driverLine?.time) {
        $0.driverLine = Noted(value: remark.driver, place: place, time: time)
      }
      // A function that has a driver was found on the bus.
      $0.isListed = true
    }
    guard contents.notes[address] != nil || contents.notes.count < LogContents.mostFunctions else {
      return
    }
    var notes = contents.notes[address] ?? []
    if notes.count >= LogContents.mostNotes { notes.removeFirst() }
    notes.append(Noted(value: remark, place: place, time: time))
    contents.notes[address] = notes
  }
}
