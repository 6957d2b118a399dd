import Testing
import VTdFormats

@testable import DMARCommands

@Suite("dmar decode")
struct DecodeTests {
  @Test("a context entry is decoded field by field, from words and from debugfs's form")
  func context() throws {
    let kind = try #require(DecodeKind(name: "context"))
    let decoded = try kind.decode([0x19a_8001, 0x102])
    #expect(decoded.lines.first == "context entry 0x0000000000000102:00000000019a8001")
    #expect(decoded.lines.contains("  87:72  DID      0x1     domain-id"))
  }

  @Test("a set bit that no field names is shown as reserved")
  func reserved() throws {
    let kind = try #require(DecodeKind(name: "pasid-directory"))
    #expect(try kind.decode([5]).fields.contains { $0.name == "reserved" && $0.high == 2 })
  }

  @Test(
    "a descriptor's type decides its layout",
    arguments: [
      (0x11, "context-cache"), (0x32, "IOTLB"), (3, "device-TLB"), (4, "interrupt-entry"),
      (0x25, "wait"), (6, "PASID-based IOTLB"), (7, "PASID-cache"), (8, "PASID-based device"),
      (9, "page-group response"),
    ] as [(UInt64, String)])
  func descriptor(_ word: UInt64, _ name: String) throws {
    #expect(try DecodeKind.descriptor.decode([word, 0]).name.contains(name))
  }

  @Test("a message's address decides its format, and compatibility format has data")
  func message() throws {
    #expect(try DecodeKind.message.decode([0xfee0_0018]).name.contains("remappable"))
    let data = try DecodeKind.message.decode([0xfee0_1000, 0x4021])
    #expect(data.fields.contains { $0.name == "V" && $0.value == 0x21 })
  }

  @Test("every kind decodes zeros and all ones without a field out of its bits")
  func everyKind() throws {
    for name in DecodeKind.names where name != "descriptor" {
      let kind = try #require(DecodeKind(name: name))
      #expect(try !kind.decode([0]).fields.isEmpty)
    }
    #expect(DecodeKind(name: "nonsense") == nil)
  }

  @Test("what is too wide or no descriptor is refused")
  func refused() {
    #expect(throws: (any Error).self) { try DecodeKind(name: "fsts")?.decode([1 << 32]) }
    #expect(throws: (any Error).self) { try DecodeKind.descriptor.decode([0xa]) }
    #expect(throws: (any Error).self) { try DecodeKind.reason.decode([0x100]) }
  }
}
