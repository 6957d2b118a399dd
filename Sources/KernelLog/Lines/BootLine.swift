public import VTdFormats

/// A line that the driver prints while it reads the DMAR table and brings its units up.
public enum BootLine: Hashable, Sendable {
  case enabled
  case hostAddressWidth(Int)
  case hardwareUnit(base: PhysicalAddress, flags: UInt32)
  /// Version, CAP and ECAP of a unit: the only line that joins a unit's number with its registers.
  case unit(number: Int, base: PhysicalAddress, version: UInt8, cap: UInt64, ecap: UInt64)
  case reservedMemory(base: UInt64, end: UInt64)
  case rootPortATS(flags: UInt32)
  case affinity(base: PhysicalAddress, domain: UInt32)
  case namespaceDevice(number: UInt8, name: String)
  case integratedATS(flags: UInt32)
  case notFound(DMARStructure)
  case ioapic(id: Int, base: PhysicalAddress, unit: Int)
  case hpet(id: Int, base: PhysicalAddress)
  case queueWillBeEnabled
  case x2apicOptOut
  case x2apicOptOutOverride
  case interruptRemapping(x2apic: Bool)
  case queuedInvalidation(unit: Int)
  case registerBasedInvalidation(unit: Int)
  case featureInconsistent(String)
  case forceEnabled
  case scalableModeAllowed
  case translationAlreadyEnabled
  case translationTablesCopied(unit: Int)
  case interruptTableCopied(unit: Int)
  case interruptRemappingNotKdump(unit: Int)
  case directedIO
  case firmwareUncoveredRegion(base: UInt64, end: UInt64)
  case firmwareBadRegion(
    base: UInt64, end: UInt64, vendor: String, version: String, product: String)
  case firmwareBadUnit(
    base: UInt64, allOnes: Bool, vendor: String, version: String, product: String)

  /// The remapping structures whose absence is printed (`No RMRR found`).
  public enum DMARStructure: String, Hashable, Sendable, Codable, CaseIterable {
    case rmrr = "RMRR"
    case atsr = "ATSR"
    case satc = "SATC"
  }
}

/// The shapes of the boot lines over the kernel's history.
public enum BootLineGeneration: String, Hashable, Sendable, Codable, CaseIterable {
  /// Before 2.6.27: `ACPI DMAR:`.
  case acpi
  /// About 2.6.27 to 2.6.31: `DMAR:DRHD base: …`, `IOMMU feb03000: ver …`.
  case tagged
  /// 2.6.32: `DMAR: DRHD base: …`, `IOMMU feb03000: ver …`.
  case spaced
  /// 2.6.33 to 3.5: `DMAR: DRHD base: …`, `IOMMU 1: reg_base_addr …`.
  case numbered
  /// About 3.6 to 4.1: `dmar: ` before the unit's line.
  case lowercase
  /// 4.2 on: `DMAR: ` and `DMAR-IR: ` before everything.
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
  /// The unit's name: `dmar0` from 4.2 on, the bare number before.
  package let unitName: String

  package static func of(_ generation: BootLineGeneration) -> BootLineLayout {
    switch generation {
    case .acpi:
      BootLineLayout(
        tablePrefix: "ACPI DMAR:", unitPrefix: "", interruptPrefix: "", unitName: "IOMMU ")
    case .tagged:
      BootLineLayout(tablePrefix: "DMAR:", unitPrefix: "", interruptPrefix: "", unitName: "IOMMU ")
    case .spaced, .numbered:
      BootLineLayout(tablePrefix: "DMAR: ", unitPrefix: "", interruptPrefix: "", unitName: "IOMMU ")
    case .lowercase:
      BootLineLayout(
        tablePrefix: "dmar: ", unitPrefix: "dmar: ", interruptPrefix: "", unitName: "IOMMU ")
    case .current:
      BootLineLayout(
        tablePrefix: "DMAR: ", unitPrefix: "DMAR: ", interruptPrefix: "DMAR-IR: ", unitName: "dmar")
    }
  }
}

extension BootLine {
  /// The record's text, its driver's prefix included. Lines that came with a later kernel read as
  /// that kernel prints them.
  public func text(_ generation: BootLineGeneration = .current) -> String {
    let layout = BootLineLayout.of(generation)
    let table = layout.tablePrefix
    let unit = layout.unitPrefix
    let interrupt = layout.interruptPrefix
    switch self {
    case .enabled:
      return generation == .current ? "DMAR: IOMMU enabled" : "Intel-IOMMU: enabled"
    case .hostAddressWidth(let width): return table + "Host address width \(width)"
    case .hardwareUnit(let base, let flags):
      if generation == .acpi {
        return table + "DRHD (flags: 0x\(hex(UInt64(flags), digits: 8)))base: "
          + "0x\(hex(base.rawValue, digits: 16))"
      }
      return table + "DRHD base: \(address(base.rawValue)) flags: 0x\(hex(UInt64(flags)))"
    case .unit(let number, let base, let version, let cap, let ecap):
      let name =
        switch generation {
        case .acpi, .tagged, .spaced: layout.unitName + hex(base.rawValue) + ":"
        case .numbered, .lowercase, .current:
          "\(layout.unitName)\(number): reg_base_addr \(hex(base.rawValue))"
        }
      return unit + name + " ver \(version >> 4):\(version & 0xf) cap \(hex(cap)) ecap \(hex(ecap))"
    case .reservedMemory(let base, let end):
      if generation == .acpi {
        return table + "RMRR base: 0x\(hex(base, digits: 16)) end: 0x\(hex(end, digits: 16))"
      }
      return table + "RMRR base: \(address(base)) end: \(address(end))"
    case .rootPortATS(let flags): return table + "ATSR flags: 0x\(hex(UInt64(flags)))"
    case .affinity(let base, let domain):
      return table + "RHSA base: \(address(base.rawValue)) proximity domain: "
        + "0x\(hex(UInt64(domain)))"
    case .namespaceDevice(let number, let name):
      return table + "ANDD device: \(hex(UInt64(number))) name: \(name)"
    case .integratedATS(let flags): return table + "SATC flags: 0x\(hex(UInt64(flags)))"
    case .notFound(let structure): return table + "No \(structure.rawValue) found"
    case .ioapic(let id, let base, let unit):
      return interrupt + "IOAPIC id \(id) under DRHD base  0x\(hex(base.rawValue)) IOMMU \(unit)"
    case .hpet(let id, let base):
      return interrupt + "HPET id \(id) under DRHD base 0x\(hex(base.rawValue))"
    case .queueWillBeEnabled:
      return interrupt
        + "Queued invalidation will be enabled to support x2apic and Intr-remapping."
    case .x2apicOptOut:
      return interrupt + "x2apic is disabled because BIOS sets x2apic opt out bit."
    case .x2apicOptOutOverride:
      return interrupt + "Use 'intremap=no_x2apic_optout' to override the BIOS setting."
    case .interruptRemapping(let x2apic):
      return interrupt + "Enabled IRQ remapping in \(x2apic ? "x2apic" : "xapic") mode"
    case .queuedInvalidation(let number):
      return generation == .current
        ? "DMAR: dmar\(number): Using Queued invalidation"
        : "IOMMU \(number): using Queued invalidation"
    case .registerBasedInvalidation(let number):
      return generation == .current
        ? "DMAR: dmar\(number): Using Register based invalidation"
        : "IOMMU \(number): using Register based invalidation"
    case .featureInconsistent(let name): return "DMAR: IOMMU feature \(name) inconsistent"
    case .forceEnabled: return "DMAR: Intel-IOMMU force enabled due to platform opt in"
    case .scalableModeAllowed: return "DMAR: Enable scalable mode if hardware supports"
    case .translationAlreadyEnabled:
      return "DMAR: Translation already enabled - trying to copy translation structures"
    case .translationTablesCopied(let number):
      return "DMAR: Copied translation tables from previous kernel for dmar\(number)"
    case .interruptTableCopied(let number):
      return "DMAR-IR: Copied IR table for dmar\(number) from previous kernel"
    case .interruptRemappingNotKdump(let number):
      return "DMAR-IR: IRQ remapping was enabled on dmar\(number) but we are not in kdump mode"
    case .directedIO:
      return generation == .current
        ? "DMAR: Intel(R) Virtualization Technology for Directed I/O"
        : "PCI-DMA: Intel(R) Virtualization Technology for Directed I/O"
    case .firmwareUncoveredRegion(let base, let end):
      return "DMAR: [Firmware Bug]: No firmware reserved region can cover this RMRR "
        + "\(region(base, end)), contact BIOS vendor for fixes"
    case .firmwareBadRegion(let base, let end, let vendor, let version, let product):
      return "DMAR: [Firmware Bug]: Your BIOS is broken; bad RMRR \(region(base, end))\n"
        + bios(vendor, version, product)
    case .firmwareBadUnit(let base, let allOnes, let vendor, let version, let product):
      return "DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address "
        + "\(hex(base))\(allOnes ? " returns all ones" : "")!\n" + bios(vendor, version, product)
    }
  }

  /// `%#016Lx`: sixteen columns, the `0x` among them.
  private func address(_ value: UInt64) -> String { "0x" + hex(value, digits: 14) }

  private func region(_ base: UInt64, _ end: UInt64) -> String {
    "[0x\(hex(base, digits: 16))-0x\(hex(end, digits: 16))]"
  }

  private func bios(_ vendor: String, _ version: String, _ product: String) -> String {
    "BIOS vendor: \(vendor); Ver: \(version); Product Version: \(product)"
  }
}
