internal import Glibc

/// A part of a file as memory, without a copy.
struct FileWindow: ~Copyable {
  /// The bytes from the wanted place on.
  let bytes: UnsafeRawBufferPointer
  private let base: UnsafeMutableRawPointer
  private let length: Int

  /// Maps `count` bytes from `position` on; nil where the file cannot be mapped. Pages come as they are
  /// read, sixteen at a time, which takes less than to ask for all of them at once.
  init?(_ descriptor: Int32, _ position: Int, _ count: Int) {
    Self.surviveTruncation()
    let start = position / Self.page * Self.page
    let length = position &- start &+ count
    guard let base = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, off_t(start)),
      base != MAP_FAILED
    else { return nil }
    self.base = base
    self.length = length
    bytes = UnsafeRawBufferPointer(start: base.advanced(by: position &- start), count: count)
  }

  deinit { munmap(base, length) }

  private static var page: Int { sysconf(Int32(_SC_PAGESIZE)) }

  /// A page that is read after somebody has cut the file is a bus error; zeros take its place, and
  /// reading goes on to the end that the file now has.
  private static func surviveTruncation() {
    var action = sigaction()
    action.sa_flags = SA_SIGINFO
    action.__sigaction_handler.sa_sigaction = { _, info, _ in
      let size = sysconf(Int32(_SC_PAGESIZE))
      guard let address = info?.pointee._sifields._sigfault.si_addr,
        let page = UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: address) & ~UInt(size - 1)),
        mmap(page, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED
      else { _exit(ExitStatus.badInput.rawValue) }
    }
    sigaction(SIGBUS, &action, nil)
  }
}
