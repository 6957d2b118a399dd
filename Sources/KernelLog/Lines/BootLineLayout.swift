/// The shapes of the boot lines over the kernel's history. The first two are older than the oldest
/// profile; when the others came is told by the timeline of `boot_lines` in `KernelProfiles`.
public enum BootLineGeneration: String, Hashable, Sendable, Codable, CaseIterable {
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
}

/// What stands before and around a boot line in one generation.
package struct BootLineLayout: Sendable {
  /// Before what the table holds.
  package let tablePrefix: String
  /// Before what concerns a unit; with the unit's number behind it: `IOMMU 0`.
  package let unitPrefix: String
  /// Before what interrupt remapping prints.
  package let interruptPrefix: String
  /// Before what the driver says of itself.
  package let driverPrefix: String
  /// The unit's name: `dmar0`, or in older shapes the bare number.
  package let unitName: String

  package static func of(_ generation: BootLineGeneration) -> BootLineLayout {
    switch generation {
    case .acpi: old(table: "ACPI DMAR:", unit: "")
    case .tagged: old(table: "DMAR:", unit: "")
    case .spaced, .numbered: old(table: "DMAR: ", unit: "")
    case .lowercase: old(table: "dmar: ", unit: "dmar: ")
    case .current:
      BootLineLayout(
        tablePrefix: "DMAR: ", unitPrefix: "DMAR: ", interruptPrefix: "DMAR-IR: ",
        driverPrefix: "DMAR: ", unitName: "dmar")
    }
  }

  private static func old(table: String, unit: String) -> BootLineLayout {
    BootLineLayout(
      tablePrefix: table, unitPrefix: unit, interruptPrefix: "", driverPrefix: "",
      unitName: "IOMMU ")
  }
}
