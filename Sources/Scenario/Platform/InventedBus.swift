internal import PCI
internal import ScenarioFormat

extension MachineDescription {
  /// The functions of the scenario's own that are on the bus.
  var inventedBus: PCITopology { bus(of: functions.filter { !$0.isAbsent }) }

  /// The absent functions: they send requests, but enumeration of the bus does not find them.
  var hiddenBus: PCITopology { bus(of: functions.filter { $0.isAbsent }) }

  /// A device with more than one function says so, as the specification demands of its first.
  private func bus(of functions: [FunctionDescription]) -> PCITopology {
    struct Slot: Hashable {
      let bus: PCIBus
      let device: UInt8
    }
    let inventions = functions.map { $0.invention }
    let slots = Dictionary(
      grouping: inventions, by: { Slot(bus: $0.address.onBus, device: $0.address.device) })
    return PCITopology(
      inventions.map { invention in
        var invention = invention
        let slot = Slot(bus: invention.address.onBus, device: invention.address.device)
        invention.isMultiFunction = slots[slot, default: []].count > 1
        return invention.function
      })
  }
}
