public import PCI
public import VTdFormats
public import VTdUnit

/// What a device does on the bus.
public struct DeviceDMA: Hashable, Sendable {
  /// Who sends it.
  public var device: PCIAddress
  /// The id that its requests carry where it is not the device's own.
  public var claimedID: SourceID?
  /// What it wants to do.
  public var access: DMAAccess
  /// The first byte.
  public var address: IOVA
  /// Bytes; a transfer that crosses a page is several requests.
  public var length: UInt64
  /// The process whose address space it means; nil for none.
  public var pasid: PASID?
  /// What else the requests carry.
  public var attributes: Attributes

  /// What a request may carry besides its address.
  public struct Attributes: Hashable, Sendable {
    /// An instruction fetch; only with a PASID.
    public var isExecute = false
    /// Supervisor privilege; only with a PASID.
    public var isPrivileged = false
    /// Untranslated, translation request or translated.
    public var addressType = AddressType.untranslated
    /// The device uses its own TLB, if the kernel has switched that on.
    public var usesDeviceTLB = false
    /// What a write to the interrupt range holds.
    public var data: UInt32 = 0
    /// What a write holds, as many as its length; empty: it leaves memory alone.
    public var bytes: [UInt8] = []

    /// A plain request: untranslated, by a user, of data.
    public init() {}
  }

  /// A DMA; one longer than a page becomes several requests.
  public init(
    device: PCIAddress, claimedID: SourceID? = nil, access: DMAAccess, address: IOVA,
    length: UInt64 = 4, pasid: PASID? = nil, attributes: Attributes = Attributes()
  ) {
    self.device = device
    self.claimedID = claimedID
    self.access = access
    self.address = address
    self.length = length
    self.pasid = pasid
    self.attributes = attributes
  }

  /// The request for the page of `address`, with the id and the PASID that it has at the root of the
  /// bus.
  func request(at address: IOVA, from source: SourceID, _ pasid: PASID?) -> DMARequest {
    DMARequest(
      source: source, address: address, access: access, isZeroLength: length == 0, pasid: pasid,
      isPrivileged: attributes.isPrivileged, isExecute: attributes.isExecute,
      addressType: attributes.addressType)
  }
}
