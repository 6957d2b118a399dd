import QTest
import VTdUnit

func qtest() throws {
  let unit = UnitConfiguration(cap: 0xd2008c_222f0606, ecap: 0xf00f4a)
  let machine = try Q35Machine(Q35Configuration(unit: unit))
  var session = QTestSession()
  let requests = """
    readl 0xfed90000
    readq 0xfed90008
    writeq 0x1000 0x2001
    readq 0x1000

    """
  let answers = session.consume(requests.utf8, machine)
  print(String(decoding: answers, as: UTF8.self), terminator: "")
}

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
