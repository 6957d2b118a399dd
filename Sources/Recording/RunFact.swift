public import VTdFormats
public import VTdUnit

/// What an event of a run is.
public enum RunFact: Hashable, Sendable {
  /// A step begins.
  case step
  /// A device sent a request.
  case dma(DMAFact)
  /// A device's access that met no unit, or was never sent.
  case bypass(BypassFact)
  /// A device sent an interrupt.
  case interruptRequest(InterruptFact)
  /// A device asked for a page.
  case pageRequest(PageRequestFact)
  /// A unit found a fault.
  case fault(FaultFact)
  /// A unit sent a message.
  case message(MessageFact)
  /// A CPU takes an interrupt.
  case interrupt(TakenInterruptFact)
  /// A 64-bit word of memory gets another value.
  case memory(MemoryFact)
  /// A register was read or written.
  case register(RegisterFact)
  /// A descriptor of the invalidation queue is carried out.
  case command(CommandFact)
  /// The queue stopped, or a device did not answer.
  case queueError(QueueErrorFact)
  /// A cache was filled or emptied.
  case cache(CacheFact)
  /// A lock was taken, let go or marked.
  case lock(LockFact)
  /// The lock validator reported something.
  case lockReport(LockReportFact)
  /// The kernel printed a record.
  case line(LineFact)
  /// A CPU waits for this unit for ever: nothing will end the wait.
  case hang(unit: String)
  /// The kernel died; why, in words.
  case death(String)
  /// Time passes, in microseconds.
  case wait(UInt64)
  /// This unit was reset to its state after power-on.
  case reset(unit: String)
}

/// What became of a request.
public struct Answer: Hashable, Sendable {
  /// What became of a request.
  public enum Result: String, Hashable, Sendable, CaseIterable {
    /// It went to a page.
    case translated
    /// It was stopped.
    case blocked
    /// The address is one of interrupts: the request goes on as an interrupt request.
    case interruptRequest = "interrupt_request"
    /// A translation request was answered without permission: the device sends nothing.
    case refused
  }

  /// What became of it.
  public var result: Result
  /// Where in memory the request goes.
  public var address: UInt64?
  /// Bytes of the page that maps it.
  public var pageSize: UInt64?
  /// `RWXU`, with `-` for what is missing.
  public var permissions: String?
  /// Why it was blocked, where a fault is the reason.
  public var reason: FaultReason?
  /// Why it was blocked, where it is not a fault: `abort_dma`, `protected_memory`,
  /// `interrupt_range_read`, `unsupported_request`.
  public var refusal: String?

  /// An answer; its details are set by its properties.
  public init(_ result: Result) { self.result = result }

  /// Whether a device would see the same: it goes to the same place, or is blocked for the same reason.
  public func isSame(as other: Answer) -> Bool {
    result == other.result && address == other.address && reason == other.reason
      && refusal == other.refusal
  }
}

/// What became of a fault in the unit's fault records.
public struct Recorded: Hashable, Sendable {
  /// What became of a fault.
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    /// It is in a fault record.
    case recorded
    /// FPD is set: nothing is recorded.
    case processingDisabled = "fault_processing_disabled"
    /// The record whose turn it was is in use; PFO is set now.
    case overflowed
    /// PFO was set already.
    case overflowPending = "overflow_pending"
    /// Its source has a fault pending, in the record of that index.
    case folded
    /// It is a fault of a kind that is not recorded.
    case notReported = "not_reported"
  }

  /// What became of it.
  public var outcome: Outcome
  /// Which fault record holds it.
  public var index: Int?

  /// What the unit said.
  public init(_ disposition: FaultDisposition) {
    switch disposition {
    case .recorded(let index): (outcome, self.index) = (.recorded, index)
    case .faultProcessingDisabled: outcome = .processingDisabled
    case .overflowed: outcome = .overflowed
    case .overflowPending: outcome = .overflowPending
    case .folded(let index): (outcome, self.index) = (.folded, index)
    case .notReported: outcome = .notReported
    }
  }

  /// An outcome, with the index of its record.
  public init(_ outcome: Outcome, index: Int?) {
    self.outcome = outcome
    self.index = index
  }
}

/// The way of a request over the bus, up to the root complex.
public struct BusWay: Hashable, Sendable {
  /// A bridge on the way.
  public struct Bridge: Hashable, Sendable {
    /// Its address.
    public var name: String
    /// The source-id that it puts in place of the request's; nil for one that leaves it.
    public var sourceID: String?

    /// A bridge, with the source-id that it gives.
    public init(name: String, sourceID: String?) {
      self.name = name
      self.sourceID = sourceID
    }
  }

  /// The function that sent the request, whatever source-id arrives.
  public var sender: String
  /// What the request passes, the nearest to the sender first.
  public var bridges: [Bridge] = []

  /// The way of a sender's requests.
  public init(sender: String) { self.sender = sender }
}

/// A device's request at a unit, with both answers.
public struct DMAFact: Hashable, Sendable {
  /// The unit that it reached.
  public var unit = ""
  /// Who sent it, by the source-id that the request carries.
  public var device = ""
  /// What it wanted.
  public var access = DMAAccess.read
  /// Where.
  public var address: UInt64 = 0
  /// The PASID that it carried; nil for none.
  public var pasid: UInt32?
  /// Untranslated, translation request or translated.
  public var type: AddressType = .untranslated
  /// An instruction fetch.
  public var isExecute = false
  /// Supervisor privilege.
  public var isPrivileged = false
  /// The way over the bus; nil for a device right on the root complex that sends under its own id.
  public var way: BusWay?
  /// Whether the device asked its own TLB first.
  public var usesDeviceTLB = false
  /// What the unit and its caches gave.
  public var given = Answer()
  /// What the tables in memory say at the same moment.
  public var tables = Answer()
  /// Whether a cached translation gave the answer.
  public var isHit = false
  /// The event that put what the answer rests on into its cache: the translation of a hit, or the entry
  /// of another cache that makes a request stale.
  public var filledBy: Int?
  /// Whether the two answers differ: the unit, or the device, remembers what memory no longer says.
  public var isStale = false
  /// The event that changed memory so that the caches no longer agree with it.
  public var staleSince: Int?
  /// What became of the fault.
  public var recorded: Recorded?
  /// How many requests in a row were alike and led to nothing else.
  public var count = 1
  /// The walk of the tables, where the request was blocked, or is the first of its kind.
  public var walk: [WalkFact] = []
}

/// An entry that a walk reads.
public struct WalkFact: Hashable, Sendable {
  /// What was read.
  public var structure = WalkStructure.rootEntry
  /// Paging level, 5 to 1; 0 for the other structures.
  public var level = 0
  /// Where the entry lies.
  public var address: UInt64 = 0
  /// Where its table begins.
  public var table: UInt64?
  /// Which entry of its table it is; nil for what lies in no table.
  public var index: UInt64?
  /// The address, the source-id or the PASID that chooses the entry, and which of its bits do.
  public var input: UInt64?
  /// The highest bit of the address that chose it; nil where none did.
  public var sliceHigh: Int?
  /// The lowest bit of the address that chose it; nil where none did.
  public var sliceLow: Int?
  /// Lowest first; empty where the entry could not be read.
  public var words: [UInt64] = []
  /// Permission over all levels so far.
  public var allowed: String?
  /// The entry that leads to this one, by its place in the walk.
  public var parent: Int?
  /// Why the walk ends here.
  public var failure: FaultReason?
  /// Whether it ends because nothing is mapped, which reasons of legacy mode do not tell.
  public var isMissing = false
}

/// A device's access without a unit: it goes to memory as it is, or it is stopped before.
public struct BypassFact: Hashable, Sendable {
  /// Who sent it.
  public var device = ""
  /// Where.
  public var address: UInt64 = 0
  /// It reached memory.
  public var reachesMemory = false
  /// What became of it, in words.
  public var detail = ""
}

/// A device's write to the interrupt range, with both answers.
public struct InterruptFact: Hashable, Sendable {
  /// The unit that it reached.
  public var unit = ""
  /// Who sent it, by the source-id that the request carries.
  public var device = ""
  /// Where it was written.
  public var address: UInt64 = 0
  /// What was written.
  public var data: UInt64 = 0
  /// What the unit answered, its cache included.
  public var given = InterruptAnswer()
  /// What the table says.
  public var tables = InterruptAnswer()
  /// The way over the bus; nil for a device right on the root complex that sends under its own id.
  public var way: BusWay?
  /// Whether a cached interrupt entry gave the answer.
  public var isHit = false
  /// The event that put the entry into the cache.
  public var filledBy: Int?
  /// Whether the two answers differ.
  public var isStale = false
  /// The event that changed memory so that the cache no longer agrees with it.
  public var staleSince: Int?
  /// What became of the fault; nil where there was none.
  public var recorded: Recorded?
  /// The entries that the table's answer rests on.
  public var walk: [WalkFact] = []
}

/// What an interrupt request came to.
public struct InterruptAnswer: Hashable, Sendable {
  /// What became of an interrupt.
  public enum Result: String, Hashable, Sendable, CaseIterable {
    /// In this order: sent on as it was, sent on as its entry says, posted, and blocked.
    case unchanged, remapped, posted, blocked
  }

  /// What became of it.
  public var result = Result.blocked
  /// The vector that is sent on; nil where none is.
  public var vector: UInt64?
  /// The local APIC that gets it.
  public var destination: UInt64?
  /// The interrupt entry, where one was used.
  public var index: UInt64?
  /// The posted-interrupt descriptor.
  public var descriptor: UInt64?
  /// Why it was stopped; nil where it was not.
  public var reason: FaultReason?
}

/// A device asks for a page (PRI).
public struct PageRequestFact: Hashable, Sendable {
  /// The unit that it reached.
  public var unit = ""
  /// Who asked.
  public var device = ""
  /// The page.
  public var address: UInt64 = 0
  /// The PASID; nil for none.
  public var pasid: UInt32?
  /// `queued`, `overflowed`, `blocked` or `refused`.
  public var result = ""
  /// Why it was refused; nil where it was not.
  public var reason: FaultReason?
}

/// A fault that a unit recorded, or dropped.
public struct FaultFact: Hashable, Sendable {
  /// The unit.
  public var unit = ""
  /// Who sent the request.
  public var device = ""
  /// Why it was stopped.
  public var reason = FaultReason(rawValue: 0)
  /// The page.
  public var address: UInt64 = 0
  /// What became of the fault.
  public var recorded = Recorded()
  /// The record, lowest word first.
  public var words: [UInt64] = []
}

/// A message that signals an event of a unit.
public struct MessageFact: Hashable, Sendable {
  /// The unit.
  public var unit = ""
  /// `fault`, `invalidationCompletion` or `pageRequest`.
  public var event = ""
  /// Where it is written.
  public var address: UInt64 = 0
  /// What is written.
  public var data: UInt64 = 0
  /// IM is set: the message waits.
  public var isHeld = false
}

/// An interrupt that a CPU takes.
public struct TakenInterruptFact: Hashable, Sendable {
  /// The unit whose message it is.
  public var unit = ""
  /// The vector.
  public var vector: UInt64 = 0
  /// No handler belongs to the message.
  public var isSpurious = false
}

/// A change of memory.
public struct MemoryFact: Hashable, Sendable {
  /// Of the 64-bit word.
  public var address: UInt64 = 0
  /// The word that was there.
  public var old: UInt64 = 0
  /// The word that is there now.
  public var new: UInt64 = 0
  /// How many further words changed directly after it without an event of their own.
  public var more = 0
}

/// An access to a register.
public struct RegisterFact: Hashable, Sendable {
  /// The unit.
  public var unit = ""
  /// The specification's name without `_REG`; empty where no register is.
  public var name = ""
  /// Its offset in bytes.
  public var offset: UInt64 = 0
  /// What was read or written.
  public var value: UInt64 = 0
  /// Written, or read.
  public var isWrite = false
  /// 32 or 64.
  public var width = 0
}

/// A descriptor of the invalidation queue.
public struct CommandFact: Hashable, Sendable {
  /// The unit.
  public var unit = ""
  /// What was asked for.
  public var type = DescriptorType.contextCache
  /// Bits 63:0 of the descriptor.
  public var low: UInt64 = 0
  /// Bits 127:64 of the descriptor.
  public var high: UInt64 = 0
}

/// Why a queue stopped.
public struct QueueErrorFact: Hashable, Sendable {
  /// The unit.
  public var unit = ""
  /// The unit's code (IQEI); nil where a device did not answer.
  public var code: UInt64?
  /// The device that did not answer.
  public var device: String?
}

/// Something that a cache takes in or drops.
public struct CacheFact: Hashable, Sendable {
  /// Which cache it is.
  public enum Cache: String, Hashable, Sendable, CaseIterable {
    /// Translations, in the unit.
    case iotlb
    /// Translations, in a device (ATS).
    case deviceTLB = "device_tlb"
    /// Context entries.
    case context
    /// PASID entries.
    case pasid
    /// Tables with leaves.
    case pagingStructure = "paging_structure"
    /// Interrupt entries.
    case interruptEntry = "interrupt_entry"
  }

  /// Which cache it is.
  public var cache = Cache.iotlb
  /// The unit.
  public var unit = ""
  /// The device whose own TLB it is, or whose context or PASID entry; nil for the others.
  public var device: String?
  /// Filled, or emptied.
  public var isFill = false
  /// The domain-id; nil where it says nothing.
  public var domain: UInt64?
  /// The PASID; nil where it says nothing.
  public var pasid: UInt64?
  /// Which interrupt entry it is; nil for the others.
  public var index: UInt64?
  /// The first address that a translation or a table is for; nil for the others.
  public var address: UInt64?
  /// Where it leads: the page, or the next table; nil where requests pass through, and for interrupts.
  public var target: UInt64?
  /// What the page or the entries above a table allow, as letters; nil for the others.
  public var permissions: String?
  /// How many bytes the page or the table covers; nil for the others.
  public var pageSize: UInt64?
  /// The words of an interrupt entry, the lowest first; empty for the others.
  public var words: [UInt64] = []
  /// Why it is remembered as one that faults (CAP.CM); nil for a good one.
  public var reason: FaultReason?
}

/// A lock is taken or released, or the validator learns something.
public struct LockFact: Hashable, Sendable {
  /// `taken`, `released` or `checked`.
  public var verb = ""
  /// The lock's class.
  public var lockClass = ""
  /// `[HC1[1]:SC0[0]:HE0:SE1]` as reports print it.
  public var context = ""
  /// The four letters of the class afterwards.
  public var letters = ""
  /// Usages that were new, as `class: usage`.
  public var newUsages: [Usage] = []
  /// Orders that were new.
  public var newDependencies: [RunLockDependency] = []
  /// What the task holds afterwards, the oldest first.
  public var held: [String] = []
  /// Where, as the kernel prints it.
  public var site: String?

  /// A usage that a class has from now on.
  public struct Usage: Hashable, Sendable {
    /// The class.
    public var lockClass = ""
    /// As reports print it: `HARDIRQ-ON-W`.
    public var name = ""
  }
}

/// What the validator found.
public struct LockReportFact: Hashable, Sendable {
  /// The report's title: `inconsistent lock state`.
  public var title = ""
  /// The class that it is about; nil where it is about none.
  public var lockClass: String?
  /// The two usages that do not go together, the earlier one first.
  public var usages: [String] = []
  /// The classes of the circle, or of the path, in order.
  public var path: [String] = []
  /// What the task holds, the oldest first.
  public var held: [String] = []
  /// Where the task was: `[HC1[1]:SC0[0]:HE0:SE1]`.
  public var context: String?
}

/// A record of the kernel's log.
public struct LineFact: Hashable, Sendable {
  /// 0 (emergency) to 7 (debug).
  public var level: UInt64 = 0
  /// The message; a newline inside makes a record of several lines.
  public var text = ""
}
