import Testing
import Text
import VTdFormats

@testable import MemoryImages

/// The tables of a guest with Linux 6.1.192 and an e1000e under QEMU 7.2.22 (q35, 128 MiB,
/// intel_iommu=on,sm_off iommu.strict=1): the pages of its tables, out of the core that
/// `dump-guest-memory` wrote.
@Suite("Images of memory")
struct MemoryImageTests {
  static let root: UInt64 = 0x5de_2000

  /// Each page that a device has mapped: device, its address, memory's address, permission.
  static func pages(_ image: MemoryImage) -> [String] {
    var pages: [String] = []
    for entry in DeviceTableReader(image, root: root).entries {
      guard case .secondStage(let table, let levels) = entry.translation else { continue }
      _ = PageTableReader.read(image, table: table, levels: levels, stage: .second) { range in
        var at: UInt64 = 0
        while at < range.size, range.size < 1 << 24 {
          pages.append(
            "\(entry.source) 0x\(hex(range.start + at)) 0x\(hex(range.physical + at)) "
              + range.permission)
          at += 4096
        }
      }
    }
    return pages
  }

  @Test(
    "each form of one guest's memory gives the pages that the guest had mapped",
    arguments: [
      ("guest-6.1.elf.gz", MemoryImage.Form.elfCore), ("guest-6.1.kdump.gz", .kdump),
      ("guest-6.1.flattened.gz", .flattened),
    ])
  func forms(_ name: String, _ form: MemoryImage.Form) throws {
    let files = try ImageFiles()
    let image = try MemoryImage(try files.write(try ImageFiles.golden(name)))
    #expect(image.form == form)
    let expected = try ImageFiles.lines("guest-6.1.pages")
    #expect(expected.count > 250)
    #expect(Self.pages(image) == expected)
  }

  @Test("raw memory and LiME's form hold the same")
  func others() throws {
    let files = try ImageFiles()
    let core = try MemoryImage(try files.write(try ImageFiles.golden("guest-6.1.elf.gz"), "core"))
    var raw = [UInt8](repeating: 0, count: 0x400_0000)
    var lime: [UInt8] = []
    func number(_ value: UInt64) -> [UInt8] {
      (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
    let base: UInt64 = 0x400_0000
    for range in core.ranges {
      lime += [0x45, 0x4d, 0x69, 0x4c, 1, 0, 0, 0] + number(range.base)
      lime += number(range.base + range.size - 1) + number(0)
      for address in stride(from: range.base, to: range.base + range.size, by: 4096) {
        let page = [UInt8](try #require(core.page(at: address)))
        lime += page
        raw.replaceSubrange(Int(address - base)..<Int(address - base) + 4096, with: page)
      }
    }
    // The magic number of LiME is "EMiL" in the order of memory.
    let limeImage = try MemoryImage(try files.write(lime, "lime"))
    #expect(limeImage.form == .lime)
    let rawImage = try MemoryImage(try files.write(raw, "raw"), rawBase: base)
    #expect(rawImage.form == .raw)
    let expected = try ImageFiles.lines("guest-6.1.pages")
    #expect(Self.pages(limeImage) == expected)
    #expect(Self.pages(rawImage) == expected)
  }

  @Test("the root table is found by its shape")
  func scan() throws {
    let files = try ImageFiles()
    let image = try MemoryImage(try files.write(try ImageFiles.golden("guest-6.1.elf.gz")))
    let best = try #require(RootScan.find(image).first)
    #expect(best.address == Self.root)
    #expect(!best.isScalable)
    #expect(best.functions == 6 && best.wrong == 0 && best.buses == 1)
  }

  @Test("devices that share tables and those that have their own are told")
  func devices() throws {
    let files = try ImageFiles()
    let image = try MemoryImage(try files.write(try ImageFiles.golden("guest-6.1.elf.gz")))
    let entries = DeviceTableReader(image, root: Self.root).entries
    #expect(
      entries.map { "\($0.source) \($0.domain.rawValue)" } == [
        "00:00.0 2", "00:02.0 3", "00:1a.0 4", "00:1f.0 5", "00:1f.2 5", "00:1f.3 5",
      ])
    #expect(Set(entries.suffix(3).map(\.translation)).count == 1)
  }

  @Test(
    "what is not an image of memory is refused with what to do",
    arguments: [
      ("", "empty"), ("QEVM", "migration"), ("\u{1f}", ""), ("AVML", "avml-convert"),
      ("\u{7f}ELF", "64-bit"), ("EMiL", "holds no memory"), ("KDUMP   ", "damaged"),
      ("makedumpfile", "damaged"),
    ])
  func refused(_ beginning: String, _ words: String) throws {
    let files = try ImageFiles()
    let path = try files.write(Array(beginning.utf8))
    if words.isEmpty {
      #expect(try MemoryImage(path).form == .raw)
      return
    }
    let error = #expect(throws: MemoryImageError.self) { _ = try MemoryImage(path) }
    #expect("\(try #require(error))".contains(words), "\(String(describing: error))")
  }

  @Test(
    "bits of a dump's bitmap behind its last page count for nothing",
    arguments: [1, 5, 55, 56, 57, 63, 64])
  func pagesBehindTheLast(_ count: UInt64) throws {
    let files = try ImageFiles()
    var bytes = try ImageFiles.golden("guest-6.1.kdump.gz")
    // The number of pages stands twice: in 32 bits in the header, in 64 bits in the sub-header.
    for place in [440, 4096 + 96] {
      for byte in 0..<(place == 440 ? 4 : 8) {
        bytes[place + byte] = UInt8(truncatingIfNeeded: count >> UInt64(byte * 8))
      }
    }
    // The bitmap's first word: pages 56 to 63 alone.
    for byte in 0..<8 { bytes[2 * 4096 + byte] = byte == 7 ? 0xff : 0 }
    let ranges = try MemoryImage(try files.write(bytes)).ranges
    let size = count > 56 ? (count - 56) << 12 : 0
    #expect(ranges.map(\.size) == (size > 0 ? [size] : []), "\(ranges)")
  }

  @Test("a file that was cut or damaged anywhere ends in an error or in less memory")
  func damaged() throws {
    let files = try ImageFiles()
    for name in ["guest-6.1.elf.gz", "guest-6.1.kdump.gz", "guest-6.1.flattened.gz"] {
      let whole = try ImageFiles.golden(name)
      for step in 1..<40 {
        var bytes = Array(whole.prefix(whole.count / 40 * step))
        if step % 2 == 0 {
          for place in stride(from: step, to: min(bytes.count, 9000), by: 97) {
            bytes[place] ^= 0xff
          }
        }
        guard let image = try? MemoryImage(try files.write(bytes)) else { continue }
        _ = Self.pages(image)
      }
    }
  }
}
