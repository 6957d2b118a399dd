import PhysicalMemory
import VTdFormats

func physicalMemory() throws {
  let memory = try PhysicalMemory(size: 1 << 40)  // a terabyte, which takes no room yet
  let place = PhysicalAddress(rawValue: 0x2180)
  memory.store64(0x3001, at: place)
  print(memory.load64(place) == 0x3001, memory.read(place, count: 4) ?? [])

  let outside = PhysicalAddress(rawValue: 1 << 40)
  print(memory.store64(1, at: outside), memory.load64(outside) == nil)
  print(memory.residentBytes < 1 << 20)
}
