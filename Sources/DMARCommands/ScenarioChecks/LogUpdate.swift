internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// What `--update` may write: the log of a scenario, and nothing else that a path can lead to.
enum LogUpdate {
  /// Why the log file of a scenario is not written; nil where it may be.
  ///
  /// - Parameter place: where the scenario names its log.
  static func refusal(
    of log: Expectation.Log, for file: ScenarioFiles.File, at place: Place?
  ) -> String? {
    guard place?.file == file.path else {
      return "it is the log of \(place?.file ?? "another file"), which may be updated itself"
    }
    let (folder, name) = OutputTarget.split(log.path)
    guard let whole = realpath(folder, nil) else { return String(cString: strerror(errno)) }
    defer { free(whole) }
    let canonical = String(cString: whole)
    guard canonical == file.root || canonical.hasPrefix(file.root == "/" ? "/" : file.root + "/")
    else {
      return "\(log.path) lies outside \(file.root); a file below it was expected"
    }
    if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      return "\(log.path) is named as a scenario; a log was expected"
    }
    var status = stat()
    if lstat(log.path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      return "\(log.path) is not a regular file; one was expected"
    }
    return nil
  }
}
