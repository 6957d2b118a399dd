public import Scenario
public import ScenarioFormat

/// Where the files of lessons are: on the machine's disk, or in a web page.
public struct CourseFiles: Sendable {
  /// Reads files.
  public let source: ScenarioSource
  /// The folder of the scenarios that came with the program, as `ScenarioLoader` has it.
  public let library: String?
  /// The names of what lies right in a folder, sorted.
  let names: @Sendable (_ folder: String) throws(InputError) -> [String]

  /// Files of lessons.
  ///
  /// - Parameters:
  ///   - source: reads files.
  ///   - library: the folder of the scenarios that came with the program, empty where paths begin in
  ///     it; nil for none.
  ///   - names: the names of what lies right in a folder, sorted.
  public init(
    source: ScenarioSource, library: String?,
    names: @escaping @Sendable (_ folder: String) throws(InputError) -> [String]
  ) {
    self.source = source
    self.library = library
    self.names = names
  }

  var loader: ScenarioLoader { ScenarioLoader(from: source, library: library) }
}
