import PCI
import Testing
import VTdFormats

@Suite("PCI addresses")
struct AddressTests {
  @Test(
    "an address is read from every spelling that tools print",
    arguments: [
      ("0000:00:1a.0", 0, 0x00, 0x1a, 0), ("00:1a.0", 0, 0x00, 0x1a, 0),
      ("0001:ff:1f.7", 1, 0xff, 0x1f, 7), ("10000:E1:00.3", 0x10000, 0xe1, 0, 3),
      ("0:0:2.0", 0, 0, 2, 0),
    ] as [(String, UInt32, UInt8, UInt8, UInt8)])
  func reads(text: String, segment: UInt32, bus: UInt8, device: UInt8, function: UInt8) throws {
    let address = try PCIAddress(parsing: text)
    #expect(
      address == PCIAddress(segment: segment, bus: bus, device: device, function: function))
    #expect(address.sourceID == SourceID(bus: bus, device: device, function: function))
  }

  @Test("a printed address reads back as itself", arguments: [0, 1, 0xffff, 0x10000] as [UInt32])
  func roundTrip(segment: UInt32) {
    for bus: UInt8 in [0, 1, 0x7f, 0xff] {
      for devfn: UInt8 in [0, 7, 0xd0, 0xff] {
        let address = PCIAddress(
          segment: segment, sourceID: SourceID(rawValue: UInt16(bus) << 8 | UInt16(devfn)))
        #expect(PCIAddress(address.description) == address)
        #expect(PCIAddress(address.shortDescription) == address)
      }
    }
  }

  @Test(
    "a text that is not an address is refused with the part that is wrong",
    arguments: [
      ("", "expected bb:dd.f or ssss:bb:dd.f"), ("00", "expected bb:dd.f"),
      ("00:1a", "expected bb:dd.f"), ("0:0:0:0.0", "expected bb:dd.f"),
      ("00:20.0", "device 20 is above 1f"), ("00:1f.8", "function 8 is above 7"),
      ("100:00.0", "bus 100 is above ff"), ("00:0x1.0", "device \"0x1\" is not a hexadecimal"),
      ("00:.0", "device \"\" is not a hexadecimal"), ("g0:00.0", "bus \"g0\" is not"),
      ("123456789:00:00.0", "segment \"123456789\" is not"), ("00:+1.0", "device \"+1\" is not"),
      ("00:1a.0 ", "function \"0 \" is not"),
    ])
  func refuses(text: String, complaint: String) {
    let error = #expect(throws: PCIAddressError.self) { try PCIAddress(parsing: text) }
    #expect(error?.description.contains(complaint) == true)
    #expect(PCIAddress(text) == nil)
  }

  @Test("addresses sort by segment, then bus, device and function")
  func order() {
    let sorted = ["0000:00:00.0", "0000:00:00.1", "0000:00:01.0", "0000:01:00.0", "0001:00:00.0"]
    let addresses = sorted.compactMap { PCIAddress($0) }
    #expect(addresses.count == sorted.count)
    #expect(addresses.reversed().sorted() == addresses)
  }
}
