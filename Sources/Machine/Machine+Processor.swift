public import LinuxIOMMU
internal import PhysicalMemory
public import VTdFormats
internal import VTdUnit

// What the CPU does by a scenario's word, and who hears of it.
extension Machine {
  /// Hears every access from now on.
  public var accessHandler: ((HardwareAccess) -> Void)? {
    get { tap.handler }
    set { tap.handler = newValue }
  }

  /// Hears of the run from now on; nil: nobody does, and then nothing is prepared for it.
  ///
  /// It is called in the middle of what it is told, so it may look at the machine and must not change
  /// it.
  public var witness: ((MachineMoment) -> Void)? {
    get { tap.witness }
    set {
      tap.witness = newValue
      tap.unitEvents.isOn = newValue != nil
    }
  }

  /// Writes bytes to memory; false where there is none.
  public func writeMemory(_ bytes: [UInt8], at address: PhysicalAddress) -> Bool {
    tap.begin(.writeMemory(address, bytes))
    defer { tap.end() }
    return memory.write(bytes, at: address)
  }

  /// Reads memory; nil where there is none.
  public func readMemory(_ address: PhysicalAddress, count: Int) -> [UInt8]? {
    tap.hear(.readMemory(address, count: count))
    return memory.read(address, count: count)
  }

  /// Writes 32 or 64 bits of a unit's registers.
  public func writeRegister(_ value: UInt64, at offset: Int, isWide: Bool, of unit: NamedUnit) {
    tap.begin(
      .writeRegister(unit: unit.name, offset: offset, value: value, isWide: isWide))
    defer { tap.end() }
    if isWide {
      unit.hardware.write64(value, at: offset)
    } else {
      unit.hardware.write32(UInt32(truncatingIfNeeded: value), at: offset)
    }
  }

  /// Reads 32 or 64 bits of a unit's registers.
  public func readRegister(at offset: Int, isWide: Bool, of unit: NamedUnit) -> UInt64 {
    tap.begin(.readRegister(unit: unit.name, offset: offset, isWide: isWide))
    let value = isWide ? unit.hardware.read64(offset) : UInt64(unit.hardware.read32(offset))
    tap.end(value)
    return value
  }

  /// Puts a unit's registers and caches back to what they are after power-on.
  public func reset(_ unit: NamedUnit) {
    tap.begin(.resetUnit(unit.name))
    unit.hardware.reset()
    tap.end()
  }

  /// Lets time pass; the kernel's timers run when they are due.
  ///
  /// - Throws: `DriverError` where a table would not lie in memory.
  public func wait(_ microseconds: UInt64) throws(DriverError) {
    let end = clock.now.saturatingAdd(microseconds)
    while let due = kernel.nextTimer, due <= end {
      pass(until: due)
      try runTimers()
    }
    pass(until: end)
  }

  private func pass(until time: UInt64) {
    guard time > clock.now else { return }
    tap.begin(.wait(time - clock.now))
    clock.advance(by: time - clock.now)
    tap.end()
  }
}
