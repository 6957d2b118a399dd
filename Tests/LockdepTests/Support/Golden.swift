import Foundation
import Testing

/// What real kernels printed, kept beside the tests.
enum Golden {
  static func text(_ name: String) throws -> String {
    let url = try #require(Bundle.module.url(forResource: "Golden/\(name)", withExtension: nil))
    return try String(contentsOf: url, encoding: .utf8)
  }

  /// The lines of a console log: time stamp and text.
  static func log(_ name: String) throws -> [(stamp: String, text: String)] {
    try text(name).split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
      guard let end = line.firstIndex(of: "]") else { return nil }
      return (
        String(line[...end]), String(line[line.index(after: end)...].dropFirst())
      )
    }
  }
}
