public import VTdFormats

/// Hears what reaches a machine's memory and remapping unit from outside, in order: what the client
/// does as the processor, what devices send, and the time at which they do it.
///
/// With nothing else a unit is in the same state again: registers are reported as the unit itself
/// takes them, DMAs before they are translated. Configuration space and device registers are not
/// part of it; what came of them is.
public protocol MachineObserver: AnyObject {
  /// The processor wrote bytes that memory took.
  func memoryWritten(_ bytes: UnsafeRawBufferPointer, at address: UInt64)
  /// The processor read memory.
  func memoryRead(_ bytes: UnsafeRawBufferPointer, at address: UInt64)
  /// The processor wrote `width` bytes (4 or 8) at `offset` of the unit's registers.
  func registerWritten(_ value: UInt64, at offset: Int, width: Int)
  /// The processor read `width` bytes (4 or 8) at `offset` of the unit's registers.
  func registerRead(_ value: UInt64, at offset: Int, width: Int)
  /// A device sent a read of `count` bytes.
  func deviceRead(_ source: SourceID, _ address: IOVA, count: Int)
  /// A device sent a write; 4 bytes to the interrupt range are an interrupt.
  func deviceWrote(_ source: SourceID, _ bytes: UnsafeRawBufferPointer, to address: IOVA)
  /// The virtual clock, in nanoseconds, went on.
  func clockMoved(to time: UInt64)
  /// The machine was reset.
  func machineReset()
  /// No client has anything to say at the moment.
  func clientPaused()
}

/// Whose access it is.
enum AccessOrigin {
  case processor
  case device
}
