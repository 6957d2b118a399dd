/// How much a clue says, in decibans: ten times the decimal logarithm of the factor by which it
/// changes the odds of its cause. 3 doubles them, 10 makes them ten times as large.
///
/// This is the table of weights: nothing else in the program holds one.
public enum ClueWeight: String, Hashable, Sendable, CaseIterable {
  /// The address lies in a reserved region of the DMAR table.
  case insideReservedRegion = "inside-reserved-region"
  /// The address lies where the kernel mapped a region one to one for another function.
  case insideOthersIdentityMap = "inside-others-identity-map"
  /// That region names this function.
  case regionOfThisDevice = "region-of-this-device"
  /// That region names other functions alone.
  case regionOfAnotherDevice = "region-of-another-device"
  /// The kernel had mapped the region earlier in the log.
  case regionMappedEarlier = "region-mapped-earlier"
  /// Functions of one group have domains of different kinds.
  case mixedDomainsInGroup = "mixed-domains-in-group"
  /// The function was moved from one domain to another.
  case movedBetweenDomains = "moved-between-domains"
  /// Other functions fault at the same address.
  case sameAddressOfOthers = "same-address-of-others"
  /// The memory map says that firmware owns the address.
  case inFirmwareMemory = "in-firmware-memory"
  /// No reserved region covers the address.
  case noRegionCovers = "no-region-covers"
  /// The log does not show the reserved regions.
  case regionsNotShown = "regions-not-shown"
  /// All faults of the function are at one page.
  case samePageForEver = "same-page-for-ever"
  /// The fault was printed before the driver had set the unit up.
  case printedBeforeBringUp = "printed-before-bring-up"
  /// The fault came in the first two seconds of the boot.
  case firstSecondsOfBoot = "first-seconds-of-boot"
  /// The address lies in memory that the graphics device uses on its own.
  case insideGraphicsRegion = "inside-graphics-region"
  /// The function is a graphics device.
  case graphicsDevice = "graphics-device"
  /// The fault came again and again, long after the boot.
  case goesOn = "goes-on"
  /// The fault came before the function's driver said anything.
  case beforeItsDriver = "before-its-driver"
  /// The log does not show the boot.
  case bootNotShown = "boot-not-shown"
  /// A guest has the function.
  case guestHoldsDevice = "guest-holds-device"
  /// DMA-API debug complains of the same page.
  case debugNamesPage = "debug-names-page"
  /// The address lies in RAM between 1 GiB and the top of 32 bits.
  case inRAMBetween = "in-ram-between"
  /// The faults end when the driver begins.
  case endsWithDriver = "ends-with-driver"
  /// The faults go on after the driver has begun.
  case goesOnAfterDriver = "goes-on-after-driver"
  /// The kernel took the units over from another one.
  case takenOverByKexec = "taken-over-by-kexec"
  /// The fault came right after the take-over.
  case rightAfterTakeOver = "right-after-take-over"
  /// The dump's topmost entry is empty.
  case domainIsEmpty = "domain-is-empty"
  /// No driver says anything of the function.
  case noDriverSpeaks = "no-driver-speaks"
  /// The bus list has another function of the device and not this one.
  case siblingListed = "sibling-listed"
  /// The bus list has the bus and not this function.
  case busListedWithout = "bus-listed-without"
  /// The log does not list the function.
  case functionUnknown = "function-unknown"
  /// The line's reason is cut off.
  case reasonCut = "reason-cut"
  /// The kernel has an alias rule for the device.
  case knownAlias = "known-alias"
  /// The device is of a family whose functions send under each other's ids.
  case aliasingFamily = "aliasing-family"
  /// The function belongs to the management engine.
  case managementEngine = "management-engine"
  /// The function both reads and writes there.
  case bothDirections = "both-directions"
  /// Something that the reader should know and that decides nothing.
  case context = "context"
  /// The id is the one under which a bridge sends for what is behind it.
  case aliasOfBridge = "alias-of-bridge"
  /// The function's bus is conventional PCI.
  case conventionalBus = "conventional-bus"
  /// A write to address 0, or near it.
  case writesToNowhere = "writes-to-nowhere"
  /// A read of address 0, or near it.
  case readsFromNowhere = "reads-from-nowhere"
  /// The dump shows no entry around the address.
  case dumpShowsNothing = "dump-shows-nothing"
  /// The fault came right after a resume.
  case afterResume = "after-resume"
  /// The function faults at other addresses too.
  case otherAddressesToo = "other-addresses-too"
  /// The address is like those that the allocator hands out.
  case likeAllocated = "like-allocated"
  /// The driver had stopped the device, or tried to, shortly before.
  case stoppedBefore = "stopped-before"
  /// The address is RAM, and not where addresses are handed out first.
  case inRAM = "in-ram"
  /// The address is RAM, and where addresses are handed out as well.
  case inRAMWhereAllocated = "in-ramwhere-allocated"
  /// The address belongs to a device's memory.
  case inDeviceWindow = "in-device-window"
  /// The address is not like those that the allocator hands out.
  case notLikeAllocated = "not-like-allocated"
  /// The address lies above 4 GiB and below the top of any mask.
  case aboveAllocated = "above-allocated"
  /// The function is an imaging unit with page tables of its own.
  case imagingUnit = "imaging-unit"
  /// The page faults more than once.
  case samePageAgain = "same-page-again"
  /// The page faults over a long time.
  case samePagePersists = "same-page-persists"
  /// The faults come at times at which a buffer would be there still.
  case mappingStays = "mapping-stays"
  /// The device is known to read ahead.
  case knownPrefetcher = "known-prefetcher"
  /// The device reports a system error.
  case hostSystemError = "host-system-error"
  /// The dumped entry forbids the access.
  case entryForbids = "entry-forbids"
  /// The kernel gives write-only mappings no read permission.
  case writeOnlyEnforced = "write-only-enforced"
  /// The dump has a large page.
  case dumpHasLargePage = "dump-has-large-page"
  /// The unit lacks large pages of that size.
  case unitWithoutLargePages = "unit-without-large-pages"
  /// The unit has large pages of that size.
  case unitHasLargePages = "unit-has-large-pages"
  /// The address is a multiple of a large page.
  case alignedToLargePage = "aligned-to-large-page"
  /// The command line leaves graphics out.
  case graphicsLeftOut = "graphics-left-out"
  /// The dumped entry allows the access.
  case dumpShowsPermission = "dump-shows-permission"
  /// A tool's walk in the log shows an entry that allows the access.
  case toolShowsPermission = "tool-shows-permission"
  /// The dumped entry is present, and the reason says it is not.
  case dumpShowsPresent = "dump-shows-present"
  /// The unit's walks do not snoop the processor's caches.
  case unitDoesNotSnoop = "unit-does-not-snoop"
  /// The kernel never writes such an entry as was dumped.
  case entryIsNoEntry = "entry-is-no-entry"
  /// A corrupt entry is the one for this page.
  case corruptEntryOfThisPage = "corrupt-entry-of-this-page"
  /// A corrupt entry is for another page.
  case corruptEntryElsewhere = "corrupt-entry-elsewhere"
  /// The driver complains of commands that it did not send.
  case driverSeesGarbage = "driver-sees-garbage"
  /// No allocator gives such addresses.
  case strangeAddresses = "strange-addresses"
  /// The address has more bits than the unit translates.
  case beyondWidth = "beyond-width"
  /// The address is one of the kernel's own pointers.
  case kernelPointer = "kernel-pointer"
  /// The bytes of the address are text.
  case textInAddress = "text-in-address"
  /// The address is the low half of one that the log names.
  case cutTo32Bits = "cut-to-32-bits"
  /// The faults go through pages in a row.
  case pagesInARow = "pages-in-a-row"
  /// The machine was shutting down.
  case duringShutdown = "during-shutdown"
  /// The faults come at a display's rate.
  case refreshPeriod = "refresh-period"
  /// vfio has the function.
  case heldByGuest = "held-by-guest"
  /// The guest's own IOMMU passes everything.
  case guestBypasses = "guest-bypasses"
  /// The function changed its owner shortly before.
  case changedOwner = "changed-owner"
  /// The request has compatibility format.
  case compatibilityFormat = "compatibility-format"
  /// The id is like that of a virtual function.
  case likeVirtualFunction = "like-virtual-function"
  /// The function stands behind a volume management device.
  case volumeManagement = "volume-management"
  /// The function is plain, and set up by the kernel.
  case plainFunction = "plain-function"
  /// A guest can have written the message's address itself.
  case guestWroteMessage = "guest-wrote-message"
  /// The message goes to processor 0.
  case addressesProcessorZero = "addresses-processor-zero"
  /// The id is like that of a timer.
  case timerLikeID = "timer-like-id"
  /// The DMAR table gives the id to a timer.
  case timerOfTable = "timer-of-table"
  /// The line comes at each resume.
  case againAtEachResume = "again-at-each-resume"
  /// The entry refuses the sender.
  case entryRefusesSource = "entry-refuses-source"
  /// The entry is not present.
  case entryIsGone = "entry-is-gone"
  /// The entry cannot be used.
  case entryUnusable = "entry-unusable"
  /// The log shows the entry.
  case entryShown = "entry-shown"
  /// The sender is the host bridge, which sends no messages.
  case hostBridgeSendsNone = "host-bridge-sends-none"
  /// The sender is a port, which sends messages of its own.
  case portsOwnMessage = "ports-own-message"
  /// The tables were copied from the kernel before, and the reason fits.
  case copiedTables = "copied-tables"
  /// The tables were copied from the kernel before, and the reason is another.
  case copiedTablesOtherReason = "copied-tables-other-reason"
  /// The context table stands in the wrong half of the root entry.
  case wrongHalfOfRoot = "wrong-half-of-root"
  /// The dump fails at a table.
  case dumpFailsAtTable = "dump-fails-at-table"
  /// A user request met an entry for the supervisor.
  case userBitMissing = "user-bit-missing"
  /// A reserved bit of the PASID entry is set.
  case reservedBitInPASIDEntry = "reserved-bit-in-pasidentry"
  /// A supervisor request was refused.
  case supervisorRefused = "supervisor-refused"
  /// A reserved bit is set.
  case reservedBit = "reserved-bit"
  /// The entry asks for what the unit does not have.
  case entryAsksTooMuch = "entry-asks-too-much"
  /// The function left its group.
  case leftItsGroup = "left-its-group"
  /// The log tells of a removal near the fault.
  case removalTold = "removal-told"
  /// The function joined a group twice.
  case groupLineTwice = "group-line-twice"
  /// The function was announced again.
  case announcedAgain = "announced-again"
  /// The history shows that the device's mapping was taken away before the fault.
  case historyUnmapped = "history-unmapped"
  /// The history shows that a mapping of the address was taken away, and names no device.
  case historyUnmappedByAddress = "history-unmapped-by-address"
  /// The history shows a mapping for the other direction.
  case historyDirection = "history-direction"
  /// The history shows a mapping that allows the access.
  case historyAllows = "history-allows"
  /// The history shows that the address was mapped for another device.
  case historyOtherDevice = "history-other-device"
  /// The history shows that the address was mapped, for a device that it does not name.
  case historySomeDevice = "history-some-device"
  /// The history shows a mapping that ends right before the address.
  case historyNeighbour = "history-neighbour"
  /// The history never shows the address mapped.
  case historyNever = "history-never"
  /// The history shows that the address was mapped after the fault.
  case historyLater = "history-later"
  /// The history names the device of the fault.
  case historyNamesDevice = "history-names-device"
  /// What the history shows besides, told for the reader.
  case historyContext = "history-context"

  /// Whether the clue stands in the history of mappings.
  var isOfHistory: Bool {
    switch self {
    case .historyUnmapped, .historyUnmappedByAddress, .historyDirection, .historyAllows,
      .historyOtherDevice, .historySomeDevice, .historyNeighbour, .historyNever, .historyLater,
      .historyNamesDevice, .historyContext:
      true
    default: false
    }
  }

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
    /// The weight in tenths of a power of ten; negative speaks against.
    public var decibans: Int
    /// Where it comes from.
    public var origin: Origin
    /// What the origin says.
    public var source: String

    init(_ decibans: Int, _ origin: Origin, _ source: String) {
      self.decibans = decibans
      self.origin = origin
      self.source = source
    }
  }

  /// The weight in tenths of a power of ten; negative speaks against.
  public var decibans: Int { row.decibans }
}
