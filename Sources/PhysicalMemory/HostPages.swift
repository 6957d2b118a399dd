#if hasFeature(Embedded)
  /// Where memory comes from: a browser's page has one stretch for everything.
  enum HostPages {
    /// What a module with 32-bit addresses may take for one range.
    private static let most: UInt64 = 1 << 30

    static func map(_ byteCount: UInt64) -> UnsafeMutableRawPointer? {
      guard byteCount <= most, let count = Int(exactly: byteCount) else { return nil }
      let pointer = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 4096)
      pointer.initializeMemory(as: UInt8.self, repeating: 0, count: count)
      return pointer
    }

    static func unmap(_ pointer: UnsafeMutableRawPointer, _ byteCount: UInt64) {
      pointer.deallocate()
    }

    static func clear(_ pointer: UnsafeMutableRawPointer, _ byteCount: UInt64) {
      pointer.initializeMemory(as: UInt8.self, repeating: 0, count: Int(byteCount))
    }

    /// The host does not tell.
    static func resident(ofMappingsAt starts: Set<UInt64>) -> UInt64 { 0 }
  }
#else
  import Glibc

  /// Where memory comes from: pages that the host gives when they are first written.
  enum HostPages {
    private static let guardBytes = 4096

    /// Reserves address space; nil where the host refuses.
    ///
    /// A page without access lies behind it, so that the host never joins two regions into one.
    static func map(_ byteCount: UInt64) -> UnsafeMutableRawPointer? {
      guard let length = Int(exactly: byteCount),
        let mapped = mmap(
          nil, length + guardBytes, PROT_READ | PROT_WRITE,
          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
        mapped != MAP_FAILED
      else { return nil }
      mprotect(mapped + length, guardBytes, PROT_NONE)
      // A huge page would take 2 MiB for one entry: tables are written far apart.
      madvise(mapped, length, MADV_NOHUGEPAGE)
      return mapped
    }

    static func unmap(_ pointer: UnsafeMutableRawPointer, _ byteCount: UInt64) {
      munmap(pointer, Int(byteCount) + guardBytes)
    }

    static func clear(_ pointer: UnsafeMutableRawPointer, _ byteCount: UInt64) {
      madvise(pointer, Int(byteCount), MADV_DONTNEED)
    }

    /// Resident bytes of the mappings that begin at these addresses, as /proc/self/smaps has them; 0
    /// where the host does not tell.
    static func resident(ofMappingsAt starts: Set<UInt64>) -> UInt64 {
      guard let file = fopen("/proc/self/smaps", "r") else { return 0 }
      defer { fclose(file) }
      var line: UnsafeMutablePointer<CChar>?
      var capacity = 0
      defer { free(line) }
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
