internal import KernelRuntime
internal import VTdFormats

/// `invalidation_queue`: every descriptor that lies in a unit's queue.
extension Debugfs {
  func queueContents(of unit: IntelIOMMU) -> [String] {
    guard let queue = unit.queue else { return [] }
    let words = queue.isWide ? 4 : 2
    func index(_ offset: Int) -> UInt64 { unit.port.read64(at: offset) / queue.width }
    let columns = (0..<words).map { "\t\($0 == 0 ? "\t" : "\t\t")qw\($0)" }.joined()
    return [
      "Invalidation queue on IOMMU: \(unit.name)",
      " Base: 0x\(hex(queue.descriptors.rawValue))\tHead: \(index(RegisterOffset.iqh))"
        + "\tTail: \(index(RegisterOffset.iqt))",
      "Index\(columns)\t\t\tstatus",
    ]
      + (0..<InvalidationQueue.length).map { place in
        let number = "\(place)"
        let shown = (0..<words).map { word in
          "\t" + hex(tables.load(queue.address(of: place) &+ UInt64(word) * 8), digits: 16)
        }
        // Descriptors are waited for, so each is free again: QI_FREE is 0.
        return String(repeating: " ", count: 5 - number.utf8.count) + number + shown.joined()
          + "\t" + hex(0, digits: 16)
      } + [""]
  }
}
