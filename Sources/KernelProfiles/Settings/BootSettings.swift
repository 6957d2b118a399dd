internal import KernelLog

// What the driver says and does while the kernel boots, takes over from another and hands over.

extension KernelValues {
  static let bootLinesTimeline = Timeline<BootLineGeneration>(
    "boot_lines", "the shape of boot lines", oldest: .spaced,
    [
      .since(
        "2.6.33", "boot lines name units by number and tell their register base", .numbered),
      .by(.dmarInFront, .lowercase),
      .by(.capitalsInFront, .current),
    ])

  /// What is made of the units' features, and of SATC structures.
  public enum CapabilityAudit: String, CaseIterable, Hashable, Sendable {
    /// Neither is looked at.
    case off
    /// Features are compared, and the absence of SATC is told.
    case on
    /// Only the absence of SATC is told.
    case missingSATC = "satc-only"
  }

  static let capabilityAuditTimeline = Timeline<CapabilityAudit>(
    "capability_audit", "units' features are compared, and the absence of SATC is told",
    oldest: .off,
    [
      .since(
        "5.12", commit: "ad3d19029979",
        "units' features are compared, and the absence of SATC is told", .on),
      .since(
        "6.14", commit: "c2206299401b", "units' features are not compared any more", .missingSATC),
    ])

  /// DMA_REMAP_OPT_OUT in the table's flags.
  public enum RemappingOptOut: String, CaseIterable, Hashable, Sendable {
    /// The flag says nothing to the driver.
    case ignored
    /// No unit translates DMA, whatever the command line says.
    case obeyed
  }

  static let remappingOptOutTimeline = Timeline<RemappingOptOut>(
    "remapping_opt_out", "whether firmware can switch DMA remapping off", oldest: .ignored,
    [.since("7.3", commit: "1c677d8a2c3c", "firmware can switch DMA remapping off", .obeyed)])

  /// What is said about a reserved region outside reserved memory.
  public enum ReservedRegionCheck: String, CaseIterable, Hashable, Sendable {
    /// Nothing.
    case none
    /// `No firmware reserved region can cover this RMRR`, `bad RMRR` and the BIOS's name.
    case map
  }

  static let reservedRegionCheckTimeline = Timeline<ReservedRegionCheck>(
    "reserved_region_check", "what is said about bad reserved regions", oldest: .none,
    [
      .since(
        "5.5", commit: "f036c7fa0ab6", "reserved regions are checked against the memory map", .map)
    ])

  /// How far a crash kernel takes over the tables of the kernel that crashed.
  public enum TakeOver: String, CaseIterable, Hashable, Sendable {
    /// Not at all: a new root table, and every DMA under way faults.
    case none
    /// Legacy tables and interrupt entries are copied; scalable ones are not, and translation is
    /// switched off for a moment.
    case legacy
    /// Scalable context tables too, but the upper half of a bus that has no lower half is put where
    /// the lower half belongs.
    case misplacedHalf = "misplaced-half"
    /// Each half to its place.
    case separateHalves = "separate-halves"
  }

  static let takeOverTimeline = Timeline<TakeOver>(
    "take_over", "what a crash kernel does with the tables it finds", oldest: .none,
    [
      .since(
        "4.2", commit: "091d42e43d21", "a crash kernel copies the tables that it finds", .legacy),
      .since(
        "6.0", commit: "0c5f6c0d8201", "a crash kernel copies scalable-mode tables too",
        .misplacedHalf),
      .since(
        "7.3", stable: ["6.1.188", "6.12.110"], commit: "c6e63fc8e8fc",
        "each half of a copied scalable table goes to its place", .separateHalves),
    ])

  /// Translation before a kexec.
  public enum Shutdown: String, CaseIterable, Hashable, Sendable {
    /// The next kernel finds translation on.
    case leavesOn = "leaves-on"
    /// The next kernel finds translation off.
    case turnsOff = "turns-off"
  }

  static let shutdownTimeline = Timeline<Shutdown>(
    "shutdown", "what becomes of translation before a kexec", oldest: .leavesOn,
    [
      .since(
        "5.5", commit: "6c3a44ed3c55", "translation is switched off before a kexec", .turnsOff)
    ])

  /// `IRQ remapping was enabled on … but we are not in kdump mode`.
  public enum RemappingFound: String, CaseIterable, Hashable, Sendable {
    /// A line for each unit.
    case eachUnit = "each-unit"
    /// One line for all units.
    case once
  }

  static let remappingFoundTimeline = Timeline<RemappingFound>(
    "remapping_found", "how interrupt remapping that was on is told", oldest: .eachUnit,
    [
      .since(
        "6.11", commit: "804f98e224e4",
        "interrupt remapping found on is told once, not for each unit", .once)
    ])

  /// `intel_iommu=forcedac` and `intel_iommu=strict`.
  public enum OptionWords: String, CaseIterable, Hashable, Sendable {
    /// They are the driver's own.
    case own
    /// `iommu.forcedac` takes the place of the first.
    case forcedacDeprecated = "forcedac-deprecated"
    /// `iommu.strict` takes that of the second.
    case deprecated
  }

  static let optionWordsTimeline = Timeline<OptionWords>(
    "option_words", "what is said about intel_iommu=forcedac and strict", oldest: .own,
    [
      .since(
        "5.13", commit: "3542dcb15cef", "iommu.forcedac takes the place of intel_iommu=forcedac",
        .forcedacDeprecated),
      .since(
        "5.15", commit: "1d479f160c50", "iommu.strict takes the place of intel_iommu=strict",
        .deprecated),
    ])

  /// Where lines about one device name it.
  public enum DeviceLines: String, CaseIterable, Hashable, Sendable {
    /// `Setting identity map for device 0000:00:1a.0 […]`
    case inLine = "in-line"
    /// `pci 0000:00:1a.0: DMAR: Setting identity map […]`
    case prefixed
  }

  static let deviceLinesTimeline = Timeline<DeviceLines>(
    "device_lines", "where lines about one device have its name", oldest: .inLine,
    [
      .since(
        "5.1", commit: "932a6523ce39", "lines about one device begin with its name", .prefixed)
    ])

  /// What firmware's wish for remapping does.
  public enum PlatformOptIn: String, CaseIterable, Hashable, Sendable {
    /// The flag says nothing to the driver.
    case ignored
    /// Remapping is on where firmware asks for it, whatever the kernel was built with.
    case forces
  }

  static let platformOptInTimeline = Timeline<PlatformOptIn>(
    "platform_opt_in", "whether firmware can switch remapping on", oldest: .ignored,
    [.since("5.0", commit: "89a6079df791", "firmware can switch remapping on", .forces)])

  /// `Disabling IOMMU for graphics on this chipset`: each list has those before it.
  public enum GraphicsQuirks: String, Generation, Hashable, Sendable {
    /// No device is left out.
    case none
    /// Graphics of the 4 series.
    case fourSeries = "4-series"
    /// Broadwell's graphics.
    case broadwell
    /// Ironlake's graphics.
    case ironlake
    /// Q35's graphics.
    case q35
  }

  static let graphicsQuirksTimeline = Timeline<GraphicsQuirks>(
    "graphics_quirks", "graphics devices that no unit translates for", oldest: .none,
    [
      .about(
        "3.14", commit: "9452618e7462", "no unit translates for graphics of the 4 series",
        .fourSeries),
      .since(
        "5.5", commit: "1f76249cc3be", "no unit translates for Broadwell's graphics", .broadwell),
      .since(
        "6.15", stable: ["6.1.138", "6.12.28"], commit: "2c8a7c66c908",
        "no unit translates for Ironlake's graphics", .ironlake),
      .since(
        "7.1", stable: ["6.1.175", "6.12.91"], commit: "2cda2e10dc83",
        "no unit translates for Q35's graphics", .q35),
    ])

  /// A unit of graphics alone, when the others are switched off.
  public enum GraphicsTranslation: String, CaseIterable, Hashable, Sendable {
    /// It is switched off with the others.
    case disabled
    /// It stays on where the machine would hang without.
    case kept
  }

  static let graphicsTranslationTimeline = Timeline<GraphicsTranslation>(
    "graphics_translation", "what becomes of a unit of graphics alone when units are switched off",
    oldest: .disabled,
    [
      .since(
        "5.9", commit: "b1012ca8dc4f", "units of graphics alone that would hang without stay on",
        .kept)
    ])

  /// Scalable mode as built, without `intel_iommu=sm_on` or `sm_off`.
  public enum ScalableModeDefault: String, CaseIterable, Hashable, Sendable {
    /// The driver does not know it.
    case absent
    /// Only `sm_on` switches it on.
    case off
    /// Only `sm_off` switches it off.
    case on
  }

  static let scalableModeTimeline = Timeline<ScalableModeDefault>(
    "scalable_mode", "scalable mode as built (Kconfig's default)", oldest: .absent,
    [
      .since(
        "5.0", commit: "765b6a98c1de", "scalable mode can be had, with intel_iommu=sm_on", .off),
      .since("5.16", commit: "792fb43ce2c9", "scalable mode is on by default", .on),
    ])
}
