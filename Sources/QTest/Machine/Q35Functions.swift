import VTdFormats

/// The functions that every Q35 machine of QEMU has, as they answer before firmware ran.
///
/// They have configuration space only: clients scan the bus and expect to find them, and devices
/// take the places after them.
enum Q35Functions {
  private static let subsystem: (offset: Int, value: UInt32) = (0x2c, 0x1100_1af4)

  static let hostBridge: UInt16 = 0x00
  /// Q35 host bridge, 8086:29c0. PCIEXBAR at 0x60 says where ECAM is.
  static let host = FunctionConfiguration(
    words: [
      (0x00, 0x29c0_8086), (0x08, 0x0600_0000), subsystem, (0x50, 0x10), (0x60, 0xb000_0000),
      (0x9c, 0x0038_0200),
    ])

  /// QEMU's standard VGA, 1234:1111.
  static let vga = FunctionConfiguration(
    words: [(0x00, 0x1111_1234), (0x08, 0x0300_0002), subsystem],
    regions: [.init(bar: 0, size: 16 << 20, kind: 8), .init(bar: 2, size: 4096)], romSize: 65536)

  /// The default network card, 8086:10d3.
  static let network = FunctionConfiguration(
    words: [
      (0x00, 0x10d3_8086), (0x04, 0x0010_0000), (0x08, 0x0200_0000), (0x2c, 0x0000_8086),
      (0x34, 0xc8), (0x3c, 0x100), (0xa0, 0x0004_0011), (0xa4, 0x3), (0xa8, 0x2003),
      (0xc8, 0x0022_d001), (0xd0, 0x0080_e005), (0xe0, 0x0091_a010), (0xe4, 0x8000), (0xec, 0x411),
      (0xf0, 0x0011_0000),
    ],
    regions: [
      .init(bar: 0, size: 128 << 10), .init(bar: 1, size: 128 << 10),
      .init(bar: 2, size: 32, kind: 1), .init(bar: 3, size: 16 << 10),
    ], romSize: 256 << 10, msiOffset: 0xd0,
    masks: [
      (0xa0, 0xc000_0000), (0xa4, 0), (0xa8, 0), (0xc8, 0), (0xcc, 0x1f03), (0xe0, 0), (0xe4, 0),
      (0xe8, 0), (0xec, 0), (0xf0, 0),
    ])

  /// The fixed functions of the ICH9: LPC bridge, SATA controller, SMBus controller.
  static let ich9: [(devfn: UInt16, configuration: FunctionConfiguration)] = [
    (
      0xf8,
      FunctionConfiguration(
        words: [
          (0x00, 0x2918_8086), (0x08, 0x0601_0002), (0x0c, 0x0080_0000), subsystem, (0x40, 0x1),
          (0x60, 0x8080_8080), (0x68, 0x8080_8080), (0x80, 0x0005_0000),
        ])
    ),
    (
      0xfa,
      FunctionConfiguration(
        words: [
          (0x00, 0x2922_8086), (0x04, 0x0010_0000), (0x08, 0x0106_0102), (0x0c, 0x0080_0000),
          subsystem, (0x34, 0x80), (0x3c, 0x100), (0x80, 0x0080_a805), (0x90, 0x40),
          (0xa8, 0x0010_0012), (0xac, 0x48),
        ],
        regions: [.init(bar: 4, size: 32, kind: 1), .init(bar: 5, size: 4096)], msiOffset: 0x80,
        masks: [(0xa8, 0), (0xac, 0)])
    ),
    (
      0xfb,
      FunctionConfiguration(
        words: [
          (0x00, 0x2930_8086), (0x08, 0x0c05_0002), (0x0c, 0x0080_0000), subsystem, (0x3c, 0x100),
        ], regions: [.init(bar: 4, size: 64, kind: 1)])
    ),
  ]
}
