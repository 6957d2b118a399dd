import VTdFormats

/// The protected memory regions (VT-d specification 10.16, 11.4.8): each from its base to its limit
/// with the bits of the limit's granule set. A limit below the base protects nothing.
struct ProtectedRegions {
  private let low: ClosedRange<UInt64>?
  private let high: ClosedRange<UInt64>?

  init(_ registers: RegisterFile, _ capability: Capability) {
    let granule: UInt64 = 0x1f_ffff
    func region(_ first: UInt64, _ limit: UInt64) -> ClosedRange<UInt64>? {
      first <= limit | granule ? first...(limit | granule) : nil
    }
    low =
      capability[flag: .protectedLowMemory]
      ? region(
        UInt64(registers[RegisterOffset.plmbase]), UInt64(registers[RegisterOffset.plmlimit]))
      : nil
    high =
      capability[flag: .protectedHighMemory]
      ? region(
        registers[quad: RegisterOffset.phmbase], registers[quad: RegisterOffset.phmlimit])
      : nil
  }

  func contain(_ address: UInt64) -> Bool {
    low?.contains(address) ?? false || high?.contains(address) ?? false
  }

  var all: [ClosedRange<UInt64>] { [low, high].compactMap { $0 } }
}
