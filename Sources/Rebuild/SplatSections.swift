internal import Diagnosis
internal import KernelLog
internal import LinuxIOMMU
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// The parts of a scenario that a lock report needs.
extension ScenarioBuilder {
  /// The report that the replay meets again, if there is one; the others are noted as left out.
  mutating func chooseSplat() {
    for splat in log.contents.splats {
      do throws(SplatImage.Obstacle) {
        guard self.splat == nil else {
          throw SplatImage.Obstacle(reason: "lockdep reports once, and another came first")
        }
        guard standsInFirstDump(splat) else {
          throw SplatImage.Obstacle(reason: "it does not stand in the first table dump")
        }
        guard !log.isScalable else {
          throw SplatImage.Obstacle(reason: "its unit is in scalable mode")
        }
        self.splat = try SplatImage(splat.value)
      } catch {
        if lockProgram == nil, let image = LockProgramImage(splat.value) {
          lockProgram = (splat.place, image)
          continue
        }
        splatNotes.append((splat.place, error.reason))
      }
    }
    if splat != nil, let lockProgram {
      splatNotes.append(
        (lockProgram.place, "lockdep reports once, and another one comes back"))
      self.lockProgram = nil
    }
  }

  /// The steps that lead to a report which comes back in its kind and its locks.
  mutating func lockSteps() {
    guard let (place, image) = lockProgram else { return }
    var notes = [
      "assumed: who takes the locks in the order that the lock report of line \(place.line) shows"
    ]
    for program in image.programs {
      var locks = LocksStep()
      locks.text = program
      step(.locks(locks), notes: notes)
      notes = []
    }
  }

  /// The first look-up of a dump meets the report, so that no later dump can have it.
  private func standsInFirstDump(_ splat: Noted<LockSplat>) -> Bool {
    guard let first = log.timeline.faults.firstIndex(where: { $0.dump != nil }) else {
      return false
    }
    if log.contents.files.count > 1 { return true }
    let next = log.timeline.faults.dropFirst(first + 1).first?.line ?? .max
    return (log.timeline.faults[first].line..<next).contains(splat.value.lines.lowerBound)
  }

  // MARK: Domains that the look-up leads to

  /// A domain as a dump shows it: the driver has to have it, because a dump that looks the device up
  /// walks the driver's domain and not the entry.
  struct DumpedDomain {
    var id: UInt64
    var levels: Int
    var table: UInt64
    var devices: [DeviceName]
  }

  /// The domains of the faulting devices in the order of the log.
  var dumpedDomains: [DumpedDomain] {
    var domains: [DumpedDomain] = []
    for fault in log.timeline.faults {
      guard let dumped = fault.dump?.context else { continue }
      let context = ContextEntry(low: dumped.low, high: dumped.high)
      guard context[flag: .present], (3...5).contains(context.levels) else { continue }
      let device = DeviceName.address(fault.requester)
      if domains.contains(where: { $0.devices.contains(device) }) { continue }
      let id = context[.domainID]
      if let index = domains.firstIndex(where: { $0.id == id }) {
        domains[index].devices.append(device)
      } else {
        domains.append(
          DumpedDomain(
            id: id, levels: context.levels, table: context[inPlace: .secondStageTable],
            devices: [device]))
      }
    }
    return domains
  }

  /// The pages that the driver asks for when it makes `dumpedDomains`: each domain's top table, then
  /// the context table of each bus that is new.
  var pagesOfDumpedDomains: [UInt64] {
    var pages: [UInt64] = []
    var buses: Set<UInt8> = []
    for domain in dumpedDomains {
      pages.append(domain.table)
      for device in domain.devices {
        let fault = log.timeline.faults.first {
          DeviceName.address($0.requester) == device && $0.dump?.root != nil
        }
        guard let fault, let root = fault.dump?.root,
          buses.insert(fault.observation.source.bus).inserted
        else { continue }
        pages.append(root[inPlace: .contextTable])
      }
    }
    return pages
  }
}

extension SplatImage {
  /// What the build calls itself, beside its release, and its return addresses.
  var kernelIdentity: KernelDescription {
    var kernel = KernelDescription()
    kernel.version = detail.version
    kernel.taint = detail.taint
    // They are said even where they are what holds anyway.
    kernel.notes.above = ["version": [], "taint": []]
    kernel.packageNote = packageNote
    kernel.hardwareName = detail.hardware
    kernel.callSites = callSites.map { caller, sites in
      Keyed(
        caller,
        sites.map { site in
          let isShort = site.place.hasPrefix(caller + "+")
          return Keyed(
            site.callee,
            isShort ? String(site.place.dropFirst(caller.utf8.count + 1)) : site.place)
        })
    }
    kernel.frameless = frameless
    kernel.notes.above["frameless"] = [
      "on the way to the lock, but in no stack of the report: inlined, or left by a jump"
    ]
    return kernel
  }

  /// What the interrupt found.
  var interruptedContext: InterruptedContext {
    func event(_ event: SplatDetail.Event?) -> InterruptEvents.Event? {
      event.map { .init(number: $0.number, address: $0.address, symbol: $0.symbol) }
    }
    var context = InterruptedContext(
      task: .init(name: detail.taskName, pid: Int(clamping: detail.pid)),
      mode: detail.hasInterruptStack ? .kernel : .user, functions: functions)
    context.registers = detail.registers.map { registers in
      RegisterDump(
        codeSegment: UInt16(clamping: registers.codeSegment), instruction: registers.instruction,
        code: registers.code, stackSegment: UInt16(clamping: registers.stackSegment),
        stackPointer: registers.stackPointer, flags: registers.flags,
        general: Self.registerNames.map { registers.general[$0] ?? 0 })
    }
    context.interruptEvents.hardEnabled = event(detail.hardEnabled)
    context.interruptEvents.softEnabled = event(detail.softEnabled)
    context.interruptEvents.softDisabled = event(detail.softDisabled)
    if let entry = detail.hardDisabled {
      context.interruptEvents.entryAddress = entry.address
      context.interruptEvents.entrySymbol = entry.symbol
    }
    context.strayFrames = strayFrames.map { after, symbols in
      .init(after: after == "registers" ? nil : after, symbols: symbols)
    }
    return context
  }

  /// The general registers as a log's reader calls them, in the order in which they are printed.
  private static let registerNames =
    ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp"] + (8...15).map { "r\($0)" }
}
