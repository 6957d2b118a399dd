internal import Glibc

/// A tracing instance for this program only, so that it does not disturb any other trace.
struct TraceInstance {
  static let folder = "/sys/kernel/tracing/instances"
  private static let prefix = "dmar-"
  /// The size of the trace buffer for each processor, and for all together, in KiB. The text of the
  /// events takes about three times as much room; were it cut, its end with the fault would be
  /// lost.
  private static let mostKilobytes = (each: 4096, all: (SystemFiles.mostBytes >> 10) / 4)
  static let groups = ["iommu", "dma", "intel_iommu"]

  let system: SystemFiles
  let path: String

  /// Makes the instance and switches its events on.
  init(_ system: SystemFiles) throws(CollectError) {
    self.system = system
    path = "\(Self.folder)/\(Self.prefix)\(getpid())"
    guard mkdir(system.path(path), 0o700) == 0 else {
      throw CollectError(
        "no tracing instance: \(system.path(path)): \(SystemFiles.words(errno))")
    }
    let kilobytes = min(Self.mostKilobytes.each, max(64, Self.mostKilobytes.all / Self.processors))
    _ = system.write("\(kilobytes)", to: "\(path)/buffer_size_kb")
    var isTracing = false
    for group in Self.groups {
      isTracing = system.write("1", to: "\(path)/events/\(group)/enable") == nil || isTracing
    }
    guard isTracing else {
      remove()
      throw CollectError(
        "no tracing: the kernel has none of the events \(Self.groups.joined(separator: ", "))")
    }
  }

  private static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  func stop() { _ = system.write("0", to: "\(path)/tracing_on") }

  func remove() {
    for group in Self.groups { _ = system.write("0", to: "\(path)/events/\(group)/enable") }
    rmdir(system.path(path))
  }

  /// Removes instances whose process is gone, and answers their names.
  static func removeLeftOvers(_ system: SystemFiles) -> [String] {
    (system.names(in: folder) ?? []).filter { name in
      guard name.hasPrefix(prefix), let owner = pid_t(name.dropFirst(prefix.count)),
        kill(owner, 0) != 0, errno == ESRCH
      else { return false }
      for group in groups { _ = system.write("0", to: "\(folder)/\(name)/events/\(group)/enable") }
      return rmdir(system.path("\(folder)/\(name)")) == 0
    }
  }
}
