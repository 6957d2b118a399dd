public import PCI

/// A device that a scenario names.
public enum DeviceName: Hashable, Sendable {
  /// The function at that address.
  case address(PCIAddress)
  /// The first function on the bus that may send requests (Bus Master Enable).
  case first
}

extension Form where Value == DeviceName {
  static var device: Form {
    .form(
      .deviceOrFirst, { $0 == "first" ? .first : PCIAddress($0).map { .address($0) } },
      { name in
        switch name {
        case .first: "first"
        case .address(let address): address.shortDescription
        }
      })
  }
}
