public import VTdFormats
public import VTdUnit

/// A DMA of a device.
public struct DMADescription: Hashable, Sendable {
  /// Who sends it.
  public var device = DeviceName.first
  /// The id that the requests carry where it is not the device's own: a phantom function's.
  public var claimedID: SourceID?
  /// What it wants to do.
  public var access = DMAAccess.read
  /// Where.
  public var address = DMAAddress.number(IOVA(rawValue: 0))
  /// Bytes.
  public var length: UInt64 = 4
  /// The PASID that it carries; nil for none.
  public var pasid: PASID?
  /// How many times.
  public var count = 1
  /// What a write to the interrupt range holds.
  public var data: UInt32 = 0
  /// What a write holds, as many as its length; nil: it leaves memory alone.
  public var bytes: [UInt8]?
  /// The device uses its own TLB, if the kernel has switched that on.
  public var usesDeviceTLB = false
  /// An instruction fetch.
  public var isExecute = false
  /// Supervisor privilege.
  public var isPrivileged = false
  /// Untranslated, translation request or translated.
  public var addressType = AddressType.untranslated

  public init() {}

  /// A DMA of `length` bytes.
  public init(_ device: DeviceName, _ access: DMAAccess, _ address: IOVA, length: UInt64 = 4) {
    self.device = device
    self.access = access
    self.address = .number(address)
    self.length = length
  }
}

extension DMADescription: Section {
  package static var sectionName: String { "dma" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &device, .device, "the device")
    field(
      "as", &claimedID, .device,
      "the id that it uses instead of its own: a phantom function's", example: "\"00:1a.1\"")
    field.required("access", &access, .named(Self.accesses), "what it does")
    field.required(
      "address", &address, .dmaAddress,
      "the address that it sends, or what a dma_map gave: ring, ring+0x40", example: "0xdeadb000")
    field("length", &length, .number(0...0x10_0000), always: true, "bytes")
    field(
      "pasid", &pasid, .number(0...0xf_ffff, .decimal), "the PASID of the request, if it has one")
    field(
      "repeat", &count, .number(1...1_000_000), "how often, before the CPU takes an interrupt")
    field(
      "data", &data, .number(0...0xffff_ffff, .hex), "what a write to the interrupt range holds")
    field(
      "bytes", &bytes, .digits,
      "what a write puts into memory, as many as its length; without it, memory stays as it is",
      example: "\"0011aabb\"")
    field(
      "ats", &usesDeviceTLB, .flag,
      "the device goes through its own TLB, if the driver has switched that on or device_tlb gave it"
    )
    field("execute", &isExecute, .flag, "an instruction fetch; only with a PASID")
    field("privileged", &isPrivileged, .flag, "supervisor privilege; only with a PASID")
    field(
      "type", &addressType, .named(AddressType.rows),
      "what the address is: an untranslated one, or that of ATS's translation request, or translated"
    )
    let count = bytes.map { UInt64($0.count) }
    field.check(
      count == nil || count == length && access == .write, at: "bytes",
      "\(count ?? 0) bytes; a write with as many bytes as its length, \(length), was expected")
  }

  private static let accesses: [(name: String, value: DMAAccess)] = [
    ("read", .read), ("write", .write), ("atomic", .atomic),
  ]
}
