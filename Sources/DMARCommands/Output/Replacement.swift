internal import Glibc

/// A regular file that is written beside its target and takes its place when it is whole.
///
/// Where the system allows it, the new file has no name until then: a program that is killed leaves
/// nothing behind.
struct Replacement: ~Copyable {
  private let target: String
  /// The target as the user named it, for messages.
  private let name: String
  private let old: stat?
  private let descriptor: Int32
  /// The file's name beside the target, once it has one.
  private var temporary: String?
  private var isFinished = false

  /// - Throws: `OutputError` where no file can be made beside the target, or the target may not be
  ///   written.
  init(of target: String, named name: String, _ old: stat?) throws(OutputError) {
    let (descriptor, temporary) = try Self.open(beside: target, named: name, replacing: old != nil)
    self.target = target
    self.name = name
    self.old = old
    self.descriptor = descriptor
    self.temporary = temporary
  }

  /// Opens a new file in the target's folder, without a name where that is possible.
  private static func open(
    beside target: String, named name: String, replacing hasOld: Bool
  ) throws(OutputError) -> (Int32, String?) {
    if hasOld, faccessat(AT_FDCWD, target, W_OK, Int32(AT_EACCESS)) != 0 {
      throw .cannotCreate(name, errno)
    }
    // A replacement is private until it has the old file's mode; a new file has that of the umask.
    let mode: mode_t = hasOld ? 0o600 : 0o666
    let opened = open(in: OutputTarget.split(target).folder, beside: target, mode: mode)
    guard opened.descriptor >= 0 else { throw .cannotCreate(name, errno) }
    return (opened.descriptor, opened.temporary)
  }

  /// Opens a new file in a folder: without a name where that is possible, else with one of its own.
  ///
  /// - Returns: a descriptor below 0, with `errno`, where the folder takes no file.
  static func open(
    in folder: String, beside target: String, mode: mode_t
  ) -> (descriptor: Int32, temporary: String?) {
    let unnamed = Glibc.open(folder, O_WRONLY | O_CLOEXEC | temporaryFile, mode)
    if unnamed >= 0 { return (unnamed, nil) }
    let path = freshName(beside: target)
    return (Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), path)
  }

  deinit {
    close(descriptor)
    if !isFinished, let temporary { unlink(temporary) }
  }

  /// O_TMPFILE, which C composes of two flags in a way that Swift does not import.
  private static let temporaryFile = 0o20_000_000 | O_DIRECTORY

  private static func freshName(beside target: String) -> String {
    let folder = OutputTarget.split(target).folder
    return "\(folder)/.dmar-\(getpid())-\(UInt32.random(in: 0...(.max)))"
  }

  mutating func write(_ bytes: [UInt8]) throws(OutputError) {
    let failure = Descriptor.write(bytes, to: descriptor)
    if failure != 0 { throw .cannotWrite(name, failure) }
  }

  /// Puts the file into its place.
  ///
  /// - Throws: `OutputError`; the old file is then as it was.
  mutating func finish() throws(OutputError) {
    var keepsOwner = true
    if let old {
      var new = stat()
      fstat(descriptor, &new)
      if new.st_uid != old.st_uid || new.st_gid != old.st_gid {
        keepsOwner = fchown(descriptor, old.st_uid, old.st_gid) == 0
      }
      // After the owner: a change of owner takes away set-user-id.
      if fchmod(descriptor, old.st_mode & 0o7777) != 0 { throw .cannotCreate(name, errno) }
    }
    if fsync(descriptor) != 0, errno != EINVAL { throw .cannotWrite(name, errno) }
    if temporary == nil {
      if old == nil, link(to: target) {
        isFinished = true
        return syncFolder()
      }
      let path = Self.freshName(beside: target)
      guard link(to: path) else { throw .cannotCreate(name, errno) }
      temporary = path
    }
    guard let temporary else { return }
    if keepsOwner {
      if rename(temporary, target) == 0 {
        isFinished = true
        return syncFolder()
      }
      // A file that is a mount point cannot be renamed over.
      guard errno == EBUSY else { throw .cannotCreate(name, errno) }
    }
    try overwrite(from: temporary)
  }

  /// Gives the file without a name one.
  private func link(to path: String) -> Bool { Self.link(descriptor, to: path) }

  /// Gives a file without a name one; `false`, with `errno`, where that cannot be.
  static func link(_ descriptor: Int32, to path: String) -> Bool {
    linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, Int32(AT_SYMLINK_FOLLOW)) == 0
  }

  /// Best effort: some file systems cannot do it, and the file itself is on disk.
  private func syncFolder() {
    let folder = Glibc.open(OutputTarget.split(target).folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }

  /// Copies the new file, which is whole and on disk, into the old one, whose owner or place only it
  /// can keep. The copy is kept until that is done.
  private mutating func overwrite(from copy: String) throws(OutputError) {
    isFinished = true
    let from = Glibc.open(copy, O_RDONLY | O_CLOEXEC)
    let to = Glibc.open(target, O_WRONLY | O_CLOEXEC)
    let number = errno
    defer {
      close(from)
      close(to)
    }
    guard from >= 0, to >= 0 else {
      unlink(copy)
      throw .cannotCreate(name, number)
    }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var size: off_t = 0
    while true {
      let count = read(from, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      var failure = count < 0 ? errno : 0
      if count > 0 { failure = Descriptor.write(Array(chunk[..<count]), to: to) }
      if count == 0, ftruncate(to, size) != 0 || fsync(to) != 0 { failure = errno }
      if failure != 0 {
        let error = OutputError.cannotWrite(name, failure)
        throw OutputError(
          status: error.status, name: name, reason: "\(error.reason); it is whole in \(copy)")
      }
      if count == 0 { break }
      size += off_t(count)
    }
    unlink(copy)
  }
}
