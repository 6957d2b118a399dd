public import PCI
public import VTdFormats

/// A line that the driver prints while it reads the DMAR table and brings its units up.
public enum BootLine: Hashable, Sendable {
  // MARK: The command line

  /// The command line switched the IOMMU on.
  case enabled
  /// The command line switched the IOMMU off.
  case disabled
  /// Graphics devices are left out (igfx_off).
  case graphicsUnmapped
  /// The integrated graphics device is left out, for its firmware needs it.
  case integratedGraphicsUnmapped
  /// Large pages are off (sp_off).
  case superpagesOff
  /// Scalable mode may be used (sm_on).
  case scalableModeAllowed
  /// Scalable mode is not used (sm_off).
  case scalableModeDisallowed
  /// A word of intel_iommu= that the kernel does not know.
  case unknownOption(String)
  /// `intel_iommu=forcedac` and `strict` did what they say, until there were words for all drivers.
  case highAddressesForced
  /// The option forcedac is deprecated.
  case highAddressesDeprecated
  /// Every unmap flushes (strict).
  case batchingOff
  /// The option strict is deprecated.
  case strictDeprecated
  /// The table opts out of DMA remapping, whatever the command line says.
  case remappingForcedOff
  /// The platform asks for the IOMMU, and the kernel still leaves it off.
  case forcedOnIgnored
  /// `intel_iommu=tboot_noforce`
  case notForcedByTboot

  // MARK: The table

  /// The host address width of the DMAR table, in bits.
  case hostAddressWidth(Int)
  /// A unit of the table: where its registers are, and its flags.
  case hardwareUnit(base: PhysicalAddress, flags: UInt32)
  /// Version, CAP and ECAP of a unit: the only line that joins a unit's number with its registers.
  case unit(number: Int, base: PhysicalAddress, version: UInt8, cap: UInt64, ecap: UInt64)
  /// A unit, by number, supports no width of tables that the driver could use.
  case unitWithoutWidths(Int)
  /// A unit, by number, has no width that goes with its tables.
  case unitWithoutValidWidth(Int)
  /// A reserved region of the table, from its first to its last byte.
  case reservedMemory(base: UInt64, end: UInt64)
  /// Root ports below which devices may have TLBs.
  case rootPortATS(flags: UInt32)
  /// A unit's proximity domain.
  case affinity(base: PhysicalAddress, domain: UInt32)
  /// A device that only the ACPI namespace knows.
  case namespaceDevice(number: UInt8, name: String)
  /// Devices inside the SoC that may have TLBs.
  case integratedATS(flags: UInt32)
  /// The table has no structure of that kind.
  case notFound(DMARStructure)
  /// The table could not be read.
  case tableNotParsed
  /// The table's host address width is not a possible one.
  case invalidAddressWidth
  /// A device scope of a kind that the driver does not know.
  case unsupportedScope
  /// The table describes no unit.
  case noUnits
  /// `ACPI device "INT33C2:00" under DMAR at fed91000 as 00:15.1`
  case namespaceDeviceFound(name: String, base: PhysicalAddress, source: SourceID)

  /// `No IOMMU scope found for ANDD enumeration ID 1 (INT33C2:00)`
  case namespaceDeviceWithoutScope(number: UInt8, name: String)
  /// No ACPI device has the name that the table gives.
  case namespaceDeviceUnknown(String)

  // MARK: Interrupt remapping

  /// An IOAPIC and the unit that covers it.
  case ioapic(id: Int, base: PhysicalAddress, unit: Int)
  /// A HPET and the unit's registers that cover it.
  case hpet(id: Int, base: PhysicalAddress)
  /// x2APIC is to be switched on after the queue.
  case queueWillBeEnabled
  /// The firmware asks not to use x2APIC.
  case x2apicOptOut
  /// The kernel uses x2APIC although the firmware asks not to.
  case x2apicOptOutOverride
  /// A unit, by number, lacks destinations of 32 bits.
  case unitWithoutExtendedInterrupts(Int)
  /// Interrupt remapping stays off.
  case interruptRemappingLeftOff
  /// Interrupt remapping could not be switched on.
  case interruptRemappingFailed
  /// Interrupt remapping is on, in x2APIC or in xAPIC mode.
  case interruptRemapping(x2apic: Bool)
  /// A crash kernel took the interrupt table over.
  case interruptTableCopied(unit: Int)
  /// A crash kernel could not take the interrupt table over.
  case interruptTableNotCopied(unit: Int)
  /// Interrupt remapping was on, and this is not a crash kernel.
  case interruptRemappingNotKdump(unit: Int)

  // MARK: DMA remapping

  /// The oldest kernels' last word.
  case usingTable
  /// `base` is printed before 4.2 alone.
  case queuedInvalidation(unit: Int, base: PhysicalAddress? = nil)
  /// A unit is flushed by registers, for it has no queue.
  case registerBasedInvalidation(unit: Int, base: PhysicalAddress? = nil)
  /// The units do not agree on a feature.
  case featureInconsistent(String)
  /// The platform asks for the IOMMU, whatever the command line says.
  case forceEnabled
  /// A measured launch (tboot) asks for the IOMMU.
  case forcedByTboot
  /// Flushes are not gathered: a unit caches what is not present (caching mode).
  case batchingDisallowed
  /// A unit translated when the kernel found it.
  case translationAlreadyEnabled
  /// A crash kernel took the tables over.
  case translationTablesCopied(unit: Int)
  /// A crash kernel could not take the tables over.
  case translationTablesNotCopied(unit: Int)
  /// A unit translated, and this is not a crash kernel.
  case translationNotKdump(unit: Int)
  /// Reserved regions are being mapped.
  case settingReservedRegions
  /// A region is mapped one to one for a device, to its last byte.
  case identityMap(PCIAddress, start: UInt64, end: UInt64)
  /// A region need not be mapped: the device's addresses pass unchanged.
  case identityMapIgnored(PCIAddress, start: UInt64, end: UInt64)
  /// Of `iommu=pt`, by the unit or by tables.
  case staticIdentity(PCIAddress, isHardware: Bool)
  /// The first 16 MiB are mapped for the ISA bridge.
  case lowMemoryMap
  /// The device is nil where a report has lost it, and in kernels that do not name it.
  case graphicsStayOn(PCIAddress?)
  /// The IOMMU leaves a graphics device alone.
  case graphicsDisabled(PCIAddress?)
  /// The driver is ready.
  case directedIO

  // MARK: Bad firmware

  /// A reserved region lies in memory that the kernel may use.
  case firmwareUncoveredRegion(base: UInt64, end: UInt64)
  /// A reserved region is malformed: it ends before it begins, or is not made of pages.
  case firmwareBadRegion(base: UInt64, end: UInt64, FirmwareName)
  /// A unit's registers read as ones, or as zeros.
  case firmwareBadUnit(base: UInt64, allOnes: Bool, FirmwareName)
  /// A proximity domain of a unit that there is not.
  case firmwareBadAffinity(base: PhysicalAddress, FirmwareName)
  /// A name in the table does not end.
  case firmwareBadName(FirmwareName)
  /// `RMRR entry for device 05:00.0 is broken - applying workaround`
  case firmwareBadScope(SourceID)
  /// The table describes no unit for a segment.
  case firmwareNoUnit
  /// No unit covers an IOAPIC.
  case firmwareUnmappedIOAPIC(id: Int)
  /// A device is not of the kind that its scope says.
  case scopeMismatch(PCIAddress)

  /// The remapping structures whose absence is printed (`No RMRR found`).
  public enum DMARStructure: String, Hashable, Sendable, CaseIterable {
    /// Reserved memory regions.
    case rmrr = "RMRR"
    /// Root ports with ATS.
    case atsr = "ATSR"
    /// Integrated devices with ATS.
    case satc = "SATC"
  }
}
