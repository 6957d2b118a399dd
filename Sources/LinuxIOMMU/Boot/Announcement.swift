internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime

extension KernelContext {
  /// Prints a line of the boot in the shape that this kernel gives it.
  func announce(_ line: BootLine) { print(.boot(line)) }
}
