import PCI
import Text

/// A file that sysfs has for groups and units, by its path. What stands in such a file tells nothing
/// without it.
enum MachineFile: Hashable, Sendable {
  case unit(Int, UnitAttribute)
  case reservedRegions(group: Int)
  case groupType(Int)
  /// The folder of a group: its rows follow.
  case group(Int)
  /// A link to a function of the group.
  case member(PCIAddress, group: Int)

  /// The file whose path ends in or stands in a text, and where the path ends.
  static func find(in bytes: [UInt8]) -> (file: MachineFile, end: Int)? {
    if let place = ByteSearch.find("iommu_groups/", in: bytes) {
      return group(bytes, place + 13)
    }
    if let place = ByteSearch.find("iommu/dmar", in: bytes) { return unit(bytes, place + 10) }
    return nil
  }

  /// The file of this path; nil for one whose rows tell themselves what they are.
  init?(path: String) {
    guard let found = Self.find(in: Array(path.utf8)) else { return nil }
    self = found.file
  }

  /// `4/reserved_regions`, `4/type`, `4/devices/0000:00:1f.0`; or `4` at the end of a link's target.
  private static func group(_ bytes: [UInt8], _ start: Int) -> (file: MachineFile, end: Int)? {
    var cursor = ByteCursor(bytes, at: start)
    guard let number = cursor.decimal(), number.digits < 7 else { return nil }
    let group = Int(number.value)
    if cursor.take(word: "/reserved_regions") {
      return (.reservedRegions(group: group), cursor.position)
    }
    if cursor.take(word: "/type") { return (.groupType(group), cursor.position) }
    if cursor.take(word: "/devices/") {
      let text = String(decoding: bytes[cursor.position...].prefix(13), as: UTF8.self)
      for length in [13, 12] where text.count >= length {
        guard let address = PCIAddress(String(text.prefix(length))) else { continue }
        return (.member(address, group: group), cursor.position + length)
      }
      return nil
    }
    // `/sys/bus/pci/devices/0000:00:1f.0/iommu_group -> ../../../kernel/iommu_groups/4`
    guard
      cursor.isAtEnd || cursor.next == UInt8(ascii: ":")
        || cursor.next.map(ASCII.isWhiteSpace) ?? true
    else { return nil }
    guard let link = ByteSearch.find("/iommu_group ->", in: bytes), link >= 12 else {
      return (.group(group), cursor.position)
    }
    let name = String(decoding: bytes[link - 12..<link], as: UTF8.self)
    return PCIAddress(name).map { (.member($0, group: group), cursor.position) }
  }

  /// `0/intel-iommu/cap`
  private static func unit(_ bytes: [UInt8], _ start: Int) -> (file: MachineFile, end: Int)? {
    var cursor = ByteCursor(bytes, at: start)
    guard let number = cursor.decimal(), number.digits < 7, cursor.take(word: "/intel-iommu/")
    else { return nil }
    let name = bytes[cursor.position...].prefix { ASCII.isLetter($0) || $0 == UInt8(ascii: "_") }
    let text = String(decoding: name.prefix(32), as: UTF8.self)
    return UnitAttribute(rawValue: text).map {
      (.unit(Int(number.value), $0), cursor.position + name.count)
    }
  }

  /// The row that a line of the file is; nil for one that belongs in no such file.
  func row(_ text: String) -> MachineRow? {
    switch self {
    case .unit(let number, let attribute):
      return attribute.value(text).map { .unitValue(unit: number, attribute, $0) }
    case .groupType(let group), .group(let group):
      return GroupDomainKind(rawValue: text).map { .groupType(group: group, $0) }
    case .reservedRegions, .member: return nil
    }
  }
}

extension UnitAttribute {
  /// The number in a file of this name.
  func value(_ text: String) -> UInt64? {
    switch self {
    case .address, .capability, .extended: return UInt64(text, radix: 16)
    case .domainsSupported, .domainsUsed: return UInt64(text)
    case .version:
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]),
        major < 16, minor < 16
      else { return nil }
      return major << 4 | minor
    }
  }
}
