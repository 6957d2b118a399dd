import KernelLog

extension KernelMessage.Kind {
  /// What a line of the driver says that is worth a finding of its own; nil for the others, which
  /// are told as they are. Their forms are those of KernelLog, by which they are printed as well.
  init?(_ line: DriverLine) {
    switch line {
    case .boot(let line): self.init(line)
    case .note(.device(_, driver: _, let note)): self.init(note)
    case .death(.panic(.malfunction)): self = .unitDead
    case .fault, .status, .suppressed, .dump, .queueError, .pageRequest, .note, .death: return nil
    }
  }

  private init?(_ line: BootLine) {
    switch line {
    case .interruptRemappingFailed: self = .interruptRemappingFailed
    case .x2apicOptOut: self = .x2apicOptOut
    case .firmwareUnmappedIOAPIC: self = .ioapicWithoutUnit
    case .interruptTableNotCopied: self = .interruptTableNotCopied
    case .firmwareBadUnit: self = .unitReportedBroken
    case .firmwareBadScope: self = .regionScopeBroken
    case .scopeMismatch: self = .scopeMismatch
    case .unsupportedScope, .invalidAddressWidth, .noUnits: self = .tableUnusable
    case .namespaceDeviceUnknown, .namespaceDeviceWithoutScope: self = .namespaceDevice
    case .unitWithoutWidths, .unitWithoutValidWidth: self = .unitWithoutWidth
    case .forceEnabled, .forcedByTboot: self = .forcedOn
    case .registerBasedInvalidation: self = .registerInvalidation
    case .translationTablesNotCopied: self = .tablesNotCopied
    case .translationNotKdump: self = .translationWasOn
    case .graphicsDisabled, .graphicsStayOn: self = .graphicsQuirk
    default: return nil
    }
  }

  private init?(_ note: DriverNote.DeviceNote) {
    switch note {
    case .privateIdentityDomain: self = .identityDomain
    case .ineligible: self = .attachIneligible
    case .noDomain: self = .domainAllocationFailed
    default: return nil
    }
  }
}
