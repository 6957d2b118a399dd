extension Terms {
  static let caches: [Term] = [
    Term(
      "IOTLB", ["I/O translation lookaside buffer"],
      "The unit's cache of finished translations: page of the IOVA, domain id, PASID, permissions. It "
        + "answers before any table is read, also after the table has changed.",
      see: ["stale", "invalidation"]),
    Term(
      "context cache", ["PASID cache", "paging-structure cache"],
      "Caches of the unit for what comes before the last entry: context entries, PASID entries, upper "
        + "levels of page tables.",
      see: ["IOTLB", "invalidation"]),
    Term(
      "invalidation", ["flush"],
      "Software tells the unit to forget cached entries: all, those of a domain, of a PASID, or of some "
        + "pages. Until then the unit may go on using them.",
      see: ["invalidation queue", "stale"]),
    Term(
      "invalidation queue", ["QI", "queued invalidation", "IQH", "IQT", "IQA"],
      "A ring of descriptors in memory. Software adds at the tail (IQT), the unit takes from the head "
        + "(IQH).",
      see: ["descriptor", "wait descriptor"]),
    Term(
      "descriptor", ["invalidation descriptor"],
      "One order in the invalidation queue, of 128 or 256 bits: what to forget, or a wait.",
      see: ["invalidation queue"]),
    Term(
      "wait descriptor", ["inv_wait"],
      "An order that writes a word to memory, or interrupts, once everything before it is done. So "
        + "software knows when memory may be used for something else.",
      see: ["invalidation queue"]),
    Term(
      "stale", ["stale translation"],
      "A cached translation that differs from what the tables say now. A DMA that uses one reaches a "
        + "page that is no longer the device's: nothing faults, memory is corrupted.",
      see: ["IOTLB", "strict", "lazy"]),
    Term(
      "domain-selective", ["page-selective", "granularity", "global invalidation"],
      "How much an invalidation drops: everything, one domain's entries, or one domain's entries for "
        + "a range of pages.",
      see: ["invalidation", "domain id"]),
    Term(
      "caching mode", ["CM"],
      "A capability bit of emulated units: they may cache that an entry is not present, so software "
        + "must invalidate after it has made a mapping too.",
      see: ["IOTLB", "invalidation"]),
    Term(
      "ATS", ["address translation services", "device TLB", "device-TLB"],
      "A device asks the unit for translations and keeps them in a TLB of its own. Afterwards it sends "
        + "translated requests, which the unit lets through; software must invalidate the device's TLB "
        + "as well.",
      see: ["page request", "invalidation time-out"]),
    Term(
      "invalidation time-out", ["ITE"],
      "A device did not answer an invalidation of its TLB. The queue stops until software clears the "
        + "error.",
      see: ["ATS", "invalidation queue error"]),
    Term(
      "invalidation queue error", ["IQE"],
      "The unit found a descriptor that it does not accept. The queue stops; no device is to blame for "
        + "it.",
      see: ["descriptor", "invalidation time-out"]),
    Term(
      "strict", ["strict mode", "iommu.strict"],
      "Linux invalidates at every unmap, before the memory can be used again.",
      see: ["lazy", "invalidation"]),
    Term(
      "lazy", ["lazy mode", "deferred flush", "DMA-FQ", "flush queue"],
      "Linux gathers unmapped ranges and invalidates at once for many. Until then a device can still "
        + "reach them: a window of up to 10 ms.",
      see: ["strict", "stale"]),
  ]
}
