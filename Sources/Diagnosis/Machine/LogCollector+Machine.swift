import LogReading
import PCI
import VTdFormats

extension LogCollector {
  /// Takes a row of one of the machine's own files.
  mutating func take(_ row: MachineRow, _ place: LogPlace) {
    contents.machine.rowCount += 1
    func noted<Value>(_ value: Value) -> Noted<Value> { Noted(value: value, place: place) }
    func append<Value>(_ value: Value, to list: inout [Noted<Value>]) {
      if list.count < MachineFacts.mostRows { list.append(noted(value)) }
    }
    switch row {
    case .interrupt(let count): append(count, to: &contents.machine.interrupts)
    case .resource(let resource):
      append(resource, to: &contents.machine.resources)
      take(resource, place)
    case .reservedRegion(let region): append(region, to: &contents.machine.reservedRegions)
    case .groupType(let group, let kind):
      guard contents.machine.groupTypes.count < MachineFacts.mostRows else { return }
      contents.machine.groupTypes[group] = noted(kind)
    case .groupMember(let address, let group):
      change(address, place) {
        $0.group = group
        $0.isListed = true
      }
    case .unitValue(let unit, let attribute, let value):
      guard contents.machine.unitValues.count < 1024 else { return }
      contents.machine.unitValues[unit, default: [:]][attribute] = noted(value)
      completeUnit(unit, place)
    case .latency(let row): append(row, to: &contents.machine.latencies)
    case .driver(let address, let name):
      change(address, place) {
        if $0.driver.isEmpty || $0.driver == "pcieport" { $0.driver = name }
        $0.isListed = true
      }
    case .flags(let address, let register, let set, let clear):
      guard contents.machine.flags.count < LogContents.mostFunctions else { return }
      contents.machine.flags[address, default: [:]][register] = noted(
        MachineFacts.FunctionFlags(set: set, clear: clear))
    case .failedRequest(let address, let words):
      guard contents.machine.failedRequests.count < LogContents.mostFunctions,
        let header = TransactionHeader(words)
      else { return }
      contents.machine.failedRequests[address] = noted(header)
    case .missing(let file):
      guard contents.machine.missing.count < MachineFacts.mostMissing else { return }
      contents.machine.missing.append(noted(file))
    }
  }

  /// Gives the functions that fault the names of a database, where nothing that was read names them.
  ///
  /// - Parameter name: the name of a vendor's device; empty where the database has none.
  public mutating func nameFaultingFunctions(_ name: (UInt16, UInt16) -> String) {
    for address in Set(contents.faults.map({ $0.function })) {
      guard let function = contents.functions[address], function.words.isEmpty,
        let vendor = function.vendor, let device = function.device
      else { continue }
      contents.functions[address]?.name = name(vendor, device)
    }
  }

  /// Memory and windows of devices are known from the map of physical addresses too.
  private mutating func take(_ resource: MachineResource, _ place: LogPlace) {
    // Without root all addresses of the file are 0.
    guard resource.end > 0 else { return }
    if let type = Self.memoryTypes[resource.name] {
      note(
        memory: LogContents.Region(start: resource.start, end: resource.end, function: nil), type,
        place)
    } else if let address = PCIAddress(resource.name) {
      note(
        window: LogContents.Region(start: resource.start, end: resource.end, function: address),
        place)
    }
  }

  /// The kernel's names for kinds of memory, in the words of the firmware's map before 7.0.
  private static let memoryTypes = [
    "System RAM": "usable", "Reserved": "reserved", "reserved": "reserved",
    "ACPI Tables": "ACPI data", "ACPI Non-volatile Storage": "ACPI NVS",
    "Unusable memory": "unusable", "Soft Reserved": "soft reserved",
  ]

  /// Notes a unit once all its sysfs values are read; it then counts like one from boot lines.
  private mutating func completeUnit(_ number: Int, _ place: LogPlace) {
    guard let values = contents.machine.unitValues[number], let base = values[.address],
      let capability = values[.capability], let extended = values[.extended],
      !contents.units.contains(where: { $0.value.number == number })
    else { return }
    note(
      unit: LogContents.Unit(
        number: number, base: PhysicalAddress(rawValue: base.value),
        capability: Capability(rawValue: capability.value),
        extended: ExtendedCapability(rawValue: extended.value)), place)
  }
}
