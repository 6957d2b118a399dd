import KernelLog

extension KernelMessage.Kind {
  /// What a line of the driver says that is worth a finding of its own; nil for the others, which
  /// are told as they are. Their forms are those of KernelLog, by which they are printed as well.
  init?(_ line: DriverLine) {
    switch line {
    case .boot(let line): self.init(line)
    case .note(let note): self.init(note)
    case .pageRequest(let line): self.init(line)
    case .death(.panic(.malfunction)): self = .unitDead
    case .fault, .status, .suppressed, .dump, .queueError, .death: return nil
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
    case .unsupportedScope, .invalidAddressWidth, .noUnits, .firmwareNoUnit, .firmwareBadName,
      .firmwareBadAffinity:
      self = .tableUnusable
    case .highAddressesDeprecated, .strictDeprecated: self = .optionDeprecated
    case .unknownOption: self = .optionUnknown
    case .notForcedByTboot: self = .launchUnprotected
    case .featureInconsistent: self = .unitsDiffer
    case .namespaceDeviceUnknown, .namespaceDeviceWithoutScope: self = .namespaceDevice
    case .unitWithoutWidths, .unitWithoutValidWidth: self = .unitWithoutWidth
    case .forceEnabled, .forcedByTboot: self = .forcedOn
    case .registerBasedInvalidation: self = .registerInvalidation
    case .translationTablesNotCopied: self = .tablesNotCopied
    case .translationNotKdump: self = .translationWasOn
    case .graphicsDisabled, .graphicsStayOn: self = .graphicsQuirk
    case .remappingForcedOff: self = .firmwareForcesOff
    default: return nil
    }
  }

  private init?(_ note: DriverNote) {
    switch note {
    case .device(_, driver: _, .privateIdentityDomain): self = .identityDomain
    case .device(_, driver: _, .nonIdentityMapping): self = .domainMoved
    case .device(_, driver: _, .ineligible): self = .attachIneligible
    case .device(_, driver: _, .needsDirectMapping): self = .identityMappingRequired
    case .device(_, driver: _, .noDomain): self = .domainAllocationFailed
    case .device(_, driver: _, .domainTooWide), .mappingTooHigh: self = .addressWidth
    case .entryAlreadySet: self = .entryAlreadySet
    case .noDomainIDs: self = .domainsExhausted
    case .device(_, driver: _, .groupTaken): self = .domainTypeRefused
    case .flushFailed: self = .driverDefect
    case .noPASIDAllocator: self = .featureMissing
    case .device, .nonAlignedInvalidation, .groupTooLarge: return nil
    }
  }

  private init?(_ line: PageRequestLine) {
    switch line {
    case .withoutPASID: self = .pageRequestWithoutPASID
    case .notCanonical, .unknownPASID, .invalid: self = .pageRequestInvalid
    case .privileged: self = .pageRequestPrivileged
    case .execute: self = .pageRequestExecute
    case .overflow: self = .pageRequestOverflow
    case .overflowCleared: return nil
    }
  }
}
