import Foundation
import Scenario

/// The files of an input, and behind them those of Configs that others extend: by their names alone,
/// whatever folder a path begins with. The disk is not touched.
struct FuzzFiles {
  private let parts: [[UInt8]]

  init(_ parts: [[UInt8]]) { self.parts = parts }

  /// What the file of a number is called: `0.yaml` is the scenario.
  static func name(_ number: Int) -> String { "\(number).yaml" }

  /// Small files of Configs by name; none where the fuzzer runs somewhere else.
  private static let shipped: [String: [UInt8]] = {
    var files: [String: [UInt8]] = [:]
    for path in FileManager.default.enumerator(atPath: "../Configs")?.allObjects ?? [] {
      guard let path = path as? String, path.hasSuffix(".yaml"),
        let data = FileManager.default.contents(atPath: "../Configs/" + path), data.count < 1 << 16
      else { continue }
      files[(path as NSString).lastPathComponent] = Array(data)
    }
    return files
  }()

  private func bytes(_ path: String) -> [UInt8]? {
    let name = String(path.split(separator: "/").last ?? "")
    if let number = parts.indices.first(where: { Self.name($0) == name }) { return parts[number] }
    return Self.shipped[name]
  }

  /// The files as scenarios are read from them.
  var source: ScenarioSource { .files { bytes($0) } }
}
