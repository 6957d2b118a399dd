import KernelLog
import LogReading
import PCI
import VTdFormats

/// The functions of a rebuilt machine's bus.
extension Rebuild.Writer {
  /// Those that the log identifies, and with a table also the bridges that its scopes lead over;
  /// those of a snapshot are in it.
  var listedFunctions: [(key: PCIAddress, value: LogContents.Function)] {
    contents.functions.filter {
      ($0.value.vendor != nil || buses(below: $0.key) != nil) && $0.key.segment == 0
        && (files.snapshot == nil || contents.topology?[$0.key] == nil)
    }.sorted { $0.key < $1.key }
  }

  private func buses(below address: PCIAddress) -> LogContents.Bridge? {
    files.table == nil ? nil : contents.bridges[address]
  }

  mutating func describe(_ address: PCIAddress, _ function: LogContents.Function) {
    var members = [
      "vendor: 0x\(hex(UInt64(function.vendor ?? 0x8086), digits: 4))",
      "device: 0x\(hex(UInt64(function.device ?? 0), digits: 4))",
    ]
    let bridge = buses(below: address)
    let classCode = function.classCode ?? (bridge == nil ? 0xff0000 : 0x060400)
    members.append("class: 0x\(hex(UInt64(classCode), digits: 6))")
    if let bridge {
      let isInner = contents.bridges.values.contains {
        ($0.secondary...max($0.secondary, $0.subordinate)).contains(address.bus)
      }
      line("      # assumed: a port of PCI Express, which leaves the ids of requests as they are")
      members.append("port: \(isInner ? "downstream-port" : "root-port")")
      members.append(
        "buses: {secondary: 0x\(hex(UInt64(bridge.secondary), digits: 2)), "
          + "subordinate: 0x\(hex(UInt64(max(bridge.secondary, bridge.subordinate)), digits: 2))}")
    }
    line("      \"\(address.shortDescription)\": {\(members.joined(separator: ", "))}")
  }
}
