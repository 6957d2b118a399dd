import LogReading

/// What helps under a system other than Linux. Verdicts rest on the hardware and hold under each of
/// them; what to do next is told in the system's own terms.
enum SystemAdvice {
  /// `advice` without Linux's options and history.
  static func translate(_ advice: Advice) -> Advice {
    var advice = advice
    advice.workarounds = advice.workarounds.filter { $0 == .firmwareOption }
    advice.history = []
    return advice
  }

  /// What the system's own log and tools would show.
  static func missing(_ system: OtherSystem) -> [String] {
    switch system {
    case .xen: ["Xen's boot log (xl dmesg) from its first line"]
    case .freeBSD: ["the boot's messages (dmesg -a, /var/run/dmesg.boot) and pciconf -lvbc"]
    case .openBSD: ["the lines of iommu and acpidmar at boot, and pcidump -v"]
    case .illumos: ["prtconf -v, and the messages of immu at boot"]
    case .seL4: ["which capabilities to which frames the device's I/O space holds"]
    case .acrn: ["the scenario's configuration: which virtual machine owns the device"]
    case .jailhouse: ["the configuration of the cell that owns the device"]
    case .esxi: ["vmkernel.log around it, and esxcli hardware pci list"]
    case .macOS: ["the whole system log around it, and ioreg -l"]
    case .qemu: ["the guest's own log, and a trace of all vtd_* events"]
    }
  }

  /// What helps under the system, with its own options.
  static func steps(_ system: OtherSystem) -> [String] {
    switch system {
    case .xen:
      [
        "boot Xen with iommu=verbose on the hypervisor's line: it prints the walk through the tables "
          + "behind each fault",
        "for a region that the firmware's table does not reserve: Xen's rmrr= option, or "
          + "dom0-iommu=map-inclusive",
        "for graphics: iommu=no-igfx on the hypervisor's line, as a test",
      ]
    case .freeBSD:
      [
        "as a test, in loader.conf: hw.busdma.pciDOMAIN:BUS:SLOT:FUNCTION=bounce for this device, or "
          + "hw.dmar.enable=0 for all",
        "look at the driver's bus_dmamap_load, sync and unload of the buffer",
      ]
    case .openBSD:
      [
        "as a test: boot -c, then disable acpidmar",
        "look at the driver's bus_dmamap_load, sync and unload of the buffer",
      ]
    case .illumos:
      [
        "as a test: boot with -B immu-enable=false, or immu-dvma-enable in rootnex.conf",
        "look at the driver's ddi_dma bindings of the buffer",
      ]
    case .seL4:
      [
        "map the frame into the device's I/O space (seL4_X86_Page_MapIO); as a test, boot with "
          + "disable_iommu"
      ]
    case .acrn:
      [
        "the address is one of the owner's guest-physical memory: see what the virtual machine's driver "
          + "gave to the device, and the machine's memory map"
      ]
    case .jailhouse:
      [
        "the cell's configuration says what its devices reach: the region needs JAILHOUSE_MEM_DMA, and "
          + "the device an entry in pci_devices"
      ]
    case .esxi:
      [
        "update the device's driver and firmware; for a device that a virtual machine owns, look at the "
          + "guest's driver first",
        "as a test: esxcli system settings kernel set -s noIOMMU -v TRUE (no pass-through then)",
      ]
    case .macOS:
      [
        "look at the driver's IODMACommand: prepared before the device starts, completed after it ends",
        "as a test: boot-args dart=0",
      ]
    case .qemu:
      [
        "explain the guest's log: this is the emulated unit's side of it",
        "trace more: -trace 'vtd_*', and memory by dump-guest-memory for the tables",
      ]
    }
  }
}

extension OtherSystem {
  /// The system whose message this is, where only one prints it.
  init?(printing kind: KernelMessage.Kind) {
    switch kind {
    case .xenSharedRegion, .xenEmptyEntry, .xenQueueTimeout, .xenGraphics: self = .xen
    case .bsdUnit: self = .freeBSD
    case .systemQueueTimeout: self = .esxi
    default: return nil
    }
  }
}
