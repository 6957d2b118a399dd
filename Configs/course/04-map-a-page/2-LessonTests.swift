import IOMMULab
import Testing

@Suite("Lesson 4: map a page")
struct MapAPageTests {
  @Test("the first page is written and read")
  func first() throws {
    let lab = try makeLab()
    #expect(try lab.dma("00:03.0", .write, 0x4000_0abc).address?.rawValue == 0x2100_0abc)
    #expect(try lab.dma("00:03.0", .read, 0x4000_0abc).address?.rawValue == 0x2100_0abc)
  }

  @Test("the second page is read, and a write is refused")
  func second() throws {
    let lab = try makeLab()
    #expect(try lab.dma("00:03.0", .read, 0x4000_1010).address?.rawValue == 0x2100_1010)
    #expect(try lab.dma("00:03.0", .write, 0x4000_1010).reason == FaultReason(rawValue: 5))
  }

  @Test("nothing else is mapped")
  func rest() throws {
    let lab = try makeLab()
    #expect(try lab.dma("00:03.0", .read, 0x4000_2000).reason == FaultReason(rawValue: 6))
    #expect(try lab.dma("00:04.0", .read, 0x4000_0000).reason == FaultReason(rawValue: 2))
  }
}
