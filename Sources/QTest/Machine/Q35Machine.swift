public import PhysicalMemory
public import VTdFormats
public import VTdUnit

/// A Q35 machine as far as a qtest client meets it: memory, the host bridge with its two ways into
/// configuration space, the remapping unit, the I/O APIC, devices, and a clock that stands still
/// until somebody moves it. There is no processor.
///
/// One thread at a time may use a machine.
public final class Q35Machine {
  /// What the machine is made of.
  public let configuration: Q35Configuration
  /// Its memory.
  public let memory: PhysicalMemory
  /// The remapping unit; nil where the machine was made without one.
  public let unit: RemappingUnit?

  /// The functions of bus 0, by source-id.
  var functions: [PCISlot] = []
  /// Everything that answers at a memory address, by what comes first where two overlap.
  var regions: [MappedRegion] = []
  var ioapic = IOAPIC()
  var timer = IntervalTimer()
  /// CONFIG_ADDRESS, the register at port 0xcf8.
  var configurationAddress: UInt32 = 0
  /// Virtual time in nanoseconds.
  public internal(set) var clock: UInt64 = 0
  /// The lines that changed since they were last forgotten, in order.
  public internal(set) var lineChanges: [LineChange] = []
  /// Hears what reaches memory and unit.
  public var observer: (any MachineObserver)? {
    didSet { unitRegisters?.observer = observer }
  }
  /// Called when the client reset the machine through its own reset port.
  var onOwnReset: (() -> Void)?
  private let messages: MessageBox
  private var unitRegisters: UnitRegisterPort?

  /// A machine after power-on.
  ///
  /// - Throws: ``Q35MachineError`` where a device has no place, or where the host refuses memory.
  public init(_ configuration: Q35Configuration) throws(Q35MachineError) {
    self.configuration = configuration
    do {
      memory = try PhysicalMemory(ranges: Q35MemoryMap.ranges(of: configuration.memorySize))
    } catch {
      throw Q35MachineError("\(error)")
    }
    let box = MessageBox()
    messages = box
    if let unitConfiguration = configuration.unit {
      do {
        unit = try RemappingUnit(
          configuration: unitConfiguration, memory: memory, messages: { box.put($0) })
      } catch {
        throw Q35MachineError("intel-iommu: \(error)")
      }
      unitRegisters = UnitRegisterPort(unitConfiguration, isQEMU: configuration.isQEMU)
    } else {
      unit = nil
      unitRegisters = nil
    }
    plugFixedFunctions()
    for plan in configuration.devices { try plug(plan) }
    mapRegions()
  }

  private func plugFixedFunctions() {
    func plug(_ devfn: UInt16, _ configuration: FunctionConfiguration) {
      functions.append(
        PCISlot(
          sourceID: SourceID(rawValue: devfn), configuration: configuration, layout: nil,
          device: nil))
    }
    plug(Q35Functions.hostBridge, Q35Functions.host)
    var devfn: UInt16 = 0x08
    if configuration.hasVGA {
      plug(devfn, Q35Functions.vga)
      devfn += 8
    }
    if configuration.hasNetwork { plug(devfn, Q35Functions.network) }
    for function in Q35Functions.ich9 { plug(function.devfn, function.configuration) }
  }

  /// The devices that were plugged in, with their places.
  public var devices: [(place: SourceID, layout: DeviceLayout)] {
    functions.compactMap { function in function.layout.map { (function.sourceID, $0) } }
  }

  /// Puts a device on the bus: where the plan says, or in the first free place.
  public func plug(_ plan: DevicePlan) throws(Q35MachineError) {
    if let name = plan.name, functions.contains(where: { $0.name == name }) {
      throw Q35MachineError("Duplicate device ID '\(name)'")
    }
    let taken = Set(functions.map(\.sourceID))
    let place: SourceID
    if let wanted = plan.place {
      guard !taken.contains(wanted) else {
        throw Q35MachineError("PCI: slot \(wanted.device) function \(wanted.function) is not free")
      }
      place = wanted
    } else {
      let free = (0..<UInt8(32)).lazy.map { SourceID(bus: 0, device: $0, function: 0) }
        .first { !taken.contains($0) }
      guard let free else { throw Q35MachineError("PCI: no slot is free") }
      place = free
    }
    let device = plan.make()
    let layout = device.layout
    guard layout.isValid else { throw Q35MachineError("\(plan.model): its regions are not valid") }
    functions.append(
      PCISlot(
        sourceID: place, name: plan.name, configuration: FunctionConfiguration(layout),
        layout: layout, model: plan.model, device: device))
    mapRegions()
  }

  /// Takes the device with this name away; false if there is none.
  public func unplug(_ name: String) -> Bool {
    guard let slot = functions.firstIndex(where: { $0.name == name }) else { return false }
    deviceDrivesPin(slot, false)
    functions.remove(at: slot)
    mapRegions()
    return true
  }

  /// The machine's reset: registers and configuration space start over, memory and clock stay.
  public func reset() {
    observer?.machineReset()
    unit?.reset()
    unitRegisters?.reset()
    ioapic.reset()
    configurationAddress = 0
    for slot in functions.indices {
      deviceDrivesPin(slot, false)
      functions[slot].configuration.reset()
      _ = withDevice(slot) { $0.reset(port: $1) }
    }
    timer.restart(at: clock)
    mapRegions()
    deliverMessages()
  }

  // MARK: The unit's registers

  func readUnit(_ offset: UInt64, width: Int) -> UInt64 {
    guard let unit, let unitRegisters else { return 0 }
    let value = unitRegisters.read(unit, Int(offset), width: width)
    deliverMessages()
    return value
  }

  func writeUnit(_ value: UInt64, _ offset: UInt64, width: Int) {
    guard let unit else { return }
    unitRegisters?.write(unit, value, Int(offset), width: width)
    deliverMessages()
  }

  /// The unit's own messages: they reach the processors without being remapped themselves.
  func deliverMessages() {
    while let message = messages.take() {
      if configuration.isQEMU || message.address.rawValue.isInterruptAddress {
        deliver(vector: UInt8(truncatingIfNeeded: message.data))
      } else {
        memory.store32(message.data, at: message.address)
      }
    }
  }

  /// An interrupt that arrived at the processors.
  func deliver(vector: UInt8) {
    record(LineChange(sink: .lapic, number: Int(vector), level: true))
    record(LineChange(sink: .lapic, number: Int(vector), level: false))
  }

  /// Remembers a change for whoever watches. Where nobody ever asks, nothing may pile up.
  func record(_ change: LineChange) {
    if lineChanges.count < Self.keptChanges { lineChanges.append(change) }
  }

  static let keptChanges = 1 << 16

  /// Empties ``lineChanges``.
  public func forgetLineChanges() { lineChanges.removeAll(keepingCapacity: true) }
}

/// Why a machine cannot be made as asked.
public struct Q35MachineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What cannot be, in a sentence.
  public let description: String
  /// Whether a socket cannot be made or reached; every other reason lies in the machine that was asked
  /// for.
  public let isEndpoint: Bool

  /// An error with that sentence.
  public init(_ description: String, isEndpoint: Bool = false) {
    self.description = description
    self.isEndpoint = isEndpoint
  }
}

extension DeviceLayout {
  /// Whether configuration space can say it.
  var isValid: Bool {
    let bars = regions.map(\.bar)
    return Set(bars).count == bars.count && bars.allSatisfy((0..<6).contains) && interruptPin <= 4
      && regions.allSatisfy {
        $0.size >= 16 && $0.size <= 1 << 31 && $0.size & ($0.size - 1) == 0
          && [1, 2, 4, 8].contains($0.widths.lowerBound)
          && [1, 2, 4, 8].contains($0.widths.upperBound)
      }
  }
}
