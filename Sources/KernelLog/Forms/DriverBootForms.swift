/// What the driver says while it brings its units up and gives devices their domains, and what it
/// says of bad firmware.
extension BootForms {
  static let driver: [LineForm] = [
    row(.pci, "Using DMAR IOMMU") { _ in .usingTable },
    row(.driver, "dmar%4d: Using Queued invalidation", .current, queued),
    row(.bare, "IOMMU %4d %#x: using Queued invalidation", .boot(.numbered ... .lowercase), queued),
    row(.bare, "IOMMU %4d: using Queued invalidation", .boot(.numbered ... .lowercase), queued),
    row(.bare, "IOMMU %2$#x: using Queued invalidation", .boot(.acpi ... .spaced), queued),
    row(.bare, "IOMMU: using Queued invalidation", .boot(.acpi ... .spaced), queued),
    row(.driver, "dmar%4d: Using Register based invalidation", .current, unqueued),
    row(
      .bare, "IOMMU %4d %#x: using Register based invalidation", .boot(.numbered ... .lowercase),
      unqueued),
    row(
      .bare, "IOMMU %4d: using Register based invalidation", .boot(.numbered ... .lowercase),
      unqueued),
    row(
      .bare, "IOMMU %2$#x: using Register based invalidation", .boot(.acpi ... .spaced), unqueued),
    row(.bare, "IOMMU: using Register based invalidation", .boot(.acpi ... .spaced), unqueued),
    row(.driver, "IOMMU feature %s inconsistent") { .featureInconsistent($0[0]) },
    row(.driver, "Intel-IOMMU force enabled due to platform opt in") { _ in .forceEnabled },
    row(.driver, "Forcing Intel-IOMMU to enabled", level: .warning) { _ in .forcedByTboot },
    row(.driver, "IOMMU batching disallowed due to virtualization") { _ in .batchingDisallowed },
    row(.driver, "Translation already enabled%| - trying to copy translation structures") { _ in
      .translationAlreadyEnabled
    },
    // A cut line still says that tables were copied; its unit is then unknown and taken as 0.
    row(.driver, "Copied translation tables from previous kernel for %|dmar%4d") {
      .translationTablesCopied(unit: $0[0])
    },
    row(
      .driver, "Failed to copy translation tables from previous kernel for dmar%4d", level: .error
    ) { .translationTablesNotCopied(unit: $0[0]) },
    row(
      .driver, "Translation was enabled for dmar%4d%| but we are not in kdump mode",
      level: .warning
    ) { .translationNotKdump(unit: $0[0]) },
    row(.bare, "IOMMU: Setting RMRR:", .old) { _ in .settingReservedRegions },
    row(.driver, "Setting RMRR:", .current) { _ in .settingReservedRegions },
    row(.bare, "IOMMU: Prepare 0-16MiB unity mapping for LPC", .old) { _ in .lowMemoryMap },
    row(.driver, "Prepare 0-16MiB unity mapping for LPC", .current) { _ in .lowMemoryMap },
    row(.pci, "Intel(R) Virtualization Technology for Directed I/O", .old) { _ in .directedIO },
    row(.driver, "Intel(R) Virtualization Technology for Directed I/O", .current) { _ in
      .directedIO
    },
  ]

  private static func queued(_ values: FormValues) -> BootLine {
    .queuedInvalidation(unit: values[0], base: values[1])
  }

  private static func unqueued(_ values: FormValues) -> BootLine {
    .registerBasedInvalidation(unit: values[0], base: values[1])
  }

  /// The second value is the device; the first is its driver, which here is always the bus.
  static let devices: [LineForm] = [
    row(.device, "Setting identity map [0x%3$x - 0x%4$x]", .deviceFirst(true), identityMap),
    row(
      .driver, "Setting identity map for device %2$D [0x%3$x - 0x%4$x]", .deviceFirst(false),
      identityMap),
    row(
      .bare, "IOMMU: Setting identity map for device %2$D [0x%3$x - 0x%4$x]", .old, identityMap),
    // The form of the generic layer names the first byte behind the region.
    row(.core, "Setting identity map [0x%3$x - 0x%4$x] for group ", .never) {
      .identityMap($0[1], start: $0[2], end: $0.number(3) &- 1)
    },
    row(.core, "Setting identity map [0x%3$x - 0x%4$x]", .never, identityMap),
    row(
      .device, "Ignoring identity map for HW passthrough [0x%3$x - 0x%4$x]", .deviceFirst(true),
      level: .warning, ignoredMap),
    row(
      .driver, "Ignoring identity map for HW passthrough device %2$D [0x%3$x - 0x%4$x]",
      .deviceFirst(false), level: .warning, ignoredMap),
    row(
      .bare, "Ignoring identity map for HW passthrough device %2$D [0x%3$x - 0x%4$x]", .old,
      level: .warning, ignoredMap),
    row(
      .driver, "Hardware identity mapping for device %2$D", .deviceFirst(false), hardwareIdentity),
    row(.bare, "IOMMU: hardware identity mapping for device %2$D", .old, hardwareIdentity),
    row(
      .driver, "Software identity mapping for device %2$D", .deviceFirst(false), softwareIdentity),
    row(.bare, "IOMMU: software identity mapping for device %2$D", .old, softwareIdentity),
    // Behind the longer forms, of which they are the beginning.
    row(.device, "Hardware identity mapping", .deviceFirst(true), hardwareIdentity),
    row(.device, "Software identity mapping", .deviceFirst(true), softwareIdentity),
    row(.device, "Skip IOMMU disabling for graphics") { .graphicsStayOn($0[1]) },
    row(.device, "Disabling IOMMU for graphics on this chipset") { .graphicsDisabled($0[1]) },
  ]

  private static func identityMap(_ values: FormValues) -> BootLine {
    .identityMap(values[1], start: values[2], end: values[3])
  }

  private static func ignoredMap(_ values: FormValues) -> BootLine {
    .identityMapIgnored(values[1], start: values[2], end: values[3])
  }

  private static func hardwareIdentity(_ values: FormValues) -> BootLine {
    .staticIdentity(values[1], isHardware: true)
  }

  private static func softwareIdentity(_ values: FormValues) -> BootLine {
    .staticIdentity(values[1], isHardware: false)
  }

  private static func bug(
    _ words: StaticString, _ voice: LineForm.Voice = .driver, level: LogLevel = .warning,
    _ make: @escaping @Sendable (FormValues) -> BootLine
  ) -> LineForm {
    LineForm(voice, isFirmwareBug: true, words, level: level) { .boot(make($0)) }
  }

  static let firmware: [LineForm] = [
    bug(
      "No firmware reserved region can cover this RMRR [%#018x-%#018x]%|, contact BIOS vendor for fixes",
      level: .error
    ) { .firmwareUncoveredRegion(base: $0[0], end: $0[1]) },
    bug("Your BIOS is broken; bad RMRR [%#018x-%#018x]%F") {
      .firmwareBadRegion(base: $0[0], end: $0[1], $0[2])
    },
    bug("Your BIOS is broken; DMAR reported at address %x returns all ones%|!%2$F") {
      .firmwareBadUnit(base: $0[0], allOnes: true, $0[1])
    },
    bug("Your BIOS is broken; DMAR reported at address %x%|!%2$F") {
      .firmwareBadUnit(base: $0[0], allOnes: false, $0[1])
    },
    bug("Your BIOS is broken; RHSA refers to non-existent DMAR unit at %x%F") {
      .firmwareBadAffinity(base: $0[0], $0[1])
    },
    bug("Your BIOS is broken; ANDD object name is not NUL-terminated%F") {
      .firmwareBadName($0[0])
    },
    bug("RMRR entry for device %b is broken%| - applying workaround", .table, level: .info) {
      .firmwareBadScope($0[0])
    },
    bug("No DRHD structure found in DMAR table") { _ in .firmwareNoUnit },
    bug(
      "ioapic %4d has no mapping iommu%|, interrupt remapping will be disabled", .interrupt,
      level: .error
    ) { .firmwareUnmappedIOAPIC(id: $0[0]) },
  ]
}

extension BootLine {
  var values: FormValues {
    switch self {
    case .hostAddressWidth(let number), .unitWithoutWidths(let number),
      .unitWithoutValidWidth(let number), .unitWithoutExtendedInterrupts(let number),
      .interruptTableCopied(let number), .interruptTableNotCopied(let number),
      .interruptRemappingNotKdump(let number), .translationTablesCopied(let number),
      .translationTablesNotCopied(let number), .translationNotKdump(let number),
      .firmwareUnmappedIOAPIC(let number):
      FormValues(number)
    case .hardwareUnit(let base, let flags): FormValues(base, flags)
    case .unit(let number, let base, let version, let cap, let ecap):
      FormValues(number, base, version >> 4, version & 0xf, cap, ecap)
    case .reservedMemory(let base, let end), .firmwareUncoveredRegion(let base, let end):
      FormValues(base, end)
    case .rootPortATS(let flags), .integratedATS(let flags): FormValues(flags)
    case .affinity(let base, let domain): FormValues(base, domain)
    case .namespaceDevice(let number, let name),
      .namespaceDeviceWithoutScope(let number, let name):
      FormValues(number, name)
    case .notFound(let structure): FormValues(structure.rawValue)
    case .unknownOption(let text), .namespaceDeviceUnknown(let text),
      .featureInconsistent(let text):
      FormValues(text)
    case .namespaceDeviceFound(let name, let base, let source): FormValues(name, base, source)
    case .scopeMismatch(let device): FormValues(device)
    case .ioapic(let id, let base, let unit): FormValues(id, base, unit)
    case .hpet(let id, let base): FormValues(id, base)
    case .queuedInvalidation(let unit, let base), .registerBasedInvalidation(let unit, let base):
      FormValues(unit, base)
    case .identityMap(let device, let start, let end),
      .identityMapIgnored(let device, let start, let end):
      FormValues("pci", device, start, end)
    case .staticIdentity(let device, _): FormValues("pci", device)
    case .graphicsStayOn(let device), .graphicsDisabled(let device): FormValues("pci", device)
    case .firmwareBadRegion(let base, let end, let name): FormValues(base, end, name)
    case .firmwareBadUnit(let base, _, let name): FormValues(base, name)
    case .firmwareBadAffinity(let base, let name): FormValues(base, name)
    case .firmwareBadName(let name): FormValues(name)
    case .firmwareBadScope(let source): FormValues(source)
    case .enabled, .disabled, .graphicsUnmapped, .integratedGraphicsUnmapped, .superpagesOff,
      .scalableModeAllowed, .scalableModeDisallowed, .highAddressesForced,
      .highAddressesDeprecated, .batchingOff, .strictDeprecated, .notForcedByTboot,
      .remappingForcedOff, .forcedOnIgnored,
      .tableNotParsed, .invalidAddressWidth, .unsupportedScope, .noUnits, .queueWillBeEnabled,
      .x2apicOptOut, .x2apicOptOutOverride, .interruptRemappingLeftOff, .interruptRemappingFailed,
      .interruptRemapping, .usingTable, .forceEnabled, .forcedByTboot, .batchingDisallowed,
      .translationAlreadyEnabled, .settingReservedRegions, .lowMemoryMap, .directedIO,
      .firmwareNoUnit:
      FormValues()
    }
  }
}
