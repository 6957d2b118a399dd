/// QEMU's teaching device (1234:11e8): a factorial, an interrupt, and a DMA engine with a buffer of
/// 4 KiB.
///
/// | offset | register |
/// |---|---|
/// | 0x00 | id, 0x010000ed |
/// | 0x04 | keeps the complement of what is written |
/// | 0x08 | factorial of what is written |
/// | 0x20 | status: bit 0 busy, bit 7 interrupt after the factorial |
/// | 0x24 | interrupt status |
/// | 0x60, 0x64 | raise, acknowledge these bits of it |
/// | 0x80, 0x88, 0x90 | DMA source, destination, count |
/// | 0x98 | DMA command: 1 start, 2 from the buffer to memory, 4 interrupt 0x100 at the end |
///
/// The buffer has the device's own address 0x40000. A transfer takes 100 ms of virtual time. Its
/// addresses are cut to the device's mask, 28 bits unless the property `dma_mask` says otherwise.
public final class EduDevice: PCIDevice {
  private enum Register {
    static let identification: UInt64 = 0x00
    static let liveness: UInt64 = 0x04
    static let factorial: UInt64 = 0x08
    static let status: UInt64 = 0x20
    static let interruptStatus: UInt64 = 0x24
    static let raise: UInt64 = 0x60
    static let acknowledge: UInt64 = 0x64
    static let source: UInt64 = 0x80
    static let destination: UInt64 = 0x88
    static let count: UInt64 = 0x90
    static let command: UInt64 = 0x98
    /// From here on registers take accesses of 8 bytes as well.
    static let wide: UInt64 = 0x80
  }

  private struct Command: OptionSet {
    let rawValue: UInt64
    static let run = Command(rawValue: 1)
    static let toMemory = Command(rawValue: 2)
    static let interrupts = Command(rawValue: 4)
  }

  private static let identification: UInt64 = 0x0100_00ed
  private static let interruptsAfterFactorial: UInt32 = 0x80
  private static let factorialDone: UInt32 = 0x001
  private static let transferDone: UInt32 = 0x100
  private static let bufferAddress: UInt64 = 0x40000
  private static let transferTime: UInt64 = 100_000_000

  private let addressMask: UInt64
  private var liveness: UInt32 = 0
  private var factorial: UInt32 = 0
  private var status: UInt32 = 0
  private var interruptStatus: UInt32 = 0
  private var source: UInt64 = 0
  private var destination: UInt64 = 0
  private var count: UInt64 = 0
  private var command: Command = []
  private var buffer = [UInt8](repeating: 0, count: 4096)

  /// A device that reaches addresses within the mask.
  public init(addressMask: UInt64 = (1 << 28) - 1) { self.addressMask = addressMask }

  /// Vendor, device, class and regions of QEMU's `edu`.
  public let layout = DeviceLayout(
    vendorID: 0x1234, deviceID: 0x11e8, classCode: 0x00ff00, revision: 0x10,
    regions: [.init(bar: 0, size: 1 << 20, widths: 4...8)], hasMSI: true, interruptPin: 1)

  /// What a read of the device's region gives.
  public func read(bar: Int, offset: UInt64, width: Int, port: DevicePort) -> UInt64 {
    guard width == 4 || offset >= Register.wide else { return .max }
    switch offset {
    case Register.identification: return Self.identification
    case Register.liveness: return UInt64(liveness)
    case Register.factorial: return UInt64(factorial)
    case Register.status: return UInt64(status)
    case Register.interruptStatus: return UInt64(interruptStatus)
    case Register.source: return source
    case Register.destination: return destination
    case Register.count: return count
    case Register.command: return command.rawValue
    default: return .max
    }
  }

  /// What a write to the device's region does.
  public func write(
    _ value: UInt64, bar: Int, offset: UInt64, width: Int, port: DevicePort
  ) {
    guard width == 4 || offset >= Register.wide else { return }
    let word = UInt32(truncatingIfNeeded: value)
    let isBusy = command.contains(.run)
    switch offset {
    case Register.liveness: liveness = ~word
    case Register.factorial: computeFactorial(of: word, port)
    case Register.status: status = word & Self.interruptsAfterFactorial
    case Register.raise: raise(word, port)
    case Register.acknowledge: acknowledge(word, port)
    case Register.source where !isBusy: source = value
    case Register.destination where !isBusy: destination = value
    case Register.count where !isBusy: count = value
    case Register.command where !isBusy && value & Command.run.rawValue != 0:
      command = Command(rawValue: value)
      port.setTimer(at: port.clock + Self.transferTime)
    default: break
    }
  }

  /// The DMA that was started is done.
  public func timerFired(port: DevicePort) {
    guard command.contains(.run) else { return }
    transfer(port)
    command.remove(.run)
    if command.contains(.interrupts) { raise(Self.transferDone, port) }
  }

  private func transfer(_ port: DevicePort) {
    if command.contains(.toMemory) {
      guard let range = bufferRange(at: source) else { return }
      _ = port.write(Array(buffer[range]), to: destination & addressMask)
    } else {
      guard let range = bufferRange(at: destination) else { return }
      buffer.replaceSubrange(
        range, with: port.read(source & addressMask, count: range.count).bytes)
    }
  }

  /// Where a transfer lies in the buffer; nil, and no transfer, where it does not fit.
  private func bufferRange(at address: UInt64) -> Range<Int>? {
    let size = UInt64(buffer.count)
    guard address >= Self.bufferAddress, address - Self.bufferAddress < size,
      count > 0, count <= size - (address - Self.bufferAddress)
    else { return nil }
    let start = Int(address - Self.bufferAddress)
    return start..<start + Int(count)
  }

  /// Modulo 2^32, where it is 0 from 34 on.
  private func computeFactorial(of number: UInt32, _ port: DevicePort) {
    factorial = 1
    var factor = number
    while factor > 0 && factorial != 0 {
      factorial = factorial &* factor
      factor -= 1
    }
    if number >= 34 { factorial = 0 }
    if status & Self.interruptsAfterFactorial != 0 { raise(Self.factorialDone, port) }
  }

  private func raise(_ bits: UInt32, _ port: DevicePort) {
    interruptStatus |= bits
    guard interruptStatus != 0 else { return }
    if port.usesMSI { port.sendMSI() } else { port.setPin(true) }
  }

  private func acknowledge(_ bits: UInt32, _ port: DevicePort) {
    interruptStatus &= ~bits
    if interruptStatus == 0 && !port.usesMSI { port.setPin(false) }
  }
}
