extension FaultReasonRow.Structure {
  /// The structure in words, as an end of "the unit was looking at …".
  public var phrase: String {
    switch self {
    case .request: "the request itself: its address, PASID or format"
    case .rootTableAddress: "the register with the root table's address (RTADDR_REG)"
    case .root: "the root entry of the request's bus"
    case .context: "the context entry of the request's function"
    case .directory: "the PASID directory entry of the request's PASID"
    case .pasidEntry: "the PASID entry of the request's PASID"
    case .firstStage: "the first-stage page tables of the address space"
    case .secondStage: "the second-stage page tables of the domain"
    case .page: "the permissions of the page"
    case .interruptEntry: "the interrupt entry that the message's index chooses"
    case .postedDescriptor: "the posted-interrupt descriptor that the interrupt entry names"
    }
  }

  /// Whether the structure is read for an interrupt message.
  private var isOfInterrupts: Bool { self == .interruptEntry || self == .postedDescriptor }

  fileprivate var isPageTable: Bool {
    self == .firstStage || self == .secondStage || self == .page
  }

  /// Where a running kernel shows the structure.
  fileprivate var debugfs: String {
    if isOfInterrupts { return "ir_translation_struct" }
    return isPageTable ? "domain_translation_struct" : "dmar_translation_struct"
  }
}

extension FaultReason {
  /// Which structure the unit was looking at, and what to look at next; nil for a code without a row.
  public var advice: (structure: String, next: String)? {
    row.map { ($0.structure.phrase, isInterruptRemapping ? $0.nextOfInterrupt : $0.next) }
  }
}

extension FaultReasonRow {
  /// What to look at after a DMA was blocked for this reason.
  fileprivate var next: String {
    switch problem {
    case .unreadable:
      "does the table's address lie in memory? Something may have overwritten the entry that leads "
        + "to it: compare \(structure.debugfs) in debugfs"
    case .notPresent:
      switch structure {
      case .root, .context:
        "does a function with this source-id exist (lspci -tv)? A bridge or a device with a wrong id "
          + "may have sent it, or its driver has not been bound yet"
      case .directory, .pasidEntry:
        "was this PASID ever bound to the device, and is the process still there?"
      default:
        "was the address ever mapped for this device, and was it unmapped before the device was done? "
          + "The table dump's last line shows where the walk ends"
      }
    case .reserved:
      "an entry holds bits that must be zero: memory was overwritten, or the tables were made for a "
        + "unit that can do more. Compare \(structure.debugfs) in debugfs with the host address width"
    case .unsupported:
      "the tables ask for a mode or a width that this unit lacks: compare CAP and ECAP in the boot log"
    case .notEnabled:
      "the request is of a kind (ATS, PASID, page request, execute) that is switched off for this "
        + "function or address space: compare lspci -vv with the entry's enable bits"
    case .notPermitted:
      "is the address mapped for the other direction, or not at all? A read needs R and a write W at "
        + "every level: compare the table dump and the driver's dma_map_* direction"
    case .beyondWidth:
      "is this an address that the kernel gave out? One with high bits set is often a virtual "
        + "address, or an address that firmware left in the device"
    case .notUpdated:
      "the unit has to set an accessed or dirty bit and cannot: look at snooping (ECAP.SMPWC) and at "
        + "where the tables lie"
    case .interruptRange:
      "the mapped page lies in 0xfee00000 to 0xfeefffff, which is for interrupts alone: who mapped it?"
    }
  }

  /// What to look at after an interrupt message was blocked for this reason.
  fileprivate var nextOfInterrupt: String {
    switch problem {
    case .notPresent, .beyondWidth:
      "does the message belong to an interrupt that was freed, or to a guest? Compare the index with "
        + "ir_translation_struct in debugfs and with /proc/interrupts"
    case .notPermitted:
      "who sent it? A bridge may have put its own id on the message: compare the entry's SID and SVT "
        + "with lspci -tv"
    case .notEnabled:
      "a source still uses the format without remapping: an IOAPIC before it was set up anew, or a "
        + "device whose message address was never set"
    default:
      "was the interrupt remapping table overwritten? Compare ir_translation_struct in debugfs"
    }
  }
}
