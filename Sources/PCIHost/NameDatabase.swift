import CPCIAccess
import Glibc
public import PCI
import Synchronization

/// The names that this machine has for vendors, devices and classes: the file pci.ids, through
/// libpciaccess, which reads all of it but the classes.
public enum NameDatabase {
  /// Where Debian and Fedora keep the file.
  private static let paths = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"]
  /// The file has one and a half megabytes.
  private static let largest = 16 << 20

  /// The names of a vendor and its device; nil for what the file does not have, or without the file.
  public static func names(vendor: UInt16, device: UInt16) -> PCINames {
    libraryLock.withLock { _ in
      // The library's value that fits everything is all ones.
      var match = pci_id_match(
        vendor_id: UInt32(vendor), device_id: UInt32(device), subvendor_id: .max,
        subdevice_id: .max, device_class: 0, device_class_mask: 0, match_data: 0)
      var deviceName: UnsafePointer<CChar>?
      var vendorName: UnsafePointer<CChar>?
      pci_get_strings(&match, &deviceName, &vendorName, nil, nil)
      return PCINames(
        vendor: vendorName.map { String(cString: $0) },
        device: deviceName.map { String(cString: $0) })
    }
  }

  /// The names of classes, as `lspci` has them; a table of our own where the file is missing.
  public static func classNames() -> PCIClassNames {
    for path in paths {
      guard let file = fopen(path, "rb") else { continue }
      defer { fclose(file) }
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while bytes.count < largest {
        let count = fread(&chunk, 1, chunk.count, file)
        guard count > 0 else { break }
        bytes += chunk[..<count]
      }
      return PCIClassNames(pciIDs: bytes)
    }
    return PCIClassNames(pciIDs: [])
  }
}
