public import Foundation

/// The checkout that the tests run in.
public enum Repository {
  /// The folder that holds Package.swift.
  public static let root: URL = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  public static func path(_ relative: String) -> String {
    root.appending(path: relative).path(percentEncoded: false)
  }
}

/// What real kernels printed, kept under Tests/Golden.
public enum Golden {
  /// The lines of a golden file; one whose name ends in `.gz` is unpacked.
  public static func lines(_ name: String) throws -> [String] {
    let path = Repository.path("Tests/Golden/\(name)")
    let data =
      name.hasSuffix(".gz")
      ? try Tool.run("/bin/gzip", ["-dc", path]).output
      : try Data(contentsOf: URL(filePath: path))
    var lines = String(decoding: data, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// A program that was run to its end.
public struct Tool {
  public let status: Int32
  public let output: Data
  public let errors: Data

  public var outputText: String { String(decoding: output, as: UTF8.self) }
  public var errorText: String { String(decoding: errors, as: UTF8.self) }

  /// Runs a program; what it prints goes through files, so no pipe can fill up.
  public static func run(_ path: String, _ arguments: [String], input: Data = Data()) throws -> Tool
  {
    let folder = try TemporaryFolder()
    let names = ["in", "out", "err"].map { folder.url.appending(path: $0) }
    try input.write(to: names[0])
    for name in names.dropFirst() { try Data().write(to: name) }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.currentDirectoryURL = Repository.root
    let handles = (
      try FileHandle(forReadingFrom: names[0]), try FileHandle(forWritingTo: names[1]),
      try FileHandle(forWritingTo: names[2])
    )
    (process.standardInput, process.standardOutput, process.standardError) = handles
    try process.run()
    process.waitUntilExit()
    return Tool(
      status: process.terminationStatus, output: try Data(contentsOf: names[1]),
      errors: try Data(contentsOf: names[2]))
  }

  /// Runs the `dmar` that was built with the tests.
  public static func dmar(_ arguments: String...) throws -> Tool { try dmar(arguments) }

  public static func dmar(_ arguments: [String]) throws -> Tool { try run(dmarPath, arguments) }

  /// The `dmar` that was built with the tests.
  public static var dmarPath: String {
    let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    return products.appending(path: "dmar").path(percentEncoded: false)
  }

  /// Runs a line of shell in a folder; `$DMAR` is the `dmar` that was built with the tests.
  public static func shell(_ line: String, in folder: TemporaryFolder) throws -> Tool {
    let place = folder.url.path(percentEncoded: false)
    return try run("/bin/bash", ["-c", "cd '\(place)'; DMAR='\(dmarPath)'; \(line)"])
  }
}

/// A folder that is gone when the value is.
public final class TemporaryFolder: Sendable {
  public let url: URL

  public init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  /// Writes a file and gives its path.
  public func write(_ text: String, as name: String) throws -> String {
    let file = url.appending(path: name)
    try Data(text.utf8).write(to: file)
    return file.path(percentEncoded: false)
  }
}
