public import VTdFormats

/// Why tables cannot be built as asked, with what helps.
public enum TableError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No free page is left for a table.
  case noPage(end: UInt64)
  /// A table, or an entry, does not lie in memory.
  case outsideMemory(UInt64)
  /// An address is not a multiple of the page's size.
  case unaligned(what: String, address: UInt64, size: PageSize)
  /// A length is zero or not a multiple of the page's size.
  case length(UInt64, size: PageSize)
  /// An address is wider than the tables.
  case tooWide(address: UInt64, width: Int)
  /// Something is mapped there already.
  case mapped(address: UInt64)
  /// Nothing is mapped there.
  case notMapped(address: UInt64)
  /// A larger page stands in the way.
  case insideLargePage(address: UInt64, size: PageSize)
  /// A function has no context entry.
  case notAttached(SourceID)
  /// The unit, or the kind of tables, does not have that.
  case unsupported(what: String, needs: String)

  public var description: String {
    switch self {
    case .noPage(let end):
      "no page below 0x\(hex(end)) is left for a table; give the tables more room"
    case .outsideMemory(let address):
      "0x\(hex(address)) is not in memory; make the memory larger, or use a lower address"
    case .unaligned(let what, let address, let size):
      "the \(what) 0x\(hex(address)) is not a multiple of \(size), which a page of that size needs"
    case .length(let length, let size):
      "the length 0x\(hex(length)) is not a whole number of pages of \(size)"
    case .tooWide(let address, let width):
      "0x\(hex(address)) has more than the \(width) bits of these tables; use more levels, or a "
        + "lower address"
    case .mapped(let address):
      "0x\(hex(address)) is mapped already; unmap it first"
    case .notMapped(let address):
      "nothing is mapped at 0x\(hex(address)); map it first"
    case .insideLargePage(let address, let size):
      "0x\(hex(address)) lies in a page of \(size); unmap the whole page first"
    case .notAttached(let source):
      "\(source) has no context entry; attach it first"
    case .unsupported(let what, let needs): "\(what): \(needs)"
    }
  }
}
