public import ACPITables
internal import KernelRuntime
public import KernelLog
public import PCI

/// What the driver says while it boots, where a scenario wants to see it.
public struct BootMessages: Hashable, Sendable {
  /// The table that firmware left.
  public var table: DMARTable
  /// The words of the kernel's command line that the driver answers.
  public var commandLine: [String]
  /// What the firmware's memory map reserves; nil where it is not known, and regions are believed.
  public var reserved: [ClosedRange<UInt64>]?
  /// What firmware calls itself.
  public var firmware: FirmwareName
  /// The bus, in which the driver looks for what the table's scopes name.
  public var bus = PCITopology()
  /// The ACPI name space as far as the table speaks of it: the device's name by its object's path.
  /// Nil where it is not known, and nothing is said about it.
  public var namespace: [String: String]?
  /// The I/O interrupt controllers of the machine (MADT); nil for those that the table has.
  public var interruptControllers: [Int]?
  /// The kernel was started by tboot (TXT).
  public var isMeasuredLaunch = false

  /// What a boot prints besides what the driver decides.
  public init(
    table: DMARTable, commandLine: [String], reserved: [ClosedRange<UInt64>]? = nil,
    firmware: FirmwareName = FirmwareName()
  ) {
    self.table = table
    self.commandLine = commandLine
    self.reserved = reserved
    self.firmware = firmware
  }
}
