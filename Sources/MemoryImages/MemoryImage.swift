import Text
import VTdFormats

/// The memory of a machine at one moment, in a file: an ELF core, a dump of makedumpfile, LiME's
/// form, or the bytes themselves.
///
/// Use an image from one thread only: it unpacks pages of a packed dump into a buffer of its own.
public final class MemoryImage {
  /// How the file holds the memory.
  public enum Form: String, Hashable, Sendable {
    /// An ELF core: QEMU's dump-guest-memory, kdump's vmcore.
    case elfCore = "ELF core"
    /// makedumpfile's compressed form.
    case kdump = "kdump-compressed dump"
    /// makedumpfile's form for pipes; it is read as it is, without conversion.
    case flattened = "flattened kdump-compressed dump"
    /// The form of LiME: each range of memory has a header before it.
    case lime = "LiME image"
    /// Memory from address 0 on, byte for byte.
    case raw = "raw image"
  }

  /// A stretch of memory that the file holds.
  public struct Range: Hashable, Sendable {
    /// The physical address of its first byte.
    public var base: UInt64
    /// The size in bytes.
    public var size: UInt64
  }

  /// Which form the file has.
  public let form: Form
  /// The stretches of physical memory that the file holds, sorted by address.
  public let ranges: [Range]
  private let file: MappedFile
  private let source: Source

  private enum Source {
    /// The offset in the file of each stretch.
    case direct([Int])
    case packed(KdumpPages)
  }

  /// Opens a file and finds out which format it has.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - rawBase: the physical address of a raw file's first byte, a multiple of 4 KiB.
  /// - Throws: ``MemoryImageError`` where the file cannot be read or is damaged, or its form is not
  ///   one of ``Form``.
  public init(_ path: String, rawBase: UInt64 = 0) throws(MemoryImageError) {
    file = try MappedFile(path)
    let bytes = file.bytes
    if bytes.begins(with: "\u{7f}ELF") {
      form = .elfCore
      let segments = try ELFCore.segments(bytes, path)
      ranges = segments.map(\.range)
      source = .direct(segments.map(\.offset))
    } else if bytes.begins(with: "KDUMP   ") || bytes.begins(with: "makedumpfile") {
      let pages = try KdumpPages(bytes, path)
      form = pages.isFlattened ? .flattened : .kdump
      ranges = pages.ranges
      source = .packed(pages)
    } else if bytes.begins(with: "EMiL") {
      form = .lime
      let segments = try LiMEImage.segments(bytes, path)
      ranges = segments.map(\.range)
      source = .direct(segments.map(\.offset))
    } else {
      if let other = OtherForm.of(bytes) {
        throw MemoryImageError(
          path: path, kind: .otherForm(other.name, advice: other.advice))
      }
      guard rawBase.pageOffset == 0, rawBase < 1 << 52 else {
        throw MemoryImageError(
          path: path, kind: .damaged("its first byte does not begin a page"))
      }
      form = .raw
      ranges = [Range(base: rawBase, size: UInt64(bytes.count))]
      source = .direct([0])
    }
  }

  /// The 4 KiB page at `address`, which is a multiple of 4 KiB; nil where the file does not hold it.
  /// Valid until the next call.
  public func page(at address: UInt64) -> UnsafeRawBufferPointer? {
    switch source {
    case .packed(let pages): return pages.page(address.page)
    case .direct(let offsets):
      // The last stretch that begins at or below the address.
      let count = ranges.countInFront { $0.base > address }
      guard count > 0 else { return nil }
      let range = ranges[count - 1]
      let inside = address - range.base
      guard inside < range.size, range.size - inside >= 4096 else { return nil }
      let start = offsets[count - 1] + Int(inside)
      return UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + 4096])
    }
  }

  /// How many 4-KiB pages the file holds; a page table cannot consist of more.
  public var pageLimit: UInt64 { ranges.reduce(0) { $0 &+ $1.size.page } }
}

/// A stretch of memory and where its bytes begin in a file.
struct ImageSegment {
  var range: MemoryImage.Range
  var offset: Int
}

/// Recognises forms of memory images that are not read here, and says how to convert them.
enum OtherForm {
  static func of(_ bytes: UnsafeRawBufferPointer) -> (name: String, advice: String)? {
    let forms: [(StaticString, String, String)] = [
      ("VMLA", "an AVML image", "convert it: avml-convert IMAGE RAW"),
      ("AVML", "an AVML image", "convert it: avml-convert IMAGE RAW"),
      (
        "QEVM", "a QEMU migration file",
        "use the monitor's dump-guest-memory or pmemsave instead"
      ),
      ("DISKDUMP", "a dump of the old diskdump", "convert it with makedumpfile of that time"),
    ]
    for (magic, name, advice) in forms where bytes.begins(with: magic) {
      return (name, advice)
    }
    if bytes.number(UInt16.self, at: 0) == 0x8b1f {
      return ("packed with gzip", "unpack it: gunzip -k IMAGE")
    }
    if bytes.number(UInt32.self, at: 0) == 0xfd2f_b528 {
      return ("packed with zstd", "unpack it: zstd -d IMAGE")
    }
    return nil
  }
}
