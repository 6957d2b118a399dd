import Testing
import VTdFormats

@testable import LinuxIOMMU

@Suite("What a unit is asked to forget for a range of pages")
struct RangeInvalidationTests {
  struct Case: CustomTestStringConvertible {
    let pages: ClosedRange<UInt64>
    let maximum: UInt64
    let expected: RangeInvalidation

    var testDescription: String {
      "0x\(String(pages.lowerBound, radix: 16))+\(pages.count), MAMV \(maximum)"
    }

    init(_ first: UInt64, _ count: UInt64, maximum: UInt64 = 18, _ expected: RangeInvalidation) {
      pages = first...(first + count - 1)
      self.maximum = maximum
      self.expected = expected
    }
  }

  @Test(
    "an invalidated range is the smallest aligned power of two that holds it, or the domain beyond MAMV",
    arguments: [
      Case(0x10, 1, .pages(address: 0x10000, mask: 0)),
      Case(0x10, 2, .pages(address: 0x10000, mask: 1)),
      Case(0x10, 3, .pages(address: 0x10000, mask: 2)),
      // Not aligned to its size: the next block that holds both ends.
      Case(0x11, 2, .pages(address: 0x10000, mask: 2)),
      Case(0x13, 2, .pages(address: 0x10000, mask: 3)),
      Case(0x1f, 2, .pages(address: 0x0, mask: 6)),
      Case(0x200, 512, .pages(address: 0x20_0000, mask: 9)),
      Case(0x201, 512, .pages(address: 0x0, mask: 11)),
      // A unit whose MAMV is 9 forgets 2 MiB at a time.
      Case(0x200, 512, maximum: 9, .pages(address: 0x20_0000, mask: 9)),
      Case(0x200, 513, maximum: 9, .everything),
      Case(0x1ff, 2, maximum: 9, .everything),
      Case(0x10, 2, maximum: 0, .everything),
      Case(0x10, 1, maximum: 0, .pages(address: 0x10000, mask: 0)),
      // Nothing above the range is shared: the ends differ in the highest bit.
      Case(0x7fff_ffff_ffff_ffff, 2, .everything),
    ])
  func secondStage(_ test: Case) {
    var capability = Capability()
    capability[flag: .pageSelectiveInvalidation] = true
    capability[.maximumAddressMask] = test.maximum
    #expect(
      RangeInvalidation(test.pages, capability: capability, aligns: true) == test.expected)
  }

  @Test("an invalidated range is the domain where the unit cannot forget by page")
  func noPages() {
    #expect(RangeInvalidation(1...1, capability: Capability(), aligns: true) == .everything)
  }

  @Test(
    "always holds the range, whatever its ends",
    arguments: [UInt64(1), 2, 3, 7, 8, 9, 64, 511, 512, 1000])
  func holds(_ count: UInt64) {
    for first in UInt64(0)..<600 {
      let range = first...(first + count - 1)
      guard case .pages(let address, let mask) = RangeInvalidation(firstStage: range, aligns: true)
      else {
        Issue.record("\(range) asks for everything")
        continue
      }
      #expect(address >> 12 <= range.lowerBound)
      #expect(address >> 12 + 1 << mask > range.upperBound)
      #expect(address >> 12 & (1 << mask - 1) == 0)
    }
  }

  @Test(
    "an invalidation in a first stage misses the tail of a range across a border, before cache tags"
  )
  func firstStageTail() {
    #expect(
      RangeInvalidation(firstStage: 0x11...0x12, aligns: false)
        == .pages(address: 0x10000, mask: 1))
    #expect(
      RangeInvalidation(firstStage: 0x11...0x12, aligns: true)
        == .pages(address: 0x10000, mask: 2))
  }
}
