extension Terms {
  static let translation: [Term] = [
    Term(
      "IOMMU", ["I/O memory management unit"],
      "Hardware between devices and memory. It translates the address of every DMA by tables that the "
        + "kernel keeps, and blocks what the tables do not allow.",
      see: ["VT-d", "unit", "DMA"]),
    Term(
      "VT-d", ["Virtualization Technology for Directed I/O", "Intel IOMMU"],
      "Intel's IOMMU: DMA remapping and interrupt remapping. Its specification is public.",
      see: ["IOMMU", "interrupt remapping"]),
    Term(
      "unit", ["remapping unit", "remapping hardware", "dmar0"],
      "One piece of VT-d hardware with registers of its own. Linux numbers them dmar0, dmar1 and so on "
        + "in the order of the DMAR table.",
      see: ["DRHD", "VT-d"]),
    Term(
      "IOVA", ["I/O virtual address", "DMA address", "bus address"],
      "The address that a device sends with a DMA. The unit translates it to an address in memory; "
        + "where translation is off or passed through, both are the same.",
      see: ["IOMMU", "pass-through"]),
    Term(
      "root table", ["root entry"],
      "The first table of a translation: one page of 256 entries of 16 bytes, one for each bus. An "
        + "entry leads to the context table of its bus. RTADDR_REG holds the table's address.",
      see: ["context entry", "source-id"]),
    Term(
      "context entry", ["context table", "context-entry"],
      "The second table's entry, one for each devfn of a bus: which page table the function uses, its "
        + "domain id, and how requests are treated (translation type).",
      see: ["root table", "domain id", "translation type"]),
    Term(
      "translation type", ["TT"],
      "A field of a context entry: translate untranslated requests only (0), take part in ATS as well "
        + "(1), or pass everything through (2).",
      see: ["context entry", "pass-through", "ATS"]),
    Term(
      "page table", ["page-table entry", "PTE", "paging entry"],
      "A tree of 4 KiB pages of 512 entries of 8 bytes. Nine bits of the address choose the entry at "
        + "each level; the entry at the last level holds the page and its permissions.",
      see: ["level", "large page", "second stage"]),
    Term(
      "index", ["offset", "page offset"],
      "An address is cut into an index of nine bits for each level of its page table and an offset. "
        + "An index chooses one of the 512 entries of a table; the offset is the place in the page.",
      see: ["page table", "level"]),
    Term(
      "level", ["page-table level"],
      "How far an entry of a page table is from the page: level 1 maps 4 KiB, level 2 leads to level 1 "
        + "or maps 2 MiB, level 3 maps 1 GiB. With four levels an IOVA has 48 bits.",
      see: ["address width", "page table"]),
    Term(
      "address width", ["AW", "AGAW", "adjusted guest address width"],
      "How many bits of an IOVA the page table of a device translates: 39 (three levels), 48 (four) or "
        + "57 (five). An address beyond it faults with reason 0x04.",
      see: ["level", "MGAW"]),
    Term(
      "MGAW", ["maximum guest address width"],
      "The most bits of an IOVA that a unit takes, from its capability register.",
      see: ["address width", "capability register"]),
    Term(
      "HAW", ["host address width"],
      "How many bits a physical address of the machine has, from the DMAR table. Bits above it are "
        + "reserved in every entry.",
      see: ["DMAR table", "reserved bits"]),
    Term(
      "large page", ["superpage", "huge page", "PS", "page size"],
      "A page of 2 MiB or 1 GiB: an entry above level 1 with the bit PS set maps it at once.",
      see: ["level"]),
    Term(
      "reserved bits", ["reserved", "reserved bit", "reserved field"],
      "Bits of an entry that must be zero. A unit that finds one set faults with a reason of its own "
        + "for each kind of entry: 0x0a, 0x0b, 0x0c in legacy mode.",
      see: ["fault reason"]),
    Term(
      "legacy mode", [],
      "Translation by root and context entries of 16 bytes, without PASID tables. One page table for "
        + "each function.",
      see: ["scalable mode"]),
    Term(
      "scalable mode", ["SM"],
      "Translation with PASID tables behind the context entry, so that one function has many address "
        + "spaces. Chosen by the bit TTM of RTADDR_REG.",
      see: ["PASID", "legacy mode", "nested translation"]),
    Term(
      "PASID", ["process address space id"],
      "Twenty bits that a request may carry beside its source-id: which of the function's address "
        + "spaces it means. A request without one is served by the RID_PASID of its context entry.",
      see: ["scalable mode", "SVA"]),
    Term(
      "canonical", ["canonical address", "non-canonical"],
      "An address of 64 bits whose upper bits are copies of the highest bit that its page table uses: "
        + "bit 47 with four levels. First-stage translation takes no other and faults with reason 0x80.",
      see: ["first stage", "address width"]),
    Term(
      "PASID directory", ["PASID table", "PASID entry"],
      "Two levels of tables behind a scalable-mode context entry. The directory's entry leads to a "
        + "table of 64 PASID entries; a PASID entry says which translation its address space has.",
      see: ["PASID", "PGTT"]),
    Term(
      "PGTT", ["PASID granular translation type"],
      "The kind of translation of a PASID entry: first stage (1), second stage (2), nested (3) or "
        + "pass-through (4).",
      see: ["first stage", "second stage", "nested translation"]),
    Term(
      "first stage", ["first-level", "first-stage translation"],
      "Page tables in the format of the CPU's own: they can be shared with a process. They have "
        + "user/supervisor, execute-disable, accessed and dirty bits.",
      see: ["SVA", "second stage"]),
    Term(
      "second stage", ["second-level", "second-stage translation", "SL"],
      "VT-d's own page-table format, with a read and a write bit in every entry. Older documents call "
        + "it second-level.",
      see: ["first stage", "page table"]),
    Term(
      "nested translation", ["nested", "two-stage"],
      "The first stage's addresses are guest addresses that the second stage translates again, those "
        + "of the first stage's own tables included: up to 24 reads for one request.",
      see: ["first stage", "second stage"]),
    Term(
      "pass-through", ["passthrough", "identity", "iommu=pt"],
      "Requests keep their address. Either the unit is told so (TT or PGTT), or an identity domain "
        + "maps every page to itself.",
      see: ["identity domain", "translation type"]),
    Term(
      "permission", ["read and write bits", "R/W"],
      "Whether an access may happen. It must be allowed at every level; one entry without the bit is "
        + "enough to block it (reasons 0x05 and 0x06).",
      see: ["level", "fault reason"]),
    Term(
      "capability register", ["CAP", "ECAP", "CAP_REG", "ECAP_REG"],
      "Two read-only registers that say what a unit can do: widths, page sizes, number of domains and "
        + "fault records, queue, interrupt remapping, scalable mode.",
      see: ["MGAW", "unit"]),
    Term(
      "GCMD", ["global command register", "GSTS", "global status register"],
      "The register that switches parts of a unit on and off, one command at a time; GSTS shows which "
        + "are on. It has 32 bits: software writes it whole, with every bit that is to stay on.",
      see: ["unit", "root table"]),
    Term(
      "snooping", ["coherency", "SNP", "ECAP.C"],
      "Whether a unit sees the CPU's caches when it reads tables. Where it does not, the kernel writes "
        + "each changed entry back to memory.",
      see: ["page table"]),
  ]
}
