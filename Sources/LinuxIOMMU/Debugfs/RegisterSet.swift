internal import KernelProfiles
internal import KernelRuntime
internal import VTdFormats

/// `iommu_regset`: registers by name, the narrow ones first, in the driver's order.
extension Debugfs {
  func registerSet(of unit: IntelIOMMU) -> [String] {
    func row(_ name: String, _ offset: Int, _ value: UInt64) -> String {
      name + String(repeating: " ", count: max(0, 16 - name.utf8.count))
        + "\t0x\(hex(UInt64(offset), digits: 2))\t\t\(padded(value))"
    }
    return [
      "IOMMU: \(unit.name) Register Base Address: \(hex(unit.registerBase.rawValue))",
      "Name\t\t\tOffset\t\tContents",
    ]
      + Self.narrowRegisters.map {
        row($0.name, $0.offset, UInt64(unit.port.read32(at: $0.offset)))
      }
      + wideRegisters.map { row($0.name, $0.offset, unit.port.read64(at: $0.offset)) }
      + [""]
  }

  private static let narrowRegisters: [(name: String, offset: Int)] = [
    ("VER", RegisterOffset.ver), ("GCMD", RegisterOffset.gcmd), ("GSTS", RegisterOffset.gsts),
    ("FSTS", RegisterOffset.fsts), ("FECTL", RegisterOffset.fectl),
    ("FEDATA", RegisterOffset.fedata), ("FEADDR", RegisterOffset.feaddr),
    ("FEUADDR", RegisterOffset.feuaddr), ("PMEN", RegisterOffset.pmen),
    ("PLMBASE", RegisterOffset.plmbase), ("PLMLIMIT", RegisterOffset.plmlimit),
    ("ICS", RegisterOffset.ics), ("PRS", RegisterOffset.prs), ("PECTL", RegisterOffset.pectl),
    ("PEDATA", RegisterOffset.pedata), ("PEADDR", RegisterOffset.peaddr),
    ("PEUADDR", RegisterOffset.peuaddr),
  ]

  private var wideRegisters: [(name: String, offset: Int)] {
    let hidden =
      kernel.build.behaviour.registerRows == .withoutCommands
      ? [RegisterOffset.ccmd, RegisterOffset.aflog] : []
    let registers =
      Self.wideFront.filter { !hidden.contains($0.offset) } + Self.fixedRanges
      + Self.variableRanges
    switch kernel.build.behaviour.virtualCommandRegisters {
    case .shown: return registers + Self.virtualCommand
    case .hidden: return registers
    }
  }

  private static let wideFront: [(name: String, offset: Int)] = [
    ("CAP", RegisterOffset.cap), ("ECAP", RegisterOffset.ecap), ("RTADDR", RegisterOffset.rtaddr),
    ("CCMD", RegisterOffset.ccmd), ("AFLOG", RegisterOffset.aflog),
    ("PHMBASE", RegisterOffset.phmbase), ("PHMLIMIT", RegisterOffset.phmlimit),
    ("IQH", RegisterOffset.iqh), ("IQT", RegisterOffset.iqt), ("IQA", RegisterOffset.iqa),
    ("IRTA", RegisterOffset.irta), ("PQH", RegisterOffset.pqh), ("PQT", RegisterOffset.pqt),
    ("PQA", RegisterOffset.pqa), ("MTRRCAP", RegisterOffset.mtrrcap),
    ("MTRRDEF", RegisterOffset.mtrrdef),
  ]

  private static let fixedRanges: [(name: String, offset: Int)] = {
    let names = [
      "FIX64K_00000", "FIX16K_80000", "FIX16K_A0000", "FIX4K_C0000", "FIX4K_C8000", "FIX4K_D0000",
      "FIX4K_D8000", "FIX4K_E0000", "FIX4K_E8000", "FIX4K_F0000", "FIX4K_F8000",
    ]
    return names.indices.map { ("MTRR_\(names[$0])", RegisterOffset.mtrrFixed + $0 * 8) }
  }()

  private static let variableRanges: [(name: String, offset: Int)] = (0..<20).map { index in
    let kind = index % 2 == 0 ? "BASE" : "MASK"
    return ("MTRR_PHYS\(kind)\(index / 2)", RegisterOffset.mtrrVariable + index * 8)
  }

  private static let virtualCommand: [(name: String, offset: Int)] = [
    ("VCCAP", RegisterOffset.vccap), ("VCMD", RegisterOffset.vcmd),
    ("VCRSP", RegisterOffset.vcrsp),
  ]
}
