import Glibc

/// The real reports and golden logs. They belong to other people, so they are not in this
/// repository: tests over them run where the folder stands beside it, and say so where not.
public enum Shared {
  public static let root: String? = {
    var places: [String] = []
    if let place = getenv("DMAR_SHARED") { places.append(String(cString: place)) }
    // From Tests/TestSupport/Shared.swift to the folder that the repository stands in.
    let parts = #filePath.split(separator: "/").dropLast(4)
    places.append("/" + parts.joined(separator: "/") + "/shared")
    return places.first { access($0 + "/corpus/index.tsv", R_OK) == 0 }
  }()

  public static var isHere: Bool { root != nil }

  /// The bytes of a file below that folder; nil where it is not there.
  public static func bytes(_ name: String) -> [UInt8]? {
    guard let root, let file = fopen(root + "/" + name, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&block, 1, block.count, file)
      if count == 0 { return bytes }
      bytes += block[..<count]
    }
  }
}
