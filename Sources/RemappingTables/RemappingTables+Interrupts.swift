internal import PhysicalMemory
public import VTdFormats
internal import VTdUnit

// Which interrupts devices may send: the interrupt table.
extension RemappingTables {
  /// Sets the interrupt entry with that index; the first call makes the table.
  ///
  /// - Throws: ``TableError`` where the unit does not remap interrupts or the index is too large.
  public mutating func setInterrupt(_ index: Int, _ entry: InterruptEntry) throws(TableError) {
    guard unit.extendedCapability[flag: .interruptRemapping] else {
      throw .unsupported(
        what: "interrupt remapping", needs: "the unit lacks it (ECAP.IR is clear)")
    }
    try Self.check(index)
    if interruptTable == nil {
      interruptTable = (PhysicalAddress(rawValue: try page(.other)), Self.interruptEntries)
    }
    try store(entry, at: try interruptEntryAddress(index))
  }

  /// Lets one function send a vector through the entry with that index.
  ///
  /// - Parameters:
  ///   - index: which entry, 0 to 255.
  ///   - vector: what the processor gets.
  ///   - processor: the id of its local APIC, in xAPIC mode.
  ///   - source: the only function that may use the entry.
  /// - Throws: ``TableError`` where the unit does not remap interrupts or the index is too large.
  public mutating func allowInterrupt(
    _ index: Int, vector: UInt8, processor: UInt8, from source: SourceID
  ) throws(TableError) {
    var entry = InterruptEntry()
    entry[flag: .present] = true
    entry[.vector] = UInt64(vector)
    // In xAPIC mode the processor stands in bits 15:8 of the destination.
    entry[.destination] = UInt64(processor) << 8
    entry[.sourceID] = UInt64(source.rawValue)
    entry[.sourceValidation] = UInt64(SourceValidationType.sourceID.rawValue)
    try setInterrupt(index, entry)
  }

  /// Lets one function post a vector to a virtual processor through the entry with that index.
  ///
  /// - Parameters:
  ///   - index: which entry, 0 to 255.
  ///   - vector: what the virtual processor gets.
  ///   - descriptor: the posted-interrupt descriptor, a multiple of 64.
  ///   - source: the only function that may use the entry.
  /// - Throws: ``TableError`` where the unit does not post interrupts, the index is too large or the
  ///   descriptor is not aligned.
  public mutating func postInterrupt(
    _ index: Int, vector: UInt8, to descriptor: PhysicalAddress, from source: SourceID
  ) throws(TableError) {
    guard unit.capability[flag: .postedInterrupts] else {
      throw .unsupported(what: "posted interrupts", needs: "the unit lacks them (CAP.PI is clear)")
    }
    guard descriptor.rawValue % PostedInterruptDescriptor.byteCount == 0 else {
      throw .unsupported(
        what: "a descriptor at \(descriptor)", needs: "its address has to be a multiple of 64")
    }
    var entry = PostedInterruptEntry()
    entry[flag: .present] = true
    entry[flag: .posted] = true
    entry[.vector] = UInt64(vector)
    entry.descriptorAddress = descriptor.rawValue
    entry[.sourceID] = UInt64(source.rawValue)
    entry[.sourceValidation] = UInt64(SourceValidationType.sourceID.rawValue)
    try setInterrupt(index, InterruptEntry(low: entry.low, high: entry.high))
  }

  /// Where the interrupt entry with that index lies.
  ///
  /// - Throws: ``TableError`` where no entry was set yet, or the index is too large.
  public func interruptEntryAddress(_ index: Int) throws(TableError) -> PhysicalAddress {
    try Self.check(index)
    guard let table = interruptTable else {
      throw .unsupported(
        what: "interrupt entry \(index)", needs: "set one first, which makes the table")
    }
    return PhysicalAddress(
      rawValue: table.address.rawValue + UInt64(index) * InterruptEntry.byteCount)
  }

  private static func check(_ index: Int) throws(TableError) {
    guard (0..<interruptEntries).contains(index) else {
      throw .unsupported(
        what: "interrupt entry \(index)",
        needs: "the table has entries 0 to \(interruptEntries - 1)")
    }
  }
}
