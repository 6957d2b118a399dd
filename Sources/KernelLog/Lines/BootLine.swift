public import PCI
public import VTdFormats

/// A line that the driver prints while it reads the DMAR table and brings its units up.
public enum BootLine: Hashable, Sendable {
  // MARK: The command line

  case enabled
  case disabled
  case graphicsUnmapped
  case integratedGraphicsUnmapped
  case superpagesOff
  case scalableModeAllowed
  case scalableModeDisallowed
  case unknownOption(String)
  /// `intel_iommu=forcedac` and `strict` did what they say, until there were words for all drivers.
  case highAddressesForced
  case highAddressesDeprecated
  case batchingOff
  case strictDeprecated
  /// The table opts out of DMA remapping, whatever the command line says.
  case remappingForcedOff
  case forcedOnIgnored
  /// `intel_iommu=tboot_noforce`
  case notForcedByTboot

  // MARK: The table

  case hostAddressWidth(Int)
  case hardwareUnit(base: PhysicalAddress, flags: UInt32)
  /// Version, CAP and ECAP of a unit: the only line that joins a unit's number with its registers.
  case unit(number: Int, base: PhysicalAddress, version: UInt8, cap: UInt64, ecap: UInt64)
  case unitWithoutWidths(Int)
  case unitWithoutValidWidth(Int)
  case reservedMemory(base: UInt64, end: UInt64)
  case rootPortATS(flags: UInt32)
  case affinity(base: PhysicalAddress, domain: UInt32)
  case namespaceDevice(number: UInt8, name: String)
  case integratedATS(flags: UInt32)
  case notFound(DMARStructure)
  case tableNotParsed
  case invalidAddressWidth
  case unsupportedScope
  case noUnits
  /// `ACPI device "INT33C2:00" under DMAR at fed91000 as 00:15.1`
  case namespaceDeviceFound(name: String, base: PhysicalAddress, source: SourceID)

  /// `No IOMMU scope found for ANDD enumeration ID 1 (INT33C2:00)`
  case namespaceDeviceWithoutScope(number: UInt8, name: String)
  case namespaceDeviceUnknown(String)

  // MARK: Interrupt remapping

  case ioapic(id: Int, base: PhysicalAddress, unit: Int)
  case hpet(id: Int, base: PhysicalAddress)
  case queueWillBeEnabled
  case x2apicOptOut
  case x2apicOptOutOverride
  case unitWithoutExtendedInterrupts(Int)
  case interruptRemappingLeftOff
  case interruptRemappingFailed
  case interruptRemapping(x2apic: Bool)
  case interruptTableCopied(unit: Int)
  case interruptTableNotCopied(unit: Int)
  case interruptRemappingNotKdump(unit: Int)

  // MARK: DMA remapping

  /// The oldest kernels' last word.
  case usingTable
  /// `base` is printed before 4.2 alone.
  case queuedInvalidation(unit: Int, base: PhysicalAddress? = nil)
  case registerBasedInvalidation(unit: Int, base: PhysicalAddress? = nil)
  case featureInconsistent(String)
  case forceEnabled
  case forcedByTboot
  case batchingDisallowed
  case translationAlreadyEnabled
  case translationTablesCopied(unit: Int)
  case translationTablesNotCopied(unit: Int)
  case translationNotKdump(unit: Int)
  case settingReservedRegions
  case identityMap(PCIAddress, start: UInt64, end: UInt64)
  case identityMapIgnored(PCIAddress, start: UInt64, end: UInt64)
  /// Of `iommu=pt`, by the unit or by tables.
  case staticIdentity(PCIAddress, isHardware: Bool)
  case lowMemoryMap
  /// The device is nil where a report has lost it, and in kernels that do not name it.
  case graphicsStayOn(PCIAddress?)
  case graphicsDisabled(PCIAddress?)
  case directedIO

  // MARK: Bad firmware

  case firmwareUncoveredRegion(base: UInt64, end: UInt64)
  case firmwareBadRegion(base: UInt64, end: UInt64, FirmwareName)
  case firmwareBadUnit(base: UInt64, allOnes: Bool, FirmwareName)
  case firmwareBadAffinity(base: PhysicalAddress, FirmwareName)
  case firmwareBadName(FirmwareName)
  /// `RMRR entry for device 05:00.0 is broken - applying workaround`
  case firmwareBadScope(SourceID)
  case firmwareNoUnit
  case firmwareUnmappedIOAPIC(id: Int)
  case scopeMismatch(PCIAddress)

  /// The remapping structures whose absence is printed (`No RMRR found`).
  public enum DMARStructure: String, Hashable, Sendable, CaseIterable {
    case rmrr = "RMRR"
    case atsr = "ATSR"
    case satc = "SATC"
  }
}
