internal import VTdUnit

/// What a scenario says of a unit's caches.
enum CacheSchema {
  static let section = Section(
    name: "caches",
    fields: [
      Field("enabled", .boolean, "false: every request reads the tables, so nothing is ever stale"),
      Field("iotlb_entries", .integer(1...65536), "pages in the IOTLB, a power of 2"),
      Field(
        "large_page_entries", .integer(1...65536),
        "pages of 2 MiB and 1 GiB that are kept whole, a power of 2"),
      Field(
        "paging_structure_entries", .integer(0...65536),
        "tables in the paging-structure caches, a power of 2 or 0"),
      Field("context_entries", .integer(1...65536), "entries of the context cache, a power of 2"),
      Field("pasid_entries", .integer(1...65536), "entries of the PASID cache, a power of 2"),
      Field(
        "interrupt_entries", .integer(0...65536),
        "entries of the interrupt-entry cache, a power of 2 or 0"),
    ])

  static func caches(from section: CheckedValue) throws -> CacheConfiguration {
    var caches = CacheConfiguration()
    func size(_ name: String, _ size: inout Int) throws {
      if let value = section[name] { size = try value.integer(as: Int.self) }
    }
    caches.isEnabled = try section["enabled"]?.boolean() ?? true
    try size("iotlb_entries", &caches.iotlbEntries)
    try size("large_page_entries", &caches.largePageEntries)
    try size("paging_structure_entries", &caches.pagingStructureEntries)
    try size("context_entries", &caches.contextEntries)
    try size("pasid_entries", &caches.pasidEntries)
    try size("interrupt_entries", &caches.interruptEntries)
    return caches
  }
}
