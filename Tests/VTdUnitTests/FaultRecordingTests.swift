import PhysicalMemory
import Synchronization
import Testing
import VTdFormats

@testable import VTdUnit

@Suite("Fault recording")
struct FaultRecordingTests {
  // MARK: FPD

  /// A structure with FPD, and what a fault in it or behind it becomes.
  struct Silence: CustomTestStringConvertible, Sendable {
    let name: String
    let reason: FaultReason
    /// Whether FPD of the structure drops it.
    let isDropped: Bool
    var quirks: UnitQuirks = []
    var mode = TranslationTableMode.scalable
    var root = Rig.root
    var request = DMARequest.test()
    /// Which structure has FPD: the context entry, the directory entry or the PASID entry.
    let holder: Holder
    let change: @Sendable (Rig) -> Void
    var testDescription: String { "\(name): FPD in the \(holder)" }

    enum Holder: String { case context, directory, entry }

    static let outside: UInt64 = 0x20_0000_0000
    static let legacyContext = Rig.contextTable + 0x18 * 16
    static let scalableContext = Rig.contextTable + 0x18 * 32

    /// Sets bits of a word in memory.
    static func set(_ bits: UInt64, at address: UInt64) -> @Sendable (Rig) -> Void {
      { rig in
        rig.store((rig.memory.load64(PhysicalAddress(rawValue: address)) ?? 0) | bits, at: address)
      }
    }
    static func clear(_ bits: UInt64, at address: UInt64) -> @Sendable (Rig) -> Void {
      { rig in
        rig.store((rig.memory.load64(PhysicalAddress(rawValue: address)) ?? 0) & ~bits, at: address)
      }
    }
    static func store(_ word: UInt64, at address: UInt64) -> @Sendable (Rig) -> Void {
      { $0.store(word, at: address) }
    }

    static func legacy(
      _ name: String, _ reason: FaultReason, _ isDropped: Bool, quirks: UnitQuirks = [],
      root: UInt64 = Rig.root, request: DMARequest = .test(),
      _ change: @escaping @Sendable (Rig) -> Void = { _ in }
    ) -> Silence {
      Silence(
        name: name, reason: reason, isDropped: isDropped, quirks: quirks, mode: .legacy, root: root,
        request: request, holder: .context, change: change)
    }

    /// Unqualified are faults of the root table and a context entry that cannot be read: no FPD was
    /// read by then. All that comes after the context entry is qualified, QEMU's exceptions aside.
    static let all: [Silence] = [
      .legacy("root entry unreadable", .rootRead, false, root: outside),
      .legacy("root entry not present", .rootNotPresent, false, clear(1, at: Rig.root)),
      .legacy("root entry reserved", .rootReserved, false, set(2, at: Rig.root)),
      .legacy("context entry unreadable", .contextRead, false, store(outside | 1, at: Rig.root)),
      .legacy("context entry not present", .contextNotPresent, true, clear(1, at: legacyContext)),
      .legacy("context entry reserved", .contextReserved, true, set(16, at: legacyContext)),
      .legacy(
        "context entry reserved, QEMU", .contextReserved, false,
        quirks: [.reservedContextAlwaysRecorded], set(16, at: legacyContext)),
      .legacy("context entry invalid", .contextInvalid, true, set(12, at: legacyContext)),
      .legacy("address too wide", .addressBeyondWidth, true, request: .test(.read, 1 << 48)),
      .legacy(
        "translated request", .requestTypeBlocked, true,
        request: .test(addressType: .translated)),
      .legacy(
        "no write permission", .writeNotPermitted, true, request: .test(.write),
        clear(2, at: Rig.topTable + 0x3000)),
      .legacy("no read permission", .readNotPermitted, true, clear(1, at: Rig.topTable + 0x3000)),
      .legacy("table unreadable", .secondStageRead, true, store(outside | 3, at: Rig.topTable)),
      .legacy("paging entry reserved", .secondStageReserved, true, set(0x80, at: Rig.topTable)),
      .legacy(
        "interrupt range", .interruptRange, true,
        store(0xfee0_0003, at: Rig.topTable + 0x3000)),
      .legacy("PASID in legacy mode", .pasidRequestInLegacyMode, false, request: .test(pasid: 1)),

      Silence(
        name: "root entry not present", reason: .scalableRootNotPresent, isDropped: false,
        holder: .context, change: clear(1, at: Rig.root)),
      Silence(
        name: "context entry unreadable", reason: .scalableContextRead, isDropped: false,
        holder: .context, change: store(outside | 1, at: Rig.root)),
      Silence(
        name: "context entry not present", reason: .scalableContextNotPresent, isDropped: true,
        holder: .context, change: clear(1, at: scalableContext)),
      Silence(
        name: "context entry reserved", reason: .scalableContextReserved, isDropped: true,
        holder: .context, change: set(32, at: scalableContext)),
      Silence(
        name: "PASIDE clear", reason: .pasidDisabled, isDropped: true,
        request: .test(pasid: 1), holder: .context, change: clear(8, at: scalableContext)),
      Silence(
        name: "directory unreadable", reason: .directoryRead, isDropped: true,
        holder: .context, change: store(outside | 3, at: scalableContext)),
      Silence(
        name: "directory unreadable, QEMU", reason: .directoryRead, isDropped: false,
        quirks: [.reservedContextAlwaysRecorded], holder: .context,
        change: store(outside | 3, at: scalableContext)),
      Silence(
        name: "directory entry not present", reason: .directoryNotPresent, isDropped: true,
        holder: .directory, change: clear(1, at: Rig.directory)),
      Silence(
        name: "directory entry not present, QEMU", reason: .directoryNotPresent, isDropped: false,
        quirks: [.reservedContextAlwaysRecorded], holder: .directory,
        change: clear(1, at: Rig.directory)),
      Silence(
        name: "directory entry not present", reason: .directoryNotPresent, isDropped: true,
        holder: .context, change: clear(1, at: Rig.directory)),
      Silence(
        name: "directory entry reserved", reason: .directoryReserved, isDropped: true,
        holder: .directory, change: set(4, at: Rig.directory)),
      Silence(
        name: "PASID entry unreadable", reason: .pasidEntryRead, isDropped: true,
        holder: .directory, change: store(outside | 3, at: Rig.directory)),
      Silence(
        name: "PASID entry not present", reason: .pasidEntryNotPresent, isDropped: true,
        holder: .entry, change: clear(1, at: Rig.pasidTable)),
      Silence(
        name: "PASID entry not present, QEMU", reason: .pasidEntryNotPresent, isDropped: false,
        quirks: [.reservedContextAlwaysRecorded], holder: .entry,
        change: clear(1, at: Rig.pasidTable)),
      Silence(
        name: "PASID entry reserved", reason: .pasidEntryReserved, isDropped: true,
        holder: .entry, change: set(32, at: Rig.pasidTable)),
      Silence(
        name: "PASID entry invalid", reason: .pasidEntryInvalid, isDropped: true,
        holder: .entry, change: clear(7 << 6, at: Rig.pasidTable)),
      Silence(
        name: "page missing", reason: .secondStageNotPresent, isDropped: true,
        holder: .entry, change: store(0, at: Rig.topTable + 0x3000)),
      Silence(
        name: "page missing", reason: .secondStageNotPresent, isDropped: true,
        holder: .directory, change: store(0, at: Rig.topTable + 0x3000)),
      Silence(
        name: "page missing, QEMU", reason: .secondStageNotPresent, isDropped: true,
        quirks: [.reservedContextAlwaysRecorded], holder: .entry,
        change: store(0, at: Rig.topTable + 0x3000)),
    ]
  }

  @Test("FPD drops the qualified faults and no others, at each structure", arguments: Silence.all)
  func silence(_ silence: Silence) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap, quirks: silence.quirks)
    if silence.mode == .legacy {
      rig.writeLegacyTables()
      Silence.set(2, at: Silence.legacyContext)(rig)
    } else {
      rig.writeScalableTables(
        .test(.secondStage), context: ScalableContextEntry(words: [Rig.directory | 9]))
      rig.mapSecondStage()
      switch silence.holder {
      case .context: Silence.set(2, at: Silence.scalableContext)(rig)
      case .directory: Silence.set(2, at: Rig.directory)(rig)
      case .entry: Silence.set(2, at: Rig.pasidTable)(rig)
      }
    }
    silence.change(rig)
    rig.enable(root: silence.root, mode: silence.mode)
    let expected: FaultDisposition =
      silence.isDropped ? .faultProcessingDisabled : .recorded(index: 0)
    #expect(
      rig.unit.translate(silence.request).outcome == .blocked(.fault(silence.reason), expected))
    #expect(rig.status.isPending == !silence.isDropped)
    #expect(rig.record()[flag: .fault] == !silence.isDropped)
  }

  // MARK: The ring and its event

  private func fault(_ rig: Rig, _ source: UInt16) -> FaultDisposition? {
    let outcome = rig.unit.translate(.test(source: SourceID(rawValue: source))).outcome
    if case .blocked(_, let disposition) = outcome { return disposition }
    return nil
  }

  private func clear(_ rig: Rig, _ index: Int) {
    rig.unit.write32(
      1 << 31, at: rig.unit.configuration.capability.faultRecordOffset + index * 16 + 12)
  }

  @Test("the ring goes round past records that were cleared out of order, up to one that was not")
  func outOfOrder() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable()
    for index in 0..<8 { #expect(fault(rig, UInt16(index)) == .recorded(index: index)) }
    clear(rig, 1)
    #expect(fault(rig, 0x20) == .overflowed)
    #expect(rig.status.rawValue == 3)
    // PFO stands: nothing is recorded although record 0 is free.
    clear(rig, 0)
    #expect(fault(rig, 0x20) == .overflowPending)
    rig.unit.write32(1, at: RegisterOffset.fsts)
    #expect(fault(rig, 0x21) == .recorded(index: 0))
    #expect(fault(rig, 0x22) == .recorded(index: 1))
    #expect(fault(rig, 0x23) == .overflowed)
  }

  @Test("FRI names the first record of each burst, and the status byte is what Linux prints")
  func firstRecord() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable()
    for index in 0..<7 {
      _ = fault(rig, UInt16(index))
      clear(rig, index)
      #expect(rig.status.rawValue & 0xff == 0)
    }
    _ = fault(rig, 0x18)
    #expect(rig.status.rawValue == 0x702)
    _ = fault(rig, 0x19)
    #expect(rig.status.rawValue == 0x702)
  }

  @Test("folding keeps one record for each source-id; without it each fault has its own")
  func folding() throws {
    for folds in [false, true] {
      let rig = try Rig(
        cap: Everything.cap, ecap: Everything.ecap,
        quirks: folds ? [.foldFaultsOfPendingSource] : [])
      rig.enable()
      #expect(fault(rig, 1) == .recorded(index: 0))
      #expect(fault(rig, 2) == .recorded(index: 1))
      #expect(fault(rig, 2) == (folds ? .folded(index: 1) : .recorded(index: 2)))
      #expect(fault(rig, 1) == (folds ? .folded(index: 0) : .recorded(index: 3)))
      clear(rig, 1)
      #expect(fault(rig, 2) == .recorded(index: folds ? 2 : 4))
    }
  }

  @Test("clearing bits of a record other than F, or F with 0, leaves it")
  func oneToClear() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable()
    _ = fault(rig, 0x18)
    let first = rig.unit.configuration.capability.faultRecordOffset
    let record = rig.record()
    rig.unit.write64(.max, at: first)
    rig.unit.write64(.max >> 1, at: first + 8)
    rig.unit.write32(.max, at: first + 8)
    #expect(rig.record() == record)
    rig.unit.write64(1 << 63, at: first + 8)
    #expect(!rig.record()[flag: .fault])
    #expect(rig.record().reason == record.reason)
  }

  @Test("every cause of the fault event raises it once, and clearing the last cause drops IP")
  func causes() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable()
    rig.startQueue()
    rig.unit.write32(0, at: RegisterOffset.fectl)
    // IQE first, then a fault while IQE is pending: one message.
    rig.queue(0, 0)
    #expect(rig.status.rawValue == 0x10)
    #expect(rig.log.all.count == 1)
    _ = fault(rig, 0x18)
    #expect(rig.status.rawValue == 0x12)
    #expect(rig.log.all.count == 1)
    // One cause goes, the other stays: still nothing new.
    clear(rig, 0)
    _ = fault(rig, 0x18)
    #expect(rig.log.all.count == 1)
    clear(rig, 1)
    rig.unit.write64(0, at: RegisterOffset.iqt)
    rig.unit.write32(0x10, at: RegisterOffset.fsts)
    #expect(rig.status.rawValue & 0xff == 0)
    _ = fault(rig, 0x18)
    #expect(rig.log.all.count == 2)
    // Masked: IP waits, goes with the last cause, and a later unmasking sends nothing.
    clear(rig, 2)
    rig.unit.write32(1 << 31, at: RegisterOffset.fectl)
    _ = fault(rig, 0x18)
    #expect(rig.faultControl.rawValue == 0xc000_0000)
    rig.unit.write32(1 << 31, at: RegisterOffset.fectl)
    #expect(rig.faultControl.rawValue == 0xc000_0000)
    clear(rig, 3)
    #expect(rig.faultControl.rawValue == 0x8000_0000)
    rig.unit.write32(0, at: RegisterOffset.fectl)
    #expect(rig.log.all.count == 2)
  }

  @Test("the message goes where the event registers say, upper address included")
  func message() throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable()
    rig.unit.write32(0xabcd_0041, at: RegisterOffset.fedata)
    rig.unit.write32(0xfee0_3007, at: RegisterOffset.feaddr)
    rig.unit.write32(0x1234, at: RegisterOffset.feuaddr)
    rig.unit.write32(0, at: RegisterOffset.fectl)
    _ = fault(rig, 0x18)
    #expect(
      rig.log.all == [
        InterruptMessage(
          event: .fault, address: PhysicalAddress(rawValue: 0x1234_fee0_3004), data: 0x41)
      ])
  }

  // MARK: What a record holds

  @Test(
    "type, PASID, privilege, execution, address type and page are those of the request",
    arguments: [
      (.test(.read, 0x1234_5678), 2), (.test(.write, 0x1234_5678), 0),
      (.test(.atomic, 0x1234_5678), 3), (.test(.read, 0xffff_ffff_ffff_ffff), 2),
      (.test(.read, 0x1000, pasid: 0xabcde), 2),
      (.test(.read, 0x1000, pasid: 0, isPrivileged: true, isExecute: true), 2),
      (.test(.write, 0x1000, pasid: 0xfffff, isPrivileged: true), 0),
      (.test(.read, 0x1000, addressType: .translated), 2),
      (.test(.write, 0x1000, addressType: .translationRequest), 2),
    ] as [(DMARequest, UInt64)])
  func fields(_ request: DMARequest, _ type: UInt64) throws {
    let rig = try Rig(cap: Everything.cap, ecap: Everything.ecap)
    rig.enable(mode: .scalable)
    _ = rig.unit.translate(request)
    let high = rig.record().high
    #expect(rig.record().low == request.iova & ~0xfff)
    #expect(high & 0xffff == 0x18)
    #expect(high >> 28 & 1 | (high >> 62 & 1) << 1 == type)
    #expect(high >> 29 & 1 == (request.isPrivileged ? 1 : 0))
    #expect(high >> 30 & 1 == (request.isExecute ? 1 : 0))
    #expect(high >> 31 & 1 == (request.pasid == nil ? 0 : 1))
    #expect(high >> 32 & 0xff == 0x39)
    #expect(high >> 40 & 0xfffff == UInt64(request.pasid?.rawValue ?? 0))
    #expect(high >> 60 & 3 == UInt64(request.addressType.rawValue))
    #expect(high >> 63 == 1)
  }

  @Test("privilege and execution belong to requests with PASID: without one they are not sent")
  func withoutPASID() {
    let request = DMARequest.test(.read, isPrivileged: true, isExecute: true)
    #expect(!request.isPrivileged)
    #expect(!request.isExecute)
  }
}
