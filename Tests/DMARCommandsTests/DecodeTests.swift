import Foundation
import TestSupport
import Testing
import VTdFormats
import Wording

@testable import DMARCommands

@Suite("dmar decode")
struct DecodeTests {
  @Test("a context entry is decoded field by field, from words and from debugfs's form")
  func context() throws {
    let kind = try #require(DecodeKind(name: "context"))
    let decoded = try kind.decode([0x19a_8001, 0x102])
    #expect(decoded.lines.first == "context entry 0x0000000000000102:00000000019a8001")
    #expect(decoded.lines.contains("  87:72  DID      0x1        domain-id"))
    // An address is shown whole, not cut to its field.
    #expect(
      decoded.lines.contains("  63:12  SSPTPTR  0x19a8000  top second-stage table"))
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

  @Test("a reason says where the unit looked, what Linux prints and what to look at next")
  func reason() throws {
    let lines = try DecodeKind.reason.decode([0x71]).lines
    #expect(lines.contains { $0.hasSuffix("first-stage entry not present") })
    #expect(lines.contains { $0.contains("SM: Present bit in first-level paging entry is clear") })
    #expect(lines.contains { $0.hasPrefix("  where ") && $0.contains("first-stage page tables") })
    #expect(lines.contains { $0.hasPrefix("  look at ") && $0.contains("mapped") })
    #expect(lines.contains { $0.contains("Configs/faults/0x71-*.yaml") })
  }

  @Test("every reason that a unit records has advice and one example", arguments: FaultReason.known)
  func advice(_ known: (reason: FaultReason, meaning: String)) throws {
    let advice = try #require(known.reason.advice)
    #expect(!advice.structure.isEmpty && !advice.next.isEmpty)
    let prefix = "0x\(hex(UInt64(known.reason.rawValue), digits: 2))-"
    let folder = try FileManager.default.contentsOfDirectory(
      atPath: Repository.path("Configs/faults"))
    #expect(folder.count { $0.hasPrefix(prefix) && $0.hasSuffix(".yaml") } == 1)
  }

  @Test("a source-id is shown as bus:device.function")
  func source() throws {
    let record = try #require(DecodeKind(name: "frcd")).decode([0x1000, 0x8000_0005_0000_00d0])
    #expect(record.lines.contains { $0.contains("SID") && $0.hasSuffix(": 00:1a.0") })
  }

  @Test("what is too wide or no descriptor is refused")
  func refused() {
    #expect(throws: (any Error).self) { try DecodeKind(name: "fsts")?.decode([1 << 32]) }
    #expect(throws: (any Error).self) { try DecodeKind.descriptor.decode([0xa]) }
    #expect(throws: (any Error).self) { try DecodeKind.reason.decode([0x100]) }
  }
}

@Suite("dmar decode as a command")
struct DecodeCommandTests {
  @Test("--list names every kind, and every kind that it names decodes")
  func list() throws {
    let result = try Tool.dmar("decode", "--list")
    #expect(result.status == 0)
    let kinds = result.outputText.split(separator: "\n").compactMap {
      $0.split(separator: " ").first.map(String.init)
    }
    #expect(kinds == DecodeKind.names)
    for kind in kinds {
      let value = kind == "descriptor" ? "0x25" : "0x1"
      #expect(try Tool.dmar("decode", kind, value).status == 0, "\(kind)")
    }
  }

  @Test(
    "what cannot be decoded is wrong usage, with a sentence that says why",
    arguments: [
      (["decode"], "a kind was expected"), (["decode", "cap"], "a value of kind cap"),
      (["decode", "nonsense", "1"], "no kind is called \"nonsense\""),
      (["decode", "cap", "xyz"], "\"xyz\" is not a hexadecimal number"),
      (["decode", "fsts", "100000000"], "is wider than the 32 bits"),
      (["decode", "context", "1", "2", "3"], "3 words were given; the structure has 2"),
      (["decode", "descriptor", "a"], "descriptor type 10 does not exist"),
      (["decode", "reason", "100"], "a fault reason has 8 bits"),
      (["decode", "cap", "--list"], "--list takes no kind"),
    ] as [([String], String)])
  func refused(_ arguments: [String], _ says: String) throws {
    let result = try Tool.dmar(arguments)
    #expect(result.status == 64)
    #expect(result.errorText.contains(says), "\(result.errorText)")
  }

  @Test(
    "aliases, the specification's spelling, posted entries and wide descriptors are known",
    arguments: [
      (["decode", "FSTS_REG", "2"], "PPF"), (["decode", "RTADDR", "1000"], "RTA"),
      (["decode", "fectl", "c0000000"], "IM"), (["decode", "irte", "8001", "0"], "posted IRTE"),
      (["decode", "descriptor", "11", "0", "1", "0"], "must be zero"),
      (["decode", "msi", "fee00018"], "remappable"),
      (["decode", "pte", "8000000012345003"], "0x12345000"),
      (["decode", "frcd", "8000000500000018:40000000"], "no write permission in the second stage"),
    ] as [([String], String)])
  func known(_ arguments: [String], _ part: String) throws {
    #expect(try Tool.dmar(arguments).outputText.contains(part))
  }

  @Test(
    "a fault record says its type, whose two bits stand apart",
    arguments: [
      ("8000000500000010:0", "a write"), ("c000000500000010:0", "a read"),
      ("8000000510000010:0", "a page request"), ("c000000510000010:0", "an AtomicOp"),
    ])
  func recordType(_ value: String, type: String) throws {
    let text = try Tool.dmar("decode", "frcd", value).outputText
    #expect(text.contains("  type       \(type): T1 "), "\(text)")
    #expect(text.contains("source-id of the request: 00:02.0"))
  }
}
