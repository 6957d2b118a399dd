import LogReading
internal import Glibc
internal import Scenario
internal import Unpacking

/// Reads what the command line names: files, packed or not, folders, standard input.
enum EvidenceReader {
  /// Hands out what stands in the input at `path`; `-` is standard input.
  ///
  /// - Throws: `LogInputError` where there is no such input, or `ExitCode` after saying what is wrong
  ///   with a table or a snapshot.
  static func read(_ path: String, _ sink: (EvidencePiece) -> Void) throws {
    if path != "-", Files.isFolder(path) {
      return try readFolder(path, sink)
    }
    if path != "-", let head = HeadOfFile.read(path, PlatformKind.headLength) {
      if PlatformKind.isScenario(head: head, path: path) {
        let words = PlatformKind.scenarioWords
        return sink(.unread(UnreadInput(path: path, words: words, weight: .missing)))
      }
      if let platform = try PlatformInput(path, head: head) {
        sink(.file(path))
        sink(.bytes(platform.byteCount))
        return sink(.platform(platform, path: path))
      }
    }
    var input = try LogInput(path)
    try input.readAll(sink)
  }

  private static func readFolder(_ path: String, _ sink: (EvidencePiece) -> Void) throws {
    let walk = try FolderWalk(path)
    for error in walk.unread {
      sink(.unread(UnreadInput(path: error.path, words: error.words, weight: .aside)))
    }
    for file in walk.files {
      do throws(LogInputError) {
        var input = try LogInput(file)
        try input.readAsMember(sink)
      } catch {
        sink(.unread(UnreadInput(path: error.path, words: error.words, weight: .aside)))
      }
    }
    if walk.isCut {
      sink(
        .unread(
          UnreadInput(
            path: path, words: "only the first \(walk.files.count) files were read",
            weight: .missing)))
    }
  }
}

/// The regular files below a folder, by name. Links are not followed: what they lead to inside the
/// folder is there by its own name, and what they lead to outside was not given.
struct FolderWalk {
  private static let mostFiles = 1 << 17
  private static let deepest = 48

  private(set) var files: [String] = []
  /// What cannot be looked at: most often a folder that is another user's.
  private(set) var unread: [LogInputError] = []
  /// Whether there are more.
  private(set) var isCut = false

  init(_ path: String) throws(LogInputError) {
    var root = path
    while root.count > 1, root.hasSuffix("/") { root.removeLast() }
    guard let names = Folder.names(root) else { throw LogInputError(path: path, number: errno) }
    walk(root, names, depth: 0)
  }

  private mutating func walk(_ folder: String, _ names: [String], depth: Int) {
    for name in names {
      guard files.count < Self.mostFiles else {
        isCut = true
        return
      }
      let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else {
        unread.append(LogInputError(path: path, number: errno))
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFREG: files.append(path)
      case S_IFDIR:
        guard depth < Self.deepest else {
          isCut = true
          continue
        }
        if let names = Folder.names(path) {
          walk(path, names, depth: depth + 1)
        } else {
          unread.append(LogInputError(path: path, number: errno))
        }
      default: break
      }
    }
  }
}
