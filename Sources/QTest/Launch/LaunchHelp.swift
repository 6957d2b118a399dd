/// What `-help` prints.
enum LaunchHelp {
  static let text = """
    dmar-system-x86_64: a Q35 machine with an Intel IOMMU that qtest clients drive, in QEMU's place

      -qtest unix:PATH[,server=on]   speak qtest at a Unix socket; also stdio, chardev:ID
      -qtest-log FILE | none         requests and replies with their times; standard error unless given
      -qmp unix:PATH[,server=on]     the monitor for programs
      -chardev socket,id=ID,path=PATH[,server=on]   -mon chardev=ID,mode=control
      -machine q35 | none            -m SIZE
      -device intel-iommu[,OPTION…]  aw-bits, caching-mode, scalable-mode, fsts, fs1gp,
                                     snoop-control, device-iotlb, pasid-bits, svm, intremap, eim,
                                     pt, dma-drain; x-quirks=off for the specification's behaviour
      -device edu[,addr=SLOT]        -device iommu-testdev
      -nodefaults -vga none -net none    without the devices that QEMU adds by itself
      -run-with exit-with-parent=on  end when the program that started this one ends
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
      fsts=<bool>            - also flts, x-flts (default: off)
      intremap=<OnOffAuto>   - (default: on)
      pasid-bits=<uint8>     - 0 to 20; also pasid=on, x-pasid-mode=on (default: 0)
      pt=<bool>              - (default: on)
      scalable-mode=<bool>   - also x-scalable-mode (default: off)
      snoop-control=<bool>   - (default: off)
      svm=<bool>             - (default: off)
      version=<uint32>       - VER (default: 0x10)
    and, which QEMU has not:
      x-base=<uint64>        - where the registers are (default: 0xfed90000)
      x-cap=<uint64>         - CAP as it is
      x-ecap=<uint64>        - ECAP as it is
      x-host-address-width=<uint8> - 32 to 52 (default: aw-bits)
      x-quirks=<str>         - differ from the specification where QEMU does: on, off, qemu-7.2,
                               qemu-10, qemu-11, or a number with a bit for each (default: on,
                               which is qemu-11 with a name that QEMU 10 does not know)
    """
}
