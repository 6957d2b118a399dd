import ACPITables
import PCI
import Scenario

/// Any bytes as a snapshot of a PCI bus and as a DMAR table in YAML. What is read is written and
/// reads the same again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPlatformFile(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  if let bus = try? PCISnapshotFile.topology(from: text, file: "snapshot") {
    _ = bus.isolationGroups()
    for function in bus.functions { _ = bus.aliases(of: function.address) }
    guard
      let again = try? PCISnapshotFile.topology(
        from: PCISnapshotFile.text(of: bus), file: "again")
    else { preconditionFailure("a written snapshot is refused") }
    precondition(again.functions == bus.functions, "a written snapshot reads differently")
  }
  if let table = try? DMARTableFile.table(from: text, file: "table") {
    guard let again = try? DMARTableFile.table(from: DMARTableFile.text(of: table), file: "again")
    else { preconditionFailure("a written table is refused") }
    precondition(again.bytes == table.bytes, "a written table reads differently")
  }
  return 0
}
