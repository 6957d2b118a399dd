import KernelLog
import LinuxIOMMU
import Machine
import PCI
import VTdFormats
import VTdUnit

func machine() throws {
  var build = KernelBuild(release: "6.12")
  build.configuration.dumpsTables = false  // no CONFIG_INTEL_IOMMU_DEBUGFS
  let machine = try Machine(
    Machine.Configuration(
      memorySize: 1 << 30,
      units: [
        .init(
          name: "dmar0", hardware: UnitConfiguration(cap: 0xd2008c_222f0606, ecap: 0xf00f4a),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      build: build, pages: PageAllocator(base: PhysicalAddress(rawValue: 0x1000_0000))))

  let device = PCIAddress(bus: 0, device: 3, function: 0)
  try machine.boot(
    Kernel.BootPlan(
      functions: [ProbedFunction(address: device, group: 0)], makesDefaultDomains: true))
  let write = DeviceDMA(device: device, access: .write, address: IOVA(rawValue: 0x1000))
  print(machine.perform(write))
  try machine.settle()  // the processor takes the fault interrupt
  for case .log(let record) in machine.events { print(record.lines().joined(separator: "\n")) }
}
