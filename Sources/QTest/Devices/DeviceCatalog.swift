import VTdFormats

/// The devices that a command line can ask for by name.
public struct DeviceCatalog: Sendable {
  /// Makes a device from the properties that its user gave; takes those that it knows.
  public typealias Maker =
    @Sendable (_ properties: inout KeyValueList) throws(Q35MachineError)
    -> @Sendable () -> any PCIDevice

  private var makers: [String: Maker]

  /// `edu` and `iommu-testdev`.
  public static let standard = DeviceCatalog(makers: [
    "edu": { properties throws(Q35MachineError) in
      let mask = try properties.takeNumber("dma_mask") ?? (1 << 28) - 1
      return { EduDevice(addressMask: mask) }
    },
    "iommu-testdev": { _ throws(Q35MachineError) in { IOMMUTestDevice() } },
  ])

  init(makers: [String: Maker]) { self.makers = makers }

  /// The catalog with one more device, or another one by the same name.
  public func adding(_ model: String, _ maker: @escaping Maker) -> DeviceCatalog {
    var copy = self
    copy.makers[model] = maker
    return copy
  }

  /// The names that `-device` knows, in the order of the alphabet.
  public var models: [String] { makers.keys.sorted() }

  /// The plan for `-device model,id=…,addr=…,…`.
  public func plan(_ description: KeyValueList) throws(Q35MachineError) -> DevicePlan {
    guard let maker = makers[description.name] else {
      throw Q35MachineError(
        "'\(description.name)' is not a device of this machine; it has intel-iommu, "
          + models.joined(separator: ", "))
    }
    var properties = description
    let name = properties.take("id")
    if let bus = properties.take("bus"), bus != "pcie.0" {
      throw Q35MachineError("Bus '\(bus)' not found; there is pcie.0")
    }
    var place: SourceID?
    if let text = properties.take("addr") {
      guard let parsed = Self.place(text) else {
        throw Q35MachineError("Property '\(description.name).addr' doesn't take value '\(text)'")
      }
      place = parsed
    }
    let make = try maker(&properties)
    try properties.refuseRest()
    return DevicePlan(model: description.name, name: name, place: place, make: make)
  }

  /// `slot` or `slot.function`, in hex.
  private static func place(_ text: String) -> SourceID? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let slotText = parts[0].hasPrefix("0x") ? parts[0].dropFirst(2) : parts[0]
    guard parts.count <= 2, let slot = UInt8(slotText, radix: 16), slot < 32 else { return nil }
    guard parts.count == 2 else { return SourceID(bus: 0, device: slot, function: 0) }
    guard let function = UInt8(parts[1], radix: 16), function < 8 else { return nil }
    return SourceID(bus: 0, device: slot, function: function)
  }
}
