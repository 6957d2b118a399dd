import Glibc
import PCI

/// The directory that libpciaccess reads, looked at for what the library does not tell: whether
/// "no functions" is true, and which entry makes it fail.
enum SysfsBus {
  static let directory = "/sys/bus/pci/devices"

  /// The files with an entry's ids.
  private static let attributes = [
    "vendor", "device", "class", "revision", "subsystem_vendor", "subsystem_device",
  ]

  enum Listing {
    case missing
    case unreadable(Int32)
    case entries([String])
  }

  static func list() -> Listing {
    errno = 0
    guard let stream = opendir(directory) else {
      return errno == ENOENT || errno == ENOTDIR ? .missing : .unreadable(errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
        field.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          String(cString: $0)
        }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return .entries(names.sorted())
  }

  /// Whether `name` is spelled as the kernel spells an address.
  static func isCanonical(_ name: String) -> Bool {
    PCIAddress(name).map { $0.description == name } ?? false
  }

  /// The entries for which the library gives up the whole bus: it rebuilds each path in lower case,
  /// and wants the ids from files of their own or else from configuration space.
  static func culprits(among names: [String]) -> [String] {
    names.filter { name in
      guard let address = PCIAddress(name) else { return false }
      let hasIDs = attributes.allSatisfy { openError($0, of: address) == 0 }
      return !hasIDs && openError("config", of: address) != 0
    }
  }

  /// The errno of opening a function's file; 0 if it opens.
  static func openError(_ file: String, of address: PCIAddress) -> Int32 {
    let descriptor = open("\(directory)/\(address)/\(file)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return errno }
    close(descriptor)
    return 0
  }
}
