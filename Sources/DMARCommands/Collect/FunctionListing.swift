internal import Glibc
internal import PCI
internal import PCIHost
internal import ScenarioFormat

/// The functions of the bus in the form of `lspci -Dnnvk`: their names, drivers and groups.
struct FunctionListing {
  let text: String

  /// - Parameters:
  ///   - system: whose links say which driver and which group a function has.
  ///   - topology: the bus.
  init(_ system: SystemFiles, _ topology: PCITopology) {
    let classes = NameDatabase.classNames()
    var text = ""
    for function in topology.functions {
      text += "\(function.address) \(function.listing(classes, hasNumbers: true))\n"
      let folder = "/sys/bus/pci/devices/\(function.address)"
      if let driver = system.linkName("\(folder)/driver") {
        text += "\tKernel driver in use: \(driver)\n"
      }
      if let group = system.linkName("\(folder)/iommu_group") {
        text += "\tIOMMU group: \(group)\n"
      }
    }
    self.text = text
  }
}
