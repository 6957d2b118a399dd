import CFakeSysfs
import Glibc
import PCI

/// A /sys with an invented PCI bus, in a temporary directory.
///
/// It is written file by file as the kernel lays it out: six ids as text, `config` as bytes,
/// `resource` as lines of start, end and flags.
struct FakeSysfs: ~Copyable {
  let root: String
  private var devices: String { root + "/sys/bus/pci/devices" }

  init() {
    var name = Array("/tmp/dmar-sysfs-XXXXXX".utf8CString)
    root = name.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/nonexistent"
    }
  }

  /// With a bus of `functions`.
  init(_ functions: [PCIFunction]) {
    self.init()
    makeBus()
    for function in functions { add(function) }
  }

  deinit {
    // Directories that a test made unreadable have to be passable again.
    _ = chmod(devices, 0o755)
    _ = shell("rm -rf '\(root)'")
  }

  func makeBus() {
    for directory in ["/sys", "/sys/bus", "/sys/bus/pci", "/sys/bus/pci/devices"] {
      mkdir(root + directory, 0o755)
    }
  }

  func add(_ function: PCIFunction, as name: String? = nil) {
    let directory = "\(devices)/\(name ?? function.address.description)"
    mkdir(directory, 0o755)
    let identity = function.identity
    for (file, value) in [
      ("vendor", UInt32(identity.vendor)), ("device", UInt32(identity.device)),
      ("class", identity.classCode.rawValue), ("revision", UInt32(identity.revision)),
      ("subsystem_vendor", UInt32(identity.subsystemVendor)),
      ("subsystem_device", UInt32(identity.subsystem)),
    ] {
      write(Array("0x\(String(value, radix: 16))\n".utf8), to: "\(directory)/\(file)")
    }
    write(function.configuration.bytes, to: "\(directory)/config")
    var lines = ""
    for register in UInt8(0)..<13 {
      let region = function.regions.first { $0.register == register }
      lines += region.map { Self.line($0) } ?? "0x0 0x0 0x0\n"
    }
    write(Array(lines.utf8), to: "\(directory)/resource")
  }

  /// Start, end and flags, whose low bits are those of the base address register.
  private static func line(_ region: PCIRegion) -> String {
    let flags: UInt64 =
      switch region.kind {
      case .io: 0x101
      case .memory32: region.isPrefetchable ? 0x2208 : 0x200
      case .memory64: region.isPrefetchable ? 0x10220c : 0x100204
      }
    let numbers = [region.base, region.base + region.size - 1, flags]
    return numbers.map { "0x" + String($0, radix: 16) }.joined(separator: " ") + "\n"
  }

  func remove(_ file: String, of address: PCIAddress) {
    unlink("\(devices)/\(address)/\(file)")
  }

  func forbid(_ file: String, of address: PCIAddress) {
    chmod("\(devices)/\(address)/\(file)", 0)
  }

  func forbidBus() { chmod(devices, 0) }

  func write(_ bytes: [UInt8], toConfigurationOf address: PCIAddress) {
    write(bytes, to: "\(devices)/\(address)/config")
  }

  private func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    defer { fclose(file) }
    fwrite(bytes, 1, bytes.count, file)
  }

  /// Runs `body` with /sys being this one, on this thread.
  func look<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> (
    Result, redirections: UInt32
  ) {
    fake_sysfs_set_root(root)
    defer { fake_sysfs_set_root(nil) }
    let result = try body()
    return (result, fake_sysfs_redirections())
  }
}

/// What a command prints; nil if it fails.
func shell(_ command: String) -> String? {
  guard let pipe = popen(command + " 2>/dev/null", "r") else { return nil }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = fread(&buffer, 1, buffer.count, pipe)
    if count <= 0 { break }
    output.append(contentsOf: buffer[..<count])
  }
  return pclose(pipe) == 0 ? String(decoding: output, as: UTF8.self) : nil
}
