import Glibc
import PhysicalMemory
import Testing
import VTdFormats

@testable import VTdUnit

/// What a live QEMU 10.0.2 answered for mis-programmed legacy tables, row by row: with QEMU's
/// quirks on, this unit must answer the same.
///
/// One row differs on purpose: where a leaf maps outside memory, QEMU's bus refuses the access; a
/// translation is not wrong because of it, so here the request is translated.
struct OracleRow: CustomTestStringConvertible, Sendable {
  let access: DMAAccess
  let what: String
  /// `ok`, or `blocked`.
  let verdict: String
  /// `FR=0x01` and so on, or empty for no record.
  let fields: [String: String]
  /// What FPD=1 in the context entry does; nil where it was not asked.
  let fpd: String?

  var testDescription: String { "\(access) \(what)" }

  static let all: [OracleRow] = text.split(separator: "\n").compactMap { line in
    guard line.hasPrefix("legacy R ") || line.hasPrefix("legacy W "), line.count > 68 else {
      return nil
    }
    let what = line.dropFirst(9).prefix(59)
    let parts = line.dropFirst(68).split(separator: "|").map(String.init)
    guard let verdict = parts.first?.split(separator: " ").first else { return nil }
    let fields = (parts.first ?? "").split(separator: " ").compactMap { word -> (String, String)? in
      let pair = word.split(separator: "=")
      return pair.count == 2 ? (String(pair[0]), String(pair[1])) : nil
    }
    return OracleRow(
      access: line.dropFirst(7).first == "W" ? .write : .read,
      what: trimmed(what), verdict: String(verdict),
      fields: Dictionary(fields) { first, _ in first },
      fpd: parts.count > 1 ? parts[1].split(separator: " ").last.map(String.init) : nil)
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  static let text: String = {
    let path = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
    guard let file = fopen("/\(path)/Golden/qemu-10-oracle.txt", "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }()
}

@Suite("Agreement with QEMU 10.0.2")
struct OracleTests {
  private static let memoryEnd: UInt64 = 64 << 20
  private static let outside: UInt64 = 0x20_0000_0000

  private func rig() throws -> Rig {
    let rig = try Rig(quirks: .qemu10, hostAddressWidth: 48)
    rig.writeLegacyTables()
    return rig
  }

  /// Writes what the row describes; false for a row that this test does not know.
  private func arrange(_ what: String, _ rig: Rig) -> Bool {
    let context = Rig.contextTable + 0x18 * 16
    let level4 = Rig.topTable
    let level3 = Rig.topTable + 0x1000 + 8
    let level2 = Rig.topTable + 0x2000
    let leaf = Rig.topTable + 0x3000
    func contextHigh(_ high: UInt64) { rig.store(high, at: context + 8) }
    func setLeaf(_ value: UInt64) { rig.store(value, at: leaf) }
    switch what {
    case "all good", "IOVA bit 48 set", "IOVA 0xfee00000 (4-byte write = MSI)",
      "IOVA 0xfee00000 read":
      break
    case "root entry P=0": rig.store(Rig.contextTable, at: Rig.root)
    case "root entry reserved lo bit 1": rig.store(Rig.contextTable | 3, at: Rig.root)
    case "root entry hi != 0": rig.store(1, at: Rig.root + 8)
    case "root table outside RAM": break
    case "context table outside RAM": rig.store(Self.outside | 1, at: Rig.root)
    case "context P=0": rig.store(Rig.topTable, at: context)
    case "context reserved lo bit 4": rig.store(Rig.topTable | 0x11, at: context)
    case "context reserved hi bit 7": contextHigh(0x182)
    case "context reserved hi bit 24": contextHigh(0x100_0102)
    case "context AW=0": contextHigh(0x100)
    case "context AW=1": contextHigh(0x101)
    case "context AW=3": contextHigh(0x103)
    case "context AW=4": contextHigh(0x104)
    case "context TT=1 (device-iotlb=off)": rig.store(Rig.topTable | 5, at: context)
    case "context TT=3": rig.store(Rig.topTable | 0xd, at: context)
    case "context TT=2 pass-through, IOVA=RAM": rig.store(Rig.topTable | 9, at: context)
    case "top table outside RAM": rig.store(Self.outside | 1, at: context)
    case "L3 table outside RAM": rig.store(Self.outside | 3, at: level4)
    case "L1 table outside RAM": rig.store(Self.outside | 3, at: level2)
    case "L4 entry R=W=0": rig.store(0, at: level4)
    case "leaf R=W=0": setLeaf(0x300_0000)
    case "leaf R only": setLeaf(0x300_0001)
    case "leaf W only": setLeaf(0x300_0002)
    case "L2 entry R only": rig.store((Rig.topTable + 0x3000) | 1, at: level2)
    case "L4 entry PS bit 7 set (reserved)":
      rig.store((Rig.topTable + 0x1000) | 0x83, at: level4)
    case "leaf bit 11 set (SNP, reserved)": setLeaf(0x300_0803)
    case "leaf bit 62 set (TM)": setLeaf(0x300_0003 | 1 << 62)
    case "leaf bit 48 set (above HAW)": setLeaf(0x300_0003 | 1 << 48)
    case "leaf R=W=0 and reserved bit 11": setLeaf(0x300_0800)
    case "2M page, aligned": rig.store(0x20_0083, at: level2)
    case "2M page, address bit 12 set": rig.store(0x20_1083, at: level2)
    case "1G page": rig.store(0x83, at: level3)
    case "leaf maps to 0xfee00000": setLeaf(0xfee0_0003)
    case "leaf maps outside RAM": setLeaf(Self.outside | 3)
    default: return false
    }
    return true
  }

  private func address(_ what: String) -> UInt64 {
    if what.hasPrefix("IOVA 0xfee00000") { return 0xfee0_0000 }
    if what == "IOVA bit 48 set" { return 0x1_0000_4000_0000 }
    return what.hasSuffix("IOVA=RAM") ? 0x10_0000 : 0x4000_0000
  }

  @Test("the oracle has all its rows")
  func rows() {
    #expect(OracleRow.all.count == 41)
    #expect(OracleRow.all.filter { $0.verdict == "blocked" }.count == 33)
  }

  @Test("a mis-programmed table gives what QEMU recorded", arguments: OracleRow.all)
  func row(_ row: OracleRow) throws {
    let rig = try rig()
    try #require(arrange(row.what, rig))
    rig.enable(root: row.what == "root table outside RAM" ? Self.outside : Rig.root)
    let outcome = rig.unit.translate(.test(row.access, address(row.what))).outcome
    if row.what == "leaf maps outside RAM" {
      guard case .translated(let page) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(!rig.memory.contains(page.address))
      return
    }
    if row.verdict == "ok" {
      switch outcome {
      case .translated: break
      case .interruptRequest: #expect(row.access == .write && address(row.what) == 0xfee0_0000)
      case .blocked: Issue.record("\(outcome)")
      }
      #expect(rig.status.rawValue == 0)
      return
    }
    guard case .blocked = outcome else {
      Issue.record("\(outcome)")
      return
    }
    let record = rig.record()
    #expect("0x" + hex(record[.reason], digits: 2) == row.fields["FR"])
    #expect("\(record[.type1])" == row.fields["T"])
    #expect("\(record[.pasidPresent])" == row.fields["PP"])
    #expect("0x" + hex(record[.pasid]) == row.fields["PV"])
    #expect("0x" + hex(record[.sourceID], digits: 4) == row.fields["SID"])
    #expect("0x" + hex(record.address.rawValue) == row.fields["FI"])
    #expect("0x" + hex(UInt64(rig.status.rawValue)) == row.fields["FSTS"])
  }

  @Test(
    "FPD in the context entry drops what QEMU drops",
    arguments: OracleRow.all.filter { $0.fpd != nil })
  func silent(_ row: OracleRow) throws {
    let rig = try rig()
    try #require(arrange(row.what, rig))
    let entry = PhysicalAddress(rawValue: Rig.contextTable + 0x18 * 16)
    rig.memory.store64((rig.memory.load64(entry) ?? 0) | 2, at: entry)
    rig.enable(root: row.what == "root table outside RAM" ? Self.outside : Rig.root)
    guard case .blocked = rig.unit.translate(.test(row.access, address(row.what))).outcome else {
      Issue.record("passed")
      return
    }
    #expect(rig.record()[flag: .fault] == (row.fpd == "recorded"))
  }

  @Test("recording goes as in QEMU: folded, overflowed, cleared, resumed")
  func recording() throws {
    let rig = try rig()
    rig.store(0, at: Rig.topTable + 0x3000)
    rig.enable()
    func fault(_ source: UInt16, _ address: UInt64 = 0x4000_0000) {
      _ = rig.unit.translate(.test(.read, address, source: SourceID(rawValue: source)))
    }
    fault(0x18)
    #expect(rig.status.rawValue == 2)
    #expect(rig.faultControl.rawValue == 0xc000_0000)
    fault(0x18, 0x4000_2000)
    #expect(rig.record().address.rawValue == 0x4000_0000)
    #expect(rig.status.rawValue == 2)
    fault(0x20)
    #expect(rig.status.rawValue == 3)
    rig.unit.write32(0x8000_0000, at: 0x22c)
    #expect(rig.status.rawValue == 1)
    #expect(rig.record().high == 0x40ff_ff06_0000_0018)
    fault(0x20)
    #expect(rig.status.rawValue == 1)
    #expect(!rig.record()[flag: .fault])
    rig.unit.write32(1, at: RegisterOffset.fsts)
    #expect(rig.status.rawValue == 0)
    #expect(rig.faultControl.rawValue == 0x8000_0000)
    fault(0x20)
    #expect(rig.status.rawValue == 2)
    #expect(rig.record().source.rawValue == 0x20)
    #expect(rig.faultControl.rawValue == 0xc000_0000)
    rig.unit.write64(1 << 63, at: 0x228)
    #expect(rig.status.rawValue == 0)
    #expect(rig.faultControl.rawValue == 0xc000_0000)
    rig.unit.write32(0, at: RegisterOffset.fsts)
    #expect(rig.faultControl.rawValue == 0x8000_0000)
  }

  struct Descriptor: CustomTestStringConvertible, Sendable {
    let name: String
    let words: [UInt64]
    var testDescription: String { name }
  }

  @Test(
    "a descriptor leaves head and status as in QEMU",
    arguments: [
      Descriptor(name: "type 0", words: [0, 0]),
      Descriptor(name: "type 0xb", words: [0xb, 0]),
      Descriptor(name: "cc global", words: [0x11, 0]),
      Descriptor(name: "cc granularity 0", words: [0x01, 0]),
      Descriptor(name: "cc reserved bit 6", words: [0x51, 0]),
      Descriptor(name: "iotlb granularity 0", words: [0x02, 0]),
      Descriptor(name: "iotlb page AM=19", words: [0x32, 19]),
      Descriptor(name: "iotlb DR|DW global", words: [0xd2, 0]),
      Descriptor(name: "iec global", words: [0x04, 0]),
      Descriptor(name: "device-iotlb (DT=0)", words: [0x18_0000_0003, 0]),
      Descriptor(name: "pasid cache, 128-bit queue", words: [0x37, 0]),
      Descriptor(name: "piotlb, 128-bit queue", words: [0x26, 0]),
      Descriptor(name: "wait SW", words: [0x1_0000_0025, 0x40_0000]),
      Descriptor(name: "wait IF", words: [0x15, 0]),
      Descriptor(name: "wait FN only", words: [0x45, 0]),
      Descriptor(name: "wait none", words: [0x05, 0]),
      Descriptor(name: "wait SW, address outside RAM", words: [0x25, 0x20_0000_0000]),
      Descriptor(name: "wait SW, address bit 0", words: [0x25, 0x40_0001]),
    ])
  func descriptor(_ descriptor: Descriptor) throws {
    let rig = try rig()
    let line = try #require(
      OracleRow.text.split(separator: "\n").first {
        $0.hasPrefix("queue: \(descriptor.name) ")
      })
    for (index, word) in descriptor.words.enumerated() {
      rig.store(word, at: 0x50_0000 + UInt64(index) * 8)
    }
    rig.unit.write64(0x50_0000, at: RegisterOffset.iqa)
    rig.unit.write32(rig.command(setting: .queuedInvalidation), at: RegisterOffset.gcmd)
    rig.unit.write64(16, at: RegisterOffset.iqt)
    let seen = [
      "IQH=0x\(hex(rig.unit.read64(RegisterOffset.iqh)))",
      "FSTS=0x\(hex(UInt64(rig.status.rawValue)))",
      "FECTL=0x\(hex(UInt64(rig.faultControl.rawValue)))",
      "ICS=0x\(hex(UInt64(rig.unit.read32(RegisterOffset.ics))))",
      "IECTL=0x\(hex(UInt64(rig.unit.read32(RegisterOffset.iectl))))",
    ]
    #expect(line.hasSuffix(seen.joined(separator: " ")), "\(seen) against \(line)")
  }

  @Test("register invalidations read back as in QEMU")
  func registers() throws {
    let rig = try rig()
    func readBack(_ value: UInt64, _ offset: Int) -> UInt64 {
      rig.unit.write64(value, at: offset)
      return rig.unit.read64(offset)
    }
    #expect(readBack(1 << 63 | 1 << 61, RegisterOffset.ccmd) == 0x2800_0000_0000_0000)
    #expect(readBack(1 << 63, RegisterOffset.ccmd) == 0)
    #expect(readBack(1 << 63 | 1 << 60, 0xf8) == 0x1200_0000_0000_0000)
    #expect(readBack(1 << 63 | 2 << 60 | 1 << 32, 0xf8) == 0x2400_0001_0000_0000)
    rig.unit.write64(40, at: 0xf0)
    #expect(readBack(1 << 63 | 3 << 60 | 1 << 32, 0xf8) == 0x3000_0001_0000_0000)
  }
}
