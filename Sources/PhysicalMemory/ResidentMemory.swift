import Glibc

/// What the host says about this process's mappings: /proc/self/smaps.
enum ResidentMemory {
  /// Resident bytes of the mappings that begin at these addresses; 0 where the host does not tell.
  static func bytes(ofMappingsAt starts: Set<UInt64>) -> UInt64 {
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
