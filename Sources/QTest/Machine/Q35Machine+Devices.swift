import Glibc
import VTdFormats
import VTdUnit

// What devices do to the machine: DMA, messages, pins, timers.
extension Q35Machine: DeviceHost {
  /// Calls one of a device's methods; nil where there is no device, or where it is the device's own
  /// method that leads here: a device whose DMA reaches its own registers finds nobody there.
  func withDevice<Result>(
    _ slot: Int, _ body: (any PCIDevice, DevicePort) -> Result
  ) -> Result? {
    guard let device = functions[slot].device, !functions[slot].isEngaged else { return nil }
    functions[slot].isEngaged = true
    defer { functions[slot].isEngaged = false }
    return body(device, DevicePort(host: self, slot: slot))
  }

  func deviceSource(_ slot: Int) -> SourceID { functions[slot].sourceID }

  func deviceReads(_ slot: Int, _ address: IOVA, count: Int) -> (bytes: [UInt8], isComplete: Bool) {
    var bytes = [UInt8](repeating: 0, count: max(count, 0))
    if functions[slot].configuration.isBusMaster {
      observer?.deviceRead(functions[slot].sourceID, address, count: bytes.count)
    }
    let isComplete = bytes.withUnsafeMutableBytes { buffer in
      transfer(slot, address, count: buffer.count, .read) { offset, address, count in
        read(
          address, into: UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + count]))
      }
    }
    return (bytes, isComplete)
  }

  func deviceWrites(
    _ slot: Int, _ bytes: [UInt8], to address: IOVA, isMessage: Bool
  ) -> Bool {
    bytes.withUnsafeBytes { buffer in
      if functions[slot].configuration.isBusMaster {
        observer?.deviceWrote(functions[slot].sourceID, buffer, to: address)
      }
      return transfer(
        slot, address, count: buffer.count, .write, isPlainWrite: !isMessage
      ) { offset, address, count in
        write(address, from: UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + count]))
      } message: { offset in
        var data: UInt32 = 0
        withUnsafeMutableBytes(of: &data) {
          $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + 4]))
        }
        return UInt32(littleEndian: data)
      }
    }
  }

  private static let pageSize: UInt64 = 4096

  /// One DMA, a translation for each page that it touches. A blocked page does not keep the others
  /// from being tried.
  private func transfer(
    _ slot: Int, _ address: IOVA, count: Int, _ access: DMAAccess, isPlainWrite: Bool = true,
    _ move: (_ offset: Int, _ address: UInt64, _ count: Int) -> Bool,
    message: ((_ offset: Int) -> UInt32)? = nil
  ) -> Bool {
    guard functions[slot].configuration.isBusMaster else { return false }
    defer { deliverMessages() }
    let source = functions[slot].sourceID
    var isComplete = true
    var done = 0
    while done < count {
      let place = address.rawValue &+ UInt64(done)
      var piece = min(count - done, Int(Self.pageSize - place % Self.pageSize))
      switch target(of: DMARequest(source: source, address: IOVA(rawValue: place), access: access))
      {
      case .memory(let physical):
        if !move(done, physical, piece) { isComplete = false }
      case .message:
        // Messages are 4 bytes at a multiple of 4; nothing else means anything there.
        let isMessage = piece >= 4 && place & 3 == 0
        piece = isMessage ? 4 : min(piece, Int(4 - place & 3))
        guard isMessage, let data = message?(done) else {
          isComplete = false
          break
        }
        interrupt(
          InterruptRequest(
            source: source, address: UInt32(truncatingIfNeeded: place), data: data,
            isPlainWrite: isPlainWrite))
      case .blocked:
        isComplete = false
      }
      done += piece
    }
    return isComplete
  }

  private enum Target {
    case memory(UInt64)
    case message
    case blocked
  }

  private func target(of request: DMARequest) -> Target {
    guard let unit else {
      let address = request.address.rawValue
      return request.access == .write && address.isInterruptAddress
        ? .message : .memory(address)
    }
    return switch unit.translate(request).outcome {
    case .translated(let page): .memory(page.address.rawValue)
    case .interruptRequest: .message
    case .blocked: .blocked
    }
  }

  /// An interrupt request on the bus: through the unit, to the processors.
  func interrupt(_ request: InterruptRequest) {
    guard let unit else { return deliver(vector: UInt8(truncatingIfNeeded: request.data)) }
    switch unit.interrupt(request) {
    case .unchanged(let interrupt), .remapped(let interrupt, _): deliver(vector: interrupt.vector)
    case .posted(_, _, let notification):
      if let notification { deliver(vector: notification.vector) }
    case .blocked: break
    }
    deliverMessages()
  }

  func deviceUsesMSI(_ slot: Int) -> Bool { functions[slot].configuration.isMSIEnabled }

  /// The MSI message is a DMA write like any other: with an address in memory it ends there.
  func deviceSendsMSI(_ slot: Int) {
    guard let message = functions[slot].configuration.message else { return }
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: message.data >> UInt32(8 * $0)) }
    _ = deviceWrites(slot, bytes, to: IOVA(rawValue: message.address), isMessage: true)
  }

  func deviceDrivesPin(_ slot: Int, _ level: Bool) {
    guard functions[slot].pinLevel != level, let layout = functions[slot].layout,
      layout.interruptPin > 0
    else { return }
    functions[slot].pinLevel = level
    let line = Self.line(of: functions[slot].sourceID, pin: layout.interruptPin)
    let isHigh = functions.contains { other in
      other.pinLevel
        && other.layout.map { Self.line(of: other.sourceID, pin: $0.interruptPin) } == line
    }
    driveIOAPIC(line, isHigh)
  }

  /// The ICH9's routing after reset: device and pin select one of PIRQ E to H, at lines 20 to 23.
  private static func line(of source: SourceID, pin: UInt8) -> Int {
    20 + (Int(source.device) + Int(pin) - 1) % 4
  }

  /// Drives a line of the I/O APIC; a message follows if its entry says so.
  func driveIOAPIC(_ line: Int, _ level: Bool) {
    guard ioapic.lines[line] != level else { return }
    record(LineChange(sink: .ioapic, number: line, level: level))
    ioapic.drive(line, level)
    serviceIOAPIC()
  }

  func serviceIOAPIC() {
    while let message = ioapic.takeMessage() {
      // The I/O APIC of Q35 requests with bus 0xff, devfn 0.
      let source = SourceID(rawValue: 0xff00)
      if let observer {
        withUnsafeBytes(of: message.data.littleEndian) {
          observer.deviceWrote(source, $0, to: IOVA(rawValue: UInt64(message.address)))
        }
      }
      interrupt(
        InterruptRequest(source: source, address: message.address, data: message.data))
    }
  }

  /// What takes the interrupts of the object with that path; nil where there is none.
  public func interruptSink(at path: String) -> InterruptSink? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    switch name {
    case "ioapic": return .ioapic
    case "lapic": return .lapic
    default:
      return functions.contains { $0.name == name && $0.device != nil } ? .other(name) : nil
    }
  }

  /// Sets an input line of an interrupt controller.
  public func driveLine(
    of sink: InterruptSink, named name: String, number: UInt64, level: Bool
  ) -> Bool {
    guard sink == .ioapic, name == "unnamed-gpio-in", number < UInt64(ioapic.lines.count) else {
      return false
    }
    driveIOAPIC(Int(number), level)
    return true
  }

  // MARK: The clock

  func deviceSetsTimer(_ slot: Int, at time: UInt64?) { functions[slot].deadline = time }

  /// When the next timer fires, in nanoseconds; nil where none runs.
  public var nextDeadline: UInt64? {
    functions.compactMap(\.deadline).reduce(timer.nextChange) { min($0, $1) }
  }

  /// Lets the clock go on to `time`, in nanoseconds, and fires the timers on the way.
  public func advanceClock(to time: UInt64) {
    timer.skip(to: time)
    while let deadline = nextDeadline, deadline <= time {
      clock = max(clock, deadline)
      observer?.clockMoved(to: clock)
      for slot in functions.indices {
        guard let due = functions[slot].deadline, due <= clock else { continue }
        functions[slot].deadline = nil
        withDevice(slot) { $0.timerFired(port: $1) }
      }
      if timer.nextChange <= clock { driveIOAPIC(IntervalTimer.line, timer.change()) }
    }
    clock = max(clock, time)
    observer?.clockMoved(to: clock)
  }
}
