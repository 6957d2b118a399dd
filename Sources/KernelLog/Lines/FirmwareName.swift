/// What firmware calls itself: DMI_BIOS_VENDOR, DMI_BIOS_VERSION, DMI_PRODUCT_VERSION.
public struct FirmwareName: Hashable, Sendable {
  /// The BIOS vendor.
  public var vendor: String
  /// The BIOS version.
  public var version: String
  /// The product's version.
  public var product: String

  /// Names as DMI has them; empty where it has none.
  public init(vendor: String = "", version: String = "", product: String = "") {
    self.vendor = vendor
    self.version = version
    self.product = product
  }
}

extension FirmwareName: FormValue {
  /// The line that follows a complaint about firmware.
  static let words: StaticString =
    "\nBIOS vendor: %S%|; Ver: %S%|; Product Version: %S"

  package init(_ values: FormValues, at slot: Int) {
    self.init(vendor: values[slot], version: values[slot + 1], product: values[slot + 2])
  }

  package func put(into values: inout FormValues, at slot: Int) {
    values.set(slot, vendor)
    values.set(slot + 1, version)
    values.set(slot + 2, product)
  }

  package var formSlots: Int { 3 }
}
