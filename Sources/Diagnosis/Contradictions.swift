import KernelLog
import LogReading
import VTdFormats

/// What does not fit together in a log: a wrong copy, a stale cache, or a dump of garbage.
enum Contradictions {
  static func find(_ fault: FaultCase) -> [Finding.Evidence] {
    [
      consequence, reasonAgainstText, directionAgainstReason, reasonAgainstEntry, missingFunction,
      dumpOfNothing,
    ]
    .compactMap { $0(fault) }
  }

  /// PCI Express errors of the same device right after the fault: the blocked request came back to
  /// it as an unsupported request or a completion abort.
  private static func consequence(_ fault: FaultCase) -> Finding.Evidence? {
    let errors = (fault.log.notes[fault.fault.function] ?? []).filter { note in
      guard note.value.tells(.unsupportedRequest, .aborted) else { return false }
      guard let then = note.time?.uptime, let now = fault.uptime else { return true }
      return then + 1_000_000 > now && then < now + 5_000_000
    }
    guard let first = errors.first else { return nil }
    let name =
      first.value.tells(.unsupportedRequest) ? "UnsupReq (unsupported request)" : "an abort"
    return Finding.Evidence(
      "the PCI Express error \(name) beside it is how the blocked request came back to the device: a "
        + "consequence of the fault, no second failure", errors.prefix(3).map { $0.place })
  }

  private static func reasonAgainstText(_ fault: FaultCase) -> Finding.Evidence? {
    guard let printed = fault.fault.observation.printedReason, let reason = fault.reason else {
      return nil
    }
    return Finding.Evidence(
      "the log says reason 0x\(hex(UInt64(printed), digits: 2)) with the text of "
        + "0x\(hex(UInt64(reason), digits: 2)): a slip of the pen; the text is believed",
      fault.place)
  }

  private static func directionAgainstReason(_ fault: FaultCase) -> Finding.Evidence? {
    switch (fault.fault.access, fault.knownReason) {
    case (.read, let reason?) where FaultReason.writeRefused.contains(reason):
      Finding.Evidence(
        "a read was refused for want of write permission: an atomic operation does that (it is "
          + "recorded as a read)", fault.place)
    case (.write, let reason?) where FaultReason.readRefused.contains(reason):
      Finding.Evidence(
        "a write was refused for want of read permission: an atomic operation, or "
          + "a record that was read while the unit wrote it", fault.place)
    default: nil
    }
  }

  private static func reasonAgainstEntry(_ fault: FaultCase) -> Finding.Evidence? {
    guard let leaf = fault.leaf, fault.isReason(FaultReason.pageMissing) else { return nil }
    return fault.leafAllows == true
      ? Finding.Evidence(
        "the entry that the log shows allows the access (\(leaf.entry)), and the reason denies it: "
          + "what the unit saw is not what memory holds", leaf.places)
      : nil
  }

  private static func missingFunction(_ fault: FaultCase) -> Finding.Evidence? {
    guard fault.function == nil, fault.isBusListed, fault.fault.interruptIndex == nil else {
      return nil
    }
    return Finding.Evidence("the log lists the functions of this bus without \(fault.device)")
  }

  private static func dumpOfNothing(_ fault: FaultCase) -> Finding.Evidence? {
    guard let dump = fault.fault.dump else { return nil }
    return dumpOfNothing(dump)
  }

  /// Kernels before the fix of November 2024 walk from an entry that is not present: from physical
  /// address 0, where the firmware's interrupt vectors are.
  static func dumpOfNothing(_ dump: TableDump) -> Finding.Evidence? {
    let places = dump.lines.map { $0.place }
    if let context = dump.context, context.low & 1 == 0, !dump.pageEntries.isEmpty {
      return Finding.Evidence(
        "the context entry is not present, so the walk printed below it began at physical address "
          + "0: its values mean nothing", places)
    }
    if let entry = dump.pasidEntry, !entry[flag: .present],
      !dump.pageEntries.isEmpty || dump.stop.map({ Rule.isWalkStop($0) }) ?? false
    {
      return Finding.Evidence(
        "the PASID table entry is not present, so the walk below it began at physical address 0: "
          + "its lines mean nothing", places)
    }
    return nil
  }
}

extension Rule {
  static func isWalkStop(_ stop: DumpStop) -> Bool {
    if case .entryNotPresent = stop { return true }
    return false
  }
}
