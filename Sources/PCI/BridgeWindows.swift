/// The memory addresses that a bridge passes down (PCI-to-PCI Bridge Architecture 1.2, 3.2.5).
extension ConfigurationField {
  static let memoryBase = ConfigurationField("Memory Base", 0x20, 4..<16)
  static let memoryLimit = ConfigurationField("Memory Limit", 0x22, 4..<16)
  static let prefetchableType = ConfigurationField("Prefetchable 64-bit", 0x24, 0..<4)
  static let prefetchableBase = ConfigurationField("Prefetchable Base", 0x24, 4..<16)
  static let prefetchableLimit = ConfigurationField("Prefetchable Limit", 0x26, 4..<16)
  static let prefetchableUpperBase = ConfigurationField("Prefetchable Upper Base", 0x28, 0..<32)
  static let prefetchableUpperLimit = ConfigurationField("Prefetchable Upper Limit", 0x2c, 0..<32)
}

extension ConfigurationSpace {
  /// The open memory windows of a PCI-to-PCI bridge; a window whose limit is below its base is
  /// closed. Empty for everything else.
  public var memoryWindows: [ClosedRange<UInt64>] {
    guard headerLayout == .bridge else { return [] }
    var windows: [ClosedRange<UInt64>] = []
    func open(_ base: UInt64, _ limit: UInt64) {
      // Base and limit count megabytes.
      let first = base << 20
      let last = limit << 20 | 0xf_ffff
      if first <= last { windows.append(first...last) }
    }
    if let base = self[.memoryBase], let limit = self[.memoryLimit] {
      open(UInt64(base), UInt64(limit))
    }
    // The prefetchable pair is optional, and reads as zeros where it does not exist.
    if let base = self[.prefetchableBase], let limit = self[.prefetchableLimit],
      base != 0 || limit != 0 || self[.prefetchableType] != 0
    {
      let is64Bit = self[.prefetchableType] == 1
      let high = is64Bit ? UInt64(self[.prefetchableUpperBase] ?? 0) : 0
      let highLimit = is64Bit ? UInt64(self[.prefetchableUpperLimit] ?? 0) : 0
      open(high << 12 | UInt64(base), highLimit << 12 | UInt64(limit))
    }
    return windows
  }
}
