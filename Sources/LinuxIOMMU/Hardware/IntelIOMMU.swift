internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import Lockdep
internal import VTdFormats

/// One unit as its driver sees it: `struct intel_iommu`.
final class IntelIOMMU {
  let name: String
  let segment: UInt32
  let registerBase: PhysicalAddress
  let faultMessage: EventMessage
  /// `iommu->seq_id`: its place among the units.
  let number: Int
  /// The message that the kernel gives the page-request event.
  let pageRequestMessage: EventMessage
  let registerLock: KernelLock
  /// `iommu->lock`: context and PASID tables, domain ids.
  let lock: KernelLock
  /// `qi->q_lock`.
  let queueLock: KernelLock
  let port: any UnitPort
  let capability: Capability
  let extendedCapability: ExtendedCapability
  /// What RTADDR points to; nil before bring-up.
  var rootTable: PhysicalAddress?
  /// What IRTA points to; nil where interrupts are not remapped.
  var interruptTable: PhysicalAddress?
  var queue: InvalidationQueue?
  /// Used in scalable mode: the driver's own switch, and something to use it for (`sm_supported`).
  let isScalable: Bool
  /// `iommu->agaw`: how many levels a domain has here.
  let levels: Int
  /// Ids 0, which marks what is not present where a unit caches that, and 1, which identity and
  /// process translations share, are never given out.
  var usedDomainIDs: Set<DomainID> = [DomainID(rawValue: 0), DomainID(rawValue: 1)]
  /// None of the devices that the table gives it is there.
  var isEmpty = false
  /// The page-request queue; nil where there is none.
  var pageRequests: PageRequestQueue?
  /// Translation was on when this kernel came, and its tables were copied.
  var hasInheritedTables = false
  /// The functions whose context entries were copied.
  var inherited: Set<SourceID> = []
  /// The fault event's registers while the machine sleeps.
  var savedFaultEvent: SavedFaultEvent?
  /// Interrupt remapping has to be switched on.
  var startsRemapping = false

  private let kernel: KernelContext

  init(_ unit: AttachedUnit, number: Int, usesScalableMode: Bool, in kernel: KernelContext) {
    self.number = number
    name = unit.name
    segment = unit.segment
    registerBase = unit.registerBase
    self.kernel = kernel
    port = LivingPort(to: unit.port, of: kernel)
    faultMessage = unit.faultMessage
    pageRequestMessage = unit.pageRequestMessage
    let lockKind: LockKind = kernel.build.behaviour.registerLock == .raw ? .rawSpinlock : .spinlock
    registerLock = kernel.makeLock(
      lockKind, class: "&iommu->register_lock", instance: "\(unit.name).register_lock")
    lock = kernel.makeLock(.spinlock, class: "&iommu->lock", instance: "\(unit.name).lock")
    queueLock = kernel.makeLock(
      lockKind, class: "&qi->q_lock", instance: "\(unit.name).q_lock")
    let capability = Capability(rawValue: unit.port.read64(at: RegisterOffset.cap))
    let extended = ExtendedCapability(rawValue: unit.port.read64(at: RegisterOffset.ecap))
    self.capability = capability
    extendedCapability = extended
    isScalable =
      usesScalableMode && extended[flag: .scalableMode]
      && (extended[flag: .firstStage] || extended[flag: .secondStage])
    levels = Self.levels(capability, extended, isScalable: usesScalableMode)
  }

  /// iommu_calculate_agaw: the most levels that every stage in use has.
  private static func levels(
    _ capability: Capability, _ extended: ExtendedCapability, isScalable: Bool
  ) -> Int {
    func first(_ levels: Int) -> Bool {
      levels == 4 || levels == 5 && capability[flag: .firstStage5Levels]
    }
    let usesFirst = isScalable && extended[flag: .scalableMode] && extended[flag: .firstStage]
    let usesSecond = !usesFirst || extended[flag: .secondStage]
    return (3...5).last { levels in
      (!usesFirst || first(levels))
        && (!usesSecond || capability.supports(secondStageLevels: levels))
    } ?? 4
  }

  /// What alloc_iommu makes of the widths that the unit can translate.
  enum Widths {
    case some
    /// It is there for interrupts alone.
    case none
    /// The specification has no such width.
    case unknown
  }

  var widths: Widths {
    let widths = capability[.supportedAdjustedGuestAddressWidths]
    if widths == 0 {
      let isScalable = extendedCapability[flag: .scalableMode]
      return isScalable && !extendedCapability[flag: .secondStage] ? .some : .none
    }
    return (3...5).contains { capability.supports(secondStageLevels: $0) } ? .some : .unknown
  }

  /// The first domain id that is not in use; nil where all are.
  func freeDomainID() -> DomainID? {
    let count = 1 << capability.domainIDWidth
    return (0..<count).lazy.map { DomainID(rawValue: UInt16($0)) }
      .first { !usedDomainIDs.contains($0) }
  }

  /// Whether the unit's walks of a stage see what processors have in their caches
  /// (iommu_paging_structure_coherency): in scalable mode ECAP.SMPWC tells, else ECAP.C.
  func snoopsTables(_ isFirstStage: Bool) -> Bool {
    extendedCapability[
      flag: isScalable || isFirstStage ? .scalableModePageWalkCoherency : .pageWalkCoherency]
  }

  /// iommu_superpage_capability: 0, 1 for 2 MiB, 2 for 1 GiB as well.
  func superpageSizes(inFirstStage: Bool) -> Int {
    if inFirstStage { return capability[flag: .firstStage1GiBPages] ? 2 : 1 }
    if capability.supportsSecondStageLargePage(level: 3) { return 2 }
    return capability.supportsSecondStageLargePage(level: 2) ? 1 : 0
  }

  /// Where nothing answers, the bus gives all ones.
  var answers: Bool { capability.rawValue != .max || extendedCapability.rawValue != .max }

  /// Gives one global command and waits for GSTS to show it.
  ///
  /// GCMD has a bit for each level that must be written again with every command, and one-shot bits
  /// that must not: what is written is GSTS without those (VT-d specification 11.4.4.1).
  ///
  /// Where nobody answers every bit is set for ever, and the kernel dies of waiting for one to clear.
  func command(_ bit: BitField<GlobalCommand>, on isOn: Bool = true) {
    let status = port.read32(at: RegisterOffset.gsts)
    var command = GlobalCommand(rawValue: status)
    for oneShot in GlobalCommand.oneShot { command[flag: oneShot] = false }
    command[flag: bit] = isOn
    port.write32(command.rawValue, at: RegisterOffset.gcmd)
    var flush = GlobalCommand(rawValue: 0)
    flush[flag: .writeBufferFlush] = true
    if status == .max, !isOn || flush[flag: bit] { confirmsNothing() }
  }

  /// IOMMU_WAIT_OP: the time is over.
  func confirmsNothing() {
    kernel.die(of: .malfunction(unit: name), reason: .malfunction)
  }
}

/// `iommu->iommu_state`.
struct SavedFaultEvent {
  let control: UInt32
  let data: UInt32
  let address: UInt32
  let upperAddress: UInt32
}

/// A unit's registers as long as the kernel lives: a dead one writes nothing.
private final class LivingPort: UnitPort {
  private let port: any UnitPort
  private let kernel: KernelContext

  init(to port: any UnitPort, of kernel: KernelContext) {
    self.port = port
    self.kernel = kernel
  }

  func read32(at offset: Int) -> UInt32 { port.read32(at: offset) }
  func read64(at offset: Int) -> UInt64 { port.read64(at: offset) }

  func write32(_ value: UInt32, at offset: Int) {
    if kernel.death == nil { port.write32(value, at: offset) }
  }

  func write64(_ value: UInt64, at offset: Int) {
    if kernel.death == nil { port.write64(value, at: offset) }
  }
}
