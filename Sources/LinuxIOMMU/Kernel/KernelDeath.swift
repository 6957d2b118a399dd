internal import KernelLog
internal import VTdFormats

/// A read of the kernel's through its direct map where the map has nothing: the processor faults.
///
/// `phys_to_virt` adds a constant and checks nothing, so an address that garbage in a table gave is
/// read like any other.
public struct KernelDeath: Error, Hashable, Sendable {
  public enum Exception: String, CaseIterable, Hashable, Sendable {
    /// The address is not canonical.
    case generalProtection = "general-protection"
    case pageFault = "page-fault"
  }

  /// The virtual address that was read.
  public let address: UInt64
  public let exception: Exception

  /// - Parameters:
  ///   - physical: what the kernel took for a physical address, all 64 bits of it.
  ///   - directMap: where physical address 0 is in the kernel's address space (`page_offset_base`).
  init(reading physical: UInt64, directMap: UInt64) {
    address = directMap &+ physical
    // A kernel with five levels has its map below the half that four levels can address.
    let width: UInt64 = directMap >> 47 == ~0 >> 47 ? 47 : 56
    let isCanonical = address >> width == 0 || address >> width == ~0 >> width
    exception = isCanonical ? .pageFault : .generalProtection
  }

  /// The first lines of the oops.
  ///
  /// Behind them, and behind the lines that say who ran where, a kernel prints registers, code bytes
  /// and its stack, and for a page fault the entries of its own page table: what those hold, only a
  /// compiled kernel knows.
  func head(of build: KernelBuild) -> [(LogLevel, String)] {
    let prefix = build.behaviour.oopsPrefix == .everywhere ? "Oops: " : ""
    let options = build.oopsOptions.isEmpty ? "" : " \(build.oopsOptions)"
    switch exception {
    case .generalProtection:
      return [
        (
          .warning,
          "\(prefix)general protection fault, probably for non-canonical address 0x\(hex(address))"
            + ": 0000 [#1]\(options)"
        )
      ]
    case .pageFault:
      let what =
        address < 0x1000
        ? "BUG: kernel NULL pointer dereference, address: "
        : "BUG: unable to handle page fault for address: "
      return [
        (.alert, what + hex(address, digits: 16)),
        (.alert, "#PF: supervisor read access in kernel mode"),
        (.alert, "#PF: error_code(0x0000) - not-present page"),
        (.warning, "\(prefix)Oops: 0000 [#1]\(options)"),
      ]
    }
  }

  /// The panic at its end.
  ///
  /// - Parameter timeOut: `panic=`, see ``timeOut(in:)``.
  static func panic(_ build: KernelBuild, timeOut: Int) -> [(LogLevel, String)] {
    let panic = "Kernel panic - not syncing: Fatal exception in interrupt"
    var records: [(LogLevel, String)] = [(.emergency, panic)]
    // With an address space that was not moved at random.
    if fixedDirectMaps.contains(build.directMap) {
      records.append((.emergency, "Kernel Offset: disabled"))
    }
    return records + end(panic, timeOut: timeOut)
  }

  /// Where the map lies with four and with five levels, unless it is moved at random.
  private static let fixedDirectMaps: [UInt64] = [0xffff_8880_0000_0000, 0xff11_0000_0000_0000]

  /// `panic=`: seconds until a reboot, none for 0; below 0 at once.
  static func timeOut(in words: [String]) -> Int {
    words.last { $0.hasPrefix("panic=") }.flatMap { Int($0.dropFirst("panic=".count)) } ?? 0
  }

  private static func end(_ panic: String, timeOut: Int) -> [(LogLevel, String)] {
    if timeOut == 0 { return [(.emergency, "---[ end \(panic) ]---")] }
    return timeOut > 0 ? [(.emergency, "Rebooting in \(timeOut) seconds..")] : []
  }
}
