internal import LinuxIOMMU
public import Lockdep
internal import VTdFormats
public import VTdUnit

// Facts from the values of the rooms below.
extension Answer {
  /// What a unit, or its tables, make of a request.
  public init(_ outcome: TranslationOutcome) {
    switch outcome {
    case .translated(let page):
      self.init(page.permissions.isDisjoint(with: [.read, .write]) ? Result.refused : .translated)
      if result == .translated {
        address = page.address.rawValue
        pageSize = page.pageSize
        permissions = page.permissions.description
      }
    case .interruptRequest: self.init(Result.interruptRequest)
    case .blocked(.fault(let reason), _):
      self.init(Result.blocked)
      self.reason = reason
    case .blocked(let cause, _):
      self.init(Result.blocked)
      switch cause {
      case .fault: break
      case .abortDMA: refusal = "abort_dma"
      case .protectedMemory: refusal = "protected_memory"
      case .interruptRangeRead: refusal = "interrupt_range_read"
      case .unsupportedRequest: refusal = "unsupported_request"
      }
    }
  }
}

extension InterruptAnswer {
  init(_ outcome: InterruptOutcome) {
    switch outcome {
    case .unchanged(let interrupt): self.init(.unchanged, interrupt)
    case .remapped(let interrupt, let index):
      self.init(.remapped, interrupt)
      self.index = UInt64(index)
    case .posted(let vector, let descriptor, _):
      self.init(result: .posted)
      self.vector = UInt64(vector)
      self.descriptor = descriptor.rawValue
    case .blocked(let reason, _):
      self.init(result: .blocked)
      self.reason = reason
    }
  }

  private init(_ result: Result, _ interrupt: DeliveredInterrupt) {
    self.init(result: result)
    vector = UInt64(interrupt.vector)
    destination = UInt64(interrupt.destination)
  }
}

extension FaultFact {
  init(_ record: FaultRecord, of unit: String, _ disposition: FaultDisposition) {
    self.init(
      unit: unit, device: "\(record.source)", reason: record.reason,
      address: record.reason.isInterruptRemapping
        ? UInt64(record.interruptIndex) : record.address.rawValue,
      recorded: Recorded(disposition), words: record.words)
  }
}

extension MessageFact {
  init(_ message: InterruptMessage, of unit: String) {
    self.init(
      unit: unit, event: message.event.rawValue, address: message.address.rawValue,
      data: UInt64(message.data))
  }
}

extension CacheFact {
  init(_ translation: CachedTranslation, isFill: Bool, unit: String, _ device: ATSDevice?) {
    self.init(
      cache: device == nil ? .iotlb : .deviceTLB, unit: unit,
      device: device.map { "\($0.source)" }, isFill: isFill,
      domain: translation.domain.map { UInt64($0.rawValue) },
      pasid: translation.pasid.map { UInt64($0.rawValue) },
      address: translation.address.rawValue, target: translation.page.address.rawValue,
      permissions: translation.isMissing ? "missing" : translation.page.permissions.description,
      pageSize: translation.page.pageSize)
  }

  init(_ entry: CachedEntry, isFill: Bool, unit: String) {
    let cache: Cache =
      switch entry.cache {
      case .context: .context
      case .pasid: .pasid
      case .pagingStructure: .pagingStructure
      case .interruptEntry: .interruptEntry
      }
    self.init(
      cache: cache, unit: unit, device: entry.source.map { "\($0)" }, isFill: isFill,
      domain: entry.domain.map { UInt64($0.rawValue) },
      pasid: entry.pasid.map { UInt64($0.rawValue) }, index: entry.index.map { UInt64($0) },
      address: entry.address?.rawValue, target: entry.target?.rawValue,
      permissions: entry.permissions?.description, pageSize: entry.byteCount, words: entry.words,
      reason: entry.reason)
  }
}

extension RunLockDependency {
  /// An order that a validator saw.
  public init(_ dependency: LockDependency) {
    self.init(from: dependency.from, to: dependency.to, kinds: dependency.kinds)
  }
}

extension LockFact {
  init(_ change: LockChange) {
    var usages: [Usage] = []
    for usage in change.newUsages {
      usages.append(Usage(lockClass: usage.lockClass, name: usage.usage.description))
    }
    var dependencies: [RunLockDependency] = []
    for dependency in change.newDependencies { dependencies.append(RunLockDependency(dependency)) }
    self.init(
      verb: change.verb.rawValue, lockClass: change.lockClass,
      context: change.flags.description, letters: change.usage.description, newUsages: usages,
      newDependencies: dependencies, held: change.held, site: change.site)
  }
}

extension LockReportFact {
  /// A validator's report.
  public init(_ report: LockReport) {
    var usages: [String] = []
    var path: [String] = []
    func add(_ steps: [PathStep]) { for step in steps { path.append(step.lockClass.name) } }
    switch report {
    case .inconsistentState(let state):
      usages = [state.previous.description, state.new.description]
    case .circularDependency(let circle): add(circle.path)
    case .unsafeOrder(let order):
      usages = [order.safeBit.description, order.unsafeBit.description]
      add(order.safePath)
      add(order.unsafePath.reversed())
    case .irqInversion(let inversion):
      usages = [inversion.otherBit.description]
      add(inversion.path)
    case .recursiveLocking(let recursion):
      path = [recursion.previous, recursion.next].compactMap { $0.lockClass?.name }
    default: break
    }
    var held: [String] = []
    for lock in report.scene?.held ?? [] { held.append(lock.lockClass?.name ?? "<RELEASED>") }
    self.init(
      title: report.title, lockClass: report.lock?.lockClass?.name, usages: usages, path: path,
      held: held, context: report.scene?.flags.description)
  }
}
