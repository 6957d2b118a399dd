internal import KernelProfiles
internal import KernelRuntime
internal import Lockdep
internal import PCI
internal import VTdFormats

/// Domains and the devices in them: who shares a page table, and what is mapped there.
final class Domains {
  let kernel: KernelContext
  let core: IOMMUCore
  let locks: DomainLocks
  let tables: TableMemory
  let pageTables: DomainPageTables
  let deviceTables: DeviceTables
  let flusher: Flusher
  let processes: Processes
  let functionTable: FunctionTable
  let host: KernelHost
  let timers: KernelTimers<DriverError>
  /// What the command line and the build decide, and what the driver found out since.
  var options: IOMMUOptions
  /// Where the host bridge passes memory requests on: no address for DMA.
  var hostBridgeWindows: [ClosedRange<UInt64>] = []
  /// By group.
  var defaultDomains: [Int: IOMMUDomain] = [:]
  /// Domains come when a device first needs one, and no sooner.
  var makesDomainsAtFirstUse = false
  var firstUseDomains: [FirstUse: IOMMUDomain] = [:]
  /// `si_domain`, which all devices share whose addresses stay as they are.
  var identityDomain: IOMMUDomain?

  init(
    in kernel: KernelContext, core: IOMMUCore, locks: DomainLocks, deviceTables: DeviceTables,
    processes: Processes, host: KernelHost, timers: KernelTimers<DriverError>,
    options: IOMMUOptions
  ) {
    self.kernel = kernel
    self.core = core
    self.locks = locks
    tables = deviceTables.tables
    pageTables = DomainPageTables(kernel: kernel, tables: deviceTables.tables)
    self.deviceTables = deviceTables
    flusher = deviceTables.flusher
    self.processes = processes
    functionTable = deviceTables.functionTable
    self.host = host
    self.timers = timers
    self.options = options
  }

  /// Makes a domain with an empty page table, of the stage that the kernel's rule gives it.
  ///
  /// - Parameters:
  ///   - device: the one that it is made for; nil for any of the first unit.
  ///   - levels: nil for what the unit has; in older kernels for the widest there are
  ///     (DEFAULT_DOMAIN_ADDRESS_WIDTH, 57 bits), of which attaching drops what the unit has not.
  func makeDomain(
    _ kind: DomainKind, for device: PCIAddress? = nil, levels: Int? = nil, id: DomainID? = nil
  ) throws(DriverError) -> IOMMUDomain {
    let behaviour = kernel.build.behaviour.driver
    let hasOwnLock = !behaviour.sharesDeviceLock
    let isFirstStage = usesFirstStage(kind)
    let unit =
      behaviour.sizesDomainsForDevice
      ? device.flatMap { functionTable.unit(covering: $0) } ?? functionTable.units.first : nil
    let domain = IOMMUDomain(
      kind, usesFirstStage: isFirstStage,
      levels: levels ?? unit.map { topLevel(of: $0, inFirstStage: isFirstStage) } ?? 5,
      pageTable: needsTables(kind) ? try tables.allocatePage() : PhysicalAddress(rawValue: 0),
      fixedID: id,
      lock: hasOwnLock
        ? kernel.makeLock(.spinlock, class: "&domain->lock", instance: "domain.lock")
        : locks.shared,
      cacheLock: behaviour.hasCacheTags
        ? kernel.makeLock(.spinlock, class: "&domain->cache_lock", instance: "domain.cache_lock")
        : locks.shared,
      cookieMutex: kernel.makeLock(
        .mutex, class: "&domain->iova_cookie->mutex", instance: "domain.iova_cookie.mutex"))
    domain.isLazy = kind == .dma && options.defaultDomain == .lazy
    if let unit {
      domain.superpageSizes =
        options.usesSuperpages ? unit.superpageSizes(inFirstStage: isFirstStage) : 0
      domain.width = min(domain.width, unit.capability.maximumGuestAddressWidth)
      domain.marksFlushedTables = behaviour.hasGenericTables && !unit.snoopsTables(isFirstStage)
    }
    return domain
  }

  /// How many levels a domain's tables have that is made for a unit: with the generic library's tables
  /// compute_vasz_lg2_fs and _ss, which look at MGAW as well.
  private func topLevel(of unit: IntelIOMMU, inFirstStage isFirstStage: Bool) -> Int {
    guard kernel.build.behaviour.driver.hasGenericTables else { return unit.levels }
    let width = unit.capability.maximumGuestAddressWidth
    if isFirstStage { return width > 48 && unit.capability[flag: .firstStage5Levels] ? 5 : 4 }
    // The next more levels than MGAW needs, where the unit has them: so the driver reckons.
    let needed = width > 48 ? 5 : width > 39 ? 4 : 3
    let supported = (needed..<6).filter { unit.capability.supports(secondStageLevels: $0) }
    return supported.first { $0 > needed } ?? supported.first ?? unit.levels
  }

  private func needsTables(_ kind: DomainKind) -> Bool {
    switch kind {
    case .dma, .unmanaged: true
    // si_domain has a top table even where units pass its requests through.
    case .identity: !kernel.build.behaviour.driver.needsPassThrough
    case .blocked: false
    }
  }

  /// first_level_by_default: in scalable mode what all units have; where they have both stages, a
  /// user's own domain gets the second, the DMA API's the first.
  private func usesFirstStage(_ kind: DomainKind) -> Bool {
    guard !functionTable.units.isEmpty, functionTable.units.allSatisfy({ $0.isScalable }) else {
      return false
    }
    let hasFirst = functionTable.units.allSatisfy { $0.extendedCapability[flag: .firstStage] }
    let hasSecond = functionTable.units.allSatisfy { $0.extendedCapability[flag: .secondStage] }
    guard hasFirst && hasSecond else { return hasFirst }
    return kind != .unmanaged && kernel.build.behaviour.driver.firstStage == .on
  }

  /// What the driver knows of the function; it is made at the first mention.
  func device(at address: PCIAddress) throws(DriverError) -> DeviceInfo {
    if let known = functionTable.devices[address] { return known }
    guard let unit = functionTable.unit(covering: address) else {
      throw DriverError(.noUnit(address.segment))
    }
    let function = functionTable.found[address] ?? ProbedFunction(address: address, group: -1)
    let device = DeviceInfo(function, unit: unit)
    functionTable.devices[address] = device
    try deviceTables.allocatePASIDDirectory(for: device)
    if kernel.build.behaviour.driver.setsContextAtProbe, unit.isScalable {
      for source in device.sourceIDs
      where !device.function.bridgeAliases.contains(source) {
        try deviceTables.setScalableContextEntry(of: source, for: device)
      }
    }
    return device
  }

  /// What shares a domain with the device: the group's functions, itself included.
  func group(of device: DeviceInfo) throws(DriverError) -> [DeviceInfo] {
    let members = functionTable.probed.filter { $0.group == device.function.group }
    guard members.contains(where: { $0.address == device.address }) else { return [device] }
    var infos: [DeviceInfo] = []
    for member in members where functionTable.found[member.address] != nil {
      infos.append(try self.device(at: member.address))
    }
    return infos
  }
}
