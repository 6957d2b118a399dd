import KernelLog
import LogReading
import MachineEvidence
import PCI
import VTdFormats

/// What errors of PCI Express mean beside a DMA fault.
enum BusErrorWords {
  /// How a request that the unit blocked comes back to who sent it.
  private static let answers: [String: String] = [
    "UnsupReq": "unsupported request", "CmpltAbrt": "completer abort",
    "CmpltTO": "completion timeout",
  ]

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
          // Beside the device's own fault its block tells it.
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
        guard let address = error.address else { continue }
        let same = contents.faults.contains {
          $0.address.map { $0 >> 12 == address >> 12 || $0 & 0xffff_f000 == address & ~0xfff }
            ?? false
        }
        if same {
          add(
            "the TLP header that \(device) reports holds the address 0x\(hex(address)) of a fault: the "
              + "error and the fault are one request", error)
        }
      case .containment(let status):
        add(
          "DPC of \(device): the port cut the device off after an error (status "
            + "0x\(hex(UInt64(status)))); what the device did afterwards was lost", error)
      case .received: break
      }
    }
    return remarks
  }
}
