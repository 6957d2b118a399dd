internal import ACPITables
internal import KernelLog
internal import KernelProfiles

/// Who may switch remapping on against the command line's word or the build's default.
extension IntelIOMMUDriver {
  /// tboot_force_iommu and platform_optin_force_iommu.
  func forceOn(_ messages: BootMessages) {
    if messages.isMeasuredLaunch, !options.sparesMeasuredLaunch {
      if !options.isOn { announce(.forcedByTboot) }
      options.isOn = true
      return
    }
    guard kernel.build.behaviour.platformOptIn == .forces, !options.isOn, !options.isOffByWord,
      messages.table.flags.contains(.dmaControlOptIn),
      found.values.contains(where: \.traits.isExternalFacing)
    else { return }
    announce(.forceEnabled)
    options.isOn = true
    // Devices inside the machine are left alone as far as possible.
    options.defaultDomain = .passthrough
  }
}
