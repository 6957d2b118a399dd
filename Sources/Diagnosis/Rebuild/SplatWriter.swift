import KernelLog
import LogReading
import PCI
import VTdFormats

/// The parts of a scenario that a lock report needs.
extension Rebuild.Writer {
  /// The report that the replay meets again, if there is one; the others are noted as left out.
  mutating func chooseSplat() {
    for splat in contents.splats {
      let line = splat.place.line
      do throws(SplatImage.Obstacle) {
        guard self.splat == nil else {
          throw SplatImage.Obstacle(reason: "lockdep reports once, and another came first")
        }
        guard standsInFirstDump(splat) else {
          throw SplatImage.Obstacle(reason: "it does not stand in the first table dump")
        }
        guard !isScalable else {
          throw SplatImage.Obstacle(reason: "its unit is in scalable mode")
        }
        self.splat = try SplatImage(splat.value)
      } catch {
        if lockProgram == nil, let image = LockProgramImage(splat.value) {
          lockProgram = (line, image)
          continue
        }
        splatNotes.append("the lock report of line \(line) is not reproduced: \(error.reason)")
      }
    }
    if splat != nil, let lockProgram {
      splatNotes.append(
        "the lock report of line \(lockProgram.line) is not reproduced: lockdep reports once, and "
          + "another one comes back")
      self.lockProgram = nil
    }
    omitted += splatNotes
  }

  /// The steps that lead to a report which comes back in its kind and its locks.
  mutating func lockSteps() {
    guard let (number, image) = lockProgram else { return }
    line(
      "  # assumed: who takes the locks in the order that the lock report of line \(number) shows")
    for program in image.programs {
      line("  - locks:")
      line("      program: \(quoted(program))")
    }
  }

  /// The first look-up of a dump meets the report, so that no later dump can have it.
  private func standsInFirstDump(_ splat: Noted<LockSplat>) -> Bool {
    guard let first = timeline.faults.firstIndex(where: { $0.dump != nil }) else { return false }
    if contents.files.count > 1 { return true }
    let next = timeline.faults.dropFirst(first + 1).first?.line ?? .max
    return (timeline.faults[first].line..<next).contains(splat.value.lines.lowerBound)
  }

  /// What the build calls itself, beside its release.
  mutating func identity(_ splat: SplatImage) {
    line("  version: \(quoted(splat.detail.version))")
    line("  taint: \(quoted(splat.detail.taint))")
    if !splat.packageNote.isEmpty { line("  package_note: \(quoted(splat.packageNote))") }
    if let hardware = splat.detail.hardware { line("  hardware: \(quoted(hardware))") }
  }

  /// The build's return addresses, all of them from the report's stacks.
  mutating func callSites(_ splat: SplatImage) {
    line("  call_sites:")
    for (caller, sites) in splat.callSites {
      let places = sites.map { site in
        let short = site.place.hasPrefix(caller + "+")
        let place = short ? String(site.place.dropFirst(caller.utf8.count + 1)) : site.place
        return "\(quoted(site.callee)): \(quoted(place))"
      }
      line("    \(quoted(caller)): {\(places.joined(separator: ", "))}")
    }
    line("  # on the way to the lock, but in no stack of the report: inlined, or left by a jump")
    line("  frameless:")
    for function in splat.frameless { line("    - \(function)") }
  }

  mutating func interrupted(_ splat: SplatImage) {
    let detail = splat.detail
    line("  addresses:")
    line("    pci.klist_devices: 0x\(hex(detail.lockAddress))")
    line("  interrupted:")
    line("    task: {name: \(quoted(detail.taskName)), pid: \(detail.pid)}")
    line("    mode: \(detail.hasInterruptStack ? "kernel" : "user")")
    if !splat.functions.isEmpty {
      line("    functions:")
      for function in splat.functions { line("      - \(quoted(function))") }
    }
    if let registers = detail.registers { self.registers(registers) }
    line("    irq_events:")
    event("hardirqs_enabled", detail.hardEnabled)
    if let entry = detail.hardDisabled {
      line("      entry: {address: 0x\(hex(entry.address)), symbol: \(quoted(entry.symbol))}")
    }
    event("softirqs_enabled", detail.softEnabled)
    event("softirqs_disabled", detail.softDisabled)
    if splat.strayFrames.isEmpty { return }
    line("    uncertain_frames:")
    for (after, symbols) in splat.strayFrames {
      line("      - after: \(quoted(after))")
      line("        symbols: [\(symbols.map(quoted).joined(separator: ", "))]")
    }
  }

  private mutating func registers(_ registers: SplatDetail.Registers) {
    line("    registers:")
    line("      cs: 0x\(hex(registers.codeSegment))")
    line("      rip: \(quoted(registers.instruction))")
    line("      ss: 0x\(hex(registers.stackSegment))")
    line("      rsp: 0x\(hex(registers.stackPointer))")
    line("      eflags: 0x\(hex(registers.flags))")
    let names =
      ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp"] + (8...15).map { "r\($0)" }
    for name in names {
      if let value = registers.general[name] { line("      \(name): 0x\(hex(value))") }
    }
    line("    code: \(quoted(registers.code))")
  }

  private mutating func event(_ key: String, _ event: SplatDetail.Event?) {
    guard let event else { return }
    line(
      "      \(key): {event: \(event.number), address: 0x\(hex(event.address)), "
        + "symbol: \(quoted(event.symbol))}")
  }

  // MARK: Domains that the look-up leads to

  /// A domain as a dump shows it: the driver has to have it, because a dump that looks the device up
  /// walks the driver's domain and not the entry.
  struct DumpedDomain {
    var id: UInt64
    var levels: Int
    var table: UInt64
    var devices: [String]
  }

  /// The domains of the faulting devices in the order of the log.
  var dumpedDomains: [DumpedDomain] {
    var domains: [DumpedDomain] = []
    for fault in timeline.faults {
      guard let dumped = fault.dump?.context else { continue }
      let context = ContextEntry(low: dumped.low, high: dumped.high)
      guard context[flag: .present], (3...5).contains(context.levels) else { continue }
      let device = "\(fault.observation.source)"
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
        let fault = timeline.faults.first {
          "\($0.observation.source)" == device && $0.dump?.root != nil
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
