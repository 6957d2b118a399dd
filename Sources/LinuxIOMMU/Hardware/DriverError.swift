internal import KernelRuntime
public import VTdFormats

/// A driver operation that the given machine cannot carry out: the scenario asks for the
/// impossible.
public struct DriverError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a driver cannot do.
  public enum Reason: Hashable, Sendable {
    /// A table was to lie where there is no memory.
    case outsideMemory(PhysicalAddress)
    /// No unit covers the segment.
    case noUnit(UInt32)
    /// A range that ends beyond the address space.
    case noRange(start: UInt64, size: UInt64)
    /// More entries of tables than a run may touch.
    case tooMuchWork
  }

  /// Why it cannot go on.
  public let reason: Reason

  init(_ reason: Reason) {
    self.reason = reason
  }

  public var description: String {
    switch reason {
    case .outsideMemory(let address):
      "a table at \(address) lies outside memory; an address in memory was expected"
    case .noUnit(let segment):
      "no unit covers segment \(segment); a unit of that segment was expected"
    case .noRange(let start, let size):
      "\(size) bytes from 0x\(hex(start)) on end beyond the address space; a range that ends"
        + " within it was expected"
    case .tooMuchWork:
      "more than \(TableMemory.workLimit) entries of tables are touched; smaller ranges were"
        + " expected"
    }
  }
}
