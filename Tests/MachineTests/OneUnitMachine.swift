import KernelLog
import LinuxIOMMU
import PCI
import VTdFormats
import VTdUnit

@testable import Machine

extension Machine {
  /// A booted machine with 64 MiB, one unit, `dmar0`, and one function.
  static func withOneUnit(
    _ capability: Capability, _ extendedCapability: ExtendedCapability,
    build: KernelBuild,
    device: PCIAddress, commandLine: [String] = []
  ) throws -> Machine {
    var configuration = Machine.Configuration(
      memorySize: 1 << 26,
      units: [
        Machine.Configuration.Unit(
          name: "dmar0",
          hardware: UnitConfiguration(
            capability: capability, extendedCapability: extendedCapability),
          faultMessage: EventMessage(address: 0xfee0_1004, data: 0x21))
      ],
      build: build, pages: PageAllocator(base: PhysicalAddress(rawValue: 0x10_0000)))
    configuration.commandLine = commandLine
    let machine = try Machine(configuration)
    try machine.boot(Kernel.BootPlan(functions: [ProbedFunction(address: device, group: 0)]))
    return machine
  }

  /// Where the unit's root table lies.
  var rootTable: UInt64 {
    RootTableAddress(rawValue: units[0].hardware.read64(RegisterOffset.rtaddr))[
      inPlace: .rootTable]
  }

  /// The lines that the kernel printed, without time stamps.
  var lines: [String] {
    events.flatMap { event in
      if case .log(let record) = event { record.lines(.bare) } else { [] as [String] }
    }
  }
}
