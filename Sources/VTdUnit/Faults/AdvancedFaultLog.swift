import PhysicalMemory
import VTdFormats

/// The fault log in memory (CAP.AFL): records one after another, from the address that SFL latched.
///
/// Today's specification leaves open what happens at its end; earlier specifications have hardware
/// count records from the start and overflow at the end, with a new SFL to start over. That is done
/// here.
struct AdvancedFaultLog {
  private let base: UInt64
  /// Records that it has room for.
  private let count: UInt64
  private var next: UInt64 = 0

  /// No log.
  init() {
    base = 0
    count = 0
  }

  init(_ address: FaultLogAddress) {
    base = address[inPlace: .address]
    count = address.recordCount
  }

  /// Writes a record behind the last one; nil where the log is full, or where there is no memory.
  mutating func append(_ record: FaultRecord, to memory: PhysicalMemory) -> Int? {
    guard next < count else { return nil }
    let place = base &+ next * UInt64(FaultRecord.byteCount)
    // The upper half last: it has F.
    guard memory.store64(record.low, at: PhysicalAddress(rawValue: place)),
      memory.store64(record.high, at: PhysicalAddress(rawValue: place &+ 8))
    else { return nil }
    next += 1
    return Int(next - 1)
  }
}
