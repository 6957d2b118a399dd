import IOMMULab
import Testing

/// What stands in the comments of declarations, run.
@Suite("the code in comments")
struct CommentPrograms {
  @Test("Lab's")
  func firstLab() throws {
    var lab = try Lab(.legacy48)
    try lab.attach("00:03.0", domain: 1)
    try lab.map(0x4000_0000, to: 0x2100_0000, [.read])
    try lab.start()
    let dma = try lab.dma("00:03.0", .write, 0x4000_0000)
    print(dma)
    print(lab.walk(dma))
    print(try lab.kernelLine(dma) ?? "no record")
    #expect(dma.reason?.rawValue == 5)
  }

  @Test("change(level:of:)'s")
  func change() throws {
    var lab = try Lab(.legacy48)
    try lab.attach("00:03.0", domain: 1)
    try lab.map(0x4000_0000, to: 0x2100_0000)
    try lab.change(level: 1, of: 0x4000_0000) { $0[flag: .write] = false }
    try lab.start()
    #expect(try lab.dma("00:03.0", .write, 0x4000_0000).reason?.rawValue == 5)
  }

  @Test("LabLocks'")
  func locks() throws {
    let locks = try LabLocks(
      """
      @boot L(&k->k_lock) U(&k->k_lock)
      @hardirq L(&k->k_lock) U(&k->k_lock)
      """)
    print(locks)
    #expect(!locks.isClean)
  }
}
