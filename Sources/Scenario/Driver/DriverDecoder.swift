internal import LinuxIOMMU
internal import VTdFormats

/// Steps of the driver as values; nil for a step of another kind.
enum DriverDecoder {
  static func action(
    _ name: String, from value: CheckedValue
  ) throws -> ScenarioDescription.DriverAction? {
    switch name {
    case "attach":
      .attach(
        try ScenarioDecoder.deviceName(from: value.required("device")),
        domain: try value.required("domain").text())
    case "detach": .detach(try ScenarioDecoder.deviceName(from: value))
    case "group_type":
      .groupType(
        try ScenarioDecoder.deviceName(from: value.required("device")),
        try value.required("type").choice(as: GroupType.self))
    case "map": .map(try domain(from: value), try mapping(from: value))
    case "unmap":
      .unmap(
        try domain(from: value), IOVA(rawValue: try value.required("iova").integer()),
        size: try size(from: value))
    case "flush": .flush(try domain(from: value))
    case "dma_map":
      .mapDMA(
        name: try value.required("name").text(),
        try ScenarioDecoder.deviceName(from: value.required("device")),
        try buffer(from: value))
    case "interrupt_entry": .interruptEntry(try ScenarioDecoder.interrupt(from: value))
    case "dma_unmap": .unmapDMA(name: try value.text())
    case "process": try process(from: value)
    case "bind":
      .bind(
        try ScenarioDecoder.deviceName(from: value.required("device")),
        process: try value.required("process").text())
    case "unbind":
      .unbind(
        try ScenarioDecoder.deviceName(from: value.required("device")),
        process: try value.required("process").text())
    case "munmap":
      .unmapProcess(name: try value.required("process").text(), try area(from: value))
    default: nil
    }
  }

  static func mapping(from value: CheckedValue) throws -> Mapping {
    Mapping(
      address: IOVA(rawValue: try value.required("iova").integer()),
      target: PhysicalAddress(rawValue: try value.required("target").integer()),
      size: try size(from: value),
      access: try value["access"]?.choice(as: MappingAccess.self) ?? .readWrite)
  }

  private static func size(from value: CheckedValue) throws -> UInt64 {
    guard let section = value["size"] else { return Paging.pageSize }
    let size = try section.size()
    guard size > 0 else {
      throw InputError(at: section.place, "a size of 0 bytes; at least 1 was expected")
    }
    return size
  }

  private static func domain(from value: CheckedValue) throws -> ScenarioDescription.DomainName {
    switch (value["domain"], value["device"]) {
    case (let name?, nil): return .named(try name.text())
    case (nil, let device?): return .of(try ScenarioDecoder.deviceName(from: device))
    default:
      throw InputError(
        at: value.place, "a domain is meant by domain or by device; exactly one was expected")
    }
  }

  private static func buffer(from value: CheckedValue) throws -> DMABuffer {
    let segments = try value["segments"]?.list() ?? []
    guard (value["target"] == nil) != segments.isEmpty else {
      throw InputError(
        at: value.place, "a buffer is a target or segments; exactly one of them was expected")
    }
    let list = try (segments.isEmpty ? [value] : segments).map { segment in
      DMABuffer.Segment(
        target: PhysicalAddress(rawValue: try segment.required("target").integer()),
        size: try size(from: segment))
    }
    return DMABuffer(
      first: list[0], rest: Array(list.dropFirst()),
      direction: try value["direction"]?.choice(as: DMADirection.self) ?? .bidirectional,
      addressBits: try value["bits"]?.integer(as: Int.self) ?? 64)
  }

  private static func process(
    from value: CheckedValue
  ) throws -> ScenarioDescription.DriverAction {
    .process(
      name: try value.required("name").text(),
      try value["pasid"].map { PASID(rawValue: try $0.integer(as: UInt32.self)) },
      levels: try value["levels"]?.integer(as: Int.self) ?? 4,
      try value["areas"]?.list().map { try area(from: $0) } ?? [])
  }

  private static func area(from value: CheckedValue) throws -> ProcessArea {
    let start = try value.required("start").integer()
    let size = try size(from: value)
    // Whole pages: the first byte's and the last one's.
    let first = start & ~0xfff
    guard let last = start.last(ofBytes: size), last - first < UInt64.max - 0x1000 else {
      throw InputError(
        at: value["size"]?.place ?? value.place,
        "\(size) bytes from 0x\(hex(start)) on end beyond the address space; a range that ends"
          + " within it was expected")
    }
    return ProcessArea(
      start: first, size: (last & ~0xfff) - first + 0x1000,
      isWritable: try value["writable"]?.boolean() ?? true,
      target: try value["target"].map { PhysicalAddress(rawValue: try $0.integer()) },
      isPopulated: try value["populated"]?.boolean() ?? false)
  }
}
