internal import Lockdep

extension KernelSetting {
  /// Every setting, in the order of tables and documents. A row joins a timeline to the field that
  /// holds its value.
  public static let all: [KernelSetting] = kernel + reports + driver + coreLocks + printing

  /// The setting of that key.
  public static func named(_ key: String) -> KernelSetting? { all.first { $0.key == key } }

  private static let kernel: [KernelSetting] = [
    KernelSetting(KernelValues.faultLinesTimeline, { $0.faultLines }) { $0.faultLines = $1 },
    KernelSetting(KernelValues.faultReasonsTimeline, { $0.faultReasons }) {
      $0.faultReasons = $1
    },
    KernelSetting(KernelValues.rateLimitTimeline, { $0.rateLimit }) { $0.rateLimit = $1 },
    KernelSetting(KernelValues.statusClearTimeline, { $0.statusClear }) { $0.statusClear = $1 },
    KernelSetting(KernelValues.tableWalkTimeline, { $0.tableWalk }) { $0.tableWalk = $1 },
    KernelSetting(KernelValues.queueErrorsTimeline, { $0.queueErrors }) { $0.queueErrors = $1 },
    KernelSetting(KernelValues.timeOutRetryTimeline, { $0.timeOutRetry }) {
      $0.timeOutRetry = $1
    },
    KernelSetting(KernelValues.timeOutAbortTimeline, { $0.timeOutAbort }) {
      $0.timeOutAbort = $1
    },
    KernelSetting(KernelValues.pageRequestLinesTimeline, { $0.pageRequestLines }) {
      $0.pageRequestLines = $1
    },
    KernelSetting(KernelValues.bootLinesTimeline, { $0.bootLines }) { $0.bootLines = $1 },
    KernelSetting(KernelValues.capabilityAuditTimeline, { $0.capabilityAudit }) {
      $0.capabilityAudit = $1
    },
    KernelSetting(KernelValues.remappingOptOutTimeline, { $0.remappingOptOut }) {
      $0.remappingOptOut = $1
    },
    KernelSetting(KernelValues.reservedRegionCheckTimeline, { $0.reservedRegionCheck }) {
      $0.reservedRegionCheck = $1
    },
    KernelSetting(KernelValues.takeOverTimeline, { $0.takeOver }) { $0.takeOver = $1 },
    KernelSetting(KernelValues.shutdownTimeline, { $0.shutdown }) { $0.shutdown = $1 },
    KernelSetting(KernelValues.remappingFoundTimeline, { $0.remappingFound }) {
      $0.remappingFound = $1
    },
    KernelSetting(KernelValues.oopsPrefixTimeline, { $0.oopsPrefix }) { $0.oopsPrefix = $1 },
    KernelSetting(KernelValues.panicEndTimeline, { $0.panicEnd }) { $0.panicEnd = $1 },
    KernelSetting(KernelValues.optionWordsTimeline, { $0.optionWords }) { $0.optionWords = $1 },
    KernelSetting(KernelValues.deviceLinesTimeline, { $0.deviceLines }) { $0.deviceLines = $1 },
    KernelSetting(KernelValues.platformOptInTimeline, { $0.platformOptIn }) {
      $0.platformOptIn = $1
    },
    KernelSetting(KernelValues.graphicsQuirksTimeline, { $0.graphicsQuirks }) {
      $0.graphicsQuirks = $1
    },
    KernelSetting(KernelValues.graphicsTranslationTimeline, { $0.graphicsTranslation }) {
      $0.graphicsTranslation = $1
    },
    KernelSetting(KernelValues.scalableModeTimeline, { $0.scalableMode }) {
      $0.scalableMode = $1
    },
    KernelSetting(KernelValues.virtualCommandTimeline, { $0.virtualCommandRegisters }) {
      $0.virtualCommandRegisters = $1
    },
    KernelSetting(KernelValues.registerRowsTimeline, { $0.registerRows }) {
      $0.registerRows = $1
    },
    KernelSetting(KernelValues.latencyFileTimeline, { $0.latencyFile }) {
      $0.latencyFile = $1
    },
    KernelSetting(KernelValues.interruptDestinationTimeline, { $0.interruptDestination }) {
      $0.interruptDestination = $1
    },
    KernelSetting(KernelValues.registerLockTimeline, { $0.registerLock }) {
      $0.registerLock = $1
    },
    KernelSetting(KernelValues.klistAddTimeline, { $0.klistAdd }) { $0.klistAdd = $1 },
    KernelSetting(KernelValues.klistNextTimeline, { $0.klistNext }) { $0.klistNext = $1 },
    KernelSetting(KernelValues.klistPutTimeline, { $0.klistPut }) { $0.klistPut = $1 },
    KernelSetting(KernelValues.busSubsystemTimeline, { $0.busSubsystem }) {
      $0.busSubsystem = $1
    },
    KernelSetting(KernelValues.rawLockNestingTimeline, { $0.rawLockNesting }) {
      $0.rawLockNesting = $1
    },
    KernelSetting(KernelValues.spinlockNamesTimeline, { $0.spinlockNames }) {
      $0.spinlockNames = $1
    },
  ]

  /// The words of lock reports, and stack dumps.
  static let reports: [KernelSetting] = [
    KernelSetting(ReportStyle.headsTimeline, { $0.splat.heads }) { $0.splat.heads = $1 },
    KernelSetting(ReportStyle.locksTimeline, { $0.splat.locks }) { $0.splat.locks = $1 },
    KernelSetting(ReportStyle.usageTimeline, { $0.splat.usage }) { $0.splat.usage = $1 },
    KernelSetting(ReportStyle.waitTypesTimeline, { $0.splat.waitTypes }) {
      $0.splat.waitTypes = $1
    },
    KernelSetting(ReportStyle.tracesTimeline, { $0.splat.traces }) { $0.splat.traces = $1 },
    KernelSetting(ReportStyle.scenariosTimeline, { $0.splat.scenarios }) {
      $0.splat.scenarios = $1
    },
    KernelSetting(ReportStyle.pathsTimeline, { $0.splat.paths }) { $0.splat.paths = $1 },
    KernelSetting(ReportStyle.usesTimeline, { $0.splat.uses }) { $0.splat.uses = $1 },
    KernelSetting(ReportStyle.firstUseTimeline, { $0.splat.firstUse }) { $0.splat.firstUse = $1 },
    KernelSetting(ReportStyle.piecesTimeline, { $0.splat.pieces }) { $0.splat.pieces = $1 },
    KernelSetting(ReportStyle.taskExitTimeline, { $0.splat.taskExit }) { $0.splat.taskExit = $1 },
    KernelSetting(ReportStyle.heldLocksTimeline, { $0.splat.heldLocks }) {
      $0.splat.heldLocks = $1
    },
    KernelSetting(ReportStyle.keyAdviceTimeline, { $0.splat.keyAdvice }) {
      $0.splat.keyAdvice = $1
    },
    KernelSetting(KernelValues.backtraceTimeline, { $0.backtrace }) { $0.backtrace = $1 },
  ]

  private static let driver: [KernelSetting] = [
    KernelSetting(DriverBehaviour.lockingTimeline, { $0.driver.locking }) {
      $0.driver.locking = $1
    },
    KernelSetting(DriverBehaviour.firstStageTimeline, { $0.driver.firstStage }) {
      $0.driver.firstStage = $1
    },
    KernelSetting(DriverBehaviour.writeOnlyMappingsTimeline, { $0.driver.writeOnlyMappings }) {
      $0.driver.writeOnlyMappings = $1
    },
    KernelSetting(DriverBehaviour.noExecuteBitsTimeline, { $0.driver.noExecuteBits }) {
      $0.driver.noExecuteBits = $1
    },
    KernelSetting(DriverBehaviour.contextAtProbeTimeline, { $0.driver.contextAtProbe }) {
      $0.driver.contextAtProbe = $1
    },
    KernelSetting(DriverBehaviour.dirtyTrackingTimeline, { $0.driver.dirtyTracking }) {
      $0.driver.dirtyTracking = $1
    },
    KernelSetting(DriverBehaviour.deviceFilesTimeline, { $0.driver.deviceFiles }) {
      $0.driver.deviceFiles = $1
    },
    KernelSetting(DriverBehaviour.identityDomainTimeline, { $0.driver.identityDomain }) {
      $0.driver.identityDomain = $1
    },
    KernelSetting(DriverBehaviour.identityGraphicsTimeline, { $0.driver.identityGraphics }) {
      $0.driver.identityGraphics = $1
    },
    KernelSetting(DriverBehaviour.groupTypesTimeline, { $0.driver.groupTypes }) {
      $0.driver.groupTypes = $1
    },
    KernelSetting(DriverBehaviour.batchedFlushesTimeline, { $0.driver.batchedFlushes }) {
      $0.driver.batchedFlushes = $1
    },
    KernelSetting(DriverBehaviour.defaultDomainsTimeline, { $0.driver.defaultDomains }) {
      $0.driver.defaultDomains = $1
    },
    KernelSetting(DriverBehaviour.narrowIdentityTimeline, { $0.driver.narrowIdentity }) {
      $0.driver.narrowIdentity = $1
    },
    KernelSetting(DriverBehaviour.alignmentWarningTimeline, { $0.driver.alignmentWarning }) {
      $0.driver.alignmentWarning = $1
    },
    KernelSetting(DriverBehaviour.pageRequestDrainTimeline, { $0.driver.pageRequestDrain }) {
      $0.driver.pageRequestDrain = $1
    },
    KernelSetting(DriverBehaviour.pageRequestSwitchTimeline, { $0.driver.pageRequestSwitch }) {
      $0.driver.pageRequestSwitch = $1
    },
    KernelSetting(DriverBehaviour.domainSizingTimeline, { $0.driver.domainSizing }) {
      $0.driver.domainSizing = $1
    },
    KernelSetting(DriverBehaviour.pageTablesTimeline, { $0.driver.pageTables }) {
      $0.driver.pageTables = $1
    },
    KernelSetting(DriverBehaviour.domainIDsTimeline, { $0.driver.domainIDs }) {
      $0.driver.domainIDs = $1
    },
    KernelSetting(DriverBehaviour.entryTeardownTimeline, { $0.driver.entryTeardown }) {
      $0.driver.entryTeardown = $1
    },
  ]

  private static let coreLocks: [KernelSetting] = [
    KernelSetting(CoreLockBehaviour.globalTimeline, { $0.coreLocks.global }) {
      $0.coreLocks.global = $1
    },
    KernelSetting(CoreLockBehaviour.groupTimeline, { $0.coreLocks.group }) {
      $0.coreLocks.group = $1
    },
    KernelSetting(CoreLockBehaviour.regionsTimeline, { $0.coreLocks.regions }) {
      $0.coreLocks.regions = $1
    },
    KernelSetting(CoreLockBehaviour.processesTimeline, { $0.coreLocks.processes }) {
      $0.coreLocks.processes = $1
    },
    KernelSetting(
      CoreLockBehaviour.interruptAllocationTimeline, { $0.coreLocks.interruptAllocation }
    ) {
      $0.coreLocks.interruptAllocation = $1
    },
    KernelSetting(CoreLockBehaviour.requestLockTimeline, { $0.coreLocks.requestLock }) {
      $0.coreLocks.requestLock = $1
    },
    KernelSetting(CoreLockBehaviour.cookieMutexTimeline, { $0.coreLocks.cookieMutex }) {
      $0.coreLocks.cookieMutex = $1
    },
  ]

  private static let printing: [KernelSetting] = [
    KernelSetting(KernelValues.printkLocksTimeline, { $0.printkLocks }) { $0.printkLocks = $1 }
  ]
}
