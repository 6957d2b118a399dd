/// How much a clue says, in decibans: ten times the decimal logarithm of the factor by which it
/// changes the odds of its cause. 3 doubles them, 10 makes them ten times as large.
///
/// This is the table of weights: nothing else in the program holds one.
public enum ClueWeight: String, Hashable, Sendable, CaseIterable {
  case insideReservedRegion = "inside-reserved-region"
  case insideOthersIdentityMap = "inside-others-identity-map"
  case regionOfThisDevice = "region-of-this-device"
  case regionOfAnotherDevice = "region-of-another-device"
  case regionMappedEarlier = "region-mapped-earlier"
  case mixedDomainsInGroup = "mixed-domains-in-group"
  case movedBetweenDomains = "moved-between-domains"
  case sameAddressOfOthers = "same-address-of-others"
  case inFirmwareMemory = "in-firmware-memory"
  case noRegionCovers = "no-region-covers"
  case regionsNotShown = "regions-not-shown"
  case samePageForEver = "same-page-for-ever"
  case printedBeforeBringUp = "printed-before-bring-up"
  case firstSecondsOfBoot = "first-seconds-of-boot"
  case insideGraphicsRegion = "inside-graphics-region"
  case graphicsDevice = "graphics-device"
  case goesOn = "goes-on"
  case beforeItsDriver = "before-its-driver"
  case bootNotShown = "boot-not-shown"
  case guestHoldsDevice = "guest-holds-device"
  case debugNamesPage = "debug-names-page"
  case inRAMBetween = "in-ram-between"
  case endsWithDriver = "ends-with-driver"
  case goesOnAfterDriver = "goes-on-after-driver"
  case takenOverByKexec = "taken-over-by-kexec"
  case rightAfterTakeOver = "right-after-take-over"
  case domainIsEmpty = "domain-is-empty"
  case noDriverSpeaks = "no-driver-speaks"
  case siblingListed = "sibling-listed"
  case busListedWithout = "bus-listed-without"
  case functionUnknown = "function-unknown"
  case reasonCut = "reason-cut"
  case knownAlias = "known-alias"
  case aliasingFamily = "aliasing-family"
  case managementEngine = "management-engine"
  case bothDirections = "both-directions"
  case context = "context"
  case aliasOfBridge = "alias-of-bridge"
  case conventionalBus = "conventional-bus"
  case writesToNowhere = "writes-to-nowhere"
  case readsFromNowhere = "reads-from-nowhere"
  case dumpShowsNothing = "dump-shows-nothing"
  case afterResume = "after-resume"
  case otherAddressesToo = "other-addresses-too"
  case likeAllocated = "like-allocated"
  case stoppedBefore = "stopped-before"
  case inRAM = "in-ram"
  case inRAMWhereAllocated = "in-ramwhere-allocated"
  case inDeviceWindow = "in-device-window"
  case notLikeAllocated = "not-like-allocated"
  case imagingUnit = "imaging-unit"
  case samePageAgain = "same-page-again"
  case samePagePersists = "same-page-persists"
  case mappingStays = "mapping-stays"
  case knownPrefetcher = "known-prefetcher"
  case hostSystemError = "host-system-error"
  case entryForbids = "entry-forbids"
  case writeOnlyEnforced = "write-only-enforced"
  case dumpHasLargePage = "dump-has-large-page"
  case unitWithoutLargePages = "unit-without-large-pages"
  case unitHasLargePages = "unit-has-large-pages"
  case alignedToLargePage = "aligned-to-large-page"
  case graphicsLeftOut = "graphics-left-out"
  case dumpShowsPermission = "dump-shows-permission"
  case toolShowsPermission = "tool-shows-permission"
  case dumpShowsPresent = "dump-shows-present"
  case unitDoesNotSnoop = "unit-does-not-snoop"
  case entryIsNoEntry = "entry-is-no-entry"
  case corruptEntryOfThisPage = "corrupt-entry-of-this-page"
  case corruptEntryElsewhere = "corrupt-entry-elsewhere"
  case driverSeesGarbage = "driver-sees-garbage"
  case strangeAddresses = "strange-addresses"
  case beyondWidth = "beyond-width"
  case refreshPeriod = "refresh-period"
  case heldByGuest = "held-by-guest"
  case guestBypasses = "guest-bypasses"
  case changedOwner = "changed-owner"
  case compatibilityFormat = "compatibility-format"
  case likeVirtualFunction = "like-virtual-function"
  case volumeManagement = "volume-management"
  case plainFunction = "plain-function"
  case guestWroteMessage = "guest-wrote-message"
  case addressesProcessorZero = "addresses-processor-zero"
  case timerLikeID = "timer-like-id"
  case timerOfTable = "timer-of-table"
  case againAtEachResume = "again-at-each-resume"
  case entryRefusesSource = "entry-refuses-source"
  case entryIsGone = "entry-is-gone"
  case entryUnusable = "entry-unusable"
  case entryShown = "entry-shown"
  case hostBridgeSendsNone = "host-bridge-sends-none"
  case portsOwnMessage = "ports-own-message"
  case copiedTables = "copied-tables"
  case copiedTablesOtherReason = "copied-tables-other-reason"
  case wrongHalfOfRoot = "wrong-half-of-root"
  case dumpFailsAtTable = "dump-fails-at-table"
  case userBitMissing = "user-bit-missing"
  case reservedBitInPASIDEntry = "reserved-bit-in-pasidentry"
  case supervisorRefused = "supervisor-refused"
  case reservedBit = "reserved-bit"
  case entryAsksTooMuch = "entry-asks-too-much"
  case leftItsGroup = "left-its-group"
  case removalTold = "removal-told"
  case groupLineTwice = "group-line-twice"
  case announcedAgain = "announced-again"
  case historyUnmapped = "history-unmapped"
  case historyUnmappedByAddress = "history-unmapped-by-address"
  case historyDirection = "history-direction"
  case historyAllows = "history-allows"
  case historyOtherDevice = "history-other-device"
  case historySomeDevice = "history-some-device"
  case historyNeighbour = "history-neighbour"
  case historyNever = "history-never"
  case historyLater = "history-later"
  case historyNamesDevice = "history-names-device"
  case historyContext = "history-context"

  /// Where a weight comes from.
  public enum Origin: String, Hashable, Sendable, CaseIterable {
    /// How hardware and kernel work; the reports at hand do not contradict it.
    case mechanism
    /// Counted in the reports whose end is known.
    case corpus
    /// Neither: what an engineer would say.
    case judgement
  }

  /// A row of the table.
  public struct Row: Hashable, Sendable {
    public var decibans: Int
    public var origin: Origin
    /// What the origin says.
    public var source: String

    init(_ decibans: Int, _ origin: Origin, _ source: String) {
      self.decibans = decibans
      self.origin = origin
      self.source = source
    }
  }

  public var decibans: Int { row.decibans }
}
