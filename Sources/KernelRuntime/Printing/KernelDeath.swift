package import KernelLog
internal import KernelProfiles
internal import Text

/// What a kernel dies of.
public enum KernelDeath: Error, Hashable, Sendable {
  /// A read through the direct map at a virtual address where the map has nothing: the processor
  /// faults.
  ///
  /// `phys_to_virt` adds a constant and checks nothing, so an address that garbage in a table gave is
  /// read like any other.
  case badRead(UInt64, Exception)
  /// A device did not confirm a command in the time that its driver gives it.
  case malfunction(unit: String)

  /// The processor's exception at such a read.
  public enum Exception: String, CaseIterable, Hashable, Sendable {
    /// The address is not canonical.
    case generalProtection = "general-protection"
    /// The address is canonical, and nothing is mapped there.
    case pageFault = "page-fault"
  }

  /// - Parameters:
  ///   - physical: what the kernel took for a physical address, all 64 bits of it.
  ///   - directMap: where physical address 0 is in the kernel's address space (`page_offset_base`).
  package init(reading physical: UInt64, directMap: UInt64) {
    let address = directMap &+ physical
    // A kernel with five levels has its map below the half that four levels can address.
    let width: UInt64 = directMap >> 47 == ~0 >> 47 ? 47 : 56
    let isCanonical = address >> width == 0 || address >> width == ~0 >> width
    self = .badRead(address, isCanonical ? .pageFault : .generalProtection)
  }

  /// The first lines of the oops.
  ///
  /// Behind them, and behind the lines that say who ran where, a kernel prints registers, code bytes
  /// and its stack: what those hold, only a compiled kernel knows. Nor are the entries of its own page
  /// table known, but that the half of user space is empty in an idle task's.
  package static func oops(
    reading address: UInt64, _ exception: Exception, of build: KernelBuild
  ) -> [DeathLine] {
    let options = build.oopsOptions.isEmpty ? nil : build.oopsOptions
    return switch exception {
    case .generalProtection: [.generalProtection(address, options: options)]
    case .pageFault:
      [
        address < 0x1000 ? .nullPointer(address) : .pageFault(address), .supervisorRead,
        .notPresent,
      ] + (address >> 47 == 0 ? [.noTables] : []) + [.oops(options: options)]
    }
  }

  /// The panic, without the stack that a kernel prints below its first line where no oops did.
  ///
  /// - Parameters:
  ///   - reason: what the caller of `panic` says.
  ///   - timeOut: `panic=`, see ``timeOut(in:)``.
  package static func panic(
    _ reason: DeathLine.PanicReason, _ build: KernelBuild, timeOut: Int
  ) -> [DeathLine] {
    var lines = [DeathLine.panic(reason)]
    // With an address space that was not moved at random.
    if fixedDirectMaps.contains(build.directMap) { lines.append(.noOffset) }
    if timeOut > 0 { lines.append(.rebooting(seconds: timeOut)) }
    if timeOut == 0 { lines.append(.end(reason)) }
    return lines
  }

  /// Where the map lies with four and with five levels, unless it is moved at random.
  private static let fixedDirectMaps: [UInt64] = [0xffff_8880_0000_0000, 0xff11_0000_0000_0000]

  /// `panic=`: seconds until a reboot, none for 0; below 0 at once.
  package static func timeOut(in words: [String]) -> Int {
    words.last { $0.hasPrefix("panic=") }.flatMap { Int($0.dropFirst("panic=".count)) } ?? 0
  }
}
