extension ClueWeight {
  /// What the clue weighs and why.
  public var row: Row {
    switch self {
    case .insideReservedRegion:
      Row(
        9, .corpus,
        "all settled reports with the address inside an RMRR line end with cause 1, graphics at boot aside"
      )
    case .insideOthersIdentityMap: Row(7, .corpus, "two reports of HP servers, both cause 1")
    case .regionOfThisDevice:
      Row(
        3, .mechanism,
        "the table names the function: the kernel has to map the region for it")
    case .regionOfAnotherDevice:
      Row(
        -2, .mechanism,
        "only the devices of the scope get the mapping")
    case .regionMappedEarlier:
      Row(
        -3, .mechanism,
        "a region that was mapped cannot be missing without a change")
    case .mixedDomainsInGroup:
      Row(
        3, .corpus,
        "the HP thread of 2019: identity and DMA domains in one group")
    case .movedBetweenDomains:
      Row(
        5, .corpus,
        "one report of 2020 with two controllers; the context entry is clear for a moment")
    case .sameAddressOfOthers: Row(3, .mechanism, "two devices do not get one IOVA by chance")
    case .inFirmwareMemory:
      Row(
        6, .mechanism,
        "the kernel allocates nothing in memory that the map reserves")
    case .noRegionCovers: Row(2, .mechanism, "what firmware uses and the table does not name")
    case .regionsNotShown: Row(-2, .judgement, "a region that would explain it may be out of sight")
    case .samePageForEver: Row(2, .corpus, "the Thunderbolt reports of 2022: one page every 20 s")
    case .printedBeforeBringUp:
      Row(
        8, .mechanism,
        "records latched earlier are printed when the fault interrupt is set up")
    case .firstSecondsOfBoot:
      Row(
        4, .corpus,
        "graphics and IOAPIC faults of the first two seconds; without the bring-up lines")
    case .insideGraphicsRegion: Row(4, .corpus, "scan-out of stolen memory in two reports")
    case .graphicsDevice: Row(2, .mechanism, "a display is read all the time, whoever set it up")
    case .goesOn: Row(-8, .mechanism, "a record that was latched once is printed once")
    case .beforeItsDriver:
      Row(
        5, .mechanism,
        "before its driver begins no driver of this kernel can have started it")
    case .bootNotShown: Row(-3, .judgement, "an excerpt may begin behind the driver's first line")
    case .guestHoldsDevice:
      Row(
        0, .judgement, "the fault may also be left from before the guest, or of the guest's driver")
    case .debugNamesPage:
      Row(
        6, .mechanism,
        "DMA_API_DEBUG checks the calls themselves; the page joins them with the fault")
    case .inRAMBetween:
      Row(1, .judgement, "between 1 GiB and the top of 32 bits IOVAs of busy machines lie as well")
    case .endsWithDriver: Row(2, .mechanism, "a driver resets the device when it begins")
    case .goesOnAfterDriver: Row(-5, .mechanism, "then the driver is not what ends it")
    case .takenOverByKexec:
      Row(
        3, .mechanism,
        "the units were on: something of the kernel before may still run")
    case .rightAfterTakeOver: Row(4, .corpus, "the kexec report of 2019: 10 ms after the line")
    case .domainIsEmpty: Row(4, .mechanism, "an empty topmost entry: nobody has mapped anything")
    case .noDriverSpeaks: Row(3, .judgement, "drivers print a line when they begin, as a rule")
    case .siblingListed:
      Row(
        7, .corpus,
        "all reports with a missing function beside a listed one end with cause 3")
    case .busListedWithout: Row(5, .corpus, "the management engine reports; a listing may be cut")
    case .functionUnknown: Row(1, .judgement, "the log may simply not list it")
    case .reasonCut: Row(-2, .judgement, "another reason would be another cause")
    case .knownAlias: Row(6, .mechanism, "a row of the kernel's table of DMA aliases")
    case .aliasingFamily: Row(3, .corpus, "families with several reports")
    case .managementEngine: Row(3, .corpus, "three reports of 00:16.7")
    case .bothDirections: Row(1, .judgement, "an engine, and not one stray buffer")
    case .context: Row(0, .judgement, "told for the reader; says nothing for or against")
    case .aliasOfBridge:
      Row(
        5, .mechanism,
        "bridges to conventional PCI send under function 0 of the secondary bus")
    case .conventionalBus: Row(5, .mechanism, "a PCI Express link has device 0 alone")
    case .writesToNowhere:
      Row(
        4, .corpus,
        "address 0 and write: three of four reports end with cause 4 or an unset message address")
    case .readsFromNowhere: Row(3, .corpus, "address 0 and read")
    case .dumpShowsNothing: Row(2, .mechanism, "nothing was ever mapped around the address")
    case .afterResume:
      Row(
        6, .mechanism,
        "a device that worked before the suspend had its addresses then")
    case .otherAddressesToo:
      Row(
        -4, .mechanism,
        "a device with other addresses has been given some")
    case .likeAllocated:
      Row(
        -1, .corpus,
        "high addresses alone: of nine reports four end with cause 5")
    case .stoppedBefore: Row(3, .corpus, "xHCI reports with stop and abort lines before the fault")
    case .inRAM: Row(3, .mechanism, "a number that is RAM and not where IOVAs are handed out first")
    case .inRAMWhereAllocated: Row(-3, .mechanism, "IOVAs lie there too")
    case .inDeviceWindow: Row(6, .mechanism, "a BAR address that no driver mapped")
    case .notLikeAllocated:
      Row(
        -2, .corpus,
        "low addresses without a memory map: one of four reports")
    case .aboveAllocated:
      Row(
        0, .mechanism,
        "the allocator does not come there; as likely is a guest or a program whose vfio lines are cut"
      )
    case .imagingUnit:
      Row(
        5, .corpus,
        "the IPU report of 2021; the device has page tables of its own")
    case .samePageAgain: Row(-1, .judgement, "buffers that go by have many pages")
    case .samePagePersists:
      Row(
        -2, .judgement,
        "a mapping that stays and forbids the access looks the same")
    case .mappingStays: Row(1, .judgement, "a buffer that goes by is not asked for again")
    case .knownPrefetcher: Row(7, .corpus, "VL805 reports; the kernel has a quirk for it")
    case .hostSystemError: Row(2, .corpus, "the VL805 report of 2022")
    case .entryForbids: Row(12, .mechanism, "the dumped entry itself forbids it")
    case .writeOnlyEnforced: Row(2, .mechanism, "6f5dc7658094 in 6.16: write-only entries again")
    case .dumpHasLargePage: Row(4, .mechanism, "the dumped entry has the page-size bit")
    case .unitWithoutLargePages: Row(6, .mechanism, "CAP.SSLPS lacks the size")
    case .unitHasLargePages: Row(-8, .mechanism, "CAP.SSLPS has the size")
    case .alignedToLargePage:
      Row(
        2, .corpus,
        "one of two reports; one address of 512 is aligned by chance")
    case .graphicsLeftOut: Row(3, .corpus, "reports of igfx_off with reason 12")
    case .dumpShowsPermission: Row(9, .mechanism, "memory allows what the unit refused")
    case .toolShowsPermission: Row(6, .corpus, "a walk that the reporter's own tool printed")
    case .dumpShowsPresent: Row(7, .mechanism, "memory has the entry that the unit did not see")
    case .unitDoesNotSnoop:
      Row(
        3, .mechanism,
        "ECAP.C is 0: entries have to be flushed from the cache")
    case .entryIsNoEntry: Row(5, .mechanism, "the kernel writes no such entry")
    case .corruptEntryOfThisPage: Row(6, .mechanism, "the very entry that the unit used")
    case .corruptEntryElsewhere: Row(-3, .judgement, "two pages, perhaps two stories")
    case .driverSeesGarbage: Row(7, .mechanism, "completions for commands that were not sent")
    case .strangeAddresses: Row(4, .mechanism, "no allocator gives pages below 1 MiB")
    case .kernelPointer:
      Row(
        9, .mechanism,
        "addresses from 0xffff8000... up are the kernel's own; the DMA API gives none of them")
    case .textInAddress:
      Row(
        6, .mechanism, "six letters in a row are an address once in some ten thousand random ones")
    case .cutTo32Bits:
      Row(6, .mechanism, "a low half is that of a page, or in a small window, seldom by chance")
    case .pagesInARow:
      Row(1, .judgement, "a transfer goes through its buffer; so does one that runs past an end")
    case .duringShutdown:
      Row(3, .mechanism, "drivers give their buffers back; a device that nobody stopped goes on")
    case .beyondWidth: Row(4, .mechanism, "no allocator gives more bits than the unit has")
    case .refreshPeriod: Row(8, .mechanism, "two or more gaps within 2 % of a refresh period")
    case .heldByGuest: Row(5, .mechanism, "vfio-pci speaks for the device")
    case .guestBypasses: Row(3, .mechanism, "the guest's IOMMU is in bypass")
    case .changedOwner:
      Row(
        4, .mechanism,
        "a domain of another owner does not have the old mappings")
    case .compatibilityFormat:
      Row(
        -1, .corpus,
        "the format alone: one of three reports is the host's doing")
    case .likeVirtualFunction: Row(5, .corpus, "two reports of virtual functions and VMD")
    case .volumeManagement: Row(3, .corpus, "VMD threads of 2021 and 2022")
    case .plainFunction:
      Row(
        0, .mechanism,
        "the kernel sets remappable messages for every function that it finds")
    case .guestWroteMessage:
      Row(
        4, .mechanism,
        "the hypervisor traps MSI set-up, but not registers of the device's own")
    case .addressesProcessorZero:
      Row(
        1, .judgement,
        "first messages of guests and firmware go there")
    case .timerLikeID: Row(4, .corpus, "three reports of f0:1f.0")
    case .timerOfTable: Row(7, .mechanism, "the DMAR table gives the id to a timer")
    case .againAtEachResume: Row(2, .corpus, "laptops' logs with the line at each resume")
    case .entryRefusesSource: Row(7, .mechanism, "reason 0x26 is that check")
    case .entryIsGone: Row(7, .mechanism, "reason 0x22 is that bit")
    case .entryUnusable: Row(5, .mechanism, "the reason names the entry")
    case .entryShown: Row(3, .mechanism, "the entry itself is in the log")
    case .hostBridgeSendsNone: Row(3, .mechanism, "a host bridge has no MSI")
    case .portsOwnMessage: Row(3, .mechanism, "a port sends PME, hot-plug and error messages")
    case .copiedTables:
      Row(
        8, .corpus,
        "kdump reports with reasons of root, context and PASID entries")
    case .copiedTablesOtherReason: Row(3, .judgement, "after a take-over, but another reason")
    case .wrongHalfOfRoot: Row(6, .corpus, "the kdump report of 2026: the table in the lower half")
    case .dumpFailsAtTable: Row(6, .corpus, "the kdump report of 2022")
    case .userBitMissing: Row(7, .mechanism, "reason 0x81 is that bit")
    case .reservedBitInPASIDEntry:
      Row(
        3, .mechanism,
        "reason 0x5a, 0x5b: a bit that the unit does not know")
    case .supervisorRefused: Row(3, .mechanism, "reason 0x5d")
    case .reservedBit: Row(1, .judgement, "corruption gives the same reason")
    case .entryAsksTooMuch: Row(5, .mechanism, "the entry sets what ECAP lacks")
    case .leftItsGroup: Row(8, .mechanism, "the group line tells of the removal")
    case .removalTold: Row(3, .corpus, "lines of removal near the fault")
    case .groupLineTwice: Row(8, .mechanism, "a device joins a group once, unless it was removed")
    case .announcedAgain: Row(2, .mechanism, "the bus code found it again")
    case .historyUnmapped:
      Row(12, .mechanism, "the trace names the device and the moment: nothing is left to guess")
    case .historyUnmappedByAddress:
      Row(10, .mechanism, "two domains may hand out one address: the events name no device")
    case .historyDirection: Row(12, .mechanism, "the mapping was there and forbade the access")
    case .historyAllows:
      Row(8, .judgement, "mapped and allowed, and still refused: tables and caches differ")
    case .historyOtherDevice:
      Row(12, .mechanism, "each device has its domain, unless a group shares one")
    case .historySomeDevice: Row(8, .judgement, "mapped, but the events name no device")
    case .historyNeighbour:
      Row(12, .mechanism, "nothing is mapped there, and a mapping ends right before it")
    case .historyNever: Row(10, .mechanism, "older mappings than the history cannot be seen")
    case .historyLater: Row(12, .mechanism, "the mapping came when the record was printed already")
    case .historyNamesDevice:
      Row(6, .mechanism, "the DMA API's events hold the name of the device")
    case .historyContext: Row(0, .mechanism, "it explains, and changes no odds")
    }
  }
}
