#if hasFeature(Embedded)
  /// The bytes of a range where there is no host to reserve address space: pages that are made when they
  /// are first written, and found by their numbers.
  ///
  /// A copy is the same pages; who made the first one frees them.
  struct MemoryPages {
    private static let pageBytes: UInt64 = 4096
    /// As much address space as a 64-bit host gives to one range.
    private static let most: UInt64 = 1 << 46

    private let directory: UnsafeMutablePointer<Directory>

    /// Pages of a range; nil where it is larger than a host would take.
    init?(_ byteCount: UInt64) {
      guard byteCount <= Self.most else { return nil }
      directory = .allocate(capacity: 1)
      directory.initialize(to: Directory())
    }

    func free() {
      directory.pointee.free()
      directory.deinitialize(count: 1)
      directory.deallocate()
    }

    func clear() {
      directory.pointee.free()
      directory.pointee = Directory()
    }

    /// Where the byte at an offset is; it may be written where `writing` says so.
    func pointer(to offset: UInt64, writing: Bool) -> UnsafeMutableRawPointer {
      let number = offset / Self.pageBytes
      let page =
        writing ? directory.pointee.made(number) : directory.pointee.page(number)
      return page + Int(truncatingIfNeeded: offset % Self.pageBytes)
    }

    /// How many bytes from an offset on lie behind each other.
    func stretch(from offset: UInt64) -> UInt64 { Self.pageBytes - offset % Self.pageBytes }

    /// How many bytes these take now.
    static func resident(_ all: [MemoryPages]) -> UInt64 {
      all.reduce(0) { $0 + UInt64($1.directory.pointee.count) * pageBytes }
    }

    /// Numbers of pages with where they are: a table with open addressing, at most half full.
    private struct Directory {
      private struct Slot {
        var number: UInt64
        var page: UnsafeMutableRawPointer?
      }

      private(set) var count = 0
      private var slots: UnsafeMutableBufferPointer<Slot>
      /// What is read where nothing was written; nobody writes it.
      private let zeros = Self.newPage()

      init() { slots = Self.empty(64) }

      func free() {
        for slot in slots { slot.page?.deallocate() }
        slots.deallocate()
        zeros.deallocate()
      }

      private static func newPage() -> UnsafeMutableRawPointer {
        let page = UnsafeMutableRawPointer.allocate(byteCount: Int(pageBytes), alignment: 16)
        page.initializeMemory(as: UInt8.self, repeating: 0, count: Int(pageBytes))
        return page
      }

      private static func empty(_ capacity: Int) -> UnsafeMutableBufferPointer<Slot> {
        let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: capacity)
        slots.initialize(repeating: Slot(number: 0, page: nil))
        return slots
      }

      /// The slot of a page, or the one that it would take.
      private func slot(_ number: UInt64) -> Int {
        let hash = number &* 0x9e37_79b9_7f4a_7c15 >> 32
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[index].page != nil, slots[index].number != number {
          index = (index + 1) & (slots.count - 1)
        }
        return index
      }

      func page(_ number: UInt64) -> UnsafeMutableRawPointer {
        slots[slot(number)].page ?? zeros
      }

      mutating func made(_ number: UInt64) -> UnsafeMutableRawPointer {
        let place = slot(number)
        if let page = slots[place].page { return page }
        let page = Self.newPage()
        slots[place] = Slot(number: number, page: page)
        count += 1
        if count * 2 > slots.count { grow() }
        return page
      }

      private mutating func grow() {
        let old = slots
        slots = Self.empty(old.count * 2)
        for each in old where each.page != nil { slots[slot(each.number)] = each }
        old.deallocate()
      }
    }
  }
#else
  import Glibc

  /// The bytes of a range: address space of the host, which gives pages when they are first written.
  ///
  /// A copy is the same pages; who made the first one frees them.
  struct MemoryPages {
    private static let guardBytes = 4096

    /// Where the range begins.
    let start: UnsafeMutableRawPointer
    private let byteCount: UInt64

    /// Reserves address space; nil where the host refuses.
    ///
    /// A page without access lies behind it, so that the host never joins two regions into one.
    init?(_ byteCount: UInt64) {
      guard let length = Int(exactly: byteCount),
        let mapped = mmap(
          nil, length + Self.guardBytes, PROT_READ | PROT_WRITE,
          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
        mapped != MAP_FAILED
      else { return nil }
      mprotect(mapped + length, Self.guardBytes, PROT_NONE)
      // A huge page would take 2 MiB for one entry: tables are written far apart.
      madvise(mapped, length, MADV_NOHUGEPAGE)
      start = mapped
      self.byteCount = byteCount
    }

    func free() { munmap(start, Int(byteCount) + Self.guardBytes) }

    func clear() { madvise(start, Int(byteCount), MADV_DONTNEED) }

    /// Where the byte at an offset is.
    func pointer(to offset: UInt64, writing: Bool) -> UnsafeMutableRawPointer {
      start + Int(truncatingIfNeeded: offset)
    }

    /// How many bytes from an offset on lie behind each other.
    func stretch(from offset: UInt64) -> UInt64 { byteCount - offset }

    /// Resident bytes of the mappings, as /proc/self/smaps has them; 0 where the host does not tell.
    static func resident(_ all: [MemoryPages]) -> UInt64 {
      let starts = Set(all.map { UInt64(UInt(bitPattern: $0.start)) })
      guard let file = fopen("/proc/self/smaps", "r") else { return 0 }
      defer { fclose(file) }
      var line: UnsafeMutablePointer<CChar>?
      var capacity = 0
      defer { Glibc.free(line) }
      var total: UInt64 = 0
      var isOurs = false
      while getline(&line, &capacity, file) > 0, let text = line {
        let words = String(cString: text).split(separator: " ")
        guard let first = words.first else { continue }
        if let dash = first.firstIndex(of: "-"), let start = UInt64(first[..<dash], radix: 16) {
          isOurs = starts.contains(start)
        } else if isOurs, first == "Rss:", words.count > 1, let kilobytes = UInt64(words[1]) {
          total += kilobytes * 1024
        }
      }
      return total
    }
  }
#endif
