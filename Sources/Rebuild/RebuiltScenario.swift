public import Diagnosis
public import ScenarioFormat
internal import VTdFormats

/// A scenario that replays to a log's DMAR lines, rebuilt from the log.
///
/// What the log does not tell is chosen so that the fault comes out, and marked `assumed:` with the
/// reason.
public struct RebuiltScenario: Sendable {
  /// The scenario with its comments.
  public let scenario: ScenarioDescription
  /// Faults that are not in it, and why.
  public let omitted: [String]
  /// How many of the log's faults are in it.
  public let faultCount: Int

  /// Files that the scenario points to, as seen from where it lies.
  public struct PlatformFiles: Sendable {
    /// The DMAR table.
    public var table: String?
    /// The snapshot of the bus.
    public var snapshot: String?

    public init(table: String? = nil, snapshot: String? = nil) {
      self.table = table
      self.snapshot = snapshot
    }
  }

  /// Rebuilds a scenario.
  ///
  /// - Parameters:
  ///   - contents: what the log says of the machine.
  ///   - timeline: the log's faults one by one.
  ///   - name: what the log is called.
  ///   - platform: files that the scenario is to point to.
  public init(
    _ contents: LogContents, _ timeline: FaultTimeline, from name: String,
    platform: PlatformFiles = PlatformFiles()
  ) {
    var builder = ScenarioBuilder(contents: contents, timeline: timeline, files: platform)
    builder.build(from: name)
    scenario = builder.scenario
    omitted = builder.omitted
    faultCount = builder.faultCount
  }

  /// The scenario as a file.
  public var yaml: String { scenario.written.document(isSpaced: true) }
}
