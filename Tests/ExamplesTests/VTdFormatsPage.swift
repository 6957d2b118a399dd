import VTdFormats

func formats() throws {
  var entry = ContextEntry(low: 0x19a_8001, high: 0x102)
  print(entry)
  for field in entry.decoded { print(field) }
  print(entry.domain, entry.levels)

  entry[.domainID] = 7
  entry[inPlace: .secondStageTable] = 0x2000_0000
  entry[flag: .present] = false
  print(entry)
  print(FaultReason(rawValue: 0x05))
}
