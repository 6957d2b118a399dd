/// What the driver says while it reads its options and the DMAR table.
enum BootForms {
  static func row(
    _ voice: LineForm.Voice, _ words: StaticString, _ era: LineForm.Era = .always,
    level: LogLevel = .info, _ make: @escaping @Sendable (FormValues) -> BootLine?
  ) -> LineForm {
    LineForm(voice, words, era, level: level) { make($0).map(DriverLine.boot) }
  }

  static let rows: [LineForm] = [
    options, table, sources, remapping, driver, devices, firmware,
  ].flatMap { $0 }

  private static let options: [LineForm] = [
    row(.bare, "Intel-IOMMU: enabled", .old) { _ in .enabled },
    row(.driver, "IOMMU enabled", .current) { _ in .enabled },
    row(.bare, "Intel-IOMMU: disabled", .old) { _ in .disabled },
    row(.driver, "IOMMU disabled", .current) { _ in .disabled },
    row(.bare, "Intel-IOMMU: disable GFX device mapping", .old) { _ in .graphicsUnmapped },
    row(.driver, "Disable GFX device mapping", .current) { _ in .graphicsUnmapped },
    row(.driver, "Disable integrated GPU device mapping") { _ in .integratedGraphicsUnmapped },
    row(.bare, "Intel-IOMMU: disable supported super page", .old) { _ in .superpagesOff },
    row(.driver, "Disable supported super page", .current) { _ in .superpagesOff },
    row(.driver, "Enable scalable mode if hardware supports") { _ in .scalableModeAllowed },
    row(.driver, "Scalable mode is disallowed") { _ in .scalableModeDisallowed },
    row(.driver, "Unknown option - '%S'", level: .notice) { .unknownOption($0[0]) },
    row(.bare, "Intel-IOMMU: Forcing DAC for PCI devices", .old) { _ in .highAddressesForced },
    row(.driver, "Forcing DAC for PCI devices", .current) { _ in .highAddressesForced },
    row(
      .driver, "intel_iommu=forcedac deprecated; use iommu.forcedac instead", level: .warning
    ) { _ in .highAddressesDeprecated },
    row(.bare, "Intel-IOMMU: disable batched IOTLB flush", .old) { _ in .batchingOff },
    row(.driver, "Disable batched IOTLB flush", .current) { _ in .batchingOff },
    row(
      .driver, "intel_iommu=strict deprecated; use iommu.strict=1 instead", level: .warning
    ) { _ in .strictDeprecated },
    row(
      .driver, "Firmware forces DMA remapping off"
    ) { _ in .remappingForcedOff },
    row(.driver, "Any user opt or tboot/platform force_on will be ignored") { _ in
      .forcedOnIgnored
    },
    row(
      .driver,
      "Intel-IOMMU: not forcing on after tboot. This could expose security risk for tboot"
    ) { _ in .notForcedByTboot },
  ]

  private static let table: [LineForm] = [
    row(.table, "Host address width %3d") { .hostAddressWidth($0[0]) },
    row(.table, "DRHD (flags: %2$#010x)base: %1$#018x", .boot(.acpi ... .acpi)) {
      .hardwareUnit(base: $0[0], flags: $0[1])
    },
    row(.table, "DRHD base: %#016x flags: %#x", .boot(.tagged ... .current)) {
      .hardwareUnit(base: $0[0], flags: $0[1])
    },
    row(
      .unit, "dmar%4d: reg_base_addr %x ver %2d:%2d cap %llx ecap %llx", .current, unit),
    row(
      .unit, "IOMMU %4d: reg_base_addr %x ver %2d:%2d cap %llx ecap %llx",
      .boot(.numbered ... .lowercase), unit),
    row(
      .unit, "IOMMU %2$x: ver %3$2d:%4$2d cap %5$llx ecap %6$llx", .boot(.acpi ... .spaced), unit),
    row(
      .unit, "dmar%4d: No supported address widths.%| Not attempting DMA translation.", .current
    ) { .unitWithoutWidths($0[0]) },
    row(.unit, "IOMMU %4d: No supported address widths.%| Not attempting DMA translation.", .old) {
      .unitWithoutWidths($0[0])
    },
    row(.table, "Cannot get a valid agaw for iommu (seq_id = %4d)", level: .error) {
      .unitWithoutValidWidth($0[0])
    },
    row(.table, "RMRR base: %#018x end: %#018x", .boot(.acpi ... .acpi)) {
      .reservedMemory(base: $0[0], end: $0[1])
    },
    row(.table, "RMRR base: %#016x end: %#016x", .boot(.tagged ... .current)) {
      .reservedMemory(base: $0[0], end: $0[1])
    },
    row(.table, "ATSR flags: %#x") { .rootPortATS(flags: $0[0]) },
    row(.table, "SATC flags: %#x") { .integratedATS(flags: $0[0]) },
    row(.table, "RHSA base: %#016x proximity domain: %#x") {
      .affinity(base: $0[0], domain: $0[1])
    },
    row(.table, "ANDD device: %2x name: %s") { .namespaceDevice(number: $0[0], name: $0[1]) },
    // What the table does not have is said by the driver proper.
    row(.driver, "No %s found") {
      BootLine.DMARStructure(rawValue: $0[0]).map(BootLine.notFound)
    },
    row(.table, "parse DMAR table failure%|.", .old) { _ in .tableNotParsed },
    row(.table, "Parse DMAR table failure%|.", .current) { _ in .tableNotParsed },
    row(.table, "Invalid DMAR haw", level: .warning) { _ in .invalidAddressWidth },
    row(.table, "Unsupported device scope", level: .warning) { _ in .unsupportedScope },
    row(.table, "No DMAR devices found") { _ in .noUnits },
  ]

  private static func unit(_ values: FormValues) -> BootLine {
    .unit(
      number: values[0], base: values[1],
      version: UInt8(truncatingIfNeeded: values.number(2) << 4 | values.number(3) & 0xf),
      cap: values[4], ecap: values[5])
  }

  private static let sources: [LineForm] = [
    row(.table, "No IOMMU scope found for ANDD enumeration ID %3d (%S)", level: .warning) {
      .namespaceDeviceWithoutScope(number: $0[0], name: $0[1])
    },
    row(.table, "Failed to find handle for ACPI object %s", level: .error) {
      .namespaceDeviceUnknown($0[0])
    },
    row(.table, #"ACPI device "%S" under DMAR at %x as %b"#) {
      .namespaceDeviceFound(name: $0[0], base: $0[1], source: $0[2])
    },
    row(.table, "Device scope type does not match for %D", level: .warning) {
      .scopeMismatch($0[0])
    },
    row(.interrupt, "IOAPIC id %4d under DRHD base  %#x IOMMU %4d") {
      .ioapic(id: $0[0], base: $0[1], unit: $0[2])
    },
    row(.interrupt, "HPET id %4d under DRHD base %#x") { .hpet(id: $0[0], base: $0[1]) },
  ]

  private static let remapping: [LineForm] = [
    // Until 4.1 the table's code says it.
    row(
      .table, "Queued invalidation will be enabled%| to support x2apic and Intr-remapping.",
      .boot(.lowercase ... .lowercase)
    ) { _ in .queueWillBeEnabled },
    row(
      .interrupt, "Queued invalidation will be enabled%| to support x2apic and Intr-remapping."
    ) { _ in .queueWillBeEnabled },
    row(.interrupt, "x2apic is disabled because BIOS sets x2apic opt out bit%|.") { _ in
      .x2apicOptOut
    },
    row(.interrupt, "Use 'intremap=no_x2apic_optout'%| to override the BIOS setting.") { _ in
      .x2apicOptOutOverride
    },
    row(.interrupt, "dmar%4d does not support EIM", .current) {
      .unitWithoutExtendedInterrupts($0[0])
    },
    row(.interrupt, "IOMMU %4d does not support EIM", .old) {
      .unitWithoutExtendedInterrupts($0[0])
    },
    row(.interrupt, "Not enabling interrupt remapping") { _ in .interruptRemappingLeftOff },
    row(
      .interrupt,
      "Failed to enable irq remapping.%| You are vulnerable to irq-injection attacks.",
      level: .warning
    ) { _ in .interruptRemappingFailed },
    row(.interrupt, "Enabled IRQ remapping in x2apic mode") { _ in
      .interruptRemapping(x2apic: true)
    },
    row(.interrupt, "Enabled IRQ remapping in xapic mode") { _ in
      .interruptRemapping(x2apic: false)
    },
    row(.remapping, "Copied IR table for dmar%4d%| from previous kernel") {
      .interruptTableCopied(unit: $0[0])
    },
    row(
      .remapping, "Failed to copy IR table for dmar%4d%| from previous kernel", level: .error
    ) { .interruptTableNotCopied(unit: $0[0]) },
    row(
      .remapping, "IRQ remapping was enabled on dmar%4d but we are%| not in kdump mode",
      level: .warning
    ) { .interruptRemappingNotKdump(unit: $0[0]) },
  ]
}
