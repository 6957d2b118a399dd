import Glibc

/// A scenario's text where the loader reads it: a file of this process in memory.
enum ScenarioFile {
  static let path = "/dev/shm/dmar-fuzz-\(getpid()).yaml"

  static func write(_ text: String) -> String {
    guard let file = fopen(path, "w") else { preconditionFailure("no file in /dev/shm") }
    fputs(text, file)
    fclose(file)
    return path
  }
}
