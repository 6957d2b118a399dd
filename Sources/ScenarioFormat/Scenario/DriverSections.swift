internal import LinuxIOMMU
internal import VTdFormats

/// The sections of steps that ask something of the kernel's IOMMU driver.

extension DomainChoice: Section {
  package static var sectionName: String { "attach" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &device, .device, "the device")
    field.required(
      "domain", &domain, .form(.handle),
      "identity, blocked, a domain of boot by its id, or any name: a user's domain, made when it is"
        + " first named", example: "blocked")
  }
}

extension GroupTypeChange: Section {
  package static var sectionName: String { "group_type" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &device, .device, "a device of the group")
    field.required("type", &type, .word, "what is written")
  }
}

extension DomainName: Section {
  package static var sectionName: String { "flush" }

  /// The domain of the first device.
  package init() { self = .of(.first) }

  package mutating func visit(_ field: inout Fields) {
    var (name, device): (String?, DeviceName?) =
      switch self {
      case .named(let name): (name, nil)
      case .of(let device): (nil, device)
      }
    if !field.isWriting { (name, device) = (nil, nil) }
    field("domain", &name, .form(.handle), "the domain's name", example: "blocked")
    field("device", &device, .device, "instead of its name: the domain of this device")
    field.check(
      (name == nil) != (device == nil),
      "a domain is meant by domain or by device; exactly one was expected")
    if let name { self = .named(name) }
    if let device { self = .of(device) }
  }
}

extension MapStep: Section {
  package static var sectionName: String { "map" }

  package mutating func visit(_ field: inout Fields) {
    domain.visit(&field)
    mapping.visit(&field)
  }
}

extension UnmapStep: Section {
  package static var sectionName: String { "unmap" }

  package mutating func visit(_ field: inout Fields) {
    domain.visit(&field)
    field.required("iova", &address, .number(), "first address", example: "0xfffff000")
    field("size", &size, .size(), "bytes")
    field.checkEnd(of: address.rawValue, size: size, at: "size")
    field.checkPage(address.rawValue, at: "iova")
  }
}

extension DirtyTrackingStep: Section {
  package static var sectionName: String { "dirty_tracking" }

  package mutating func visit(_ field: inout Fields) {
    domain.visit(&field)
    field("on", &isOn, .flag, "false: writes are no longer noted")
  }
}

extension DirtyReadStep: Section {
  package static var sectionName: String { "read_dirty" }

  package mutating func visit(_ field: inout Fields) {
    domain.visit(&field)
    field.required("iova", &address, .number(), "first address", example: "0x100000")
    field("size", &size, .size(), "bytes")
    field("keep", &keeps, .flag, "true: the pages still count as written")
    field(
      "pages", &pages, .list(.number()), always: true,
      "the first addresses of the pages that were written", example: "[0x101000]")
    field.checkEnd(of: address.rawValue, size: size, at: "size")
  }
}

extension DMAMapStep: Section {
  package static var sectionName: String { "dma_map" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &device, .device, "the device")
    field.required(
      "name", &name, .form(.handle), "how later steps call the address", example: "ring")
    let isOne = buffer.segments.count == 1
    var target = isOne && field.isWriting ? buffer.segments[0].target : nil
    var size = isOne && field.isWriting ? buffer.segments[0].size : Paging.pageSize
    var segments = isOne ? [] : buffer.segments
    var (direction, bits) = (buffer.direction, buffer.addressBits)
    field(
      "target", &target, .number(0...0xf_ffff_ffff_ffff), "the buffer's physical address",
      example: "0x10000000")
    field("size", &size, .size(), "bytes")
    field(
      "segments", &segments, .list(.section),
      "instead of target and size: pieces of memory that become one range (dma_map_sg)")
    field("direction", &direction, .word, "which way its contents go")
    field("bits", &bits, .number(20...64), "the device's DMA mask in bits")
    field.check(
      (target == nil) != segments.isEmpty,
      "a buffer is a target or segments; exactly one of them was expected")
    if let target { segments = [DMABuffer.Segment(target: target, size: size)] }
    guard let first = segments.first else { return }
    buffer = DMABuffer(
      first: first, rest: Array(segments.dropFirst()), direction: direction, addressBits: bits)
  }
}

extension DMABuffer.Segment: Section {
  package static var sectionName: String { "segment" }

  /// A page at address 0.
  package init() { self.init(target: PhysicalAddress(rawValue: 0), size: Paging.pageSize) }

  package mutating func visit(_ field: inout Fields) {
    field.required(
      "target", &target, .number(0...0xf_ffff_ffff_ffff), "first physical address",
      example: "0x10000000")
    field("size", &size, .size(), "bytes")
  }
}

extension ProcessStep: Section {
  package static var sectionName: String { "process" }

  package mutating func visit(_ field: inout Fields) {
    field.required("name", &name, .form(.handle), "how later steps call it", example: "worker")
    field(
      "pasid", &pasid, .number(1...0xf_ffff, .decimal), "its PASID; the next free one unless given")
    field("levels", &levels, .number(4...5), "levels of its page table")
    field("areas", &areas, .list(.section), "what it may touch")
  }
}

extension ProcessArea: Section {
  package static var sectionName: String { "area" }

  /// A page at address 0.
  package init() { self.init(start: 0, size: Paging.pageSize) }

  package mutating func visit(_ field: inout Fields) {
    field.required("start", &start, .number(0...(.max), .hex), "first address", example: "0x10000")
    field("size", &size, .size(), "bytes")
    field("writable", &isWritable, .flag, "whether it may be written")
    field(
      "target", &target, .number(0...0xf_ffff_ffff_ffff),
      "where its memory lies; pages come from the page allocator unless given",
      example: "0x20000000")
    field("populated", &isPopulated, .flag, "its pages are there from the start")
    field.checkEnd(of: start, size: size, at: "size")
    self = wholePages
  }

  /// The area with whole pages, as mmap makes it.
  var wholePages: ProcessArea {
    guard let last = start.lastPage(ofBytes: size) else { return self }
    var area = self
    area.start = start.pageStart
    area.size = (last - area.start).saturatingAdd(0x1000)
    return area
  }
}

extension ProcessChoice: Section {
  package static var sectionName: String { "bind" }

  package mutating func visit(_ field: inout Fields) {
    field.required("device", &device, .device, "the device")
    field.required("process", &process, .form(.handle), "the process", example: "worker")
  }
}

extension ProcessUnmapStep: Section {
  package static var sectionName: String { "munmap" }

  package mutating func visit(_ field: inout Fields) {
    field.required("process", &process, .form(.handle), "the process", example: "worker")
    field.required("start", &start, .number(0...(.max), .hex), "first address", example: "0x10000")
    field("size", &size, .size(), "bytes")
    field.checkEnd(of: start, size: size, at: "size")
  }
}
