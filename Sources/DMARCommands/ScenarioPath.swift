internal import Glibc

/// Finds a scenario that the command line names.
///
/// What is there is taken as it is. Anything else is looked for among the scenarios that came with the
/// program: those in `share/dmar/Configs` beside the folder of the program, wherever that tree stands,
/// or those of the checkout that it was built in. `klist-splat/report` is
/// `klist-splat/report.yaml` there.
enum ScenarioPath {
  /// The path of the scenario or folder that `name` stands for; `name` itself where nothing is found,
  /// so that whoever opens it says what is missing.
  static func find(_ name: String) -> String {
    guard !name.isEmpty, name != "-", !isThere(name) else { return name }
    if isThere(name + ".yaml") { return name + ".yaml" }
    guard !name.hasPrefix("/"), !name.hasPrefix("."), let folder = shipped else { return name }
    let prefix = "Configs/"
    let below = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    return ["\(folder)/\(below)", "\(folder)/\(below).yaml"].first(where: isThere) ?? name
  }

  /// The folder of the scenarios that came with the program; nil where the program stands alone.
  static var shipped: String? {
    guard var folder = realpath("/proc/self/exe") else { return nil }
    // The deepest place of a program within a checkout is .build/TRIPLE/debug.
    for _ in 0..<5 {
      guard let slash = folder.lastIndex(of: "/") else { return nil }
      folder = String(folder[..<slash])
      if isThere(folder + "/share/dmar/Configs") { return folder + "/share/dmar/Configs" }
      if isThere(folder + "/Package.swift"), isThere(folder + "/Configs") {
        return folder + "/Configs"
      }
    }
    return nil
  }

  private static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  private static func realpath(_ path: String) -> String? {
    guard let whole = Glibc.realpath(path, nil) else { return nil }
    defer { free(whole) }
    return String(cString: whole)
  }
}
