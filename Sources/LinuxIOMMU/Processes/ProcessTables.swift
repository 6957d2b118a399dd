internal import KernelRuntime
internal import VTdFormats

/// The page tables of processes: the processor's own, in the first-stage format.
struct ProcessTables {
  let tables: TableMemory

  /// Makes a process with its page table; areas that are populated are mapped.
  func makeProcess(
    _ name: String, pasid: PASID, levels: Int, areas: [ProcessArea]
  ) throws(DriverError) -> IOMMUProcess {
    let process = IOMMUProcess(
      name: name, pasid: pasid, levels: levels, pageTable: try tables.allocatePage())
    process.areas = areas
    for area in areas where area.isPopulated {
      try tables.check(0...area.size.page)
      for offset in stride(from: 0, to: area.size, by: Int(Paging.pageSize)) {
        try populate(area.start &+ offset, area, of: process)
      }
    }
    return process
  }

  /// What handle_mm_fault makes of a device's page request: true where the page is there now, false
  /// where the process may not touch it so.
  func handleFault(
    at address: UInt64, writes: Bool, of process: IOMMUProcess
  ) throws(DriverError) -> Bool {
    guard let area = process.areas.first(where: { $0.contains(address) }),
      area.isWritable || !writes
    else { return false }
    try populate(address, area, of: process)
    return true
  }

  private func populate(
    _ address: UInt64, _ area: ProcessArea, of process: IOMMUProcess
  ) throws(DriverError) {
    let slot = try slot(of: address, in: process)
    var entry = FirstStageEntry(rawValue: tables.load(slot))
    if !entry[flag: .present] {
      let offset = (address - area.start).pageStart
      if let target = area.target {
        entry[inPlace: .address] = target.rawValue.pageStart &+ offset
      } else {
        entry[inPlace: .address] = try tables.allocatePage().rawValue
      }
    }
    entry[flag: .present] = true
    entry[flag: .write] = area.isWritable
    entry[flag: .user] = true
    entry[flag: .accessed] = true
    entry[flag: .dirty] = area.isWritable
    entry[flag: .executeDisable] = true
    try tables.store(entry.rawValue, at: slot)
  }

  func clearProcessPage(
    _ page: UInt64, of process: IOMMUProcess
  ) throws(DriverError) {
    try tables.store(0, at: try slot(of: UInt64(page: page), in: process))
  }

  /// The leaf entry of an address, with the tables above it made.
  private func slot(of address: UInt64, in process: IOMMUProcess) throws(DriverError) -> UInt64 {
    var table = process.pageTable.rawValue
    for level in stride(from: process.levels, to: 1, by: -1) {
      let slot = table &+ Paging.entryOffset(of: address, level: level)
      var entry = FirstStageEntry(rawValue: tables.load(slot))
      if !entry[flag: .present] {
        entry[flag: .present] = true
        entry[flag: .write] = true
        entry[flag: .user] = true
        entry[flag: .accessed] = true
        entry[inPlace: .address] = try tables.allocatePage().rawValue
        try tables.store(entry.rawValue, at: slot)
      }
      table = entry[inPlace: .address]
    }
    return table &+ Paging.entryOffset(of: address, level: 1)
  }
}
