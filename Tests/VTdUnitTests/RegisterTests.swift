import PhysicalMemory
import Synchronization
import Testing
import VTdFormats

@testable import VTdUnit

/// One register as the reference's table has it: bits that hold what was written, bits that a 1
/// clears, what it reads after reset. Numbers, not layouts.
struct RegisterCase: CustomTestStringConvertible, Sendable {
  let name: String
  let offset: Int
  var width = 32
  var reset: UInt64 = 0
  /// Bits that read back as they were written.
  var holds: UInt64 = 0
  var testDescription: String { name }

  private static func event(_ offset: Int, _ prefix: String) -> [RegisterCase] {
    [
      RegisterCase(name: "\(prefix)CTL", offset: offset, reset: 1 << 31, holds: 1 << 31),
      RegisterCase(name: "\(prefix)DATA", offset: offset + 4, holds: 0xffff),
      RegisterCase(name: "\(prefix)ADDR", offset: offset + 8, holds: 0xffff_fffc),
      RegisterCase(name: "\(prefix)UADDR", offset: offset + 12, holds: 0xffff_ffff),
    ]
  }

  /// The unit of these tests: everything, with a fault log, memory types and virtual commands.
  static let cap = Everything.cap | 1 << 3
  static let ecap = Everything.ecap | 1 << 25 | 1 << 44

  static let all: [RegisterCase] =
    [
      RegisterCase(name: "VER", offset: 0x00, reset: 0x10),
      RegisterCase(name: "CAP", offset: 0x08, width: 64, reset: cap),
      RegisterCase(name: "ECAP", offset: 0x10, width: 64, reset: ecap),
      RegisterCase(name: "GCMD", offset: 0x18),
      RegisterCase(name: "GSTS", offset: 0x1c),
      RegisterCase(name: "RTADDR", offset: 0x20, width: 64, holds: ~0x3ff),
      RegisterCase(name: "CCMD", offset: 0x28, width: 64, holds: 0x6000_0003_ffff_ffff),
      RegisterCase(name: "FSTS", offset: 0x34),
      RegisterCase(name: "AFLOG", offset: 0x58, width: 64, holds: ~0xfff | 0xe00),
      RegisterCase(name: "PMEN", offset: 0x64, holds: 1 << 31),
      RegisterCase(name: "PLMBASE", offset: 0x68, holds: 0xffe0_0000),
      RegisterCase(name: "PLMLIMIT", offset: 0x6c, holds: 0xffe0_0000),
      RegisterCase(name: "PHMBASE", offset: 0x70, width: 64, holds: ~0x1f_ffff),
      RegisterCase(name: "PHMLIMIT", offset: 0x78, width: 64, holds: ~0x1f_ffff),
      RegisterCase(name: "IQH", offset: 0x80, width: 64),
      RegisterCase(name: "IQT", offset: 0x88, width: 64, holds: 0x7_fff0),
      RegisterCase(name: "IQA", offset: 0x90, width: 64, holds: ~0xfff | 0x807),
      RegisterCase(name: "ICS", offset: 0x9c),
      RegisterCase(name: "IQERCD", offset: 0xb0, width: 64),
      RegisterCase(name: "IRTA", offset: 0xb8, width: 64, holds: ~0xfff | 0x80f),
      RegisterCase(name: "PQH", offset: 0xc0, width: 64, holds: 0x7_ffe0),
      RegisterCase(name: "PQT", offset: 0xc8, width: 64, holds: 0x7_ffe0),
      RegisterCase(name: "PQA", offset: 0xd0, width: 64, holds: ~0xfff | 7),
      RegisterCase(name: "PRS", offset: 0xdc),
      RegisterCase(name: "MTRRCAP", offset: 0x100, width: 64),
      RegisterCase(name: "MTRRDEF", offset: 0x108, width: 64, holds: 0xcff),
      RegisterCase(name: "VCMD", offset: 0xe00, width: 64, holds: ~0),
      RegisterCase(name: "VCRSP", offset: 0xe10, width: 64),
      RegisterCase(name: "VCCAP", offset: 0xe30, width: 64),
      RegisterCase(name: "IVA", offset: 0x500, width: 64),
      RegisterCase(name: "IOTLB", offset: 0x508, width: 64, holds: 0x3003_ffff_0000_0000),
    ] + event(0x38, "FE") + event(0xa0, "IE") + event(0xe0, "PE")
    + stride(from: 0x120, through: 0x170, by: 8).map {
      RegisterCase(name: "fixed MTRR at \($0)", offset: $0, width: 64, holds: ~0)
    }
    + stride(from: 0x180, through: 0x218, by: 8).map {
      RegisterCase(name: "variable MTRR at \($0)", offset: $0, width: 64, holds: ~0)
    }
    + stride(from: 0x400, to: 0x480, by: 8).map {
      RegisterCase(name: "half of a fault record at \($0)", offset: $0, width: 64)
    }
}

@Suite("Registers")
struct RegisterTests {
  private func rig() throws -> Rig { try Rig(cap: RegisterCase.cap, ecap: RegisterCase.ecap) }

  @Test("the table names every register that the unit has, and no other")
  func complete() throws {
    let places = Set(
      try rig().unit.configuration.registers.flatMap { register in
        stride(from: register.offset, to: register.offset + register.width / 8, by: 8)
      })
    #expect(Set(RegisterCase.all.map(\.offset)) == places)
  }

  @Test(
    "a register reads its reset value, holds its bits, and has two halves",
    arguments: RegisterCase.all)
  func access(_ register: RegisterCase) throws {
    let rig = try rig()
    let unit = rig.unit
    func read() -> UInt64 {
      register.width == 64 ? unit.read64(register.offset) : UInt64(unit.read32(register.offset))
    }
    #expect(read() == register.reset)
    if register.width == 64 {
      #expect(unit.read32(register.offset) == UInt32(truncatingIfNeeded: register.reset))
      #expect(unit.read32(register.offset + 4) == UInt32(register.reset >> 32))
    }
    // Commands act when their top bit is written: it stays out of this.
    let command: UInt64 = [0x28, 0x508].contains(register.offset) ? 1 << 63 : 0
    let fixed = register.reset & ~register.holds
    for pattern in [~0, 0x5555_5555_5555_5555, 0xaaaa_aaaa_aaaa_aaaa, 0] as [UInt64] {
      let value = pattern & ~command
      // What a level command turns on is another test's.
      if register.offset == 0x18 && pattern != 0 { continue }
      if register.width == 64 {
        unit.write64(value, at: register.offset)
      } else {
        unit.write32(UInt32(truncatingIfNeeded: value), at: register.offset)
      }
      var expected = value & register.holds | fixed
      // PRS of PMEN follows EPM.
      if register.offset == 0x64 { expected |= expected >> 31 }
      #expect(read() == expected, "wrote \(hex(value))")
    }
    if register.width == 64 {
      unit.write64(0, at: register.offset)
      unit.write32(.max, at: register.offset)
      #expect(read() == register.holds & 0xffff_ffff | fixed)
      unit.write32(.max & UInt32(~command >> 32), at: register.offset + 4)
      #expect(read() == register.holds | fixed)
    }
    unit.reset()
    #expect(read() == register.reset)
  }

  @Test("widths, alignments and offsets that reach no register read 0, write nothing, and are told")
  func refused() throws {
    let refusals = Mutex<[Int]>([])
    let rig = try rig()
    let unit = try RemappingUnit(
      configuration: rig.unit.configuration, memory: rig.memory,
      trace: { event in
        if case .registerAccessRefused(let offset, _, _) = event {
          refusals.withLock { $0.append(offset) }
        }
      })
    unit.write32(0xffff_ffff, at: 0x40)
    let known = Set(
      unit.configuration.registers.flatMap { register in
        stride(from: register.offset, to: register.offset + register.width / 8, by: 4)
      })
    let wide = Set(
      unit.configuration.registers.filter { $0.width >= 64 }.flatMap { register in
        stride(from: register.offset, to: register.offset + register.width / 8, by: 8)
      })
    let before = known.map(unit.read32)
    for offset in [-8, -4, -1] + Array(0..<0x1010) + [Int.max - 7, Int.min] {
      refusals.withLock { $0.removeAll() }
      if !known.contains(offset) {
        #expect(unit.read32(offset) == 0)
        unit.write32(.max, at: offset)
        #expect(refusals.withLock { $0 } == [offset, offset])
      }
      refusals.withLock { $0.removeAll() }
      if !wide.contains(offset) {
        #expect(unit.read64(offset) == 0)
        unit.write64(.max, at: offset)
        #expect(refusals.withLock { $0 } == [offset, offset])
      }
    }
    #expect(known.map(unit.read32) == before)
  }

  @Test("GCMD's levels show in GSTS, its one-shots leave their mark, and none reads back")
  func globalCommand() throws {
    let rig = try rig()
    // TE, EAFL, QIE, IRE, CFI: on and off, one at a time, as software changes them.
    for bit in [31, 28, 26, 25, 23] {
      rig.unit.write32(rig.unit.read32(0x1c) & 0x96ff_ffff | 1 << bit, at: 0x18)
      #expect(rig.unit.read32(0x1c) >> bit & 1 == 1, "bit \(bit)")
    }
    #expect(rig.unit.read32(0x1c) == 1 << 31 | 1 << 28 | 1 << 26 | 1 << 25 | 1 << 23)
    for bit in [31, 28, 26, 25, 23] {
      rig.unit.write32(rig.unit.read32(0x1c) & 0x96ff_ffff & ~(1 << bit), at: 0x18)
      #expect(rig.unit.read32(0x1c) >> bit & 1 == 0, "bit \(bit)")
    }
    // SRTP, SFL, SIRTP set their status for good; WBF is done at once.
    for (bit, status) in [(30, 30), (29, 29), (24, 24)] {
      rig.unit.write32(rig.unit.read32(0x1c) & 0x96ff_ffff | 1 << bit, at: 0x18)
      #expect(rig.unit.read32(0x1c) >> status & 1 == 1)
    }
    let status = rig.unit.read32(0x1c)
    rig.unit.write32(status & 0x96ff_ffff | 1 << 27, at: 0x18)
    #expect(rig.unit.read32(0x1c) == status)
    #expect(rig.unit.read32(0x18) == 0)
  }

  @Test("a command for a feature that the unit lacks changes nothing")
  func lacking() throws {
    let rig = try Rig(cap: 0xc90080_20e30260, ecap: 0x1000)
    rig.unit.write32(1 << 29 | 1 << 28 | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 23, at: 0x18)
    #expect(rig.unit.read32(0x1c) == 0)
  }

  @Test("RTADDR, IRTA and IQA count once they are latched")
  func latched() throws {
    let rig = try rig()
    rig.writeLegacyTables()
    rig.enable()
    #expect(rig.page() == 0x300_0000)
    rig.unit.write64(0x90_0000, at: 0x20)
    rig.iotlb(1)
    rig.unit.write64(1 << 63 | 1 << 61, at: 0x28)
    #expect(rig.page() == 0x300_0000)
    rig.unit.write32(rig.command(setting: .setRootTable), at: 0x18)
    rig.unit.write64(1 << 63 | 1 << 61, at: 0x28)
    #expect(rig.page() == nil)
  }

  struct Bad: CustomTestStringConvertible, Sendable {
    let cap: UInt64
    let ecap: UInt64
    var width = 52
    let says: String
    var testDescription: String { says }
  }

  @Test(
    "capabilities that do not go together are refused with a sentence that names both",
    arguments: [
      Bad(
        cap: 0xd2008c_222f0006, ecap: 0xf00f4a,
        says: "CAP.SAGAW is 0: the unit could not translate any address"),
      Bad(cap: 0xd2008c_222f1606, ecap: 0xf00f4a, says: "CAP.SAGAW is 0x16, a reserved value"),
      Bad(cap: 0xd2008c_222f0607, ecap: 0xf00f4a, says: "CAP.ND is 0x7, a reserved value"),
      Bad(cap: 0xd2008c_222f0606, ecap: 0xf00f48, says: "ECAP.IR is set, which needs ECAP.QI"),
      Bad(cap: 0xd2008c_222f0606, ecap: 0xf00f52, says: "ECAP.EIM is set, which needs ECAP.IR"),
      Bad(cap: 0xd2008c_222f0606, ecap: 0xf00f44, says: "ECAP.DT is set, which needs ECAP.QI"),
      Bad(
        cap: 0xd2008c_222f0606 | 1 << 59, ecap: 0xf00f42, says: "CAP.PI is set, which needs ECAP.IR"
      ),
      Bad(
        cap: 0xd2008c_222f0606 | 1 << 60, ecap: 0xf00f4a,
        says: "CAP.FS5LP is set, which needs ECAP.FSTS"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 29,
        says: "ECAP.PRS is set, which needs ECAP.DT"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 42,
        says: "ECAP.PDS is set, which needs ECAP.PRS"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 33,
        says: "ECAP.NWFS is set, which needs ECAP.DT"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 41,
        says: "ECAP.DIT is set, which needs ECAP.DT"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 43,
        says: "ECAP.SMTS is set, which needs ECAP.FSTS or ECAP.SSTS"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 46,
        says: "ECAP.SSTS is set, which needs ECAP.SMTS"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 47,
        says: "ECAP.FSTS is set, which needs ECAP.SMTS"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 43 | 1 << 47 | 1 << 45,
        says: "ECAP.SSADS is set, which needs ECAP.SSTS"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 43 | 1 << 47 | 1 << 26,
        says: "ECAP.NEST is set, which needs ECAP.FSTS and ECAP.SSTS"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 48,
        says: "ECAP.SMPWCS is set, which needs ECAP.SMTS"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a | 1 << 49,
        says: "ECAP.RPS is set, which needs ECAP.SMTS"),
      // FRO 0xf puts the record onto IVA.
      Bad(cap: 0xd2008c_0f2f0606, ecap: 0xf00f4a, says: "IVA and FRCD[0] overlap at offset 0xf0"),
      // FRO 0 puts it onto VER, IRO 0x8 puts IVA onto IQH.
      Bad(cap: 0xd2008c_002f0606, ecap: 0xf00f4a, says: "VER and FRCD[0] overlap at offset 0x0"),
      Bad(cap: 0xd2008c_222f0606, ecap: 0xf0084a, says: "IQH and IVA overlap at offset 0x80"),
      // 19 records from 0xe0 on run into IVA as well.
      Bad(cap: 0xd2128c_0e2f0606, ecap: 0xf00f4a, says: "IVA and FRCD[1] overlap at offset 0xf0"),
      Bad(
        cap: 0xd2008c_222f0606, ecap: 0xf00f4a, width: 53,
        says: "the host address width is 53, not 32 to 52"),
    ])
  func inconsistent(_ bad: Bad) {
    var configuration = UnitConfiguration(cap: bad.cap, ecap: bad.ecap)
    configuration.hostAddressWidth = bad.width
    do throws(ConfigurationError) {
      try configuration.validate()
      Issue.record("accepted")
    } catch { #expect("\(error)" == bad.says) }
  }

  @Test(
    "the capabilities of real units are accepted",
    arguments: [
      (0x1c0000_c40660462, 0x19e_2ff0505e), (0xd2078c_106f0466, 0xf020de),
      (0xd2008c_22260206, 0xf00f4a), (0xc90080_20e30260, 0x1000),
      (0xd2008c_222f0606, 0x4800_80f0_0f4a), (0x1d2008c_222f0606, 0x8800_00f0_0f4a),
      (0x1c0000_c40660462, 0x49e_2ff0505e), (0xd2008c_40660462, 0xf050da),
    ] as [(UInt64, UInt64)])
  func real(_ cap: UInt64, _ ecap: UInt64) throws {
    try UnitConfiguration(cap: cap, ecap: ecap).validate()
  }
}
