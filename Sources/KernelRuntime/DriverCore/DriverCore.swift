internal import KernelProfiles
internal import Lockdep

/// A bus of the driver core: `struct bus_type` with its list of devices.
package final class DeviceBus {
  package let name: String
  package let devices: Klist<CoreDevice>

  package init(_ name: String, in kernel: KernelContext) {
    self.name = name
    devices = Klist("\(name).klist_devices", in: kernel)
  }
}

/// A device of the driver core: `struct device`.
package final class CoreDevice {
  package let name: String
  package let bus: DeviceBus?
  package let parent: CoreDevice?
  package let children: Klist<CoreDevice>
  /// The driver's list of devices, where a driver is bound.
  package var driverDevices: Klist<CoreDevice>?

  package init(_ name: String, bus: DeviceBus?, parent: CoreDevice? = nil, in kernel: KernelContext)
  {
    self.name = name
    self.bus = bus
    self.parent = parent
    children = Klist("\(name).klist_children", in: kernel)
  }
}

/// Registration, look-up and removal of devices (drivers/base), as far as they take klist locks.
///
/// The other locks of these paths (kobjects, sysfs, power management) cannot meet the fault handler
/// and are left out.
package final class DriverCore {
  private let kernel: KernelContext
  private let klistRemoveLock: KernelLock
  /// Of the list of all buses (`bus_kset->list_lock`); nil where a bus has a pointer instead.
  private let busListLock: KernelLock?
  /// The lists that devices were put on.
  private var lists: [Klist<CoreDevice>] = []

  package init(in kernel: KernelContext) {
    self.kernel = kernel
    klistRemoveLock = kernel.makeLock(
      .spinlock, class: "klist_remove_lock", instance: "klist_remove_lock")
    busListLock =
      kernel.build.behaviour.busSubsystem == .list
      ? kernel.makeLock(.spinlock, class: "&k->list_lock", instance: "bus_kset.list_lock") : nil
  }

  /// bus_to_subsys: from a bus to its list of devices.
  private func findSubsystem() {
    guard let busListLock else { return }
    kernel.call("bus_to_subsys") { kernel.locked(busListLock, .plain) {} }
  }

  /// device_add.
  package func add(_ device: CoreDevice) {
    kernel.call("device_add") {
      if let bus = device.bus {
        kernel.call("bus_add_device") {
          findSubsystem()
          put(device, on: bus.devices)
        }
      }
      if let parent = device.parent { put(device, on: parent.children) }
    }
  }

  private func put(_ device: CoreDevice, on list: Klist<CoreDevice>) {
    if !lists.contains(where: { $0 === list }) { lists.append(list) }
    list.addTail(device)
  }

  /// The kernel ends. A bus and its devices hold on to one another: left alone, they would keep what the
  /// kernel was told of the machine for ever.
  package func end() {
    for list in lists { list.end() }
    lists = []
  }

  /// device_del: off the parent's list first, then off the bus, in its order.
  package func delete(_ device: CoreDevice) {
    kernel.call("device_del") {
      device.parent?.children.delete(device)
      if let bus = device.bus {
        kernel.call("bus_remove_device") {
          findSubsystem()
          bus.devices.delete(device)
        }
      }
    }
  }

  /// device_release_driver.
  package func releaseDriver(of device: CoreDevice) {
    guard let list = device.driverDevices else { return }
    device.driverDevices = nil
    kernel.call("device_release_driver") {
      kernel.call("device_release_driver_internal") {
        kernel.call("__device_release_driver") {
          list.remove(device, waitersLock: klistRemoveLock)
        }
      }
    }
  }

  /// bus_find_device.
  package func find(
    on bus: DeviceBus, after start: CoreDevice?, where matches: (CoreDevice) -> Bool
  ) -> CoreDevice? {
    kernel.call("bus_find_device") {
      findSubsystem()
      // next_device is a helper that compilers inline; builds list it among their frameless ones.
      return kernel.call("next_device") { bus.devices.first(after: start, where: matches) }
    }
  }
}
