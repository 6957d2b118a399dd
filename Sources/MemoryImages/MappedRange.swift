/// A run of pages that follow each other in the device's address space and in memory, with one
/// permission and one size of page.
public struct MappedRange: Hashable, Sendable {
  /// First byte, as the device says it.
  public var start: UInt64
  /// In bytes.
  public var size: UInt64
  /// Where its first byte lies in memory.
  public var physical: UInt64
  /// Whether reads pass.
  public var isReadable: Bool
  /// Whether writes pass.
  public var isWritable: Bool
  /// Level of the leaves: 1 for 4 KiB, 2 for 2 MiB, 3 for 1 GiB.
  public var level: Int

  /// The last byte.
  public var last: UInt64 { start &+ (size &- 1) }

  /// Where `address` of memory lies in it.
  public func place(of address: UInt64) -> UInt64? {
    let inside = address &- physical
    return inside < size ? start &+ inside : nil
  }

  /// `rw`, `r-`, `-w`.
  public var permission: String { "\(permissionText)" }

  /// The same as a text of the program's own, for whoever prints millions.
  @inlinable
  package var permissionText: StaticString {
    switch (isReadable, isWritable) {
    case (true, true): "rw"
    case (true, false): "r-"
    case (false, true): "-w"
    case (false, false): "--"
    }
  }

  /// `4 KiB`, `2 MiB`, `1 GiB`.
  public var pageSize: String {
    (1...3).contains(level) ? "\(pageSizeText)" : "level \(level)"
  }

  /// The same as a text of the program's own. No leaf stands above level 3.
  @inlinable
  package var pageSizeText: StaticString {
    switch level {
    case 1: "4 KiB"
    case 2: "2 MiB"
    default: "1 GiB"
    }
  }
}
