import RemappingTables
import VTdFormats
import VTdUnit

/// The invalidation queue of a lab: one page of descriptors, each waited for.
struct LabQueue {
  private let base: UInt64
  /// Descriptors of 256 bits, which scalable mode asks for, instead of 128.
  private let isWide: Bool
  private var tail: UInt64 = 0
  private static let byteCount = Paging.pageSize

  /// Takes a page for the queue.
  init(_ tables: inout RemappingTables) throws(LabError) {
    isWide = tables.mode == .scalable
    do {
      base = try tables.makePage().rawValue
    } catch {
      throw .tables(error)
    }
  }

  /// Tells the unit where the queue is; the caller switches it on.
  mutating func start(_ unit: RemappingUnit) throws(LabError) {
    tail = 0
    unit.write64(0, at: RegisterOffset.iqt)
    var address = QueueAddress()
    address[inPlace: .address] = base
    address[flag: .descriptorWidth] = isWide
    unit.write64(address.rawValue, at: RegisterOffset.iqa)
  }

  /// Puts a descriptor into the queue and lets the unit work it off.
  ///
  /// - Throws: ``LabError/unit(_:)`` where the unit stops at it.
  mutating func submit(_ descriptor: some Image128, to unit: RemappingUnit) throws(LabError) {
    let place = base + tail
    guard unit.memory.store64(descriptor.high, at: PhysicalAddress(rawValue: place + 8)),
      unit.memory.store64(descriptor.low, at: PhysicalAddress(rawValue: place))
    else { throw .unit("the invalidation queue at 0x\(hex(base)) is not in memory") }
    tail = (tail + (isWide ? 32 : 16)) % Self.byteCount
    unit.write64(tail, at: RegisterOffset.iqt)
    guard unit.read64(RegisterOffset.iqh) == tail else {
      throw .unit(
        "the unit stopped at the descriptor \(descriptor); FSTS is "
          + "0x\(hex(UInt64(unit.read32(RegisterOffset.fsts))))")
    }
  }
}
