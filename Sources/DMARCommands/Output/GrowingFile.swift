internal import Glibc

/// An output that is written while the program runs, so that a program that is killed leaves what
/// came before.
///
/// A new file is written in place. Where there is one already, the new one grows beside it as
/// `NAME.partial` and takes its place when it is whole.
struct GrowingFile: ~Copyable {
  private let name: String
  private let descriptor: Int32
  /// Whether the descriptor is this program's own.
  private let isOwned: Bool
  /// What is renamed to what at the end.
  private let renaming: (from: String, to: String)?
  /// What went wrong first; nothing is written behind it.
  private var failure: OutputError?

  /// - Throws: `OutputError` where it cannot be made.
  init(_ path: String) throws(OutputError) {
    let opened = try Self.open(path)
    name = path
    descriptor = opened.descriptor
    isOwned = opened.isOwned
    renaming = opened.renaming
  }

  private typealias Opened = (
    descriptor: Int32, isOwned: Bool, renaming: (from: String, to: String)?
  )

  private static func open(_ path: String) throws(OutputError) -> Opened {
    var renaming: (from: String, to: String)?
    let descriptor: Int32
    switch try OutputTarget(path) {
    case .descriptor(let number): return (number, false, nil)
    case .socket: throw .cannotCreate(path, ENXIO)
    case .device(let device): descriptor = Glibc.open(device, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    case .file(let file, nil):
      descriptor = Glibc.open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    case .file(let file, let old?):
      guard faccessat(AT_FDCWD, file, W_OK, Int32(AT_EACCESS)) == 0 else {
        throw .cannotCreate(path, errno)
      }
      let partial = file + ".partial"
      descriptor = Glibc.open(
        partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
      if descriptor >= 0 {
        _ = fchown(descriptor, old.st_uid, old.st_gid)
        _ = fchmod(descriptor, old.st_mode & 0o7777)
        renaming = (partial, file)
      }
    }
    guard descriptor >= 0 else { throw .cannotCreate(path, errno) }
    return (descriptor, true, renaming)
  }

  deinit { if isOwned { close(descriptor) } }

  /// Writes bytes; what goes wrong is told by `finish()`.
  mutating func append(_ bytes: [UInt8]) {
    guard failure == nil else { return }
    let number = Descriptor.write(bytes, to: descriptor)
    if number != 0 { failure = .cannotWrite(name, number) }
  }

  /// Ends the file and puts it into its place.
  ///
  /// - Throws: `OutputError` where it is not whole; a file that was there is then as it was.
  mutating func finish() throws(OutputError) {
    if failure == nil, isOwned, fsync(descriptor) != 0, errno != EINVAL {
      failure = .cannotWrite(name, errno)
    }
    if failure == nil, let renaming, rename(renaming.from, renaming.to) != 0 {
      failure = .cannotCreate(name, errno)
    }
    if let failure { throw failure }
  }
}
