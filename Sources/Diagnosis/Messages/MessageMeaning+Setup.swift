import LogReading

extension MessageMeaning {
  /// What the driver says while it sets itself up, and about what it finds in itself.
  static func setup(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .wrongUnit:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware's DMAR table",
        verdict: "the firmware put the chipset's DMA engine (QuickData) below the wrong unit; the "
          + "kernel takes it out of translation",
        meaning: "an erratum of old firmware that the kernel knows; the engine's DMA is not "
          + "translated",
        next: ["update the firmware"], cause: .firmwareTable)
    case .optionDeprecated:
      MessageMeaning(
        weight: .info, culprit: "the kernel's command line: an option with a new name",
        verdict: "an option of intel_iommu= has moved to iommu.; it works still",
        meaning: "the line names the new one", next: ["write the new option"])
    case .optionUnknown:
      MessageMeaning(
        weight: .degraded, culprit: "the kernel's command line: a word of intel_iommu=",
        verdict:
          "this kernel does not know a word of intel_iommu=: it changes nothing, and what "
          + "it was to do is not done",
        meaning:
          "the line names the word; words are set apart by commas, and some came or went with "
          + "a release",
        next: ["compare the word with kernel-parameters.txt of this kernel's release"])
    case .launchUnprotected:
      MessageMeaning(
        weight: .degraded, culprit: "the kernel's command line: intel_iommu=tboot_noforce",
        verdict:
          "a measured launch (tboot) does not switch translation on: where nothing else does, devices "
          + "reach all memory, what was measured included",
        meaning: "tboot_noforce gives the protection up that the launch counts on",
        next: ["take tboot_noforce off the command line, or add intel_iommu=on"])
    case .unitsDiffer:
      MessageMeaning(
        weight: .info, culprit: "nobody: the platform's units are of different kinds",
        verdict:
          "the machine's units do not agree on a feature: what all share has to do without it",
        meaning:
          "the line names the feature; domains that reach over units use what each of them has",
        next: [])
    case .launchFailed:
      MessageMeaning(
        weight: .danger, culprit: "what the lines before it say: the DMAR table, or memory",
        verdict: "after a measured launch (tboot) the machine stops rather than run without DMA "
          + "protection",
        meaning: "tboot left DMA blocked, and the units could not be set up again",
        next: ["read the lines before it; boot without tboot to get the log"])
    case .pageRequestsOff:
      MessageMeaning(
        weight: .degraded, culprit: "memory, or interrupt vectors, at the time",
        verdict: "a unit has no page request queue: devices cannot share a process's memory (SVA)",
        meaning: "other DMA works as before", next: ["see the errors before it"])
    case .flushQueueMissing:
      MessageMeaning(
        weight: .degraded, culprit: "memory at the time",
        verdict: "the queue of deferred flushes could not be made: each unmapping is flushed at "
          + "once, which is safe and slower",
        meaning: "as with iommu.strict=1", next: [])
    case .countersReduced:
      MessageMeaning(
        weight: .info, culprit: "the unit's performance counters",
        verdict: "a unit's performance counters are used in part or not at all; translation does "
          + "not depend on them",
        meaning: "perf has fewer events of the unit", next: [])
    case .featureMissing:
      MessageMeaning(
        weight: .degraded, culprit: "a unit that lacks what was asked for",
        verdict: "a feature that a driver or a guest asked for is not there in the unit, or in all "
          + "units alike: it is refused or done without",
        meaning: "cap and ecap in the boot lines say what a unit has",
        next: ["dmar decode cap VALUE and dmar decode ecap VALUE name the missing feature"])
    case .readOnlyRefused:
      MessageMeaning(
        weight: .degraded, culprit: "an erratum of the processor (772415 of Sapphire Rapids)",
        verdict: "a read-only mapping for a guest with nested translation was refused, because the "
          + "unit may ignore that it is read-only",
        meaning: "the guest's memory layout has a read-only piece, such as its firmware's flash",
        next: ["QEMU: no read-only memory in the device's view, or no nested translation"])
    case .driverDefect:
      MessageMeaning(
        weight: .trouble, culprit: "the kernel's IOMMU code, or whoever calls it",
        verdict: "the driver met a state of its own that should not be: an invalidation, an entry "
          + "or an object is not as it has to be",
        meaning: "translations may be stale or missing afterwards",
        next: [
          "report the line with the kernel's version and the lines around it",
          "see whether a newer kernel of the same series still prints it",
        ])
    case .interruptEntryMissing:
      MessageMeaning(
        weight: .trouble,
        culprit: "more interrupts than the remapping table has entries, or memory",
        verdict: "an interrupt got no entry in the remapping table: its device gets no interrupt",
        meaning: "the table has 65,536 entries for each unit",
        next: ["see /proc/interrupts for who has so many; the device's driver may leak vectors"])
    case .interruptSourceUnknown:
      MessageMeaning(
        weight: .degraded, culprit: "the firmware: the DMAR table lacks an IOAPIC or a HPET",
        verdict: "the kernel cannot tell as whom an IOAPIC or a HPET sends interrupts: they are "
          + "not checked, or are refused",
        meaning: "the table's scopes name IOAPICs and HPETs with the function that they send as",
        next: ["update the firmware; see whether faults 0x25 or 0x26 follow"],
        cause: .firmwareTable)
    case .postedInterruptFailed:
      MessageMeaning(
        weight: .degraded, culprit: "the set-up of posted interrupts for a guest",
        verdict: "an interrupt of a device of a guest goes through the host instead of being "
          + "posted to the guest's processor: slower, nothing is lost",
        meaning: "the entry stays in remapped mode", next: [])
    default: nil
    }
  }

  /// What groups, domains and pass-through refuse.
  static func refusals(_ kind: KernelMessage.Kind) -> MessageMeaning? {
    switch kind {
    case .rangeRefused:
      MessageMeaning(
        weight: .trouble, culprit: "the firmware's DMA ranges, or a window of a host bridge",
        verdict: "the range of DMA addresses that the platform allows does not fit what the IOMMU "
          + "translates: {device} may get no translated DMA",
        meaning: "addresses come from the overlap of both",
        next: ["see the host bridge's windows in the boot log; firmware update"])
    case .bounceBufferMissing:
      MessageMeaning(
        weight: .trouble, culprit: "swiotlb that is off (swiotlb=noforce, or no memory for it)",
        verdict: "{device} is not trusted and its buffer shares a page with others: without bounce "
          + "memory it cannot be mapped, and the I/O failed",
        meaning: "the kernel bounces such buffers, so that the device does not see the rest of the "
          + "page",
        next: ["let swiotlb have memory; or, where the port is yours, mark the device trusted"])
    case .domainTypeConflict:
      MessageMeaning(
        weight: .degraded,
        culprit: "devices of one IOMMU group that need different kinds of domains",
        verdict: "{device} asks for another kind of default domain than its group has; it gets the "
          + "group's, or is refused",
        meaning: "one group has one domain: a quirk for one device and a rule for another collide",
        next: ["see the group's devices; iommu=pt or iommu.passthrough=0 makes one choice for all"])
    case .domainTypeRefused:
      MessageMeaning(
        weight: .info, culprit: "whoever writes the group's type in sysfs",
        verdict: "the type of a group's default domain was not changed: the group is in use, has "
          + "several devices, or the device needs the type that it has",
        meaning: "unbind the driver first; a device alone in its group can change",
        next: ["unbind all drivers of the group, then write the type again"])
    case .aliasUnblocked:
      MessageMeaning(
        weight: .danger, culprit: "a reset of one function behind a conventional bridge",
        verdict: "a function that shares its DMA id with {device} may send DMA again while the "
          + "other one's reset still goes on",
        meaning: "aliases of a bridge cannot be blocked one by one",
        next: ["reset the functions together; do not give them to different guests"])
    case .deviceInUse:
      MessageMeaning(
        weight: .degraded, culprit: "the program that holds the device",
        verdict: "{device} is to be taken away while a program still uses it: the task waits until "
          + "it is released",
        meaning: "an unbind, a removal or a shutdown waits for it; it is not a hang of the IOMMU",
        next: ["end the guest or program that has the device"])
    case .deniedByList:
      MessageMeaning(
        weight: .degraded, culprit: "vfio-pci's list of devices that are known to be unsafe",
        verdict: "{device} stands on vfio-pci's list of devices that cannot be given away safely",
        meaning: "disable_denylist=1 lets it through, and a guest may then hang the host",
        next: ["do not give it to a guest that is not trusted"])
    case .virtualFunctions:
      MessageMeaning(
        weight: .degraded, culprit: "the order of binding: physical and virtual functions",
        verdict: "{device} cannot be given away as it is bound now: its virtual functions and the "
          + "physical function are with different drivers",
        meaning: "the driver of the physical function can see and stop the virtual ones",
        next: ["bind the physical function to vfio-pci first, or leave it to its host driver"])
    case .assignmentPartly:
      MessageMeaning(
        weight: .degraded, culprit: "the device or the option that the line names",
        verdict: "vfio does without a part of the pass-through of {device}",
        meaning: "for graphics: the guest gets no OpRegion, and may show no picture",
        next: ["see the line; firmware update for graphics"])
    case .migrationFailed:
      MessageMeaning(
        weight: .degraded, culprit: "the device's firmware, or its vendor's vfio driver",
        verdict: "the vendor's vfio driver could not do what a move of the virtual machine asks of "
          + "{device}: stop it, save or restore its state, or note which pages it writes",
        meaning: "the virtual machine stays where it is; DMA of this host does not depend on it",
        next: [
          "update the device's firmware and driver on both hosts", "see the line for what failed",
        ])
    case .configurationOdd:
      MessageMeaning(
        weight: .info, culprit: "the device's configuration space",
        verdict: "{device} has a capability that vfio does not know or that overlaps another; the "
          + "guest does not see it",
        meaning: "DMA does not depend on it", next: [])
    default: nil
    }
  }
}
