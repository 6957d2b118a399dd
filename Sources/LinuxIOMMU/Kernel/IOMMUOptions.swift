internal import KernelProfiles
internal import KernelRuntime

/// The switches of the command line that decide how the driver works, over those of the build.
public struct IOMMUOptions: Hashable, Sendable {
  /// False: no unit translates.
  public var isOn: Bool
  /// What domain functions get that ask for none.
  public var defaultDomain: DefaultDomainPolicy
  /// `intel_iommu=sm_on` and `sm_off`.
  public var usesScalableMode: Bool
  /// Not `intel_iommu=sp_off`.
  public var usesSuperpages = true
  /// `iommu.forcedac=1`: addresses above 4 GiB come first.
  public var forcesHighAddresses = false
  /// `intel_iommu=igfx_off`, or a device that needs it.
  public var sparesGraphics = false
  /// `intel_iommu=off` and `iommu=off`: the platform's wish does not count.
  public var isOffByWord = false
  /// The table's DMA_REMAP_OPT_OUT: nobody can switch remapping on.
  public var isOffByFirmware = false
  /// `intel_iommu=tboot_noforce`.
  public var sparesMeasuredLaunch = false

  /// What a kernel built that way does without a command line.
  public init(_ configuration: KernelConfiguration = KernelConfiguration()) {
    isOn = configuration.isOnByDefault
    defaultDomain = configuration.defaultDomain
    usesScalableMode = configuration.usesScalableMode
  }

  /// Reads a command line, word by word, later words over earlier ones.
  public init(_ configuration: KernelConfiguration, commandLine words: [String]) {
    self.init(configuration)
    for word in words { read(word) }
  }

  /// The same in a build whose driver may not know every word.
  init(_ build: KernelBuild, commandLine words: [String]) {
    self.init(build.configuration, commandLine: words)
    if build.behaviour.scalableMode == .absent { usesScalableMode = false }
  }

  private mutating func read(_ word: String) {
    switch word {
    case "iommu=pt", "iommu.passthrough=1": defaultDomain = .passthrough
    case "iommu=nopt", "iommu.passthrough=0":
      if defaultDomain == .passthrough { defaultDomain = .lazy }
    case "iommu=off":
      isOn = false
      isOffByWord = true
    case "iommu.strict=1": makeStrict()
    case "iommu.strict=0": if defaultDomain == .strict { defaultDomain = .lazy }
    case "iommu.forcedac=1": forcesHighAddresses = true
    default:
      guard word.hasPrefix("intel_iommu=") else { return }
      for option in word.dropFirst("intel_iommu=".count).split(separator: ",") {
        readIntel(String(option))
      }
    }
  }

  private mutating func readIntel(_ option: String) {
    switch option {
    case "on": isOn = true
    case "off":
      isOn = false
      isOffByWord = true
    case "sm_on": usesScalableMode = true
    case "sm_off": usesScalableMode = false
    case "sp_off": usesSuperpages = false
    case "igfx_off": sparesGraphics = true
    case "forcedac": forcesHighAddresses = true
    case "strict": makeStrict()
    case "tboot_noforce": sparesMeasuredLaunch = true
    default: break
    }
  }

  /// iommu_set_dma_strict; pass-through stays.
  mutating func makeStrict() {
    if defaultDomain == .lazy { defaultDomain = .strict }
  }
}
