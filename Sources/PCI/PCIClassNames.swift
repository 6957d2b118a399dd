import Text
import VTdFormats

/// The names of classes as the file pci.ids has them, in its last part:
/// `C 02  Network controller`, and below it `<tab>00  Ethernet controller`.
public struct PCIClassNames: Sendable {
  private var bases: [UInt8: String] = [:]
  private var subclasses: [UInt16: String] = [:]

  /// The names of a `pci.ids` file.
  ///
  /// - Parameter pciIDs: the file; of one without classes nothing is known.
  public init(pciIDs: [UInt8]) {
    var base: UInt8?
    var start = 0
    while start < pciIDs.count {
      let end = pciIDs[start...].firstIndex(of: ASCII.newline) ?? pciIDs.count
      let line = pciIDs[start..<end]
      start = end + 1
      guard let first = line.first else { continue }
      if first == UInt8(ascii: "C") {
        base = Self.row(line.dropFirst(2)).map {
          bases[$0.number] = $0.name
          return $0.number
        }
      } else if first == ASCII.tab, let base, line.dropFirst().first != ASCII.tab {
        if let row = Self.row(line.dropFirst()) {
          subclasses[UInt16(base) << 8 | UInt16(row.number)] = row.name
        }
      } else if first != ASCII.tab, first != UInt8(ascii: "#") {
        base = nil
      }
    }
  }

  /// `02  Network controller`
  private static func row(_ bytes: ArraySlice<UInt8>) -> (number: UInt8, name: String)? {
    let digits = bytes.prefix(2)
    guard digits.count == 2, let number = UInt8(String(decoding: digits, as: UTF8.self), radix: 16),
      bytes.dropFirst(2).first == ASCII.space
    else { return nil }
    let name = bytes.dropFirst(2).drop(while: ASCII.isBlank)
    return name.isEmpty ? nil : (number, String(decoding: name.prefix(80), as: UTF8.self))
  }

  /// What `lspci` calls a class: the subclass's name, or the base's with the number, or the number.
  public func name(of code: PCIClass) -> String {
    if let name = subclasses[code.baseAndSubclass] { return name }
    if let name = bases[code.base] { return "\(name) [\(code)]" }
    if bases.isEmpty, let name = code.name { return name }
    return "Class [\(code)]"
  }
}

extension PCIFunction {
  /// What `lspci` prints behind the address:
  /// `Ethernet controller: Intel Corporation 82574L Gigabit Network Connection (rev 03)`.
  ///
  /// - Parameters:
  ///   - classes: what classes are called.
  ///   - hasNumbers: whether class and ids stand behind the names, as `lspci -nn` has them.
  public func listing(_ classes: PCIClassNames, hasNumbers: Bool = false) -> String {
    var kind = classes.name(of: identity.classCode)
    let number = "[\(identity.classCode)]"
    if hasNumbers, !kind.hasSuffix(number) { kind += " " + number }
    let device = names.device ?? "Device \(hex(UInt64(identity.device), digits: 4))"
    let vendor = names.vendor ?? "Vendor \(hex(UInt64(identity.vendor), digits: 4))"
    var text = "\(kind): "
    if names.vendor == nil, names.device == nil {
      text += "Device \(identity.ids)"
    } else {
      text += hasNumbers ? "\(vendor) \(device) [\(identity.ids)]" : "\(vendor) \(device)"
    }
    if identity.revision != 0 { text += " (rev \(hex(UInt64(identity.revision), digits: 2)))" }
    return text
  }
}
