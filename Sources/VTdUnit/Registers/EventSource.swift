import VTdFormats

/// One of the unit's interrupts: fault, invalidation completion, page request.
///
/// The three have the same four registers and the same rules (VT-d specification 7.3): a message
/// goes out when the status turns from nothing pending to something pending; with IM set, IP
/// remembers it until software clears IM or the status.
struct EventSource {
  let event: InterruptMessage.Event
  /// Offset of the control register; data, address and upper address follow.
  let control: Int

  static let fault = EventSource(event: .fault, control: RegisterOffset.fectl)
  static let invalidationCompletion = EventSource(
    event: .invalidationCompletion, control: RegisterOffset.iectl)
  static let pageRequest = EventSource(event: .pageRequest, control: RegisterOffset.pectl)

  /// The status turned to pending.
  func raise(_ registers: inout RegisterFile, _ effects: inout Effects) {
    var control: EventControl = registers[image: self.control]
    let masked = control[flag: .interruptMask]
    effects.trace(.eventRaised(event, masked: masked))
    if masked {
      control[flag: .interruptPending] = true
      registers[image: self.control] = control
    } else {
      effects.send(message(registers))
    }
  }

  /// Software wrote the control register: a message that waited goes out once IM is clear.
  func controlWritten(_ registers: inout RegisterFile, _ effects: inout Effects) {
    var control: EventControl = registers[image: self.control]
    guard control[flag: .interruptPending], !control[flag: .interruptMask] else { return }
    control[flag: .interruptPending] = false
    registers[image: self.control] = control
    effects.send(message(registers))
  }

  /// Nothing is pending any more: a message that waited is not sent.
  func cancel(_ registers: inout RegisterFile) {
    var control: EventControl = registers[image: self.control]
    control[flag: .interruptPending] = false
    registers[image: self.control] = control
  }

  private func message(_ registers: RegisterFile) -> InterruptMessage {
    let upper = UInt64(registers[RegisterOffset.upperAddress(ofEvent: control)])
    let address = upper << 32 | UInt64(registers[RegisterOffset.address(ofEvent: control)])
    return InterruptMessage(
      event: event, address: PhysicalAddress(rawValue: address),
      data: registers[RegisterOffset.data(ofEvent: control)])
  }
}
