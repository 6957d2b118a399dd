/// What the driver and the core of IOMMU drivers say of devices, and what went wrong outside faults.
enum NoteForms {
  /// A note on a device: the driver and the device are the first two values.
  private static func device(
    _ words: StaticString, _ era: LineForm.Era = .always, voice: LineForm.Voice = .device,
    level: LogLevel = .error, _ make: @escaping @Sendable (FormValues) -> DriverNote.DeviceNote
  ) -> LineForm {
    LineForm(voice, words, era, level: level) {
      .note(.device($0[1], driver: $0[0], make($0)))
    }
  }

  private static func row(
    _ words: StaticString, _ voice: LineForm.Voice = .driver, level: LogLevel = .error,
    _ make: @escaping @Sendable (FormValues) -> DriverNote
  ) -> LineForm {
    LineForm(voice, words, level: level) { .note(make($0)) }
  }

  static let rows: [LineForm] = [
    device("Device uses a private identity domain.", level: .info) { _ in .privateIdentityDomain },
    device("32bit DMA uses non-identity mapping", .deviceFirst(true), level: .info) { _ in
      .nonIdentityMapping
    },
    LineForm(.driver, "32bit %2$D uses non-identity mapping", .deviceFirst(false)) {
      .note(.device($0[1], driver: $0[0], .nonIdentityMapping))
    },
    LineForm(.bare, "32bit %2$D uses non-identity mapping", .old) {
      .note(.device($0[1], driver: $0[0], .nonIdentityMapping))
    },
    device(
      "Device is ineligible for IOMMU domain attach due to platform RMRR requirement.%|  Contact your platform vendor.",
      level: .warning
    ) { _ in .ineligible },
    device("Allocating domain failed") { _ in .noDomain },
    device(
      "prepare_domain_attach_device: iommu width (%3$d) is not sufficient for the mapped address (%4$llx)"
    ) { .domainTooWide(width: $0[2], limit: $0[3]) },
    device(
      "Firmware has requested this device have a 1:1 IOMMU mapping, rejecting%| configuring the device without a 1:1 mapping.%| Contact your platform vendor.",
      voice: .core,
      level: .warning
    ) { _ in .needsDirectMapping },
    device("Device cannot be in Passthrough domain", voice: .core) { _ in
      .wrongDomain(isPassthrough: true)
    },
    device("Device cannot be in Translated domain", voice: .core) { _ in
      .wrongDomain(isPassthrough: false)
    },
    device("Group not assigned to default domain", voice: .core) { _ in .groupTaken },
    row("iommu: Cannot change default domain: Group has more than one device", .bare) { _ in
      .groupTooLarge
    },
    row("Invalidate non-aligned address %llx, order %2d", level: .warning) {
      .nonAlignedInvalidation($0[0], order: $0[1])
    },
    row("ERROR: DMA PTE for vPFN %#llx already set (to %llx not %llx)", level: .critical) {
      .entryAlreadySet(frame: $0[0], old: $0[1], new: $0[2])
    },
    row("intel_iommu_map: iommu width (%d) is not sufficient for the mapped address (%llx)") {
      .mappingTooHigh(width: $0[0], limit: $0[1])
    },
    // Behind the names of other functions, in kernels where each checks the width itself.
    LineForm(
      .driver, "iommu width (%d) is not sufficient for the mapped address (%llx)", .never
    ) {
      .note(.mappingTooHigh(width: $0[0], limit: $0[1]))
    },
    row("%u: No free domain ids") { .noDomainIDs(unit: $0[0]) },
    row("Flush IOTLB failed") { _ in .flushFailed },
    row("VT-d Scalable Mode not enabled, no PASID allocation", level: .warning) { _ in
      .noPASIDAllocator
    },
  ]
}

extension DriverNote {
  var values: FormValues {
    switch self {
    case .device(let device, let driver, .domainTooWide(let width, let limit)):
      FormValues(driver, device, width, limit)
    case .device(let device, let driver, _): FormValues(driver, device)
    case .nonAlignedInvalidation(let address, let order): FormValues(address, order)
    case .entryAlreadySet(let frame, let old, let new): FormValues(frame, old, new)
    case .mappingTooHigh(let width, let limit): FormValues(width, limit)
    case .noDomainIDs(let unit): FormValues(unit)
    case .groupTooLarge, .flushFailed, .noPASIDAllocator: FormValues()
    }
  }
}
