package import PCI

/// The kernel's PCI core: devices on the `pci` bus, found by address (drivers/pci/search.c).
package final class PCICore {
  private let kernel: KernelContext
  private let core: DriverCore
  private let bus: DeviceBus
  private var devices: [PCIAddress: CoreDevice] = [:]
  private var hostBridges: [UInt32: CoreDevice] = [:]

  package init(core: DriverCore, in kernel: KernelContext) {
    self.kernel = kernel
    self.core = core
    bus = DeviceBus("pci", in: kernel)
  }

  /// pci_device_add: a function that the scan of the bus has found.
  package func add(_ address: PCIAddress) {
    let bridge = hostBridge(of: address)
    let device = CoreDevice(address.description, bus: bus, parent: bridge, in: kernel)
    devices[address] = device
    kernel.call("pci_device_add") { core.add(device) }
  }

  private func hostBridge(of address: PCIAddress) -> CoreDevice {
    if let known = hostBridges[address.segment] { return known }
    let bridge = CoreDevice("pci-host-\(address.segment)", bus: nil, in: kernel)
    hostBridges[address.segment] = bridge
    return bridge
  }

  package func isPresent(_ address: PCIAddress) -> Bool { devices[address] != nil }

  /// pci_stop_and_remove_bus_device, as a write to the function's `remove` file calls it.
  package func remove(_ address: PCIAddress) {
    guard let device = devices.removeValue(forKey: address) else { return }
    kernel.call("pci_stop_and_remove_bus_device") {
      kernel.call("pci_stop_bus_device") { core.releaseDriver(of: device) }
      kernel.call("pci_remove_bus_device") {
        kernel.call("pci_destroy_dev") { core.delete(device) }
      }
    }
  }

  /// pci_get_domain_bus_and_slot: steps through all functions with for_each_pci_dev until the
  /// address fits. The functions between it and bus_find_device leave no frame in known builds.
  package func find(_ address: PCIAddress) -> Bool {
    kernel.call("pci_get_domain_bus_and_slot") {
      var current: CoreDevice?
      while let device = nextDevice(after: current) {
        if device === devices[address] { return true }
        current = device
      }
      return false
    }
  }

  /// pci_get_device with any vendor and any device id: the next function on the bus.
  private func nextDevice(after current: CoreDevice?) -> CoreDevice? {
    kernel.call("pci_get_device") {
      kernel.call("pci_get_subsys") {
        kernel.call("pci_get_dev_by_id") { core.find(on: bus, after: current) { _ in true } }
      }
    }
  }
}
