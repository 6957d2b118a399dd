import PhysicalMemory
import VTdFormats

// Posted interrupts (VT-d specification 5.2.3): the vector is set in a descriptor in memory, and
// its processor is notified unless it is on its way already.
extension RemappingUnit {
  func post(
    _ entry: PostedInterruptEntry, _ request: InterruptRequest, _ table: InterruptTableAddress,
    index: UInt32
  ) -> InterruptOutcome {
    let silent = entry[flag: .faultProcessingDisable]
    let base = entry.descriptorAddress
    let descriptor: PostedInterruptDescriptor
    switch readDescriptor(of: entry) {
    case .success(let found): descriptor = found
    case .failure(let problem):
      return block(problem.reason, request, index: index, silent: silent)
    }
    let vector = UInt8(truncatingIfNeeded: entry[.vector])
    let place = base &+ UInt64(vector / 64) * 8
    if !memory.view.set(1 << UInt64(vector % 64), at: place, descriptor[word: Int(vector / 64)]) {
      return block(.postedDescriptorAccess, request, index: index, silent: silent)
    }
    let notification = notify(entry, base, descriptor, table)
    return .posted(
      vector: vector, descriptor: PhysicalAddress(rawValue: base), notification: notification)
  }

  /// Why a descriptor is of no use.
  struct DescriptorProblem: Error {
    let reason: FaultReason
  }

  /// The descriptor that an entry points to.
  func readDescriptor(
    of entry: PostedInterruptEntry
  ) -> Result<PostedInterruptDescriptor, DescriptorProblem> {
    var descriptor = PostedInterruptDescriptor()
    for word in 0..<8 {
      let place = entry.descriptorAddress &+ UInt64(word) * 8
      guard let raw = memory.load64(PhysicalAddress(rawValue: place)) else {
        return .failure(DescriptorProblem(reason: .postedDescriptorAccess))
      }
      descriptor[word: word] = raw
    }
    return descriptor.hasReservedBits
      ? .failure(DescriptorProblem(reason: .postedDescriptorReserved)) : .success(descriptor)
  }

  /// Whether a processor is to be told: none is under way, and SN is clear or the entry urgent.
  static func isNotified(
    _ entry: PostedInterruptEntry, _ descriptor: PostedInterruptDescriptor
  ) -> Bool {
    !descriptor[flag: .outstanding] && (!descriptor[flag: .suppress] || entry[flag: .urgent])
  }

  /// The notification that a descriptor asks for.
  static func notification(
    _ descriptor: PostedInterruptDescriptor, _ table: InterruptTableAddress
  ) -> DeliveredInterrupt {
    DeliveredInterrupt(
      destination: destination(descriptor[.destination], table),
      vector: UInt8(truncatingIfNeeded: descriptor[.vector]))
  }

  /// Sets ON and says whom to notify; nil if ON was set, or SN is and the entry is not urgent.
  private func notify(
    _ entry: PostedInterruptEntry, _ base: UInt64, _ seen: PostedInterruptDescriptor,
    _ table: InterruptTableAddress
  ) -> DeliveredInterrupt? {
    let word = BitField<PostedInterruptDescriptor>.outstanding.word
    var descriptor = seen
    while true {
      let expected = descriptor[word: word]
      if !Self.isNotified(entry, descriptor) { return nil }
      descriptor[flag: .outstanding] = true
      guard
        let (exchanged, original) = memory.compareExchange64(
          PhysicalAddress(rawValue: base &+ UInt64(word) * 8), expected: expected,
          desired: descriptor[word: word])
      else { return nil }
      if exchanged { break }
      descriptor[word: word] = original
    }
    return Self.notification(descriptor, table)
  }
}
