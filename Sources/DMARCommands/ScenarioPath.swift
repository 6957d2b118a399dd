internal import Glibc
internal import ScenarioFormat
import Text

/// Finds a scenario that the command line names.
///
/// What is there is taken as it is. Anything else is looked for among the scenarios that came with the
/// program: those in `share/dmar/Configs` beside the folder of the program, wherever that tree stands,
/// or those of the checkout that it was built in. `klist-splat/report` is
/// `klist-splat/report.yaml` there.
enum ScenarioPath {
  /// The path of the scenario or folder that `name` stands for; `name` itself where nothing is found,
  /// so that whoever opens it says what is missing.
  ///
  /// - Throws: `InputError` where nothing is found and another name is near.
  static func find(_ name: String) throws(InputError) -> String {
    guard !name.isEmpty, name != "-", !isThere(name) else { return name }
    if isThere(name + ".yaml") { return name + ".yaml" }
    var meant = nearest(to: name, in: name.hasPrefix("/") ? "/" : ".")
    if !name.hasPrefix("/"), !name.hasPrefix("."), let folder = shipped {
      let prefix = name.hasPrefix("Configs/") ? "Configs/" : ""
      let below = String(name.dropFirst(prefix.count))
      if let found = ["\(folder)/\(below)", "\(folder)/\(below).yaml"].first(where: isThere) {
        return found
      }
      meant = meant ?? nearest(to: below, in: folder).map { prefix + $0 }
    }
    guard let meant else { return name }
    throw InputError(
      .notFound, at: Place(whole: name), "No such file or directory; did you mean \"\(meant)\"?")
  }

  /// The name of a scenario or folder in `folder` that a slip of the keyboard may have made `name` of;
  /// each part of the path may have one.
  private static func nearest(to name: String, in folder: String) -> String? {
    var place = folder
    var parts: [String] = []
    for part in name.split(separator: "/").map(String.init) {
      let path = "\(place)/\(part)"
      if !isThere(path) {
        // Names are compared as they were written: without the suffix, where it was left out.
        let isWhole = part.hasSuffix(".yaml")
        let names = entries(of: place).map { entry in
          !isWhole && entry.hasSuffix(".yaml") ? String(entry.dropLast(5)) : entry
        }
        guard let meant = names.contains(part) ? part : Text.nearest(to: part, in: names) else {
          return nil
        }
        parts.append(meant)
      } else {
        parts.append(part)
      }
      place += "/" + (parts.last ?? part)
    }
    let meant = (name.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    return isThere(place) || isThere(place + ".yaml") ? meant : nil
  }

  /// The scenarios and folders right in a folder, by name.
  private static func entries(of folder: String) -> [String] {
    (Folder.names(folder) ?? []).filter { name in
      var status = stat()
      return !name.hasPrefix(".") && stat("\(folder)/\(name)", &status) == 0
        && (name.hasSuffix(".yaml") || status.st_mode & S_IFMT == S_IFDIR)
    }
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
