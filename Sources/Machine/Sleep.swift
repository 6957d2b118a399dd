public import LinuxIOMMU

/// A machine that sleeps (S3): memory is refreshed, all else may lose its power.
extension Machine {
  /// The kernel lets go of its units, and those of the given names lose their registers and caches.
  public func suspend(losing names: [String]) throws(DriverError) {
    try kernel.suspend()
    for unit in units where names.contains(unit.name) { reset(unit) }
  }

  /// The machine wakes up, and the kernel takes its units back.
  public func resume() throws(DriverError) {
    try kernel.resume()
  }
}
