import VTdFormats

/// Reads the driver's boot lines, behind their tag.
enum BootLineReader {
  static func read(_ cursor: inout TextCursor) -> BootLine? {
    var trial = cursor
    guard let line = table(&trial) ?? unit(&trial) ?? interrupts(&trial) ?? other(&trial) else {
      return nil
    }
    cursor = trial
    return line
  }

  private static func table(_ cursor: inout TextCursor) -> BootLine? {
    let start = cursor
    if cursor.take("Host address width "), let width = cursor.decimalNumber(maximumDigits: 3) {
      return .hostAddressWidth(width)
    }
    if cursor.take("DRHD (flags: "), let flags = cursor.hexNumber(), cursor.take(")base: "),
      let base = cursor.hexNumber()
    {
      return .hardwareUnit(
        base: PhysicalAddress(rawValue: base.value), flags: UInt32(truncatingIfNeeded: flags.value))
    }
    cursor = start
    if cursor.take("DRHD base: "), let base = cursor.hexNumber(), cursor.take(" flags: "),
      let flags = cursor.hexNumber()
    {
      return .hardwareUnit(
        base: PhysicalAddress(rawValue: base.value), flags: UInt32(truncatingIfNeeded: flags.value))
    }
    cursor = start
    if cursor.take("RMRR base: "), let base = cursor.hexNumber(), cursor.take(" end: "),
      let end = cursor.hexNumber()
    {
      return .reservedMemory(base: base.value, end: end.value)
    }
    cursor = start
    if cursor.take("ATSR flags: "), let flags = cursor.hexNumber() {
      return .rootPortATS(flags: UInt32(truncatingIfNeeded: flags.value))
    }
    cursor = start
    if cursor.take("SATC flags: "), let flags = cursor.hexNumber() {
      return .integratedATS(flags: UInt32(truncatingIfNeeded: flags.value))
    }
    cursor = start
    if cursor.take("RHSA base: "), let base = cursor.hexNumber(),
      cursor.take(" proximity domain: "), let domain = cursor.hexNumber()
    {
      return .affinity(
        base: PhysicalAddress(rawValue: base.value),
        domain: UInt32(truncatingIfNeeded: domain.value))
    }
    cursor = start
    if cursor.take("ANDD device: "), let number = cursor.hexNumber(maximumDigits: 2),
      cursor.take(" name: ")
    {
      return .namespaceDevice(number: UInt8(number.value), name: cursor.word())
    }
    cursor = start
    for structure in BootLine.DMARStructure.allCases {
      cursor = start
      if cursor.take("No "), cursor.word() == structure.rawValue, cursor.take(" found") {
        return .notFound(structure)
      }
    }
    cursor = start
    return nil
  }

  /// `dmar0: reg_base_addr …`, `IOMMU 0: reg_base_addr …`, `IOMMU feb03000: ver …`.
  private static func unit(_ cursor: inout TextCursor) -> BootLine? {
    let start = cursor
    var number: Int?
    var base: UInt64?
    if cursor.take("dmar") || cursor.take("IOMMU ") {
      let name = cursor
      if let value = cursor.decimalNumber(maximumDigits: 4), cursor.take(": ") {
        number = value
        if cursor.take("Using Queued invalidation") { return .queuedInvalidation(unit: value) }
        if cursor.take("Using Register based invalidation") {
          return .registerBasedInvalidation(unit: value)
        }
        if cursor.take("reg_base_addr ") { base = cursor.hexNumber()?.value }
      } else {
        cursor = name
        base = cursor.hexNumber()?.value
        _ = cursor.take(":")
      }
      if let base, cursor.take(" ver "), let major = cursor.decimalNumber(maximumDigits: 2),
        cursor.take(":"), let minor = cursor.decimalNumber(maximumDigits: 2),
        cursor.take(" cap "), let cap = cursor.hexNumber(acrossJoins: true),
        cursor.take(" ecap "), let ecap = cursor.hexNumber(acrossJoins: true)
      {
        return .unit(
          number: number ?? 0, base: PhysicalAddress(rawValue: base),
          version: UInt8(truncatingIfNeeded: major << 4 | minor & 0xf), cap: cap.value,
          ecap: ecap.value)
      }
    }
    cursor = start
    // 3.x: `IOMMU 0 0xfed91000: using Queued invalidation`.
    if cursor.take("IOMMU "), let number = cursor.decimalNumber(maximumDigits: 4) {
      cursor.skipBlanks()
      let base = cursor.hexNumber().map { PhysicalAddress(rawValue: $0.value) }
      if base != nil { _ = cursor.take(":") }
      if cursor.take(" using Queued invalidation") {
        return .queuedInvalidation(unit: number, base: base)
      }
      if cursor.take(" using Register based invalidation") {
        return .registerBasedInvalidation(unit: number, base: base)
      }
    }
    cursor = start
    return nil
  }

  private static func interrupts(_ cursor: inout TextCursor) -> BootLine? {
    let start = cursor
    if cursor.take("IOAPIC id "), let id = cursor.decimalNumber(maximumDigits: 4),
      cursor.take(" under DRHD base "), let base = cursor.hexNumber(), cursor.take(" IOMMU "),
      let unit = cursor.decimalNumber(maximumDigits: 4)
    {
      return .ioapic(id: id, base: PhysicalAddress(rawValue: base.value), unit: unit)
    }
    cursor = start
    if cursor.take("HPET id "), let id = cursor.decimalNumber(maximumDigits: 4),
      cursor.take(" under DRHD base "), let base = cursor.hexNumber()
    {
      return .hpet(id: id, base: PhysicalAddress(rawValue: base.value))
    }
    cursor = start
    if cursor.take("Queued invalidation will be enabled") {
      _ = cursor.take(" to support x2apic and Intr-remapping.")
      return .queueWillBeEnabled
    }
    if cursor.take("x2apic is disabled because BIOS sets x2apic opt out bit") {
      return .x2apicOptOut
    }
    if cursor.take("Use 'intremap=no_x2apic_optout'") { return .x2apicOptOutOverride }
    if cursor.take("Enabled IRQ remapping in x2apic mode") {
      return .interruptRemapping(x2apic: true)
    }
    if cursor.take("Enabled IRQ remapping in xapic mode") {
      return .interruptRemapping(x2apic: false)
    }
    if cursor.take("IRQ remapping was enabled on dmar"),
      let unit = cursor.decimalNumber(maximumDigits: 4), cursor.take(" but we are")
    {
      _ = cursor.take(" not in kdump mode")
      return .interruptRemappingNotKdump(unit: unit)
    }
    cursor = start
    if cursor.take("Copied IR table for dmar"), let unit = cursor.decimalNumber(maximumDigits: 4) {
      _ = cursor.take(" from previous kernel")
      return .interruptTableCopied(unit: unit)
    }
    cursor = start
    return nil
  }

  private static func other(_ cursor: inout TextCursor) -> BootLine? {
    let start = cursor
    if cursor.take("IOMMU enabled") || cursor.take("Intel-IOMMU: enabled") { return .enabled }
    if cursor.take("Intel-IOMMU force enabled due to platform opt in") { return .forceEnabled }
    if cursor.take("Enable scalable mode if hardware supports") { return .scalableModeAllowed }
    if cursor.take("Intel(R) Virtualization Technology for Directed I/O") { return .directedIO }
    if cursor.take("Translation already enabled") {
      _ = cursor.take(" - trying to copy translation structures")
      return .translationAlreadyEnabled
    }
    if cursor.take("Copied translation tables from previous kernel for ") {
      // A cut line still says that tables were copied; its unit is then unknown and taken as 0.
      _ = cursor.take("dmar")
      return .translationTablesCopied(unit: cursor.decimalNumber(maximumDigits: 4) ?? 0)
    }
    if cursor.take("IOMMU feature ") {
      let name = cursor.word()
      if cursor.take(" inconsistent") { return .featureInconsistent(name) }
    }
    cursor = start
    return firmware(&cursor)
  }

  private static func firmware(_ cursor: inout TextCursor) -> BootLine? {
    let start = cursor
    _ = cursor.take("[Firmware Bug]: ")
    if cursor.take("No firmware reserved region can cover this RMRR "),
      let region = region(&cursor)
    {
      _ = cursor.take(", contact BIOS vendor for fixes")
      return .firmwareUncoveredRegion(base: region.0, end: region.1)
    }
    if cursor.take("Your BIOS is broken; ") {
      if cursor.take("bad RMRR "), let region = region(&cursor) {
        let bios = bios(&cursor)
        return .firmwareBadRegion(
          base: region.0, end: region.1, vendor: bios.0, version: bios.1, product: bios.2)
      }
      if cursor.take("RHSA refers to non-existent DMAR unit at "),
        let base = cursor.hexNumber()
      {
        let bios = bios(&cursor)
        return .firmwareBadAffinity(
          base: PhysicalAddress(rawValue: base.value), vendor: bios.0, version: bios.1,
          product: bios.2)
      }
      if cursor.take("ANDD object name is not NUL-terminated") {
        let bios = bios(&cursor)
        return .firmwareBadName(vendor: bios.0, version: bios.1, product: bios.2)
      }
      if cursor.take("DMAR reported at address "), let base = cursor.hexNumber() {
        let ones = cursor.take(" returns all ones")
        _ = cursor.take("!")
        let bios = bios(&cursor)
        return .firmwareBadUnit(
          base: base.value, allOnes: ones, vendor: bios.0, version: bios.1, product: bios.2)
      }
    }
    cursor = start
    return nil
  }

  private static func region(_ cursor: inout TextCursor) -> (UInt64, UInt64)? {
    guard cursor.take("["), let base = cursor.hexNumber(), cursor.take("-"),
      let end = cursor.hexNumber(), cursor.take("]")
    else { return nil }
    return (base.value, end.value)
  }

  /// `BIOS vendor: V; Ver: N; Product Version: P` on the next line.
  private static func bios(_ cursor: inout TextCursor) -> (String, String, String) {
    var trial = cursor
    guard trial.take(" BIOS vendor: ") else { return ("", "", "") }
    let line = trial.takeRestOfLine()
    cursor = trial
    let parts = line.split(separator: ";").map { part in
      let words = part.split(separator: ":", maxSplits: 1)
      return String((words.count == 2 ? words[1] : part).drop { $0 == " " })
    }
    func part(_ index: Int) -> String { parts.indices.contains(index) ? parts[index] : "" }
    return (part(0), part(1), part(2))
  }
}
