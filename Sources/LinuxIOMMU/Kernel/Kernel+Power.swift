internal import KernelRuntime

extension Kernel {
  /// The last thing that a kernel does before the machine sleeps.
  public func suspend() throws(DriverError) {
    try whileSuspending("syscore_suspend") { () throws(DriverError) in try bringUp.suspend() }
  }

  /// The first thing that it does afterwards.
  public func resume() throws(DriverError) {
    try whileSuspending("syscore_resume") { () throws(DriverError) in try bringUp.resume() }
  }

  /// A write to /sys/power/state, with interrupts off.
  private func whileSuspending(
    _ function: String, _ body: () throws(DriverError) -> Void
  ) throws(DriverError) {
    let functions = [
      "kobj_attr_store", "state_store", "pm_suspend", "enter_state", "suspend_devices_and_enter",
      "suspend_enter", function,
    ]
    try context.write(toSysfs: functions, by: .sleepManager) { () throws(DriverError) in
      try context.withInterruptsOff(body)
    }
  }
}
