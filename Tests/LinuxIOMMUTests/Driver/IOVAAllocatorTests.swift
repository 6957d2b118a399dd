import TestSupport
import Testing

@testable import LinuxIOMMU

@Suite("IOVA allocation")
struct IOVAAllocatorTests {
  @Test("goes from the top down, each size at its own alignment")
  func topDown() {
    var allocator = IOVAAllocator()
    #expect(allocator.allocate(1, below: 1 << 20) == 0xfffff)
    #expect(allocator.allocate(1, below: 1 << 20) == 0xffffe)
    #expect(allocator.allocate(4, below: 1 << 20) == 0xffff8)
    #expect(allocator.allocate(1, below: 1 << 20) == 0xffff7)
    #expect(allocator.allocate(3, below: 1 << 20) == 0xffff4)
  }

  /// A disk's queues under Linux 6.12 (QEMU's nvme): admin queues, a page, queues of 4 and 16 pages.
  @Test("IOVA allocation gives a disk's driver the addresses that a real kernel gave it")
  func disk() {
    var allocator = IOVAAllocator()
    allocator.reserve(0xfee00...0xfeeff)
    let pages = [1, 1, 1, 1, 4, 16].map { allocator.allocate($0, below: 1 << 20) }
    #expect(pages == [0xfffff, 0xffffe, 0xffffd, 0xffffc, 0xffff8, 0xfffe0])
  }

  @Test("goes round what is reserved")
  func reserved() {
    var allocator = IOVAAllocator()
    allocator.reserve(0xfee00...0xfeeff)
    allocator.reserve(0xfef80...0xfffff)
    #expect(allocator.allocate(0x80, below: 1 << 20) == 0xfef00)
    #expect(allocator.allocate(1, below: 1 << 20) == 0xfedff)
  }

  @Test("looks from where it last was, and higher again when something there is freed")
  func memory() {
    var allocator = IOVAAllocator()
    let first = allocator.allocate(1, below: 1 << 20)
    let second = allocator.allocate(1, below: 1 << 20)
    #expect(first == 0xfffff && second == 0xffffe)
    allocator.free(0xfffff)
    #expect(allocator.allocate(1, below: 1 << 20) == 0xfffff)
    #expect(allocator.allocate(1, below: 1 << 20) == 0xffffd)
  }

  @Test("IOVA allocation gives nothing where there is no room, and never page 0")
  func full() {
    var allocator = IOVAAllocator()
    allocator.reserve(2...0xfffff)
    #expect(allocator.allocate(1, below: 1 << 20) == 1)
    #expect(allocator.allocate(1, below: 1 << 20) == nil)
    #expect(allocator.allocate(1, below: 1 << 30) == 0x3fff_ffff)
    allocator.free(1)
    #expect(allocator.allocate(1, below: 1 << 20) == 1)
  }

  @Test("never gives a page twice, in any order of takes and frees")
  func property() {
    var allocator = IOVAAllocator()
    allocator.reserve(0xfee00...0xfeeff)
    var taken: [UInt64: UInt64] = [:]
    var generator = SplitMix(state: 7)
    for _ in 0..<2_000 {
      if generator.next() % 3 == 0, let victim = taken.keys.sorted().first {
        allocator.free(victim)
        taken[victim] = nil
        continue
      }
      let count = generator.next() % 40 + 1
      let limit: UInt64 = generator.next() % 4 == 0 ? 1 << 27 : 1 << 20
      guard let first = allocator.allocate(count, below: limit) else { continue }
      let range = first...(first + count - 1)
      #expect(range.upperBound < limit && first > 0)
      #expect(!range.overlaps(0xfee00...0xfeeff))
      for (other, size) in taken { #expect(!range.overlaps(other...(other + size - 1))) }
      taken[first] = count
    }
  }
}
