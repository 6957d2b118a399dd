import PhysicalMemory
import VTdFormats
import VTdUnit

func remappingUnit() throws {
  let memory = try PhysicalMemory(size: 1 << 20)
  let hardware = UnitConfiguration(cap: 0xd2008c_222f0606, ecap: 0xf00f4a)
  let unit = try RemappingUnit(configuration: hardware, memory: memory)
  let tables: [(at: UInt64, word: UInt64)] = [
    // The root entry of bus 0: its context table is at 0x2000.
    (0x1000, 0x2001),
    // The context entry of 00:03.0: domain 1, page tables at 0x3000.
    (0x2180, 0x3001), (0x2188, 0x101),
    // Three levels of page tables: page 1 is at 0x7000.
    (0x3000, 0x4003), (0x4000, 0x5003), (0x5008, 0x7003),
  ]
  for (at, word) in tables {
    memory.store64(word, at: PhysicalAddress(rawValue: at))
  }
  unit.write64(0x1000, at: RegisterOffset.rtaddr)
  unit.write32(1 << 30, at: RegisterOffset.gcmd)  // SRTP: take the root table
  unit.write32(1 << 31, at: RegisterOffset.gcmd)  // TE: translate
  let device = SourceID(bus: 0, device: 3, function: 0)
  func write(_ address: UInt64) -> DMARequest {
    DMARequest(
      source: device, address: IOVA(rawValue: address), access: .write)
  }
  print(unit.translate(write(0x1234)))
  print(unit.translate(write(0x2000)))

  let place = hardware.capability.faultRecordOffset
  let record = FaultRecord(
    low: unit.read64(place), high: unit.read64(place + 8))
  print(record)
  for field in record.decoded where field.value != 0 { print(field) }
  print(FaultStatus(rawValue: unit.read32(RegisterOffset.fsts)))
  unit.write64(1 << 63, at: place + 8)  // F: the record has been read
  print(FaultStatus(rawValue: unit.read32(RegisterOffset.fsts)))

  // Page 1 is mapped no more.
  memory.store64(0, at: PhysicalAddress(rawValue: 0x5008))
  print(unit.translate(write(0x1234)))
  print(unit.explain(write(0x1234)).verdict)

  var flush = IOTLBCommand()
  flush[.requestedGranularity] = 2  // all of one domain
  flush[.domainID] = 1
  flush[flag: .invalidate] = true
  let registers = hardware.extendedCapability.iotlbRegisterOffset
  unit.write64(flush.rawValue, at: registers + 8)
  print(unit.translate(write(0x1234)))
}
