/// What `-help` prints.
enum LaunchHelp {
  static let text = """
    dmar-system-x86_64: a Q35 machine with an Intel IOMMU that qtest clients drive, in QEMU's place

      -qtest unix:PATH[,server=on]   speak qtest at a Unix socket; also stdio, chardev:ID
      -qtest-log FILE | none         requests and replies with their times; standard error unless given
      -qmp unix:PATH[,server=on]     the monitor for programs
      -chardev socket,id=ID,path=PATH[,server=on]   -mon chardev=ID,mode=control
      -machine q35 | none            -m SIZE
      -device intel-iommu[,OPTION…]  aw-bits, caching-mode, x-scalable-mode, x-flts, fs1gp,
                                     snoop-control, device-iotlb, x-pasid-mode, svm, intremap, eim,
                                     pt, dma-drain; x-quirks=off for the specification's behaviour
      -device edu[,addr=SLOT]        -device iommu-testdev
      -nodefaults -vga none -net none    without the devices that QEMU adds by itself
      -S -display -accel -smp …      taken, without effect
    """

  /// What `-device help` prints, in QEMU's form.
  static func devices(_ catalog: DeviceCatalog) -> String {
    (["name \"intel-iommu\", bus System, desc \"Intel IOMMU (VT-d) DMA Remapping device\""]
      + catalog.models.map { "name \"\($0)\", bus PCI" }).joined(separator: "\n")
  }

  /// What `-device intel-iommu,help` prints.
  static let unit = """
    intel-iommu options:
      aw-bits=<uint8>        - 39 or 48 (default: 48)
      caching-mode=<bool>    - (default: off)
      device-iotlb=<bool>    - (default: off)
      dma-drain=<bool>       - (default: on)
      dma-translation=<bool> - (default: on)
      eim=<OnOffAuto>        - (default: off)
      fs1gp=<bool>           - (default: on)
      intremap=<OnOffAuto>   - (default: on)
      pt=<bool>              - (default: on)
      snoop-control=<bool>   - (default: off)
      svm=<bool>             - (default: off)
      version=<uint32>       - VER (default: 0x10)
      x-flts=<bool>          - also flts, fsts (default: off)
      x-pasid-mode=<bool>    - also pasid (default: off)
      x-scalable-mode=<bool> - also scalable-mode (default: off)
    and, which QEMU has not:
      x-base=<uint64>        - where the registers are (default: 0xfed90000)
      x-cap=<uint64>         - CAP as it is
      x-ecap=<uint64>        - ECAP as it is
      x-host-address-width=<uint8> - 32 to 52 (default: aw-bits)
      x-quirks=<bool>        - differ from the specification where QEMU does (default: on)
    """
}
