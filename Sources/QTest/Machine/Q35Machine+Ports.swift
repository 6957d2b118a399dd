import VTdFormats

// Ports, and configuration space behind them and behind ECAM.
extension Q35Machine {
  private static let configurationPort: UInt16 = 0xcf8
  private static let resetPort: UInt16 = 0xcf9
  private static let dataPort: UInt16 = 0xcfc

  /// Reads 1, 2 or 4 bytes from an I/O port; ones where nobody answers.
  public func readPort(_ port: UInt16, width: Int) -> UInt32 {
    var value: UInt32 = 0
    Self.split(port, width) { port, width, shift in
      value |= readAligned(port, width: width) << shift
    }
    return value
  }

  /// Writes 1, 2 or 4 bytes to an I/O port.
  public func writePort(_ port: UInt16, width: Int, value: UInt32) {
    Self.split(port, width) { port, width, shift in
      writeAligned(port, width: width, value: value >> shift)
    }
  }

  /// An access that is not aligned becomes several that are.
  private static func split(_ port: UInt16, _ width: Int, _ body: (UInt16, Int, UInt32) -> Void) {
    var done = 0
    while done < width {
      let here = port &+ UInt16(done)
      var part = 4
      while part > width - done || here & UInt16(part - 1) != 0 { part >>= 1 }
      body(here, part, UInt32(8 * done))
      done += part
    }
  }

  /// A port that is not there reads as ones.
  private func readAligned(_ port: UInt16, width: Int) -> UInt32 {
    let mask = UInt32.max >> UInt32(32 - 8 * width)
    switch port {
    case Self.resetPort where width == 1: return 0
    // Whatever part is read, it is the register from its first byte on: so does QEMU.
    case Self.configurationPort..<Self.dataPort: return configurationAddress & mask
    case Self.dataPort..<Self.dataPort + 4:
      guard let (slot, offset) = selectedFunction(port) else { return mask }
      return functions[slot].configuration.read(offset, width: width) & mask
    default: return mask
    }
  }

  private func writeAligned(_ port: UInt16, width: Int, value: UInt32) {
    switch port {
    case Self.configurationPort where width == 4: configurationAddress = value
    // The ICH9's reset control: a write with bit 2 set resets everything.
    case Self.resetPort where width == 1 && value & 4 != 0:
      reset()
      onOwnReset?()
    case Self.dataPort..<Self.dataPort + 4:
      guard let (slot, offset) = selectedFunction(port) else { return }
      writeConfiguration(slot, offset, width: width, value: value)
    default: break
    }
  }

  /// What CONFIG_ADDRESS selects. Its low two bits count, together with the port's: so does QEMU,
  /// and clients rely on it, where hardware ignores them.
  private func selectedFunction(_ port: UInt16) -> (slot: Int, offset: Int)? {
    let address = configurationAddress | UInt32(port & 3)
    guard address >> 31 != 0,
      let slot = slot(of: UInt16(truncatingIfNeeded: address >> 8))
    else { return nil }
    return (slot, Int(address & 0xff))
  }

  private func slot(of sourceID: UInt16) -> Int? {
    functions.firstIndex { $0.sourceID.rawValue == sourceID }
  }

  private func writeConfiguration(_ slot: Int, _ offset: Int, width: Int, value: UInt32) {
    functions[slot].configuration.write(value, offset, width: width)
    mapRegions()
  }

  /// ECAM: bus 27:20, devfn 19:12, offset 11:0.
  func readEnhancedConfiguration(_ address: UInt64, width: Int) -> UInt32 {
    let mask = UInt32.max >> UInt32(32 - 8 * width)
    guard let slot = slot(of: UInt16(truncatingIfNeeded: address >> 12)) else { return mask }
    return functions[slot].configuration.read(Int(address & 0xfff), width: width) & mask
  }

  func writeEnhancedConfiguration(_ value: UInt32, _ address: UInt64, width: Int) {
    guard let slot = slot(of: UInt16(truncatingIfNeeded: address >> 12)) else { return }
    writeConfiguration(slot, Int(address & 0xfff), width: width, value: value)
  }
}
