extension Terms {
  static let faults: [Term] = [
    Term(
      "DMA fault", ["fault", "I/O page fault"],
      "A request that the unit blocked. The device gets an abort or nothing, the unit keeps a record "
        + "and interrupts a CPU, and Linux prints two lines.",
      see: ["fault record", "fault reason"]),
    Term(
      "fault record", ["FRCD", "FRCD_REG", "fault recording register"],
      "One of a unit's registers of 128 bits that hold what was blocked: source-id, address, reason, "
        + "access, PASID. Its top bit F says that it is in use.",
      see: ["fault status register", "primary fault overflow"]),
    Term(
      "fault reason", ["reason", "FR"],
      "A number of 8 bits that says which check failed: 0x01 to 0x0e in legacy mode, 0x20 to 0x28 for "
        + "interrupts, 0x30 and above in scalable mode. `dmar decode reason 0x05` explains one.",
      see: ["fault record"]),
    Term(
      "fault status register", ["FSTS", "FSTS_REG", "PPF", "primary pending fault"],
      "The register with which Linux's handler begins: PPF says that a record is pending, PFO that "
        + "records were lost, FRI which record comes first. `fault status reg 3` in a log is PFO and "
        + "PPF.",
      see: ["fault record", "primary fault overflow"]),
    Term(
      "primary fault overflow", ["PFO", "overflow"],
      "Every record was in use when another fault came, which is lost. Many units have one record, so "
        + "a log rarely shows every fault.",
      see: ["fault record"]),
    Term(
      "fault event", ["fault interrupt", "FECTL", "FEDATA", "FEADDR"],
      "The message with which a unit tells a CPU of a fault. It is sent when the first record becomes "
        + "pending and not again before software has cleared it.",
      see: ["MSI", "fault status register"]),
    Term(
      "FPD", ["fault processing disable"],
      "A bit in context and PASID entries: requests that fault there leave no record. Linux sets it in "
        + "no entry of its own.",
      see: ["context entry", "fault record"]),
    Term(
      "address of a fault", ["fault addr"],
      "The address of the page that the request asked for: the low 12 bits are not recorded, so "
        + "`0xfff000` stands for any byte of that page.",
      see: ["fault record", "IOVA"]),
    Term(
      "NO_PASID", [],
      "Linux's word in a fault line for a request that carried no PASID.",
      see: ["PASID"]),
    Term(
      "page request", ["PRQ", "PRI", "page request interface"],
      "A device asks for a page that is not there and waits for the answer, in place of a fault. Needs "
        + "ATS and a queue of the unit.",
      see: ["ATS", "SVA"]),
    Term(
      "blocked", ["abort", "unsupported request"],
      "What becomes of a request that faults. A read gets an error or all ones, a write is dropped; "
        + "memory is untouched.",
      see: ["DMA fault"]),
  ]
}
