import KernelLog
import KernelProfiles
import LogReading

/// What people ask once they know the cause: is it dangerous, may it be ignored, what helps until it
/// is cured, and which kernel has the cure.
public struct Advice: Sendable {
  /// Whether data, hardware or security is in danger, in one sentence.
  public var danger: String
  /// How a program that watches logs may filter the fault out; nil where it must not be ignored.
  public var filter: String?
  /// Work-arounds, the cheapest first, each with its price.
  public var workarounds: [WorkAround]
  /// The kernel changes that brought or cured the cause, as far as they matter to the log's kernel.
  public var history: [String]
}

/// Something that hides or avoids a fault without curing it.
public enum WorkAround: String, Hashable, Sendable, CaseIterable {
  /// Addresses pass unchanged for devices that the kernel drives.
  case passThrough = "iommu=pt"
  /// Every unmap flushes the IOTLB at once.
  case strict = "iommu.strict=1"
  /// No large pages.
  case smallPages = "intel_iommu=sp_off"
  /// No device has a TLB.
  case withoutATS = "pci=noats"
  /// Devices that firmware set up are stopped before Linux starts.
  case earlyBusMasters = "efi=disable_early_pci_dma"
  /// Guests get devices although interrupts are not remapped.
  case unsafeInterrupts = "allow_unsafe_interrupts=1"
  /// The kernel is told that a device sends under another id.
  case aliasQuirk = "a DMA-alias quirk in drivers/pci/quirks.c"
  /// A switch of the firmware's set-up.
  case firmwareOption = "an option of the firmware"
  /// Devices with reserved regions may be given away.
  case relaxedRegions = "relaxed reserved regions"
  /// The kernel hands out DMA addresses above 4 GiB first.
  case highAddresses = "iommu.forcedac=1"

  /// What it does and what it gives up.
  public var price: String {
    switch self {
    case .passThrough:
      "as a test, or for trusted machines: the kernel's devices do DMA untranslated, so nothing "
        + "protects memory from them, and the fault is hidden, not cured; pass-through still works"
    case .strict: "flushes at each unmap: costs throughput, and shows late DMA at once"
    case .smallPages: "no large pages: more misses in the unit's cache"
    case .withoutATS: "no device TLBs: slower for such devices, no shared virtual memory"
    case .earlyBusMasters:
      "bus masters are off when the kernel takes over; some devices need their "
        + "firmware's set-up"
    case .unsafeInterrupts: "a guest can inject interrupts into the host: for trusted guests only"
    case .aliasQuirk: "the two ids share one IOMMU group, so they cannot be given to two guests"
    case .firmwareOption:
      "the feature behind it: remote management, legacy USB, boot from the device"
    case .relaxedRegions:
      "out of tree: firmware goes on writing into memory that a guest or the host uses"
    case .highAddresses: "devices that cannot do 64 bits right break"
    }
  }
}

extension Advice {
  /// Advice on a cause; nil for messages and open verdicts.
  static func on(_ cause: Finding.Cause, kernel: KernelRelease?) -> Advice? {
    guard let row = row(cause) else { return nil }
    return Advice(
      danger: row.danger, filter: row.filter, workarounds: row.workarounds,
      history: KernelFixes.words(cause, kernel: kernel))
  }

  private typealias Row = (danger: String, filter: String?, workarounds: [WorkAround])

  private static let blocked =
    "the unit blocked the access: no data was read or written; the device's work failed"

  private static func row(_ cause: Finding.Cause) -> Row? {
    switch cause {
    case .firmwareRegion:
      (
        blocked + "; management functions of the firmware may fail", nil,
        [.firmwareOption, .passThrough, .relaxedRegions]
      )
    case .inherited, .latchedBeforeLinux:
      (
        "none: an old access was blocked or recorded, before anything depended on it",
        "the device, the address's region, reads, and a time before remapping is reported enabled",
        [.earlyBusMasters]
      )
    case .ioapicAtBoot:
      (
        "none, if timers and devices work: one message was blocked",
        "the device's id, index 0, and a time before interrupt remapping is reported enabled", []
      )
    case .interruptWithoutAddress:
      (
        "none, if timers and devices work: one message was blocked",
        "the device's id, index 0, within two seconds of a resume", []
      )
    case .displayRefresh:
      (
        "none to data: a picture is not shown",
        "the display's reads while no driver has set a mode", []
      )
    case .kernelBefore:
      (
        "none, if it ends with the driver's start",
        "the time between take-over and the driver's first line", []
      )
    case .phantomFunction:
      (blocked + "; the device is often dead", nil, [.aliasQuirk, .passThrough])
    case .bridgeAlias:
      (blocked + "; all devices behind the bridge may be dead", nil, [.passThrough])
    case .unsetAddress, .rawPhysicalAddress, .wrongDirection, .writeOnlyMapping:
      (blocked + "; without an IOMMU the same DMA would hit memory", nil, [.passThrough])
    case .unmappedTooEarly:
      (
        blocked + "; without an IOMMU it would write into memory that has another owner", nil,
        [.strict, .passThrough]
      )
    case .overRead: (blocked + "; the controller may stop", nil, [.passThrough])
    case .superpage: (blocked, nil, [.smallPages])
    case .staleCache:
      (
        "data may be lost: the unit may also use an old entry to write to memory that has a new owner",
        nil, [.strict, .smallPages]
      )
    case .compatibilityInterrupt, .interruptEntry:
      ("an interrupt was lost: the device or its driver may hang", nil, [])
    case .guestInterrupt: ("the guest's device gets no interrupts; the host is safe", nil, [])
    case .oldKernelTables: ("the crash dump may be incomplete; the running system is safe", nil, [])
    case .missingFeature: (blocked, nil, [])
    case .detached, .removedAndFound: (blocked + "; what the device was doing is lost", nil, [])
    case .firmwareTable:
      ("security: where VT-d stays off, devices reach all memory", nil, [])
    case .invalidationTimeout, .flushOfRemovedDevice:
      ("the host may hang: flushes wait for each other", nil, [.withoutATS])
    case .firmwareOwnDMA:
      (
        blocked + "; what the firmware wanted to do fails (hot-plug, boot devices)", nil,
        [.firmwareOption, .passThrough]
      )
    case .memoryCorruption:
      ("data loss: memory holds wrong bits, and hardware is failing", nil, [])
    case .garbageDescriptors:
      ("data loss: the device may have read or written what nobody asked for", nil, [])
    case .leftRunning: (blocked, nil, [.earlyBusMasters])
    case .mappedForAnother, .neverMapped:
      (blocked + "; without an IOMMU the same DMA would hit memory", nil, [.passThrough])
    case .guestMapping: ("the guest's device fails; the host is safe", nil, [])
    case .message, .unknown: nil
    }
  }
}
