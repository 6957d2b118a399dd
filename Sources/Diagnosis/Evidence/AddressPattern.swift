import Text
import LogReading
import VTdFormats

/// What an address looks like by itself, without any other line of the log.
enum AddressPattern {
  /// Where the kernel's own pointers begin, and where its text and modules end.
  private static let kernelPointers: Range<UInt64> = 0xffff_8000_0000_0000..<0xffff_ffff_f000_0000

  /// Whether it is a pointer into the kernel's half of the address space, and not a fill pattern.
  static func isKernelPointer(_ address: UInt64) -> Bool {
    kernelPointers.contains(address) && address & 0x0000_ffff_ffff_f000 != 0x0000_f000_0000_0000
  }

  /// The text in the upper six bytes of an address, in the order of memory; nil where they are not
  /// text. A fault record lacks the low 12 bits, so the other two bytes are not looked at.
  static func text(_ address: UInt64) -> String? {
    let bytes = (2..<8).map { UInt8(truncatingIfNeeded: address >> (8 * UInt64($0))) }
    guard bytes.allSatisfy({ (ASCII.space...UInt8(ascii: "~")).contains($0) }) else { return nil }
    let letters = bytes.filter { ASCII.isLetter($0) || ASCII.isDigit($0) }
    guard letters.count >= 5, Set(bytes).count >= 3 else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension FaultCase {
  /// A memory window of a device above 4 GiB whose address has this one as its low half. Only
  /// windows below 1 MiB count, since a large one contains nearly any low half.
  var cutWindow: Noted<LogContents.Region>? {
    guard let address = fault.address, address >> 32 == 0 else { return nil }
    return log.windows.first { window in
      let (start, end) = (window.value.start, window.value.end)
      return start >> 32 != 0 && start >> 32 == end >> 32 && end - start < 1 << 20
        && (start & 0xffff_ffff...end & 0xffff_ffff).contains(address)
    }
  }

  /// A fault of the same device above 4 GiB whose address has this fault's as its low half.
  var cutFault: LogPlace? {
    guard let address = fault.address, address >> 32 == 0, address.page != 0 else { return nil }
    return ofDevice.place(ofPageEndingWith: address.page)
  }

  /// The line that says that the machine goes down, where the fault follows it: within a minute, or
  /// on a later line where there are no times.
  var shutdown: Noted<KernelMessage>? {
    marks(.shutdown).last { mark in
      if let since = ago(mark.time) { return since < 60_000_000 }
      return mark.time == nil && mark.place.file == fault.first.file && mark.place < fault.first
    }
  }
}
