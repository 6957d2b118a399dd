import KernelLog
import LogReading
import MachineEvidence
import PCI
import VTdFormats

/// What PCI Express errors in the log mean next to a DMA fault.
enum BusErrorWords {
  /// The error bits with which a blocked request may come back to its sender, in words.
  private static let answers: [String: String] = [
    "UnsupReq": "unsupported request", "CmpltAbrt": "completer abort",
    "CmpltTO": "completion timeout",
  ]

  /// Whether the address of a bus error is that of a fault. A fault record holds the page only, and
  /// a TLP header of three words the low 32 bits only.
  static func isSame(_ fault: UInt64?, _ address: UInt64) -> Bool {
    fault.map { $0.page == address.page || $0 & 0xffff_f000 == address.pageStart } ?? false
  }

  static func remarks(_ contents: LogContents) -> [Finding.Evidence] {
    let errors = contents.history.busErrors
    let faulting = Set(contents.faults.map { $0.function })
    var told: Set<String> = []
    var remarks: [Finding.Evidence] = []
    func add(_ text: String, _ error: BusErrorLine) {
      guard told.insert(text).inserted else { return }
      remarks.append(
        Finding.Evidence(text, [LogPlace(file: error.file, line: error.line)]))
    }
    for error in errors {
      let device = error.device?.shortDescription ?? "a port"
      switch error.kind {
      case .bit(_, let name):
        if let words = answers[name] {
          // For a device that faults, the text on its fault already says so.
          if error.device.map(faulting.contains) ?? false { continue }
          add(
            "\(name) (\(words)) of \(device): a request was answered with an error, as a blocked one "
              + "is; no fault of \(device) stands in the log", error)
        } else if name == "ACSViol" {
          add(
            "ACSViol of \(device): a port refused a request by access control, before any remapping "
              + "unit saw it", error)
        }
      case .header:
        guard let request = error.request, let address = request.address else { continue }
        if contents.faults.contains(where: { isSame($0.address, address) }) {
          add(
            "the TLP header that \(device) reports holds the address 0x\(hex(address)) of a fault: the "
              + "error and the fault are one request", error)
        } else {
          let sender = request.requester.map { " by \($0)" } ?? ""
          add(
            "the TLP header that \(device) reports is \(request.kind.rawValue)\(sender) at "
              + "0x\(hex(address)): no fault of the log has this address", error)
        }
      case .containment(let status):
        add(
          "DPC of \(device)\(below(error.device, contents)): the port cut off what is behind it "
            + "\(trigger(status)) (status 0x\(hex(UInt64(status)))); what it did afterwards was lost",
          error)
      case .received: break
      }
    }
    return remarks
  }

  /// Why a port contained what is behind it (DPC status, bits 2:1; PCI Express Base Specification,
  /// section 7.9.14.5).
  private static func trigger(_ status: UInt32) -> String {
    switch status >> 1 & 3 {
    case 0: "after an uncorrectable error of its own"
    case 1: "after a non-fatal error message"
    case 2: "after a fatal error message"
    default: "after an error of the root port's own requests, or because software asked for it"
    }
  }

  /// The faulting devices behind a port.
  private static func below(_ port: PCIAddress?, _ contents: LogContents) -> String {
    guard let port, let bridge = contents.bridges[port],
      bridge.secondary <= bridge.subordinate
    else { return "" }
    let buses = bridge.secondary...bridge.subordinate
    let devices = Set(contents.faults.map { $0.function }).filter {
      $0.segment == port.segment && buses.contains($0.bus)
    }.sorted().prefix(4)
    return devices.isEmpty
      ? "" : ", the port above \(devices.map { $0.shortDescription }.joined(separator: ", "))"
  }
}
