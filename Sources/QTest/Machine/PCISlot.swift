import VTdFormats

/// One function of bus 0 while the machine runs.
struct PCISlot {
  let sourceID: SourceID
  /// The user's name of the device (`id=`), for paths and `device_del`.
  var name: String?
  var configuration: FunctionConfiguration
  let layout: DeviceLayout?
  /// The device's model, as the command line names it.
  var model: String?
  let device: (any PCIDevice)?
  /// When its timer fires.
  var deadline: UInt64?
  var pinLevel = false
  /// One of the device's methods runs: accesses that it causes itself do not reach it again.
  var isEngaged = false
}
