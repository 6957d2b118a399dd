import Synchronization
public import VTdFormats

// Devices with TLBs, as the unit reaches them.
extension RemappingUnit {
  /// Connects a device with a TLB; one that has the same source-id is replaced.
  public func attach(_ device: ATSDevice) {
    devices.withLock { $0[device.source] = device }
  }

  /// The device with a TLB that has this source-id, if one is attached.
  public func device(_ source: SourceID) -> ATSDevice? { devices.withLock { $0[source] } }

  /// Sends an invalidation; a device that is not there or does not answer is remembered.
  func tellDevice(
    _ source: SourceID, _ invalidation: DeviceInvalidation, _ state: inout UnitState
  ) {
    // Without ECAP.DT (a quirk lets the descriptor pass) there is nobody to wait for.
    if !configuration.extendedCapability[flag: .deviceTLB] { return }
    let device = devices.withLock { $0[source] }
    let answered = device?.invalidate(invalidation) ?? false
    // IQERCD has room for one: the first.
    if !answered && state.queue.silentDevice == nil { state.queue.silentDevice = source }
    if answered, device?.answersTwice == true { state.queue.confusedDevice = source }
  }
}
