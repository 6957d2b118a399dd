/// A system other than Linux that prints VT-d's fault records.
public enum OtherSystem: String, Hashable, Sendable, Codable, CaseIterable {
  case xen = "Xen"
  case freeBSD = "FreeBSD"
  case openBSD = "OpenBSD"
  case illumos
  case seL4
  case acrn = "ACRN"
  case jailhouse = "Jailhouse"
  case esxi = "ESXi"
  case macOS
  /// Its emulated unit, by `-trace vtd_*`.
  case qemu = "QEMU"
}
