import ACPITables

func acpiTables() throws {
  let table = DMARTable(
    hostAddressWidth: 39,
    structures: [.unit(HardwareUnit(includesAll: true, registerBase: 0xfed9_0000))])
  print(try DMARTable.disassembly(of: table.bytes))
  print(try DMARTable(parsing: table.bytes) == table)
  for finding in table.findings() { print(finding) }
}
