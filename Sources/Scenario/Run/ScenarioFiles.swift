internal import Glibc

/// The scenario files below a path.
public enum ScenarioFiles {
  /// `path` itself if it is a file; else every `.yaml` below it that is a scenario, sorted.
  ///
  /// Files below a folder that have no `steps:`, neither of their own nor by `extends:`, are parts of
  /// others (kernels, snapshots) and are left out.
  ///
  /// - Throws: `InputError` if there is no such path.
  public static func files(below path: String) throws -> [String] {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw InputError(.notFound, at: Place(file: path), String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
    return try yamlFiles(below: path).filter(isScenario)
  }

  private static func yamlFiles(below folder: String) throws -> [String] {
    guard let directory = opendir(folder) else {
      throw InputError(.notFound, at: Place(file: folder), String(cString: strerror(errno)))
    }
    defer { closedir(directory) }
    var files: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard !name.hasPrefix(".") else { continue }
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      var status = stat()
      guard stat(path, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        files += try yamlFiles(below: path)
      } else if name.hasSuffix(".yaml") {
        files.append(path)
      }
    }
    return files.sorted()
  }

  private static func isScenario(_ path: String) throws -> Bool {
    let lines = try Files.text(at: path).split(separator: "\n")
    if lines.contains(where: { $0.hasPrefix("steps:") || $0.hasPrefix("expect:") }) { return true }
    guard lines.contains(where: { $0.hasPrefix("extends:") }) else { return false }
    var resolver = ExtensionResolver()
    // What cannot be read is kept: running it says what is wrong.
    guard let root = try? resolver.load(path) else { return true }
    return root.entries?.contains { $0.key == "steps" } ?? false
  }
}
