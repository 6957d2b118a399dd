import QTest

func addingADevice() throws {
  final class Copier: PCIDevice {
    private var source: UInt64 = 0
    private var destination: UInt64 = 0

    let layout = DeviceLayout(
      vendorID: 0x1234, deviceID: 0x0001, regions: [.init(bar: 0, size: 4096)])

    func read(bar: Int, offset: UInt64, width: Int, port: DevicePort) -> UInt64 { 0 }

    func write(
      _ value: UInt64, bar: Int, offset: UInt64, width: Int, port: DevicePort
    ) {
      switch offset {
      case 0: source = value
      case 4: destination = value
      case 8: _ = port.write(port.read(source, count: 4).bytes, to: destination)
      default: break
      }
    }
  }

  let catalog = DeviceCatalog.standard.adding("copier") { _ in { Copier() } }
  print(catalog.models)
}
