internal import KernelRuntime
internal import VTdFormats

/// What a unit is asked to forget so that nothing of a range of pages is left.
///
/// A unit forgets powers of two of pages at addresses of that alignment, up to 2^MAMV; beyond that
/// it is asked to forget the domain.
enum RangeInvalidation: Hashable {
  /// Everything of the domain, or of the PASID in first-stage domains.
  case everything
  /// 2^`mask` pages from `address` on.
  case pages(address: UInt64, mask: UInt64)

  /// For second-stage tables (iommu_flush_iotlb_psi, calculate_psi_aligned_address).
  init(_ range: ClosedRange<UInt64>, capability: Capability, aligns: Bool) {
    let (mask, isWhole) = Self.mask(covering: range)
    guard capability[flag: .pageSelectiveInvalidation], !isWhole,
      mask <= capability[.maximumAddressMask]
    else {
      self = .everything
      return
    }
    // Older kernels leave it to the unit to cut the bits below the mask.
    let first = aligns ? range.lowerBound & ~(1 << mask - 1) : range.lowerBound
    self = .pages(address: UInt64(page: first), mask: mask)
  }

  /// For first-stage tables, PASID by PASID. Before the driver kept cache tags it rounded the count
  /// up and the address down, each by itself: a range that crosses such a border keeps its tail.
  init(firstStage range: ClosedRange<UInt64>, aligns: Bool) {
    var mask = UInt64(Self.roundedUp(UInt64(range.count)).trailingZeroBitCount)
    if aligns {
      let (covering, isWhole) = Self.mask(covering: range)
      mask = covering
      if isWhole {
        self = .everything
        return
      }
    }
    self = .pages(address: UInt64(page: range.lowerBound & ~(1 << mask - 1)), mask: mask)
  }

  /// The smallest mask whose aligned block holds the range.
  private static func mask(
    covering range: ClosedRange<UInt64>
  ) -> (mask: UInt64, isWhole: Bool) {
    let rounded = roundedUp(UInt64(range.count))
    let low = rounded - 1
    guard low & range.lowerBound != 0 else {
      return (UInt64(rounded.trailingZeroBitCount), false)
    }
    // The range is no longer than the block, so first and last page differ above it by a carry
    // alone: the lowest bit above that both have alike begins what they share.
    let shared = ~(range.lowerBound ^ range.upperBound) & ~low
    return shared == 0 ? (0, true) : (UInt64(shared.trailingZeroBitCount), false)
  }

  private static func roundedUp(_ count: UInt64) -> UInt64 {
    count <= 1 ? 1 : 1 << UInt64(64 - (count - 1).leadingZeroBitCount)
  }
}
