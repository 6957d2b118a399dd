import Foundation
import MemoryImages

func memoryImages() throws {
  // Tables as they lie in a machine's memory, in a file without a header.
  var words = [UInt64](repeating: 0, count: 0x6000 / 8)
  let tables: [(at: Int, word: UInt64)] = [
    (0x1000, 0x2001),  // the root entry of bus 0
    (0x2180, 0x3001), (0x2188, 0x101),  // the context entry of 00:03.0
    (0x3000, 0x4003), (0x4000, 0x5003),  // two levels of page tables
    (0x5008, 0x7003), (0x5010, 0x9001),  // and two pages
  ]
  for (at, word) in tables { words[at / 8] = word }
  let file = FileManager.default.temporaryDirectory
    .appending(path: "memory-\(UUID()).raw")
  try words.withUnsafeBytes { try Data($0).write(to: file) }
  defer { try? FileManager.default.removeItem(at: file) }

  let image = try MemoryImage(file.path)
  for device in DeviceTableReader(image, root: 0x1000).entries {
    print("\(device.name), domain \(device.domain)")
    guard case .secondStage(let table, let levels) = device.translation else {
      continue
    }
    _ = PageTableReader.read(
      image, table: table, levels: levels, stage: .second
    ) { range in
      let start = String(range.start, radix: 16)
      let place = String(range.physical, radix: 16)
      print("\(start) is \(range.size) bytes at \(place), \(range.permission)")
    }
  }
}
