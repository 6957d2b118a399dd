public import Foundation

/// What fuzz targets start from, and what they ever found.
public enum FuzzCases {
  /// The cases of a target, by its name without `Fuzz`, in the order of their names.
  public static func all(_ target: String) -> [URL] {
    let folder = Repository.root.appending(path: "Fuzz/Cases/\(target)")
    let files = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (files ?? []).sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  /// The bytes of a case.
  public static func bytes(_ file: URL) throws -> [UInt8] { [UInt8](try Data(contentsOf: file)) }
}
