public import PhysicalMemory
import Synchronization
import VTdFormats

/// One VT-d remapping unit: registers, translation, fault recording, interrupts.
///
/// It reads tables from the memory it was given and keeps everything else in its registers and
/// caches. Software meets it at three places only: the registers (``read32(_:)``,
/// ``write32(_:at:)`` and their 64-bit forms), memory, and the messages that it sends. Devices meet
/// it at ``translate(_:)`` and ``interrupt(_:)``.
///
/// All methods may be called from any thread. Messages and trace events are delivered by the thread
/// whose call caused them, with no lock held: a receiver may call the unit.
public final class RemappingUnit: Sendable {
  /// What the unit is.
  public let configuration: UnitConfiguration
  /// The memory that tables and queues lie in.
  public let memory: PhysicalMemory

  let messages: @Sendable (InterruptMessage) -> Void
  let trace: (@Sendable (UnitEvent) -> Void)?

  /// Constants of every walk; made in `init`, freed in `deinit`, never written in between.
  nonisolated(unsafe) let environment: UnsafePointer<WalkEnvironment>
  /// RTADDR as SRTP latched it, with ``ControlBits`` in its reserved low bits: one load tells a
  /// translation all it needs to know of the registers.
  let control: Atomic<UInt64>
  /// IRTA as SIRTP latched it, with ``InterruptControlBits`` in its reserved bits.
  let interruptControl: Atomic<UInt64>
  let interruptEntries: UnitLock<InterruptEntryCache>
  let devices = UnitLock<[SourceID: ATSDevice]>([:])
  let state: UnitLock<UnitState>
  let caches: TranslationCaches
  let supportedDescriptors: UInt32
  /// Reserved bits of the queue's descriptors, by ``DescriptorType``.
  let descriptorReserved: [SIMD2<UInt64>]
  /// Copies of the caches' own, one load nearer to the hit path.
  @usableFromInline let requesters: RequesterCache
  @usableFromInline let iotlb: SetCache
  /// Whether a cached page that denies a request, or a cached fault, decides.
  let looksAtDenials: Bool
  /// Whether plain misses may be plain: no quirk and no cached fault has a say in them.
  let isPlain: Bool

  /// A unit with reset registers.
  ///
  /// - Parameters:
  ///   - configuration: capabilities, address width, quirks, cache sizes.
  ///   - memory: where tables and queues are read and written.
  ///   - messages: receives the messages of fault, completion and page-request events.
  ///   - trace: hears of everything that happens inside.
  /// - Throws: ``ConfigurationError`` where the capabilities do not go together.
  public init(
    configuration: UnitConfiguration, memory: PhysicalMemory,
    messages: @escaping @Sendable (InterruptMessage) -> Void = { _ in },
    trace: (@Sendable (UnitEvent) -> Void)? = nil
  ) throws(ConfigurationError) {
    try configuration.validate()
    self.configuration = configuration
    self.memory = memory
    self.messages = messages
    self.trace = trace
    let environment = UnsafeMutablePointer<WalkEnvironment>.allocate(capacity: 1)
    environment.initialize(to: WalkEnvironment(configuration, memory: memory.view))
    self.environment = UnsafePointer(environment)
    control = Atomic(0)
    interruptControl = Atomic(0)
    let cachesInterrupts = configuration.caches.isEnabled
    interruptEntries = UnitLock(
      InterruptEntryCache(count: cachesInterrupts ? configuration.caches.interruptEntries : 0))
    state = UnitLock(UnitState(configuration))
    caches = TranslationCaches(configuration.caches)
    supportedDescriptors = DescriptorRules.supported(configuration)
    descriptorReserved = DescriptorRules.reserved
    requesters = caches.requesters
    iotlb = caches.iotlb
    isPlain =
      configuration.quirks.intersection([
        .permissionBeforeReserved, .canonicalCheckUsesAW, .noDirtyOnHit, .silentPermissionOnHit,
        .plainFirstStage,
      ]).isEmpty && !environment.pointee.cachesFaults
    looksAtDenials =
      environment.pointee.cachesFaults
      || configuration.quirks.contains(.silentPermissionOnHit)
  }

  deinit {
    state.withLock { $0.registers.deallocate() }
    environment.pointee.deallocate()
    environment.deallocate()
  }

  /// Bytes of the register region, a multiple of 4 KiB.
  public var registerByteCount: Int { state.withLock { $0.registers.byteCount } }

  /// Changes the state under its lock, then sends what follows from the change.
  @inline(__always)
  func change<Result: Sendable>(_ body: (inout UnitState, inout Effects) -> Result) -> Result {
    let (result, effects) = state.withLock { state in
      var effects = Effects(isTraced: trace != nil)
      let result = body(&state, &effects)
      return (result, effects)
    }
    if !effects.isEmpty { perform(effects) }
    return result
  }

  /// Sets or clears a bit of GSTS.
  func setStatus(_ field: BitField<GlobalStatus>, _ on: Bool, _ state: inout UnitState) {
    var status: GlobalStatus = state.registers[image: RegisterOffset.gsts]
    status[flag: field] = on
    state.registers[image: RegisterOffset.gsts] = status
  }

  /// Sets or clears bits of the control word. Only under the state's lock.
  func setControl(_ bits: UInt64, _ on: Bool) {
    let value = control.load(ordering: .relaxed)
    control.store(on ? value | bits : value & ~bits, ordering: .releasing)
  }

  private func perform(_ effects: Effects) {
    if let trace { for event in effects.events ?? [] { trace(event) } }
    for message in effects.messages ?? [] { messages(message) }
  }
}

/// What changes in a unit, all under one lock that the hit and miss paths of translation never take.
struct UnitState {
  var registers: RegisterFile
  var faults: FaultRecording
  var queue = QueueState()

  init(_ configuration: UnitConfiguration) {
    registers = RegisterFile(configuration)
    faults = FaultRecording(configuration)
  }
}

/// What ``RemappingUnit`` keeps in the low bits of its control word.
enum ControlBits {
  @inline(__always) static var translationEnabled: UInt64 { 1 << 0 }
  @inline(__always) static var protectedMemory: UInt64 { 1 << 1 }
  /// RTADDR's part: table address and TTM.
  @inline(__always) static var root: UInt64 {
    BitField<RootTableAddress>.rootTable.mask | BitField<RootTableAddress>.translationTableMode.mask
  }
}
