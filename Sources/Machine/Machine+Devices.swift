internal import LinuxIOMMU
internal import PhysicalMemory
public import PCI
public import VTdFormats
public import VTdUnit

// What devices do.
extension Machine {
  /// What a device does on the bus.
  public typealias DMA = DeviceDMA

  /// Sends a DMA over the bus to the unit that covers its device. Interrupts it causes wait until
  /// ``deliverInterrupts()``.
  @discardableResult
  public func perform(_ dma: DMA) -> [TranslationOutcome] {
    guard let (unit, source, pasid) = arrival(of: dma) else { return [] }
    if dma.attributes.usesDeviceTLB, let device = bus.deviceTLB(of: dma.device) {
      return perform(dma, through: device, of: unit)
    }
    var outcomes: [TranslationOutcome] = []
    var address = dma.address.rawValue
    var left = dma.length
    var landed: [HardwareAccess.Piece] = []
    repeat {
      let request = dma.request(at: IOVA(rawValue: address), from: source, pasid)
      tap.begin(act: .dma(unit, request, through: nil))
      defer { tap.end(unmuted: nil) }
      let outcome = unit.hardware.translate(request).outcome
      outcomes.append(outcome)
      record(.dma(unit: unit.name, request, outcome))
      let inPage = min(left, Paging.pageSize - address % Paging.pageSize)
      if outcome == .interruptRequest {
        sendInterrupts(
          from: source, to: address, count: inPage, data: dma.attributes.data, through: unit)
      }
      if case .translated(let page) = outcome, !dma.attributes.bytes.isEmpty {
        let bytes = Array(
          dma.attributes.bytes.dropFirst(Int(dma.length - left)).prefix(Int(inPage)))
        if let witness = tap.witness { witness(.landing(page.address, bytes)) }
        if memory.write(bytes, at: page.address) {
          landed.append(HardwareAccess.Piece(address: page.address, bytes: bytes))
        }
      }
      if case .blocked(_, .recorded(let index)) = outcome { report(index, of: unit) }
      left -= inPage
      address &+= inPage
    } while left > 0
    tap.hear(.dma(dma, landed: landed))
    return outcomes
  }

  /// The first request of a DMA, as it reaches the unit that covers its device; no unit is asked. Nil
  /// where the request reaches no unit: the last of ``events`` tells where it goes.
  public func firstRequest(of dma: DMA) -> (unit: NamedUnit, request: DMARequest)? {
    arrival(of: dma).map { ($0.unit, dma.request(at: dma.address, from: $0.source, $0.pasid)) }
  }

  /// Lets a device ask for a page (PRI).
  public func askForPage(
    _ device: PCIAddress, _ address: IOVA, pasid: PASID?, permissions: Permissions = [.read],
    isPrivileged: Bool = false, isLast: Bool = true, group: UInt16 = 0
  ) {
    let dma = DMA(device: device, access: .read, address: address, pasid: pasid)
    guard let (unit, source, pasid) = arrival(of: dma) else { return }
    tap.hear(.pageRequest)
    let request = PageRequest(
      source: source, address: address, pasid: pasid, permissions: permissions,
      isPrivileged: isPrivileged, isLast: isLast, group: group)
    tap.begin(act: .pageRequest(unit, request))
    defer { tap.end(unmuted: nil) }
    record(.pageRequest(unit: unit.name, request, unit.hardware.pageRequest(request)))
  }

  /// The interrupts that devices' requests became, in order.
  public var deliveredInterrupts: [DeliveredInterrupt] {
    events.compactMap { event in
      guard case .interruptRequest(_, _, let outcome) = event else { return nil }
      switch outcome {
      case .unchanged(let interrupt), .remapped(let interrupt, _): return interrupt
      case .posted(_, _, let notification): return notification
      case .blocked: return nil
      }
    }
  }

  /// A write to the interrupt range: each dword of it is an interrupt request of its own.
  private func sendInterrupts(
    from source: SourceID, to address: UInt64, count: UInt64, data: UInt32, through unit: NamedUnit
  ) {
    let first = address & ~3
    let end = address + max(count, 1)
    let needsWhole = unit.hardware.configuration.quirks.contains(.anonymousPlainWrites)
    for dword in stride(from: first, to: end, by: 4) {
      if needsWhole, dword < address || dword + 4 > end { continue }
      let request = InterruptRequest(
        source: source, address: UInt32(truncatingIfNeeded: dword), data: data, isPlainWrite: true)
      tap.begin(act: .interruptRequest(unit, request))
      defer { tap.end(unmuted: nil) }
      let outcome = unit.hardware.interrupt(request)
      record(.interruptRequest(unit: unit.name, request, outcome))
      if case .blocked(_, .recorded(let index)) = outcome { report(index, of: unit) }
    }
  }
}
