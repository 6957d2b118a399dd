import ACPITables
import PCI

/// Any bytes as a DMAR table: read, written, printed, checked and put on a bus. What is read has to
/// come back byte for byte, and be printed whole.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDMARTable(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  _ = try? HexDump.table(in: String(decoding: bytes, as: UTF8.self))
  guard let table = try? DMARTable(parsing: bytes) else { return 0 }
  let written = table.bytes
  precondition(written == Array(bytes.prefix(written.count)), "the table does not round trip")
  guard let blocks = try? DMARTable.disassemble(bytes), let again = try? DMARTable(parsing: written)
  else { preconditionFailure("a table that was read is refused") }
  precondition(again == table, "the written table reads differently")
  let printed = blocks.flatMap(\.fields).reduce(0) { $0 + $1.length }
  precondition(printed == written.count, "\(printed) of \(written.count) bytes are printed")
  _ = try? DMARTable.findings(in: bytes, against: TableSurroundings(topology: bus))
  let platform = Platform(topology: bus, table: table)
  _ = platform.coverages()
  _ = platform.interruptSources
  return 0
}

/// A bridge with a device below it, and one beside it.
private let bus: PCITopology = {
  var bridge = ConfigurationSpace(zeroed: 256)
  for (offset, byte) in [(0x0a, 0x04), (0x0b, 0x06), (0x0e, 1), (0x19, 1), (0x1a, 2)] {
    bridge = ConfigurationSpace(
      bridge.bytes.enumerated().map { $0.offset == offset ? UInt8(byte) : $0.element })
  }
  return PCITopology(
    [
      ("00:1c.0", bridge), ("01:00.0", ConfigurationSpace(zeroed: 256)),
      ("00:02.0", ConfigurationSpace(zeroed: 256)),
    ].compactMap { text, space in
      PCIAddress(text).flatMap { address in
        PCIIdentity(space).map {
          PCIFunction(address: address, identity: $0, configuration: space)
        }
      }
    })
}()
