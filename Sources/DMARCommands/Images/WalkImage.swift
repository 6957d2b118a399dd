internal import MemoryImages
internal import PhysicalMemory
internal import VTdFormats
internal import VTdUnit

/// One translation by the tables of an image.
///
/// The emulated unit walks the tables. Its memory is empty at first: each page that the walk lacks
/// is copied from the image, and the walk is repeated until it lacks none.
enum WalkImage {
  /// The largest number of pages that are copied; no walk reads that many.
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
  static let capability: Capability = {
    var all = Capability(rawValue: 0x00d2_008c_222f_0606)
    all[.supportedAdjustedGuestAddressWidths] = 0
    for levels in 3...5 {
      all[.supportedAdjustedGuestAddressWidths] |= Capability.width(ofLevels: levels)
    }
    all[.maximumGuestAddressWidth] = UInt64(Paging.width(levels: 5)) - 1
    all[.secondStageLargePages] = 0b11
    all[flag: .firstStage1GiBPages] = true
    all[flag: .firstStage5Levels] = true
    return all
  }()
  static let extended: ExtendedCapability = {
    var all = ExtendedCapability(rawValue: 0x00f0_0f4a)
    let features: [BitField<ExtendedCapability>] = [
      .pageWalkCoherency, .deviceTLB, .snoopControl, .nested, .executeRequests,
      .supervisorRequests, .extendedAccessedFlag, .pasid, .scalableMode, .secondStageAccessedDirty,
      .secondStage, .firstStage, .scalableModePageWalkCoherency,
    ]
    for feature in features { all[flag: feature] = true }
    // PASIDs of 20 bits.
    all[.pasidSize] = 19
    return all
  }()

  static func report(
    _ image: MemoryImage, root: UInt64, _ request: DMARequest, cap: UInt64?, ecap: UInt64?
  ) throws -> WalkReport {
    let memory = try Self.memory(image)
    let configuration = UnitConfiguration(
      cap: cap ?? capability.rawValue, ecap: ecap ?? extended.rawValue)
    let unit: RemappingUnit
    do {
      var quiet = configuration
      quiet.caches = .off
      unit = try RemappingUnit(configuration: quiet, memory: memory)
    } catch {
      throw Failure.unit("\(error)")
    }
    var address = RootTableAddress()
    address[inPlace: .rootTable] = root.pageStart
    let mode: TranslationTableMode =
      DeviceTableReader.isScalable(image, root: root) ? .scalable : .legacy
    address[.translationTableMode] = UInt64(mode.rawValue)
    unit.write64(address.rawValue, at: RegisterOffset.rtaddr)
    for step: BitField<GlobalCommand> in [.setRootTable, .translation] {
      unit.write32(UInt32(truncatingIfNeeded: step.mask), at: RegisterOffset.gcmd)
    }
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
