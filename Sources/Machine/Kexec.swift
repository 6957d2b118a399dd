public import LinuxIOMMU

/// One kernel after another on the same machine: units, tables and devices stay as they are.
extension Machine {
  /// Starts another kernel.
  ///
  /// - Parameters:
  ///   - build: the new kernel.
  ///   - pages: the memory that it takes for its tables; what the old one used is not its own.
  ///   - commandLine: the new kernel's command line.
  ///   - plan: its boot. A crash kernel comes without the old one's shutdown.
  public func kexec(
    _ build: KernelBuild, pages: PageAllocator, commandLine: [String] = [], _ plan: Kernel.BootPlan
  ) throws(DriverError) {
    if !plan.isCrashKernel {
      kernel.shutDown()
      if kernel.death != nil { return }
    }
    replaceKernel(by: build, pages: pages, commandLine: commandLine)
    try boot(plan)
  }
}
