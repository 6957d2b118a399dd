/// The shapes of the boot lines over the kernel's history. The first two are older than the oldest
/// profile; when the others came is told by the timeline of `boot_lines` in `KernelProfiles`.
public enum BootLineGeneration: String, Hashable, Comparable, Sendable, CaseIterable {
  /// Before 2.6.27: `ACPI DMAR:`.
  case acpi
  /// About 2.6.27 to 2.6.31: `DMAR:DRHD base: …`, `IOMMU feb03000: ver …`.
  case tagged
  /// `DMAR: DRHD base: …`, `IOMMU feb03000: ver …`.
  case spaced
  /// `DMAR: DRHD base: …`, `IOMMU 1: reg_base_addr …`.
  case numbered
  /// `dmar: ` before the table's lines and the unit's.
  case lowercase
  /// `DMAR: ` and `DMAR-IR: ` before everything.
  case current

  public static func < (left: BootLineGeneration, right: BootLineGeneration) -> Bool {
    left.order < right.order
  }

  private var order: Int {
    switch self {
    case .acpi: 0
    case .tagged: 1
    case .spaced: 2
    case .numbered: 3
    case .lowercase: 4
    case .current: 5
    }
  }

  /// Before what the table holds.
  var tablePrefix: String {
    switch self {
    case .acpi: "ACPI DMAR:"
    case .tagged: "DMAR:"
    case .spaced, .numbered, .current: "DMAR: "
    case .lowercase: "dmar: "
    }
  }

  /// Before what concerns a unit.
  var unitPrefix: String { self < .lowercase ? "" : tablePrefix }

  /// Before what interrupt remapping prints.
  var interruptPrefix: String { self == .current ? "DMAR-IR: " : "" }
}
