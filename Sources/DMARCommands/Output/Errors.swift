internal import ArgumentParser
internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// An output that cannot be made, or that could not be written whole.
struct OutputError: Error, CustomStringConvertible {
  let status: ExitStatus
  /// The file as the user named it, or `standard output`.
  let name: String
  let reason: String

  /// The output cannot be made; exit 73.
  static func cannotCreate(_ name: String, _ number: Int32) -> OutputError {
    OutputError(status: .cannotCreate, name: name, reason: String(cString: strerror(number)))
  }

  /// The output was begun and is not whole; exit 74.
  static func cannotWrite(_ name: String, _ number: Int32) -> OutputError {
    OutputError(status: .cannotWrite, name: name, reason: String(cString: strerror(number)))
  }

  var description: String { "\(name.isEmpty ? "an empty path" : name): \(reason)" }
}

/// Runs what reads input: an input error becomes a message on standard error and an exit code.
func reportingInputErrors<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as InputError {
    StandardError.print("dmar: \(error)")
    throw (error.kind == .notFound ? ExitStatus.noInput : ExitStatus.badInput).code
  }
}
