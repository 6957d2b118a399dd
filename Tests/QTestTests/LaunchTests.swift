import QTest
import Testing

@Suite struct LaunchTests {
  static let accepted: [String] = [
    "-qtest unix:/s -qtest-log /dev/null -chardev socket,path=/m,id=char0 -mon chardev=char0,mode=control -display none -audio none -M q35 -device intel-iommu,scalable-mode=on,flts=on -accel qtest",
    "-trace qtest* -qtest unix:/s -qtest-log /dev/fd/2 -chardev socket,path=/m,id=char0 -mon chardev=char0,mode=control -display none -audio none -machine none -accel qtest",
    "-display none -vga none -chardev socket,id=mon,path=/m -mon chardev=mon,mode=control -machine q35 -serial null -qtest unix:path=/s -accel qtest",
    "-qtest stdio -M q35,kernel-irqchip=split -S -nographic -serial none -monitor none -smp 2 -cpu max -m 512 -net none -nic none",
    "-qtest unix:/s,server=on,wait=off -machine q35,accel=tcg -m size=1G,slots=2,maxmem=2G -global intel-iommu.aw-bits=39 -device intel-iommu",
    "-qtest unix:/s,server,nowait -m 1G -global driver=edu,property=dma_mask,value=0xff -device edu",
    "-chardev socket,path=/s,id=q,server=on,wait=off -qtest chardev:q -qmp stdio -nodefaults",
    "-qtest null -device edu,addr=1a.0,dma_mask=0xffffffffffffffff,id=e -device edu,addr=0x5",
    "-qtest none -device intel-iommu,intremap=on,eim=on,caching-mode=on,aw-bits=48,device-iotlb=on,x-scalable-mode=on,x-flts=on,snoop-control=on,dma-drain=on,pt=on,fs1gp=on,x-buggy-eim=off",
    #"-qtest none -device {"driver":"edu","addr":"4","id":"x"}"#,
    "--qtest none --machine pc-q35-9.2 --device iommu-testdev",
    "-qtest unix:/s -qtest-log /dev/null -run-with exit-with-parent=on -machine none -accel qtest",
    "-run-with async-teardown=on,exit-with-parent=on -qtest none -device intel-iommu,scalable-mode=on,fsts=on,pasid-bits=8,stale-tm=off",
  ]

  @Test("command lines of qtest clients are taken", arguments: accepted)
  func accepts(line: String) throws {
    _ = try Launch(line.split(separator: " ").map(String.init))
  }

  static let refused: [(line: String, message: String)] = [
    ("-bogus -qtest stdio", "-bogus: invalid option"),
    ("-qtest", "-qtest: requires an argument"),
    ("disk.img", "disk.img: a disk image has no use here"),
    ("-machine pc", "-machine pc: unsupported machine type; q35 or none was expected"),
    ("-M q35,bogus=1", "-M q35,bogus=1: Property 'pc-q35-machine.bogus' not found"),
    ("-m 0x", "-m 0x: a size such as 512 or 1G was expected"),
    ("-m 0", "-m 0: a size from 8 KiB to 2 PiB was expected"),
    (
      "-device nope",
      "-device nope: 'nope' is not a device of this machine; it has intel-iommu, edu, iommu-testdev"
    ),
    ("-device edu,bogus=1", "-device edu: Property 'edu.bogus' not found"),
    (
      "-device intel-iommu,aw-bits=57",
      "-device intel-iommu: Supported values for aw-bits are: 39, 48"
    ),
    (
      "-device intel-iommu -device intel-iommu",
      "-device intel-iommu: there is one intel-iommu already"
    ),
    ("-device edu,addr=20", "-device edu: Property 'edu.addr' doesn't take value '20'"),
    ("-mon chardev=x,mode=control", #"chardev "x" not found"#),
    (
      "-qtest tcp:1",
      "-qtest tcp:1: 'tcp:1' is not a valid char driver; unix:PATH, stdio or null was expected"
    ),
    (
      "-chardev socket,id=a,fd=999",
      "-chardev socket,id=a,fd=999: chardev: fd 999 is not open"
    ),
    ("-qtest stdio -qmp stdio", "cannot use stdio by multiple character devices"),
    ("-net user", "-net user: there is no network; none was expected"),
    (
      "-run-with chroot=/x",
      "-run-with chroot=/x: Property 'run-with.chroot' not found"
    ),
    ("-global x", "-global x: driver.property=value was expected"),
    ("-device {", "-device {: byte 1: a key was expected"),
  ]

  @Test("anything else is named, with what was expected", arguments: refused)
  func refuses(line: String, message: String) {
    #expect(throws: Q35MachineError(message)) {
      try Launch(line.split(separator: " ").map(String.init))
    }
  }

  @Test(
    "help and version are printed", arguments: ["-help", "--version", "-device help", "-M help"])
  func prints(line: String) throws {
    let launch = try Launch(line.split(separator: " ").map(String.init))
    guard case .print(let text) = launch.task else { throw Q35MachineError("nothing printed") }
    #expect(text.contains("q35") || text.contains("Q35") || text.contains(#"name "edu", bus PCI"#))
  }
}
