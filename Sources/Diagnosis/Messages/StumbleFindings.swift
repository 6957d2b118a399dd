import KernelLog
import LogReading
import PCI
import VTdFormats

/// Findings for defects that the kernel found in itself while remapping code was running.
enum StumbleFindings {
  static func find(_ log: LogContents) -> [Finding] {
    var findings: [Finding] = []
    var seen: [String] = []
    for stumble in log.stumbles {
      let value = stumble.value
      guard let function = remapping(value) else { continue }
      let key = "\(value.kind.rawValue) \(value.function) \(value.source) \(function)"
      if let index = seen.firstIndex(of: key) {
        findings[index].why[0].places.append(stumble.place)
        continue
      }
      seen.append(key)
      findings.append(
        flushOfRemovedDevice(stumble, log) ?? finding(stumble, function))
    }
    return findings
  }

  /// The innermost function of remapping in a report; nil where none was running.
  private static func remapping(_ stumble: KernelStumble) -> String? {
    // Remapping functions deep in a stack only show that a driver was being probed.
    let near = stumble.functions.prefix(stumble.kind == .warning ? 4 : 8)
    let found = near.first { FunctionFamily.remapping.contains($0) }
    if stumble.isInRemapping {
      return found ?? stumble.functions.first ?? ""
    }
    guard let found else { return nil }
    // Workers that wait in the block layer or a file system call the DMA layer too.
    if stumble.kind == .hungTask || stumble.kind == .stall {
      return FunctionFamily.dmaLayer.contains(found) ? nil : found
    }
    return found
  }

  /// Cause 31: a processor hangs in the flush of a device's TLB, and the device is gone.
  private static func flushOfRemovedDevice(
    _ stumble: Noted<KernelStumble>, _ log: LogContents
  ) -> Finding? {
    let value = stumble.value
    let names = value.functions
    guard value.ran(.queueWait), value.ran(.deviceTLB), value.ran(.removal) else { return nil }
    let slot = log.marks.filter { $0.value.kind == .slotEmpty && $0.place < stumble.place }
    var why = [
      Finding.Evidence(
        "the processor waits in qi_submit_sync for the flush of a device TLB, called while a device is "
          + "removed: " + names.prefix(5).joined(separator: " < "), [stumble.place])
    ]
    let device = slot.last?.value.device?.shortDescription
    if let last = slot.last {
      let wait = elapsed(last.time, stumble.time)
      why.append(
        Finding.Evidence(
          "slot \(device ?? "") lost its card" + (wait.map { " \($0) before" } ?? "")
            + ": \(last.value.text)", slot.suffix(3).map { $0.place }))
    }
    return Finding(
      .flushOfRemovedDevice, confidence: slot.isEmpty ? 72 : 93, severity: .serious,
      culprit: "the kernel's IOMMU code: it flushes the device TLB of a device that is gone",
      verdict: "a processor hangs in the device-TLB invalidation of a device that was removed"
        + (device.map { " (behind slot \($0))" } ?? "")
        + ": the device cannot answer any more",
      why: why,
      next: [
        "a kernel from 6.9 on: time-outs are retried for present devices only",
        "until then pci=noats, at the price of device TLBs; or remove the device in software before "
          + "the card is pulled",
      ], missing: slot.isEmpty ? ["the hot-plug lines before it"] : [])
  }

  private static func elapsed(_ from: LogTime?, _ to: LogTime?) -> String? {
    guard let from = from?.uptime, let to = to?.uptime, to >= from else { return nil }
    return Rule.milliseconds(to - from)
  }

  private static func finding(_ stumble: Noted<KernelStumble>, _ function: String) -> Finding {
    let value = stumble.value
    let place = value.source.isEmpty ? "" : " at \(value.source)"
    let caller = value.stack.first { !$0.module.isEmpty }
    var why = [Finding.Evidence("the line: \(value.text)", [stumble.place])]
    if !value.functions.isEmpty {
      why.append(
        Finding.Evidence("running: " + value.functions.prefix(6).joined(separator: " < ")))
    }
    let isUnmap = value.ran(.unmapping, within: 3)
    let isMap = value.ran(.mapping, within: 3)
    if let caller {
      why.append(
        Finding.Evidence("the first module in the stack is \(caller.module) (\(caller.function))"))
    }
    let culprit =
      caller.map {
        isUnmap ? "the driver \($0.module)" : "the IOMMU code, or its caller \($0.module)"
      }
      ?? "the kernel's IOMMU code"
    return Finding(
      .message, id: "kernel-\(value.kind.rawValue)", confidence: 90, severity: .serious,
      culprit: culprit,
      verdict: words(value, function, place, caller?.module, isUnmap: isUnmap, isMap: isMap),
      why: why, next: next(value, isUnmap: isUnmap, module: caller?.module))
  }

  private static func words(
    _ value: KernelStumble, _ function: String, _ place: String, _ module: String?,
    isUnmap: Bool, isMap: Bool
  ) -> String {
    let inside = function.isEmpty ? "" : " in \(function)"
    switch value.kind {
    case .warning where isUnmap:
      return
        "\(module.map { "the driver \($0)" } ?? "a driver") unmaps something that it never mapped, "
        + "or unmaps it twice (warning\(inside)\(place))"
    case .warning where isMap:
      return "the tables of a domain are not what the driver expects (warning\(inside)\(place))"
    case .warning: return "a warning of the kernel's IOMMU code\(inside)\(place)"
    case .bug: return "a kernel bug: the IOMMU code stopped itself\(inside)\(place)"
    case .nullPointer:
      return "a kernel bug: a NULL pointer was used in IOMMU code\(inside)\(place)"
    case .badPointer:
      return "a kernel bug: a wrong pointer was used in IOMMU code\(inside)\(place)"
    case .undefinedBehaviour:
      return "undefined behaviour in the IOMMU code\(place)\(inside)"
        + (value.detail.isEmpty ? "" : ": \(value.detail)")
    case .hardLockup, .softLockup:
      return "a processor hangs in IOMMU code\(inside): "
        + (value.ran(.queue)
          ? "it waits for the invalidation queue" : "it waits for a lock or for the unit")
    case .hungTask: return "a task waits for IOMMU code\(inside) and does not come back"
    case .stall: return "a processor stays in IOMMU code\(inside) too long (RCU stall)"
    }
  }

  private static func next(_ value: KernelStumble, isUnmap: Bool, module: String?) -> [String] {
    switch value.kind {
    case .warning where isUnmap:
      return [
        "a kernel with CONFIG_DMA_API_DEBUG names the mapping and who made it",
        "report it to the authors of \(module ?? "the first driver in the stack")",
      ]
    case .undefinedBehaviour:
      return [
        "an exponent of 64 or more is a width that was computed as 0 or 64: look at the unit's cap and "
          + "at domains without an address width",
        "report it with the kernel's version; it does no harm by itself",
      ]
    case .hardLockup, .softLockup, .hungTask, .stall:
      return ["see what was removed, reset or powered down before it", "report it with all stacks"]
    default:
      return [
        "it is a defect of the kernel: report it with the kernel's version and the whole stack",
        "a fault record printed around it may be lost or wrong",
      ]
    }
  }
}
