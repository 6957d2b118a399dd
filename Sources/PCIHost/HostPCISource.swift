import CPCIAccess
import Glibc
import PCI
import Synchronization

/// This machine's PCI bus, read through libpciaccess.
///
/// The library keeps all its state in one global: a second initialisation leaks the first and every
/// pointer dies at the clean-up. So one enumeration at a time, everything is copied out, and the
/// library is cleaned up before it returns.
public struct HostPCISource: PCISource {
  /// Whether to look names up in the pci.ids database, which costs a pass through a large file for
  /// each vendor.
  public let readsNames: Bool

  public init(readsNames: Bool = true) {
    self.readsNames = readsNames
  }

  public func enumerate() throws(PCIHostError) -> PCIEnumeration {
    try libraryLock.withLock { _ throws(PCIHostError) in try enumerateLocked() }
  }

  private func enumerateLocked() throws(PCIHostError) -> PCIEnumeration {
    let names: [String]
    switch SysfsBus.list() {
    case .missing: return .noPCI(.noBus(directory: SysfsBus.directory))
    // The library ignores this and would report an empty bus.
    case .unreadable(let code):
      throw PCIHostError(.unreadableBus(directory: SysfsBus.directory), code: code)
    case .entries(let listed): names = listed
    }
    if names.isEmpty { return .noPCI(.emptyBus(directory: SysfsBus.directory)) }

    let status = pci_system_init()
    // A failed initialisation has allocated as well; without any, this does nothing.
    defer { pci_system_cleanup() }
    guard status == 0 else {
      throw PCIHostError(
        .initialisation(culprits: SysfsBus.culprits(among: names)), code: status)
    }
    guard let iterator = pci_slot_match_iterator_create(nil) else {
      throw PCIHostError(.iteration, code: errno)
    }
    defer { pci_iterator_destroy(iterator) }

    var functions: [PCIFunction] = []
    var seen: Set<PCIAddress> = []
    var remarks = names.filter { !SysfsBus.isCanonical($0) }.map {
      PCIRemark(nil, .strangeEntry($0))
    }
    while let device = pci_device_next(iterator) {
      let (function, found) = copy(device)
      // An entry whose name is not an address comes as its predecessor's double.
      guard seen.insert(function.address).inserted else { continue }
      functions.append(function)
      remarks.append(contentsOf: found)
    }
    return .found(PCITopology(functions), remarks: remarks)
  }

  /// Everything that the library knows of `device`, as values.
  private func copy(_ device: UnsafeMutablePointer<pci_device>) -> (PCIFunction, [PCIRemark]) {
    // Regions are only filled in by the probe, so it comes before any look at the structure.
    _ = pci_device_probe(device)
    let raw = device.pointee
    // `domain_16` stands at 0xffff for the domains beyond 16 bits.
    let address = PCIAddress(
      segment: raw.domain, bus: raw.bus, device: raw.dev, function: raw.func)
    var remarks: [PCIRemark] = []

    let (configuration, code) = readConfiguration(device)
    if configuration.count == 0 && code != 0 {
      remarks.append(PCIRemark(address, .unreadableConfiguration(code)))
    } else if configuration.count < ConfigurationSpace.conventionalSize {
      remarks.append(PCIRemark(address, .shortConfiguration(configuration.count)))
    }
    let regions = regions(of: raw)
    // The library does not tell "no regions" from "no such file".
    let regionError = regions.isEmpty ? SysfsBus.openError("resource", of: address) : 0
    if regionError != 0 { remarks.append(PCIRemark(address, .unreadableRegions(regionError))) }

    let identity = PCIIdentity(
      vendor: raw.vendor_id, device: raw.device_id,
      classCode: PCIClass(rawValue: raw.device_class), revision: raw.revision,
      subsystemVendor: raw.subvendor_id, subsystem: raw.subdevice_id)
    let function = PCIFunction(
      address: address, identity: identity, configuration: configuration,
      regions: regions, names: readsNames ? self.names(of: device) : PCINames())
    return (function, remarks)
  }

  /// All of configuration space that can be read, and the errno where reading ended early.
  ///
  /// The library says 0 for a short read, so only the count of bytes tells how much there is.
  private func readConfiguration(_ device: UnsafeMutablePointer<pci_device>) -> (
    ConfigurationSpace, code: Int32
  ) {
    var bytes = [UInt8](repeating: 0, count: ConfigurationSpace.extendedSize)
    var read: pciaddr_t = 0
    let code = bytes.withUnsafeMutableBytes { buffer in
      pci_device_cfg_read(device, buffer.baseAddress, 0, pciaddr_t(buffer.count), &read)
    }
    return (ConfigurationSpace(bytes.prefix(Int(min(read, pciaddr_t(bytes.count))))), code)
  }

  private func regions(of raw: pci_device) -> [PCIRegion] {
    var regions: [PCIRegion] = []
    withUnsafeBytes(of: raw.regions) { tuple in
      for (register, region) in tuple.bindMemory(to: pci_mem_region.self).enumerated()
      where region.size != 0 {
        let kind: PCIRegion.Kind =
          region.is_IO != 0 ? .io : region.is_64 != 0 ? .memory64 : .memory32
        regions.append(
          PCIRegion(
            register: UInt8(truncatingIfNeeded: register), kind: kind,
            isPrefetchable: region.is_prefetchable != 0, base: region.base_addr,
            size: region.size))
      }
    }
    return regions
  }

  private func names(of device: UnsafeMutablePointer<pci_device>) -> PCINames {
    func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
    return PCINames(
      vendor: text(pci_device_get_vendor_name(device)),
      device: text(pci_device_get_device_name(device)),
      subsystemVendor: text(pci_device_get_subvendor_name(device)),
      subsystem: text(pci_device_get_subdevice_name(device)))
  }
}

/// The library's own state is process-wide, so the lock around it is too.
let libraryLock = Mutex<Void>(())
