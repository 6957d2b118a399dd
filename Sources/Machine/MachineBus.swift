internal import LinuxIOMMU
internal import PCI
internal import VTdUnit

/// The PCI functions with their configuration space, and the TLBs that some of them have (ATS).
///
/// A TLB is on while the enable bit in the function's configuration space is set; one that is switched
/// off loses what it held.
final class MachineBus: ConfigurationPort {
  var topology: PCITopology
  private var deviceTLBs: [PCIAddress: DeviceTLB] = [:]

  private struct DeviceTLB {
    let device: ATSDevice
    /// Whether it works whatever the enable bit says: a scenario gave it to the function.
    let isGiven: Bool
    var isOn: Bool
  }

  /// The bus after power-on: no function has its TLB on.
  init(_ topology: PCITopology) {
    self.topology = topology
    for function in topology.functions {
      self.topology.update(function.address) {
        $0.configuration.setAddressTranslationServices(false)
      }
    }
  }

  func read(_ function: PCIAddress) -> ConfigurationSpace? { topology[function]?.configuration }

  func write(_ function: PCIAddress, _ change: (inout ConfigurationSpace) -> Void) {
    topology.update(function) { change(&$0.configuration) }
    guard let known = deviceTLBs[function], !known.isGiven,
      let isOn = read(function)?.addressTranslationServices?.isEnabled
    else { return }
    if !isOn { known.device.forget() }
    deviceTLBs[function]?.isOn = isOn
  }

  /// The TLB of a function, if it has one that works.
  func deviceTLB(of function: PCIAddress) -> ATSDevice? {
    guard let known = deviceTLBs[function], known.isOn else { return nil }
    return known.device
  }

  /// Gives a function a TLB, which is off until its enable bit is set unless it is `given`.
  func connect(_ device: ATSDevice, to function: PCIAddress, isGiven: Bool) {
    deviceTLBs[function] = DeviceTLB(device: device, isGiven: isGiven, isOn: isGiven)
  }
}
