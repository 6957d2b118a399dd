internal import LinuxIOMMU
internal import Machine
internal import PCI
internal import ScenarioFormat
import Text
internal import VTdFormats

/// Steps of the driver as they are taken, and the addresses that came of them.
struct DriverSteps {
  /// A buffer that a step mapped.
  struct Buffer {
    let device: PCIAddress
    let address: IOVA
    let size: UInt64
  }

  private(set) var buffers: [String: Buffer] = [:]
  /// The checks of steps (`read_dirty`) whose answer is not what the scenario expects.
  private var failedChecks: [Mismatch] = []

  /// Hands over what failed since the last time.
  mutating func takeFailedChecks() -> [Mismatch] {
    defer { failedChecks = [] }
    return failedChecks
  }

  /// Takes one step; what the kernel refuses is in its log, what the scenario gets wrong is thrown.
  mutating func take(
    _ action: DriverAction, at place: Place, on machine: Machine,
    _ address: (DeviceName) -> PCIAddress
  ) throws(InputError) {
    let kernel = machine.kernel
    func reference(
      _ name: DomainName
    ) throws(InputError) -> DomainReference {
      switch name {
      case .named(let name):
        guard let known = known(name, to: kernel) else {
          throw InputError(
            at: place,
            "no domain is called \"\(name)\"; one that an attach or boot has made was"
              + " expected")
        }
        return known
      case .of(let device):
        let device = address(device)
        guard kernel.hasDomain(.of(device)) else {
          throw InputError(
            at: place, "\(device) is in no domain; a device that is attached was expected")
        }
        return .of(device)
      }
    }
    switch action {
    case .attach(let step):
      try place.asking { () throws(DriverError) in
        try attach(address(step.device), step.domain, with: kernel)
      }
    case .detach(let device):
      try place.asking { () throws(DriverError) in try kernel.detach(address(device)) }
    case .groupType(let step):
      try place.asking { () throws(DriverError) in
        try kernel.changeGroupType(of: address(step.device), to: step.type)
      }
    case .map(let step):
      let domain = try reference(step.domain)
      try place.asking { () throws(DriverError) in try kernel.map(step.mapping, in: domain) }
    case .unmap(let step):
      let domain = try reference(step.domain)
      try place.asking { () throws(DriverError) in
        try kernel.unmap(step.address, size: step.size, in: domain)
      }
    case .flush(let name):
      let domain = try reference(name)
      try place.asking { () throws(DriverError) in try kernel.flush(domain) }
    case .dirtyTracking(let step):
      let domain = try reference(step.domain)
      let isDone = try place.asking { () throws(DriverError) in
        try kernel.setDirtyTracking(step.isOn, of: domain)
      }
      guard isDone else {
        throw InputError(
          at: place,
          "the domain's writes cannot be tracked: that takes a user's domain with second-stage tables,"
            + " units in scalable mode with ECAP.SSADS (from 6.18 on SMPWC as well), and Linux 6.7")
      }
    case .readDirty(let step):
      let domain = try reference(step.domain)
      let found = try place.asking { () throws(DriverError) in
        try kernel.readDirty(step.address, size: step.size, in: domain, clears: !step.keeps)
      }
      let addresses = found.map { $0.address }
      if addresses != step.pages {
        failedChecks.append(
          Mismatch(
            "the pages that were written are \(Self.list(addresses)); "
              + "\(Self.list(step.pages)) was expected", at: place))
      }
    case .mapDMA(let step):
      try mapDMA(step.name, address(step.device), step.buffer, at: place, with: kernel)
    case .unmapDMA(let name):
      let buffer = try self.buffer(named: name, at: place)
      try place.asking { () throws(DriverError) in
        try kernel.unmapDMA(buffer.address, size: buffer.size, for: buffer.device)
      }
    case .interruptEntry(let change):
      try place.asking { () throws(DriverError) in try kernel.change(change) }
    case .process(let step):
      try place.asking { () throws(DriverError) in
        try kernel.makeProcess(
          step.name, pasid: step.pasid, levels: step.levels, areas: step.areas)
      }
    case .bind, .unbind, .unmapProcess:
      try takeProcessStep(action, at: place, with: kernel, address)
    }
  }

  private static func list(_ addresses: [IOVA]) -> String {
    "[" + addresses.map { "\($0)" }.joined(separator: ", ") + "]"
  }

  /// What a step calls a domain: the name that an attach gave it, or else the id of one that the
  /// boot made.
  private func known(_ name: String, to kernel: Kernel) -> DomainReference? {
    if kernel.hasDomain(.named(name)) { return .named(name) }
    guard let number = UInt16(name) else { return nil }
    let reference = DomainReference.numbered(DomainID(rawValue: number))
    return kernel.hasDomain(reference) ? reference : nil
  }

  private func attach(
    _ device: PCIAddress, _ name: String, with kernel: Kernel
  ) throws(DriverError) {
    if known(name, to: kernel) == nil {
      try kernel.makeDomain(named: name, DomainKind(rawValue: name) ?? .unmanaged)
    }
    try kernel.attach(device, to: known(name, to: kernel) ?? .named(name))
  }

  private mutating func mapDMA(
    _ name: String, _ device: PCIAddress, _ buffer: DMABuffer, at place: Place,
    with kernel: Kernel
  ) throws(InputError) {
    let mapped = try place.asking { () throws(DriverError) in
      try kernel.mapDMA(buffer, for: device)
    }
    guard let address = mapped else {
      throw InputError(
        at: place, "the kernel has no room for \(buffer.size) bytes below 2^\(buffer.addressBits)")
    }
    buffers[name] = Buffer(device: device, address: address, size: buffer.size)
  }

  private func takeProcessStep(
    _ action: DriverAction, at place: Place, with kernel: Kernel,
    _ address: (DeviceName) -> PCIAddress
  ) throws(InputError) {
    func known(_ name: String) throws(InputError) -> String {
      guard kernel.hasProcess(named: name) else {
        throw InputError(
          at: place,
          "no process is called \"\(name)\"; one that a process step has made was"
            + " expected")
      }
      return name
    }
    switch action {
    case .bind(let step):
      let process = try known(step.process)
      let outcome = try place.asking { () throws(DriverError) in
        try kernel.bind(address(step.device), toProcess: process)
      }
      guard case .bound = outcome else {
        throw InputError(
          at: place,
          "\(address(step.device)) cannot be bound: that takes scalable mode with first-stage"
            + " tables, and ATS, page requests and PASIDs in unit and device")
      }
    case .unbind(let step):
      let process = try known(step.process)
      try place.asking { () throws(DriverError) in
        try kernel.unbind(address(step.device), fromProcess: process)
      }
    case .unmapProcess(let step):
      let process = try known(step.process)
      try place.asking { () throws(DriverError) in
        try kernel.unmap(step.area, ofProcess: process)
      }
    default: break
    }
  }

  /// The buffer of that name.
  func buffer(named name: String, at place: Place) throws(InputError) -> Buffer {
    guard let buffer = buffers[name] else {
      let isNumber = Numbers.unsigned("0x" + name) != nil
      throw InputError(
        at: place,
        "no buffer is called \"\(name)\"; one that a dma_map has mapped was expected"
          + (isNumber ? ", or 0x\(name) if it is an address" : ""))
    }
    return buffer
  }

  /// The address that a DMA sends.
  func address(
    _ address: DMAAddress, at place: Place
  ) throws(InputError) -> IOVA {
    switch address {
    case .number(let number): return number
    case .mapped(let name, let offset):
      return IOVA(rawValue: try buffer(named: name, at: place).address.rawValue &+ offset)
    }
  }
}
