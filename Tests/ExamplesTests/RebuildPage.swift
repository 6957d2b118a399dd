import Diagnosis
import LogReading
import Rebuild

func rebuild() throws {
  var log = """
    [    1.100000] DMAR: DRHD: handling fault status reg 2
    [    1.100100] DMAR: [DMA Write NO_PASID] Request device [00:03.0] fault addr 0x1000 [fault reason 0x05] PTE Write access is not set

    """
  var boots = LogBoots()
  boots.begin(file: "kernel.log")
  var reader = LogReader()
  log.withUTF8 { bytes in
    reader.read(UnsafeRawBufferPointer(bytes)) { boots.take($0) }
  }
  reader.finish { boots.take($0) }

  let boot = boots.chosen.boot
  let rebuilt = RebuiltScenario(
    boot.collector.contents, boot.timeline, from: "kernel.log")
  print(rebuilt.faultCount, rebuilt.leftOut.isEmpty)
  for line in rebuilt.yaml.split(separator: "\n").suffix(9) { print(line) }
}
