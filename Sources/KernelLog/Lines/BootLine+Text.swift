import PCI
import VTdFormats

extension BootLine {
  /// The record's text, its driver's prefix included. Lines that came with a later kernel read as
  /// that kernel prints them.
  public func text(_ generation: BootLineGeneration = .current) -> String {
    let layout = BootLineLayout.of(generation)
    return commandLineText(generation) ?? tableText(generation, layout)
      ?? interruptText(generation, layout) ?? driverText(generation, layout) ?? firmwareText(layout)
  }

  private func commandLineText(_ generation: BootLineGeneration) -> String? {
    let old = generation != .current
    switch self {
    case .enabled: return old ? "Intel-IOMMU: enabled" : "DMAR: IOMMU enabled"
    case .disabled: return old ? "Intel-IOMMU: disabled" : "DMAR: IOMMU disabled"
    case .graphicsUnmapped:
      return (old ? "Intel-IOMMU: disable " : "DMAR: Disable ") + "GFX device mapping"
    case .integratedGraphicsUnmapped: return "DMAR: Disable integrated GPU device mapping"
    case .superpagesOff:
      return (old ? "Intel-IOMMU: disable " : "DMAR: Disable ") + "supported super page"
    case .scalableModeAllowed: return "DMAR: Enable scalable mode if hardware supports"
    case .scalableModeDisallowed: return "DMAR: Scalable mode is disallowed"
    case .unknownOption(let option): return "DMAR: Unknown option - '\(option)'"
    case .highAddressesForced:
      return (old ? "Intel-IOMMU: " : "DMAR: ") + "Forcing DAC for PCI devices"
    case .highAddressesDeprecated:
      return "DMAR: intel_iommu=forcedac deprecated; use iommu.forcedac instead"
    case .batchingOff:
      return (old ? "Intel-IOMMU: disable " : "DMAR: Disable ") + "batched IOTLB flush"
    case .strictDeprecated:
      return "DMAR: intel_iommu=strict deprecated; use iommu.strict=1 instead"
    case .notForcedByTboot:
      return "DMAR: Intel-IOMMU: not forcing on after tboot. "
        + "This could expose security risk for tboot"
    default: return nil
    }
  }

  private func tableText(_ generation: BootLineGeneration, _ layout: BootLineLayout) -> String? {
    let table = layout.tablePrefix
    switch self {
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
      return layout.unitPrefix + name
        + " ver \(version >> 4):\(version & 0xf) cap \(hex(cap)) ecap \(hex(ecap))"
    case .unitWithoutWidths(let number):
      return layout.unitPrefix + "\(layout.unitName)\(number): No supported address widths. "
        + "Not attempting DMA translation."
    case .unitWithoutValidWidth(let number):
      return table + "Cannot get a valid agaw for iommu (seq_id = \(number))"
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
    // What the table does not have is said by the driver proper, with its own prefix in every kernel.
    case .notFound(let structure): return "DMAR: No \(structure.rawValue) found"
    case .tableNotParsed:
      return table + (generation == .current ? "Parse" : "parse") + " DMAR table failure."
    case .invalidAddressWidth: return table + "Invalid DMAR haw"
    case .unsupportedScope: return table + "Unsupported device scope"
    case .noUnits: return table + "No DMAR devices found"
    case .namespaceDeviceWithoutScope(let number, let name):
      return table + "No IOMMU scope found for ANDD enumeration ID \(number) (\(name))"
    case .namespaceDeviceUnknown(let name):
      return table + "Failed to find handle for ACPI object \(name)"
    case .namespaceDeviceFound(let name, let base, let source):
      return table + "ACPI device \"\(name)\" under DMAR at \(hex(base.rawValue)) as \(source)"
    case .scopeMismatch(let device):
      return table + "Device scope type does not match for \(device)"
    default: return nil
    }
  }

  private func interruptText(
    _ generation: BootLineGeneration, _ layout: BootLineLayout
  ) -> String? {
    let interrupt = layout.interruptPrefix
    switch self {
    case .ioapic(let id, let base, let unit):
      return interrupt + "IOAPIC id \(id) under DRHD base  0x\(hex(base.rawValue)) IOMMU \(unit)"
    case .hpet(let id, let base):
      return interrupt + "HPET id \(id) under DRHD base 0x\(hex(base.rawValue))"
    case .queueWillBeEnabled:
      // Until 4.1 the table's code says it.
      return (generation == .lowercase ? layout.tablePrefix : interrupt)
        + "Queued invalidation will be enabled to support x2apic and Intr-remapping."
    case .x2apicOptOut:
      return interrupt + "x2apic is disabled because BIOS sets x2apic opt out bit."
    case .x2apicOptOutOverride:
      return interrupt + "Use 'intremap=no_x2apic_optout' to override the BIOS setting."
    case .unitWithoutExtendedInterrupts(let number):
      return interrupt + "\(layout.unitName)\(number) does not support EIM"
    case .interruptRemappingLeftOff: return interrupt + "Not enabling interrupt remapping"
    case .interruptRemappingFailed:
      return interrupt
        + "Failed to enable irq remapping. You are vulnerable to irq-injection attacks."
    case .interruptRemapping(let x2apic):
      return interrupt + "Enabled IRQ remapping in \(x2apic ? "x2apic" : "xapic") mode"
    case .interruptTableCopied(let number):
      return "DMAR-IR: Copied IR table for dmar\(number) from previous kernel"
    case .interruptTableNotCopied(let number):
      return "DMAR-IR: Failed to copy IR table for dmar\(number) from previous kernel"
    case .interruptRemappingNotKdump(let number):
      return "DMAR-IR: IRQ remapping was enabled on dmar\(number) but we are not in kdump mode"
    case .firmwareUnmappedIOAPIC(let id):
      return interrupt + Self.firmwareBug
        + "ioapic \(id) has no mapping iommu, interrupt remapping will be disabled"
    default: return nil
    }
  }

  private func driverText(_ generation: BootLineGeneration, _ layout: BootLineLayout) -> String? {
    let isCurrent = generation == .current
    switch self {
    case .usingTable: return "PCI-DMA: Using DMAR IOMMU"
    case .queuedInvalidation(let number, let base):
      return isCurrent
        ? "DMAR: dmar\(number): Using Queued invalidation"
        : oldName(number, base, generation) + ": using Queued invalidation"
    case .registerBasedInvalidation(let number, let base):
      return isCurrent
        ? "DMAR: dmar\(number): Using Register based invalidation"
        : oldName(number, base, generation) + ": using Register based invalidation"
    case .featureInconsistent(let name): return "DMAR: IOMMU feature \(name) inconsistent"
    case .forceEnabled: return "DMAR: Intel-IOMMU force enabled due to platform opt in"
    case .forcedByTboot: return "DMAR: Forcing Intel-IOMMU to enabled"
    case .batchingDisallowed: return "DMAR: IOMMU batching disallowed due to virtualization"
    case .translationAlreadyEnabled:
      return "DMAR: Translation already enabled - trying to copy translation structures"
    case .translationTablesCopied(let number):
      return "DMAR: Copied translation tables from previous kernel for dmar\(number)"
    case .translationTablesNotCopied(let number):
      return "DMAR: Failed to copy translation tables from previous kernel for dmar\(number)"
    case .translationNotKdump(let number):
      return "DMAR: Translation was enabled for dmar\(number) but we are not in kdump mode"
    case .settingReservedRegions: return isCurrent ? "DMAR: Setting RMRR:" : "IOMMU: Setting RMRR:"
    case .identityMap(let device, let start, let end):
      let range = "[0x\(hex(start)) - 0x\(hex(end))]"
      return isCurrent
        ? "pci \(device): DMAR: Setting identity map \(range)"
        : "IOMMU: Setting identity map for device \(device) \(range)"
    case .identityMapIgnored(let device, let start, let end):
      let words = "Ignoring identity map for HW passthrough"
      let range = "[0x\(hex(start)) - 0x\(hex(end))]"
      return isCurrent
        ? "pci \(device): DMAR: \(words) \(range)" : "\(words) device \(device) \(range)"
    case .staticIdentity(let device, let isHardware):
      return isCurrent
        ? "pci \(device): DMAR: \(isHardware ? "Hardware" : "Software") identity mapping"
        : "IOMMU: \(isHardware ? "hardware" : "software") identity mapping for device \(device)"
    case .inLine(let line): return inLineText(line)
    case .lowMemoryMap:
      return (isCurrent ? "DMAR: " : "IOMMU: ") + "Prepare 0-16MiB unity mapping for LPC"
    case .graphicsStayOn(let device):
      return (device.map { "pci \($0): " } ?? "") + "DMAR: Skip IOMMU disabling for graphics"
    case .graphicsDisabled(let device):
      return (device.map { "pci \($0): " } ?? "")
        + "DMAR: Disabling IOMMU for graphics on this chipset"
    case .directedIO:
      return (isCurrent ? "DMAR: " : "PCI-DMA: ")
        + "Intel(R) Virtualization Technology for Directed I/O"
    default: return nil
    }
  }

  private func inLineText(_ line: BootLine) -> String? {
    switch line {
    case .identityMap(let device, let start, let end):
      "DMAR: Setting identity map for device \(device) [0x\(hex(start)) - 0x\(hex(end))]"
    case .identityMapIgnored(let device, let start, let end):
      "DMAR: Ignoring identity map for HW passthrough device \(device) "
        + "[0x\(hex(start)) - 0x\(hex(end))]"
    case .staticIdentity(let device, let isHardware):
      "DMAR: \(isHardware ? "Hardware" : "Software") identity mapping for device \(device)"
    default: nil
    }
  }

  /// `IOMMU 0 0xfed91000`, before 2.6.33 without the number.
  private func oldName(
    _ number: Int, _ base: PhysicalAddress?, _ generation: BootLineGeneration
  ) -> String {
    let address = base.map { " 0x" + hex($0.rawValue) } ?? ""
    switch generation {
    case .acpi, .tagged, .spaced: return "IOMMU" + address
    case .numbered, .lowercase, .current: return "IOMMU \(number)" + address
    }
  }

  private static let firmwareBug = "[Firmware Bug]: "

  private func firmwareText(_ layout: BootLineLayout) -> String {
    let broken = Self.firmwareBug + "Your BIOS is broken; "
    switch self {
    case .firmwareUncoveredRegion(let base, let end):
      return "DMAR: \(Self.firmwareBug)No firmware reserved region can cover this RMRR "
        + "\(region(base, end)), contact BIOS vendor for fixes"
    case .firmwareBadRegion(let base, let end, let vendor, let version, let product):
      return "DMAR: \(broken)bad RMRR \(region(base, end))\n" + bios(vendor, version, product)
    case .firmwareBadUnit(let base, let allOnes, let vendor, let version, let product):
      return "DMAR: \(broken)DMAR reported at address "
        + "\(hex(base))\(allOnes ? " returns all ones" : "")!\n" + bios(vendor, version, product)
    case .firmwareBadAffinity(let base, let vendor, let version, let product):
      return "DMAR: \(broken)RHSA refers to non-existent DMAR unit at \(hex(base.rawValue))\n"
        + bios(vendor, version, product)
    case .firmwareBadName(let vendor, let version, let product):
      return "DMAR: \(broken)ANDD object name is not NUL-terminated\n"
        + bios(vendor, version, product)
    case .firmwareBadScope(let source):
      return layout.tablePrefix + Self.firmwareBug
        + "RMRR entry for device \(source) is broken - applying workaround"
    default: return "DMAR: \(Self.firmwareBug)No DRHD structure found in DMAR table"
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
