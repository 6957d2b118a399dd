/// Where tables are read from: an image, or memory in a test.
public protocol TableSource {
  /// The 4 KiB page at a multiple of 4 KiB; nil where there is none. Valid until the next call.
  func page(at address: UInt64) -> UnsafeRawBufferPointer?
  /// How many pages there can be; tables that lead to more must lead in circles.
  var pageLimit: UInt64 { get }
}

extension MemoryImage: TableSource {}
