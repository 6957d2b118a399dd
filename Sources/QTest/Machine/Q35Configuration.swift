public import VTdFormats
public import VTdUnit

/// What a machine is made of.
public struct Q35Configuration: Sendable {
  /// Bytes of memory.
  public var memorySize: UInt64
  /// The remapping unit; nil for a machine without one.
  public var unit: UnitConfiguration?
  /// The display adapter that QEMU adds by itself.
  public var hasVGA: Bool
  /// The network card that QEMU adds by itself.
  public var hasNetwork: Bool
  /// Devices in the order of the command line.
  public var devices: [DevicePlan]
  /// Whether messages of the unit reach a processor whatever their address, as in QEMU.
  public var isQEMU: Bool

  /// A machine as QEMU makes it, unless told otherwise.
  ///
  /// - Parameters:
  ///   - memorySize: bytes, a multiple of 4 KiB.
  ///   - unit: the remapping unit; nil for a machine without one.
  ///   - hasVGA: whether it has the display adapter that QEMU adds by itself.
  ///   - hasNetwork: whether it has the network card that QEMU adds by itself.
  ///   - devices: what else is plugged in, in the order of the command line.
  ///   - isQEMU: whether messages of the unit reach a processor whatever their address.
  public init(
    memorySize: UInt64 = 128 << 20, unit: UnitConfiguration? = nil, hasVGA: Bool = true,
    hasNetwork: Bool = true, devices: [DevicePlan] = [], isQEMU: Bool = true
  ) {
    self.memorySize = memorySize
    self.unit = unit
    self.hasVGA = hasVGA
    self.hasNetwork = hasNetwork
    self.devices = devices
    self.isQEMU = isQEMU
  }
}

/// A device that is to be plugged in.
public struct DevicePlan: Sendable {
  /// The model's name, for messages.
  public let model: String
  /// The user's name for it.
  public let name: String?
  /// Its place on bus 0; nil for the first free one.
  public let place: SourceID?
  /// Makes the device, as after power-on.
  public let make: @Sendable () -> any PCIDevice

  /// A device for a place on the bus.
  public init(
    model: String, name: String? = nil, place: SourceID? = nil,
    make: @escaping @Sendable () -> any PCIDevice
  ) {
    self.model = model
    self.name = name
    self.place = place
    self.make = make
  }
}
