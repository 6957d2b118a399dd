internal import ACPITables
internal import Glibc
public import ScenarioFormat

/// The scenario files below some paths.
public struct ScenarioFiles: Sendable {
  /// A scenario that was found.
  public struct File: Hashable, Sendable {
    /// The path by which it was found.
    public let path: String
    /// The same file however its path was typed: absolute, without `.` and `..`, its folder's links
    /// followed.
    public let canonicalPath: String
    /// The folder below which it was searched for, or the file's own where the file was named;
    /// absolute, with links followed.
    public let root: String

    init(path: String, canonicalPath: String, root: String) {
      self.path = path
      self.canonicalPath = canonicalPath
      self.root = root
    }

    /// A file that is named, whatever it holds.
    public init(named path: String) {
      let folder = ScenarioFiles.canonical(ScenarioFiles.folder(of: path)) ?? "."
      self.init(path: path, canonicalPath: ScenarioFiles.canonical(path) ?? path, root: folder)
    }
  }

  /// A file or folder that looks as if it had scenarios and is not run.
  public struct LeftOut: Hashable, Sendable {
    /// The file or folder.
    public let path: String
    /// Why it was left out.
    public let reason: String
  }

  /// Each scenario once, in the order of the paths, sorted within a folder.
  public private(set) var files: [File] = []
  /// What was found and is not run, with the reason.
  public private(set) var leftOut: [LeftOut] = []
  /// The `lesson.md` of each folder that is a lesson. Its scenarios are exercises, and no files to run.
  public private(set) var lessons: [File] = []
  /// What was found already, by the name that every path to it leads to.
  private var known: Set<String> = []
  private var knownFolders: Set<FolderIdentity> = []

  private struct FolderIdentity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  /// Searches `paths`: a file is taken as it is, of a folder every `.yaml` and `.yml` file that is a
  /// scenario, at any depth. Names that begin with a dot are left out, as everywhere.
  ///
  /// Files without `steps:` and `expect:`, neither of their own nor by `extends:`, are parts of
  /// others (kernels, tables, snapshots, bases) and are not scenarios, as long as their keys are those
  /// of such a part.
  ///
  /// - Throws: `InputError` if there is no such path.
  public init(below paths: [String]) throws(InputError) {
    for path in paths { try search(path) }
  }

  /// The paths of the scenarios below one path.
  public static func files(below path: String) throws(InputError) -> [String] {
    try ScenarioFiles(below: [path]).files.map { $0.path }
  }

  private mutating func search(_ path: String) throws(InputError) {
    var status = stat()
    guard path == "-" || stat(path, &status) == 0 else {
      throw InputError(.notFound, at: Place(whole: path), String(cString: strerror(errno)))
    }
    guard path != "-", status.st_mode & S_IFMT == S_IFDIR else {
      let root = Self.canonical(Self.folder(of: path)) ?? "."
      return add(path, below: root)
    }
    let root = Self.canonical(path) ?? path
    let first = files.count
    // Links come last, so that a file that is also reached without a link is listed by that path.
    for found in contents(of: path) where isScenario(found) { add(found, below: root) }
    files[first...].sort { $0.path < $1.path }
    lessons.sort { $0.path < $1.path }
  }

  private mutating func add(_ path: String, below root: String) {
    guard known.insert(Self.canonical(path) ?? path).inserted else { return }
    let folder = Self.canonical(Self.folder(of: path)) ?? Self.folder(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    files.append(
      File(
        path: path, canonicalPath: folder == "/" ? "/\(name)" : "\(folder)/\(name)", root: root))
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func canonical(_ path: String) -> String? {
    guard let whole = realpath(path, nil) else { return nil }
    defer { free(whole) }
    return String(cString: whole)
  }

  /// The working folder, absolute, with links followed.
  public static var currentFolder: String { canonical(".") ?? "." }

  // MARK: Folders

  /// The paths of all YAML files below a folder; each folder is entered once, whatever links lead to
  /// it, and by its own name where that is below `folder` too.
  ///
  /// A file system tells names in an order of its own. Here they are sorted, so that the parts of
  /// `--shard` are the same on each machine.
  private mutating func contents(of folder: String) -> [String] {
    var links: [String] = []
    var files = contents(of: folder, links: &links)
    // A link may lead to further ones: they come behind those that were met.
    var next = 0
    while next < links.count {
      let link = links[next]
      next += 1
      files += Files.isFolder(link) ? contents(of: link, links: &links) : [link]
    }
    return files
  }

  /// - Parameter links: gets the links to folders and to YAML files, which are for later.
  private mutating func contents(of folder: String, links: inout [String]) -> [String] {
    guard let directory = opendir(folder) else {
      leaveOut(folder, String(cString: strerror(errno)))
      return []
    }
    defer { closedir(directory) }
    var status = stat()
    guard fstat(dirfd(directory), &status) == 0 else { return [] }
    let identity = FolderIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    guard knownFolders.insert(identity).inserted else { return [] }
    if access(folder + "/lesson.md", F_OK) == 0 {
      lessons.append(File(named: folder + "/lesson.md"))
      return []
    }
    var entries: [[UInt8]] = []
    while let entry = readdir(directory) {
      entries.append(withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) })
    }
    entries.sort { $0.lexicographicallyPrecedes($1) }
    var files: [String] = []
    for bytes in entries {
      guard bytes.first != UInt8(ascii: ".") else { continue }
      let isNamedYAML = [".yaml", ".yml"].contains {
        bytes.suffix($0.utf8.count) == Array($0.utf8)[...]
      }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        if isNamedYAML {
          leaveOut("\(folder)/\(Self.shown(bytes))", "its name is not UTF-8, which was expected")
        }
        continue
      }
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      guard stat(path, &status) == 0 else {
        if isNamedYAML { leaveOut(path, String(cString: strerror(errno))) }
        continue
      }
      let kind = status.st_mode & S_IFMT
      let isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
      switch kind {
      case S_IFDIR where isLink: links.append(path)
      case S_IFREG where isLink && isNamedYAML: links.append(path)
      case S_IFDIR: files += contents(of: path, links: &links)
      case S_IFREG: if isNamedYAML { files.append(path) }
      default: if isNamedYAML { leaveOut(path, "no regular file, which was expected") }
      }
    }
    return files
  }

  private mutating func leaveOut(_ path: String, _ reason: String) {
    leftOut.append(LeftOut(path: path, reason: reason))
  }

  /// A name with the bytes that are not ASCII as `\xff`.
  private static func shown(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      (0x20..<0x7f).contains(byte)
        ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
    }.joined()
  }

  // MARK: Scenarios and parts

  /// Whether a YAML file is to be run. What cannot be read is: running it says what is wrong.
  private func isScenario(_ path: String) -> Bool {
    guard let text = try? Files.text(at: path) else { return true }
    let lines = text.split { $0.isNewline }
    let telling = ["steps:", "expect:", "abstract:"]
    if lines.contains(where: { line in telling.contains { line.hasPrefix($0) } }) { return true }
    var resolver = ExtensionResolver(.host)
    guard let root = try? resolver.load(path), let entries = root.entries else { return true }
    let keys = Set(entries.map { $0.key })
    if keys.contains("steps") || keys.contains("expect") { return true }
    return !Self.partKeys.contains { keys.isSubset(of: $0) }
  }

  /// The keys of what scenarios refer to, kind by kind.
  private static let partKeys: [Set<String>] = [
    ScenarioDescription.description, MachineDescription.description,
    BootDescription.description, KernelDescription.description,
    PCISnapshot.description, DMARTable.description,
  ].map { Set($0.fields.map { $0.key }) }
}
