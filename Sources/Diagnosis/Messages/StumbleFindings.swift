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

  /// Beginnings of the names of functions that are remapping's.
  private static let families = [
    "dmar_", "__dmar_", "intel_iommu_", "intel_map_", "intel_unmap_", "intel_alloc_coherent",
    "intel_svm_", "intel_pasid_", "intel_irq_remap", "intel_setup_irq_remapping",
    "intel_ir_", "intel_irq_", "intel_unmap", "qi_", "iommu_", "__iommu_", "domain_", "__domain_",
    "device_to_iommu", "iova_", "alloc_iova", "free_iova", "__free_iova", "remove_iova",
    "pci_device_group", "init_dmars", "free_dmar", "alloc_iommu", "si_domain", "cache_tag_",
    "prq_event", "vfio_iommu", "vfio_pin", "vfio_unpin", "iommufd_", "iopt_", "irte_",
    "modify_irte", "swiotlb_",
  ]

  /// The innermost function of remapping in a report; nil where none was running.
  private static func remapping(_ stumble: KernelStumble) -> String? {
    let inside = [
      "drivers/iommu/", "drivers/pci/dmar.c", "drivers/pci/intel-iommu.c",
      "drivers/pci/iova.c", "kernel/dma/",
    ]
    // Deep in a stack they say only that a driver was being probed.
    let near = stumble.functions.prefix(stumble.kind == .warning ? 4 : 8)
    let found = near.first { name in families.contains { name.hasPrefix($0) } }
    if inside.contains(where: { stumble.source.contains($0) || stumble.text.contains($0) }) {
      return found ?? stumble.functions.first ?? ""
    }
    guard let found else { return nil }
    // Workers that wait in the block or file system layers pass there as well.
    if stumble.kind == .hungTask || stumble.kind == .stall {
      return found.hasPrefix("dma_") ? nil : found
    }
    return found
  }

  /// Cause 31: a processor hangs in the flush of a device's TLB, and the device is gone.
  private static func flushOfRemovedDevice(
    _ stumble: Noted<KernelStumble>, _ log: LogContents
  ) -> Finding? {
    let value = stumble.value
    let names = value.functions
    guard names.contains(where: { $0.hasPrefix("qi_submit") }),
      names.contains(where: { $0.contains("dev_iotlb") || $0.contains("dev_tlb") }),
      names.contains(where: {
        [
          "release_device", "device_del", "pciehp", "remove_one_dev_info", "pci_stop",
          "pci_remove", "detach", "block_translation",
        ].contains(where: $0.contains)
      })
    else { return nil }
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
    let isUnmap = value.functions.prefix(3).contains { $0.contains("unmap") }
    let isMap = value.functions.prefix(3).contains { $0.hasSuffix("domain_mapping") }
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
        + (value.functions.contains { $0.hasPrefix("qi_") }
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
