/// Files that a rebuilt scenario points to, as seen from where it lies.
public struct PlatformFiles: Sendable {
  /// The DMAR table.
  public var table: String?
  /// The snapshot of the bus.
  public var snapshot: String?

  /// Files that the scenario is to name; nil for none.
  public init(table: String? = nil, snapshot: String? = nil) {
    self.table = table
    self.snapshot = snapshot
  }
}
