/// A system other than Linux that prints VT-d's fault records.
public enum OtherSystem: String, Hashable, Sendable, CaseIterable {
  /// The Xen hypervisor.
  case xen = "Xen"
  /// FreeBSD.
  case freeBSD = "FreeBSD"
  /// OpenBSD.
  case openBSD = "OpenBSD"
  /// illumos and its distributions.
  case illumos
  /// The seL4 microkernel.
  case seL4
  /// The ACRN hypervisor.
  case acrn = "ACRN"
  /// The Jailhouse hypervisor.
  case jailhouse = "Jailhouse"
  /// VMware's ESXi.
  case esxi = "ESXi"
  /// macOS.
  case macOS
  /// Its emulated unit, by `-trace vtd_*`.
  case qemu = "QEMU"
}
