internal import LinuxIOMMU
internal import VTdFormats

/// The steps that ask something of the kernel's IOMMU driver.
enum DriverSchema {
  static let steps: [Field] = [
    Field("attach", .section(attach), "a device and its group go to a domain (iommu_attach_group)"),
    Field(
      "detach", .form(.deviceOrFirst),
      "a device and its group leave their domain; they get their default domain back, if any"),
    Field(
      "group_type", .section(groupType),
      "somebody writes the type file of a device's group: it gets another default domain"),
    Field("map", .section(map), "a range is mapped in a domain (iommu_map)"),
    Field("unmap", .section(unmap), "a range is unmapped and flushed at once (iommu_unmap)"),
    Field("flush", .section(domain), "the unit forgets all of a domain (iommu_flush_iotlb_all)"),
    Field(
      "dma_map", .section(dmaMap),
      "a driver maps a buffer; the kernel chooses the address (dma_map_single)"),
    Field(
      "dma_unmap", .form(.handle),
      "the buffer of that name is unmapped (dma_unmap_single); a DMA may still use the name"),
    Field(
      "interrupt_entry", .section(ScenarioSchema.interruptEntry),
      "a device's driver sets an interrupt entry up, or without a vector takes it down"),
    Field("process", .section(process), "a process whose addresses devices may use"),
    Field("bind", .section(bind), "a device may work for a process (iommu_sva_bind_device)"),
    Field("unbind", .section(bind), "it may no longer (iommu_sva_unbind_device)"),
    Field("munmap", .section(munmap), "a process gives a range of its memory up"),
  ]

  private static let attach = Section(
    name: "attach",
    fields: [
      Field("device", .form(.deviceOrFirst), required: true, "the device"),
      Field(
        "domain", .form(.handle), required: true,
        "identity, blocked, a domain of boot by its id, or any name: a user's domain, made when it is"
          + " first named"),
    ])

  private static let groupType = Section(
    name: "group_type",
    fields: [
      Field("device", .form(.deviceOrFirst), required: true, "a device of the group"),
      Field(
        "type", .oneOf(GroupType.allCases.map(\.rawValue)), required: true, "what is written"),
    ])

  private static let domainFields = [
    Field("domain", .form(.handle), "the domain's name"),
    Field("device", .form(.deviceOrFirst), "instead of its name: the domain of this device"),
  ]

  private static let domain = Section(name: "flush", fields: domainFields)

  private static let map = Section(
    name: "map", fields: domainFields + ScenarioSchema.mapping.fields)

  private static let unmap = Section(
    name: "unmap",
    fields: domainFields + [
      Field("iova", .integer(0...(.max)), required: true, "first address"),
      Field("size", .size, "bytes, 4096 unless given"),
    ])

  private static let dmaMap = Section(
    name: "dma_map",
    fields: [
      Field("device", .form(.deviceOrFirst), required: true, "the device"),
      Field("name", .form(.handle), required: true, "how later steps call the address"),
      Field(
        "target", .integer(0...0xf_ffff_ffff_ffff), "the buffer's physical address"
      ),
      Field("size", .size, "bytes, 4096 unless given"),
      Field(
        "segments", .list(.section(segment)),
        "instead of target and size: pieces of memory that become one range (dma_map_sg)"),
      Field(
        "direction", .oneOf(DMADirection.allCases.map(\.rawValue)),
        "bidirectional unless given"),
      Field("bits", .integer(20...64), "the device's DMA mask in bits, 64 unless given"),
    ])

  private static let segment = Section(
    name: "segment",
    fields: [
      Field(
        "target", .integer(0...0xf_ffff_ffff_ffff), required: true, "first physical address"),
      Field("size", .size, "bytes, 4096 unless given"),
    ])

  private static let process = Section(
    name: "process",
    fields: [
      Field("name", .form(.handle), required: true, "how later steps call it"),
      Field("pasid", .integer(1...0xf_ffff), "its PASID; the next free one unless given"),
      Field("levels", .integer(4...5), "levels of its page table, 4 unless given"),
      Field("areas", .list(.section(area)), "what it may touch"),
    ])

  private static let area = Section(
    name: "area",
    fields: [
      Field("start", .integer(0...(.max)), required: true, "first address"),
      Field("size", .size, "bytes, 4096 unless given"),
      Field("writable", .boolean, "true unless given"),
      Field(
        "target", .integer(0...0xf_ffff_ffff_ffff),
        "where its memory lies; pages come from the page allocator unless given"),
      Field("populated", .boolean, "its pages are there from the start; false unless given"),
    ])

  private static let bind = Section(
    name: "bind",
    fields: [
      Field("device", .form(.deviceOrFirst), required: true, "the device"),
      Field("process", .form(.handle), required: true, "the process"),
    ])

  private static let munmap = Section(
    name: "munmap",
    fields: [
      Field("process", .form(.handle), required: true, "the process"),
      Field("start", .integer(0...(.max)), required: true, "first address"),
      Field("size", .size, "bytes, 4096 unless given"),
    ])
}

extension TextForm {
  /// The name of a domain, a mapped buffer or a process.
  static let handle = TextForm(
    name: "a name of letters, digits, - and _", pattern: "^[A-Za-z0-9_-]+$"
  ) { text in
    !text.isEmpty && text.utf8.allSatisfy(isNameByte)
  }

  /// The address of a DMA.
  static let dmaAddress = TextForm(
    name: "a number, or the name of a dma_map such as ring or ring+0x40",
    pattern:
      "^(0[xX][0-9a-fA-F_]+|[0-9_]+|[A-Za-z_][A-Za-z0-9_-]*(\\+(0[xX][0-9a-fA-F_]+|[0-9_]+))?)$"
  ) { dmaAddress($0) != nil }

  /// What such a text says.
  static func dmaAddress(_ text: String) -> ScenarioDescription.DMAAddress? {
    if let number = Scalars.integer(text) { return .number(IOVA(rawValue: number)) }
    let parts = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let first = name.utf8.first, !(0x30...0x39).contains(first),
      name.utf8.allSatisfy(isNameByte)
    else { return nil }
    guard parts.count == 2 else { return .mapped(name: String(name), offset: 0) }
    return Scalars.integer(String(parts[1])).map { .mapped(name: String(name), offset: $0) }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f: true
    default: false
    }
  }
}
