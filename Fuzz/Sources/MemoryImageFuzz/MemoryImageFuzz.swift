import Foundation
import MemoryImages

/// A file that may be an image of memory: all its tables are read.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMemoryImage(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let path = NSTemporaryDirectory() + "dmar-image-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
  guard
    FileManager.default.createFile(
      atPath: path, contents: Data(bytes: UnsafeRawPointer(data), count: count)),
    let image = try? MemoryImage(path)
  else { return 0 }
  for root in [UInt64(0), 0x1000, 0x5de_2000] {
    for entry in DeviceTableReader(image, root: root).entries.prefix(16) {
      if case .secondStage(let table, let levels) = entry.translation {
        _ = PageTableReader.read(image, table: table, levels: levels, stage: .second) { _ in }
      }
    }
  }
  _ = RootScan.find(image)
  return 0
}
