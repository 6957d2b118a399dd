import Glibc

/// Time, and what is needed to measure it well on a busy machine.
enum Clock {
  /// Nanoseconds of this thread's processor time.
  static func threadTime() -> Double { time(CLOCK_THREAD_CPUTIME_ID) }

  /// Nanoseconds since some moment: cheap to read, for single operations.
  static func wallTime() -> Double { time(CLOCK_MONOTONIC) }

  private static func time(_ clock: clockid_t) -> Double {
    var now = timespec()
    clock_gettime(clock, &now)
    return Double(now.tv_sec) * 1e9 + Double(now.tv_nsec)
  }

  /// Bytes of memory in use, from /proc/self/statm.
  static func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 128)
    guard fgets(&text, 128, file) != nil else { return 0 }
    let fields = text.split(separator: 32)
    guard fields.count > 1 else { return 0 }
    let digits = fields[1].prefix { $0 >= 48 && $0 <= 57 }.map { UInt8($0) }
    return (Int(String(decoding: digits, as: UTF8.self)) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}

/// `value` with `digits` decimals, in `width` columns.
func fixed(_ value: Double, _ digits: Int, width: Int = 0) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let rounded = Int((value * scale).rounded())
  var text = "\(rounded / Int(scale))"
  if digits > 0 {
    let fraction = "\(rounded % Int(scale))"
    text += "." + String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
  }
  return String(repeating: " ", count: max(0, width - text.count)) + text
}
