import IOMMULab

/// A lab in which 00:03.0 reads and writes 0x40000000, and only reads 0x40001000.
///
/// They are the pages at 0x21000000 and 0x21001000; nothing else is mapped.
func makeLab() throws -> Lab {
  var lab = try Lab(.legacy48)
  try lab.attach("00:03.0", domain: 1)
  try lab.map(0x4000_0000, to: 0x2100_0000)
  try lab.map(0x4000_1000, to: 0x2100_1000, [.read])
  try lab.start()
  return lab
}
