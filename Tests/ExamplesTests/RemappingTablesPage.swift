import PhysicalMemory
import RemappingTables
import VTdFormats
import VTdUnit

func remappingTables() throws {
  let hardware = UnitConfiguration(cap: 0xd2008c_222f0606, ecap: 0xf00f4a)
  let memory = try PhysicalMemory(size: 1 << 30)
  let room = TablePages(
    base: PhysicalAddress(rawValue: 0x10_0000), end: PhysicalAddress(rawValue: 0x20_0000))
  var tables = try RemappingTables(mode: .legacy, for: hardware, in: memory, pages: room)

  let device = SourceID(bus: 0, device: 3, function: 0)
  let domain = try tables.makePageTables(.second)
  try tables.attach(device, to: domain, domain: DomainID(rawValue: 1))
  let page = IOVA(rawValue: 0x4000_0000)
  try tables.map(page, to: PhysicalAddress(rawValue: 0x2100_0000), [.read], in: domain)
  print(try tables.entry(ContextEntry.self, at: tables.contextEntryAddress(of: device)))

  let unit = try RemappingUnit(configuration: hardware, memory: memory)
  unit.write64(tables.rootTableAddress.rawValue, at: RegisterOffset.rtaddr)
  unit.write32(1 << 30, at: RegisterOffset.gcmd)  // SRTP: take the root table
  unit.write32(1 << 31, at: RegisterOffset.gcmd)  // TE: translate
  let write = DMARequest(source: device, address: page, access: .write)
  print(unit.translate(write))

  let place = try tables.entryAddress(level: 1, of: page, in: domain)
  var leaf: SecondStageEntry = try tables.entry(at: place)
  print("\(place): \(leaf)")
  leaf[flag: .write] = true
  try tables.store(leaf, at: place)
  print(unit.translate(write))

  do {
    try tables.map(page, to: PhysicalAddress(rawValue: 0x2200_0000), in: domain)
  } catch {
    print(error)
  }
}
