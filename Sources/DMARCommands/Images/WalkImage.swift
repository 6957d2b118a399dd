internal import MemoryImages
internal import PhysicalMemory
internal import VTdFormats
internal import VTdUnit

/// One translation by the tables of an image.
///
/// The unit's own walk reads them: it needs memory, so the pages that it asks for are put in place
/// one after the other, until it asks for no more.
enum WalkImage {
  /// More entries than any walk reads.
  private static let mostPages = 256

  enum Failure: Error, CustomStringConvertible {
    case noMemory(String)
    case unit(String)

    var description: String {
      switch self {
      case .noMemory(let words), .unit(let words): words
      }
    }
  }

  /// A unit that can do everything that Linux uses, so that the tables alone decide: tables of three
  /// to five levels, pages of 2 MiB and 1 GiB, both stages, PASIDs, ATS.
  static let capability: UInt64 =
    0x00d2_008c_222f_0606 & ~(0x1f << 8 | 0x3f << 16 | 0xf << 34)
    | 0xe << 8 | 0x38 << 16 | 0x3 << 34 | 1 << 56 | 1 << 60
  static let extended: UInt64 =
    0xf0_0f4a | 1 << 0 | 1 << 2 | 1 << 7 | 1 << 26 | 1 << 30 | 1 << 31 | 1 << 34 | 19 << 35 | 1
    << 40
    | 1 << 43 | 1 << 45 | 1 << 46 | 1 << 47 | 1 << 48

  static func report(
    _ image: MemoryImage, root: UInt64, _ request: DMARequest, cap: UInt64?, ecap: UInt64?
  ) throws -> WalkReport {
    let table = DeviceTableReader(image, root: root)
    let memory = try Self.memory(image)
    let configuration = UnitConfiguration(
      cap: cap ?? capability, ecap: ecap ?? extended)
    let unit: RemappingUnit
    do {
      var quiet = configuration
      quiet.caches = .off
      unit = try RemappingUnit(configuration: quiet, memory: memory)
    } catch {
      throw Failure.unit("\(error)")
    }
    unit.write64(root.pageStart | (table.isScalable ? 0x400 : 0), at: RegisterOffset.rtaddr)
    unit.write32(1 << 30, at: RegisterOffset.gcmd)
    unit.write32(1 << 31, at: RegisterOffset.gcmd)
    var staged: Set<UInt64> = []
    while true {
      let report = unit.explain(request)
      let wanted = report.steps.map { $0.address.pageStart }.filter { !staged.contains($0) }
      guard let next = wanted.first, staged.count < mostPages else { return report }
      staged.insert(next)
      if let page = image.page(at: next) {
        memory.write([UInt8](page), at: PhysicalAddress(rawValue: next))
      }
    }
  }

  /// Empty memory with the stretches of the image, in whole pages.
  private static func memory(_ image: MemoryImage) throws -> PhysicalMemory {
    let ranges = image.ranges.compactMap { range -> PhysicalMemory.Range? in
      let size = UInt64(page: range.size.page)
      return size == 0
        ? nil : PhysicalMemory.Range(base: PhysicalAddress(rawValue: range.base), size: size)
    }
    do {
      return try PhysicalMemory(ranges: ranges)
    } catch {
      throw Failure.noMemory("\(error)")
    }
  }
}
