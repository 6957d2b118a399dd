internal import KernelProfiles
internal import KernelRuntime
public import VTdFormats

/// An entry of the interrupt-remapping table as the kernel sets it up, or takes down.
public struct InterruptEntryChange: Hashable, Sendable {
  /// Which entry of the table.
  public var index: Int
  /// Nil takes the entry down.
  public var entry: Entry?
  /// The unit whose table it is, by the kernel's name (`dmar0`); nil: the first one.
  public var unit: String?
  /// Whether a device's driver does it, when the units and all domains are set up: an interrupt
  /// controller's pins come first, the messages of devices later.
  public var isLate: Bool

  /// What the entry is to say.
  public struct Entry: Hashable, Sendable {
    /// The vector that is sent.
    public var vector: UInt8
    /// The local APIC, or several of them by bit in logical mode.
    public var destination: UInt32
    /// Who may send; an IOAPIC has the source-id of its device scope.
    public var source: SourceID

    /// An entry that lets `source` send `vector` to `destination`.
    public init(vector: UInt8, destination: UInt32, source: SourceID) {
      self.vector = vector
      self.destination = destination
      self.source = source
    }
  }

  /// A change of an entry; without an entry it is taken away.
  public init(index: Int, entry: Entry?, isLate: Bool = false, unit: String? = nil) {
    self.index = index
    self.entry = entry
    self.unit = unit
    self.isLate = isLate
  }
}
