internal import ACPITables
internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime

/// Who may switch remapping on against the command line's word or the build's default.
extension BringUp {
  /// tboot_force_iommu and platform_optin_force_iommu.
  func forceOn(_ messages: BootMessages) {
    if domains.options.isOffByFirmware { return }
    if messages.isMeasuredLaunch, !domains.options.sparesMeasuredLaunch {
      if !domains.options.isOn { kernel.announce(.forcedByTboot) }
      domains.options.isOn = true
      return
    }
    guard kernel.build.behaviour.platformOptIn == .forces, !domains.options.isOn,
      !domains.options.isOffByWord,
      messages.table.flags.contains(.dmaControlOptIn),
      functionTable.found.values.contains(where: { $0.traits.isExternalFacing })
    else { return }
    kernel.announce(.forceEnabled)
    domains.options.isOn = true
    // Devices inside the machine are left alone as far as possible.
    domains.options.defaultDomain = .passthrough
  }
}
