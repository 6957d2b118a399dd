import LinuxIOMMU
import Machine
import PCI
import VTdFormats
import VTdUnit

func linuxIOMMU() throws {
  let machine = try Machine(
    Machine.Configuration(
      memorySize: 1 << 30,
      units: [
        .init(
          name: "dmar0", hardware: UnitConfiguration(cap: 0xd2008c_222f0606, ecap: 0xf00f4a),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      build: KernelBuild(release: "6.12"),
      pages: PageAllocator(base: PhysicalAddress(rawValue: 0x1000_0000))))
  let device = PCIAddress(bus: 0, device: 3, function: 0)
  try machine.boot(
    Kernel.BootPlan(
      functions: [ProbedFunction(address: device, group: 0)], makesDefaultDomains: true))

  let buffer = DMABuffer(
    target: PhysicalAddress(rawValue: 0x2100_0000), size: 4096,
    direction: .fromDevice)
  if let address = try machine.kernel.mapDMA(buffer, for: device) {
    print(address)
    let write = DeviceDMA(device: device, access: .write, address: address)
    print(machine.perform(write))
    try machine.kernel.unmapDMA(address, size: 4096, for: device)
    print(machine.perform(write))
    machine.clock.advance(by: 20_000)
    try machine.runTimers()
    print(machine.perform(write))
  }
}
