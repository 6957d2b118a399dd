import PCI
import Text
import VTdFormats

/// Reads one line that holds a mapping event. Speed is nobody's concern here: only lines that touch
/// an address that somebody asks about come this far.
enum EventReader {
  /// The events of a line; several for a scatter list.
  static func read(_ line: LineBytes, file: Int, number: Int) -> (
    events: [MappingEvent], head: EventHead
  )? {
    if let place = line.find("IOMMU: iova=0x") { return table(line, place, file, number) }
    if let place = line.find(" dir=") { return api(line, place, file, number) }
    if line.find(" D=") != nil { return alive(line, file, number) }
    return flush(line, file, number)
  }

  private static func moment(_ head: EventHead, _ file: Int, _ number: Int) -> MappingEvent.Moment {
    MappingEvent.Moment(
      time: head.time, task: head.task, processor: head.processor, file: file, line: number)
  }

  /// Where the event's name begins and ends, and where its group, if one stands before it.
  static func name(_ line: LineBytes, before place: Int) -> (start: Int, end: Int, group: Int)? {
    var end = place
    while end > 0, ASCII.isBlank(line[end - 1]) { end -= 1 }
    guard line[end - 1] == UInt8(ascii: ":") else { return nil }
    end -= 1
    var start = end
    while start > 0, isOfName(line[start - 1]) { start -= 1 }
    guard end > start else { return nil }
    var group = start
    if line[start - 1] == UInt8(ascii: ":"), isOfName(line[start - 2]) {
      group = start - 1
      while group > 0, isOfName(line[group - 1]) { group -= 1 }
    }
    return (start, end, group)
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "_")
  }

  /// `map: IOMMU: iova=0x… - 0x… paddr=0x… size=4096`, `unmap: IOMMU: iova=0x… - 0x… size=…`.
  private static func table(
    _ line: LineBytes, _ place: Int, _ file: Int, _ number: Int
  ) -> ([MappingEvent], EventHead)? {
    guard let name = name(line, before: place), let start = line.hexNumber(at: place + 14),
      line.has(" - 0x", at: start.end), let end = line.hexNumber(at: start.end + 5)
    else { return nil }
    let kind: MappingEvent.Kind
    switch line.text(name.start, name.end) {
    case "map": kind = .tableMap
    case "unmap": kind = .tableUnmap
    default: return nil
    }
    let head = EventHead(line, nameStart: name.group)
    let physical = line.find("paddr=0x", from: end.end).flatMap { line.hexNumber(at: $0 + 8) }
    // The range may end at the very top of the addresses.
    let last = end.value > start.value ? end.value : .max
    return (
      [
        MappingEvent(
          kind: kind, start: start.value, end: last, device: nil, name: "", direction: nil,
          physical: physical?.value, moment: moment(head, file, number))
      ], head
    )
  }

  /// `dma_map_phys: 0000:03:00.0 dir=TO_DEVICE dma_addr=ffffd000 size=4096 phys_addr=… attrs=`.
  private static func api(
    _ line: LineBytes, _ place: Int, _ file: Int, _ number: Int
  ) -> ([MappingEvent], EventHead)? {
    var nameStart = place
    while nameStart > 0, !ASCII.isBlank(line[nameStart - 1]) { nameStart -= 1 }
    guard let name = name(line, before: nameStart) else { return nil }
    let event = line.text(name.start, name.end)
    guard event.hasPrefix("dma_"), !event.hasSuffix("_err") else { return nil }
    let head = EventHead(line, nameStart: name.group)
    let device = line.text(nameStart, place)
    var word = place + 5
    while word < line.count, !ASCII.isBlank(line[word]) { word += 1 }
    let template = MappingEvent(
      kind: .map, start: 0, end: 0, device: PCIAddress(device), name: device,
      direction: LoggedDirection(line.text(place + 5, word)), physical: nil,
      moment: moment(head, file, number))
    let physical = line.find(" phys_addrs=").map { list(line, $0 + 12) } ?? []
    if event == "dma_unmap_sg" {
      var taken = template
      taken.kind = .unmapList(physical: physical)
      return ([taken], head)
    }
    guard let kind = kind(event) else { return nil }
    return (
      ranges(line, physical).map { range in
        var event = template
        event.kind = kind
        event.start = range.start
        event.end =
          range.start.addingReportingOverflow(max(range.size, 1)).overflow
          ? .max : range.start + max(range.size, 1)
        event.physical = range.physical
        return event
      }, head
    )
  }

  private static func kind(_ event: String) -> MappingEvent.Kind? {
    if event.hasPrefix("dma_map_") { return .map }
    if event.hasPrefix("dma_unmap_") { return .unmap }
    if event.hasPrefix("dma_alloc") { return .allocate }
    return event.hasPrefix("dma_free") ? .free : nil
  }

  private static func ranges(
    _ line: LineBytes, _ physical: [UInt64]
  ) -> [(start: UInt64, size: UInt64, physical: UInt64?)] {
    if let place = line.find(" dma_addr="), let start = line.hexNumber(at: place + 10),
      line.has(" size=", at: start.end), let size = line.decimalNumber(at: start.end + 6)
    {
      let one = line.find(" phys_addr=").flatMap { line.hexNumber(at: $0 + 11) }
      return [(start.value, size.value, one?.value ?? physical.first)]
    }
    guard let place = line.find(" dma_addrs="), let sizes = line.find(" sizes=") else { return [] }
    let starts = list(line, place + 11)
    return zip(starts, list(line, sizes + 7)).enumerated().map { index, pair in
      (pair.0, pair.1, physical.indices.contains(index) ? physical[index] : nil)
    }
  }

  /// `{0xffffd000,0xffffc000}`, as the kernel prints an array.
  private static func list(_ line: LineBytes, _ place: Int) -> [UInt64] {
    guard line[place] == UInt8(ascii: "{") else { return [] }
    var values: [UInt64] = []
    var at = place + 1
    while values.count < 4096, line.has("0x", at: at), let value = line.hexNumber(at: at + 2) {
      values.append(value.value)
      at = value.end
      guard line[at] == UInt8(ascii: ",") else { break }
      at += 1
    }
    return values
  }

  /// `e1000e 0000:03:00.0 single idx 510 P=0x… D=ffffd000 L=1000 cln=0x… DMA_TO_DEVICE …`.
  private static func alive(
    _ line: LineBytes, _ file: Int, _ number: Int
  ) -> ([MappingEvent], EventHead)? {
    guard let place = line.find(" D="), let start = line.hexNumber(at: place + 3),
      line.has(" L=", at: start.end), let size = line.hexNumber(at: start.end + 3)
    else { return nil }
    let words = line.text(0, place).split(separator: " ")
    guard let index = words.firstIndex(of: "idx"), index >= 3 else { return nil }
    let device = String(words[index - 2])
    let direction = line.text(size.end, line.count).split(separator: " ")
      .first { $0.hasPrefix("DMA_") }
    let physical = line.find(" P=").flatMap { place in
      line.hexNumber(at: line.has("0x", at: place + 3) ? place + 5 : place + 3)
    }
    let head = EventHead(line, nameStart: 0)
    return (
      [
        MappingEvent(
          kind: .alive, start: start.value,
          end: start.value.addingReportingOverflow(size.value).overflow
            ? .max : start.value + max(size.value, 1), device: PCIAddress(device),
          name: String(words[index - 3]),
          direction: direction.flatMap { LoggedDirection(String($0)) },
          physical: physical?.value,
          moment: MappingEvent.Moment(
            time: nil, task: "", processor: nil, file: file, line: number))
      ], head
    )
  }

  /// `qi_submit: iotlb_inv dmar0: 0x… 0x… …` and
  /// `cache_tag_flush_range: dmar0 0000:03:00.0[0] type iotlb did 2 [0x…-0x…] addr … `.
  private static func flush(
    _ line: LineBytes, _ file: Int, _ number: Int
  ) -> ([MappingEvent], EventHead)? {
    guard let range = queueFlush(line) ?? tagFlush(line) else { return nil }
    let head = EventHead(line, nameStart: range.name)
    return (
      [
        MappingEvent(
          kind: .flush, start: range.start, end: range.end, device: range.device, name: "",
          direction: nil, physical: nil, moment: moment(head, file, number))
      ], head
    )
  }

  private typealias Flush = (start: UInt64, end: UInt64, device: PCIAddress?, name: Int)

  private static func queueFlush(_ line: LineBytes) -> Flush? {
    guard let place = line.find("qi_submit:"), let name = name(line, before: place + 10),
      line.find("iotlb_inv", from: place) != nil, let first = line.find(": 0x", from: place + 10),
      let low = line.hexNumber(at: first + 4), line.has(" 0x", at: low.end),
      let address = line.hexNumber(at: low.end + 3)
    else { return nil }
    let descriptor = IOTLBDescriptor(low: low.value, high: address.value)
    guard descriptor.granularity == .page else { return (0, .max, nil, name.group) }
    let start = descriptor[inPlace: .address]
    let pages = UInt64(1) << descriptor[.addressMask]
    let size = pages.multipliedReportingOverflow(by: Paging.pageSize)
    let end = start.addingReportingOverflow(size.partialValue)
    return (start, size.overflow || end.overflow ? .max : end.partialValue, nil, name.group)
  }

  private static func tagFlush(_ line: LineBytes) -> Flush? {
    guard let place = line.find("cache_tag_flush_"), let open = line.find(" [0x", from: place),
      let start = line.hexNumber(at: open + 4), line.has("-0x", at: start.end),
      let last = line.hexNumber(at: start.end + 3)
    else { return nil }
    var group = place
    while group > 0, !ASCII.isBlank(line[group - 1]) { group -= 1 }
    let words = line.text(place, open).split(separator: " ")
    let device = words.dropFirst(2).first.flatMap { word in
      PCIAddress(String(word.prefix { $0 != "[" }))
    }
    return (start.value, last.value == .max ? .max : last.value + 1, device, group)
  }
}
