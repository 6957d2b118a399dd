extension Rule {
  /// The causes that rules look for in a fault.
  static var causes: [Finding.Cause] { all.map { $0.cause } }

  static let all: [Rule] =
    history + [
      firmwareRegion, domainSwitch, firmwareOwnDMA, inherited, latchedBeforeLinux, kernelBefore,
      leftRunning, withoutDriver, phantomFunction, bridgeAlias, unsetAddress, garbageDescriptors,
      unmappedTooEarly, rawPhysicalAddress, kernelPointer, cutAddress, overRead, wrongDirection,
      possibleDirection, writeOnlyMapping, superpage, staleCache, staleSharedTable,
      memoryCorruption, displayRefresh,
      guestMapping, formerDomain, compatibilityInterrupt, guestInterrupt, ioapicAtBoot,
      interruptWithoutAddress, interruptEntry, oldKernelTables, missingFeature, detached,
      removedAndFound,
    ]
}
