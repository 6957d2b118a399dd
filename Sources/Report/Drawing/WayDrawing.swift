internal import Recording
internal import VTdFormats
internal import VTdUnit

/// The way of a request: from the device through the unit to memory or to a processor, or to the fault
/// record, the interrupt and the CPU.
struct WayDrawing {
  /// Where the request ends.
  struct End {
    /// What it reached, or would have reached.
    let title: String
    let detail: String
    /// The text instead of `detail` where the request used a stale cache entry.
    var staleDetail = ""
    /// Whether the text form of the way shows the detail too.
    var isDetailTold = true
  }

  let record: RunRecord
  let event: RunEvent
  /// The source-id by which the unit knows the device.
  let device: String
  let unit: String
  /// What the unit does to such requests.
  let role: String
  /// The way over the bus; nil for a device right on the root complex.
  let way: BusWay?
  let title: String
  /// What the device sends, and in `note` what else the request carries, such as a PASID; nil for
  /// nothing.
  let request: String
  let note: String?
  let isBlocked: Bool
  let isStale: Bool
  let end: End
  /// What the tables say; it is shown where the request used a stale entry.
  let tables: String
  /// Why it was blocked; nil where no fault is the reason, which `refusal` then tells.
  let reason: FaultReason?
  let refusal: String
  let recorded: Recorded?

  /// The way of a DMA.
  init(record: RunRecord, event: RunEvent, fact: DMAFact) {
    (self.record, self.event) = (record, event)
    (device, unit, way) = (fact.device, fact.unit, fact.way)
    role = "remapping unit"
    title = "The way of the request: \(Words.headline(fact))"
    request = "\(fact.access.word) \(Words.address(fact.address))"
    note = fact.pasid.map { "PASID \(Words.address(UInt64($0)))" }
    (isBlocked, isStale) = (fact.given.result == .blocked, fact.isStale)
    end =
      switch fact.given.result {
      case .blocked: End(title: "memory", detail: "untouched")
      case .refused: End(title: "memory", detail: "nothing is sent")
      case .interruptRequest: End(title: "an interrupt", detail: "not memory")
      case .translated:
        // The text leaves out "reached", since the address of the memory already says so.
        End(
          title: "memory \(Words.address(fact.given.address))", detail: "reached",
          staleDetail: "by a stale translation", isDetailTold: false)
      }
    tables = "the tables say: \(Words.say(fact.tables))"
    (reason, refusal, recorded) = (fact.given.reason, Words.say(fact.given), fact.recorded)
  }

  /// The way of an interrupt.
  init(record: RunRecord, event: RunEvent, fact: InterruptFact) {
    (self.record, self.event) = (record, event)
    (device, unit, way) = (fact.device, fact.unit, fact.way)
    role = "interrupt remapping"
    title = "The way of an interrupt of \(fact.device)"
    request = "write \(Words.address(fact.data)) to \(Words.address(fact.address))"
    note = nil
    (isBlocked, isStale) = (fact.given.result == .blocked, fact.isStale)
    let vector = "vector \(Words.address(fact.given.vector))"
    end =
      switch fact.given.result {
      case .blocked: End(title: "processor", detail: "not interrupted")
      case .posted:
        End(
          title: "descriptor \(Words.address(fact.given.descriptor))", detail: "\(vector), posted",
          staleDetail: "\(vector), by a stale entry")
      case .unchanged, .remapped:
        End(
          title: "APIC \(Words.address(fact.given.destination))",
          detail: vector,
          staleDetail: "\(vector), by a stale entry")
      }
    tables = "the table says: \(Words.describe(fact.tables))"
    (reason, refusal, recorded) = (fact.given.reason, Words.describe(fact.given), fact.recorded)
  }

  /// The way of a request; nil for any other event.
  init?(_ record: RunRecord, _ event: RunEvent) {
    switch event.what {
    case .dma(let fact): self.init(record: record, event: event, fact: fact)
    case .interruptRequest(let fact): self.init(record: record, event: event, fact: fact)
    default: return nil
    }
  }

  /// The device, and the bridges that a request passes, from the left to the arrow that ends at the unit.
  ///
  /// - Returns: where the unit's box begins.
  private func start(_ picture: inout Drawing) -> Int {
    picture.box(4, 10, 170, 50, "cell")
    picture.text(16, 31, way?.sender ?? device, "b")
    let isAnotherID = way.map { $0.sender != device && $0.bridges.isEmpty } ?? false
    picture.text(16, 49, isAnotherID ? "sends as \(device)" : "the device", "dim")
    let length = max(144, Int(Double(request.count) * Drawing.characterWidth) + 24)
    var x = 174 + length
    picture.arrow(174, 35, x - 2, 35)
    picture.text(174 + length / 2, 26, request, "", "middle")
    if let note { picture.text(174 + length / 2, 52, note, "dim", "middle") }
    for bridge in way?.bridges ?? [] {
      let detail = bridge.sourceID.map { "sends on as \($0)" } ?? "bridge"
      let width = max(90, Int(Double(detail.count) * Drawing.characterWidth) + 24)
      picture.box(x, 10, width, 50, "cell")
      picture.text(x + 12, 31, bridge.name, "b")
      picture.text(x + 12, 49, detail, bridge.sourceID == nil ? "dim" : "b")
      picture.arrow(x + width, 35, x + width + 40, 35)
      x += width + 42
    }
    return x
  }

  var drawing: Drawing {
    var picture = Drawing(title)
    let x = start(&picture)
    picture.box(x, 10, 170, 50, isBlocked ? "stopbox" : isStale ? "stalebox" : "cell")
    picture.text(x + 12, 31, unit, "b")
    picture.text(x + 12, 49, role, "dim")
    if isBlocked {
      picture.line(x + 170, 35, x + 206, 35, "stop")
      picture.cross(x + 214, 35)
      picture.box(x + 240, 10, width(end.detail), 50, "cell")
      picture.text(x + 252, 31, end.title, "b")
      picture.text(x + 252, 49, end.detail, "dim")
      fault(at: x, &picture)
    } else {
      let detail = isStale ? end.staleDetail : end.detail
      picture.arrow(x + 170, 35, x + 238, 35, isStale ? "stale" : "wire")
      picture.box(x + 240, 10, width(detail), 50, isStale ? "stalebox" : "cell")
      picture.text(x + 252, 31, end.title, "b")
      picture.text(x + 252, 49, detail, isStale ? "old b" : "dim")
      // The text begins further left than the unit, which keeps the picture narrow.
      if isStale { picture.text(min(x, 180), 84, tables, "old b") }
    }
    return picture
  }

  /// The width of the last box.
  private func width(_ detail: String) -> Int {
    max(120, Int(Double(max(end.title.count, detail.count)) * Drawing.characterWidth) + 24)
  }

  /// Draws what the fault led to: the fault record, the message and the interrupt.
  private func fault(at unit: Int, _ picture: inout Drawing) {
    // With many bridges the boxes begin further left than the unit, which keeps the picture narrow.
    var x = min(unit, 320)
    picture.line(unit + 85, 60, unit + 85, 77, "wire")
    if x < unit { picture.line(x + 85, 77, unit + 85, 77, "wire") }
    picture.line(x + 85, 77, x + 85, 92, "wire")
    func step(_ title: String, _ detail: String, _ picture: inout Drawing) {
      let width = max(170, Int(Double(max(title.count, detail.count)) * 7.3) + 24)
      picture.box(x, 94, width, 50, "cell")
      picture.text(x + 12, 115, title, "b")
      picture.text(x + 12, 133, detail, "dim")
      x += width + 40
    }
    guard let reason else { return step("no fault", refusal, &picture) }
    step(
      "reason 0x\(hex(UInt64(reason.rawValue), digits: 2))",
      recorded.map(Words.describe) ?? "", &picture)
    for effect in effects {
      let from = x - 40
      switch effect.what {
      case .message(let message):
        picture.arrow(from, 119, x - 2, 119)
        step("message", Self.describe(message), &picture)
      case .interrupt(let interrupt):
        picture.arrow(from, 119, x - 2, 119)
        step("vector \(Words.address(interrupt.vector))", Words.describe(effect.who), &picture)
      default: break
      }
    }
  }

  /// Where a message goes and what it says, or that it does not go.
  static func describe(_ message: MessageFact) -> String {
    if message.isHeld { return "held back: IM is set" }
    return "\(Words.address(message.address))/\(Words.address(message.data))"
  }

  /// The message and the interrupt that the request led to.
  var effects: [RunEvent] {
    var ids: Set<Int> = [event.id]
    var found: [RunEvent] = []
    for later in record.events[(event.id + 1)...] {
      guard let cause = later.cause, ids.contains(cause) else { continue }
      switch later.what {
      case .fault: ids.insert(later.id)
      case .message, .interrupt:
        ids.insert(later.id)
        found.append(later)
      default: break
      }
    }
    return found
  }
}
