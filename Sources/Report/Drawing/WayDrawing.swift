internal import Recording
internal import VTdFormats

/// The way of a request: from the device through the unit to memory, or to the fault record, the
/// interrupt and the CPU.
struct WayDrawing {
  let record: RunRecord
  let event: RunEvent
  let fact: DMAFact

  /// The device, and the bridges that a request passes, from the left to the arrow that ends at the unit.
  ///
  /// - Parameters:
  ///   - way: the way; nil for a device right on the root complex.
  ///   - device: the source-id by which the unit knows it.
  ///   - request: what is sent.
  ///   - note: what else it carries; nil for nothing.
  /// - Returns: where the unit's box begins.
  static func start(
    _ way: BusWay?, device: String, request: String, note: String?, _ picture: inout Drawing
  ) -> Int {
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
    var picture = Drawing("The way of the request: \(Words.headline(fact))")
    let isBlocked = fact.given.result == .blocked
    let x = Self.start(
      fact.way, device: fact.device,
      request: "\(fact.access.word) \(Words.address(fact.address))",
      note: fact.pasid.map { "PASID \(Words.address(UInt64($0)))" }, &picture)
    picture.box(x, 10, 170, 50, isBlocked ? "stopbox" : fact.isStale ? "stalebox" : "cell")
    picture.text(x + 12, 31, fact.unit, "b")
    picture.text(x + 12, 49, "remapping unit", "dim")
    if isBlocked {
      picture.line(x + 170, 35, x + 240, 35, "stop")
      picture.cross(x + 248, 35)
      picture.box(x + 280, 10, 120, 50, "cell")
      picture.text(x + 292, 31, "memory", "b")
      picture.text(x + 292, 49, "untouched", "dim")
      fault(at: x, &picture)
    } else {
      picture.arrow(x + 170, 35, x + 318, 35, fact.isStale ? "stale" : "wire")
      picture.box(x + 320, 10, 260, 50, fact.isStale ? "stalebox" : "cell")
      picture.text(x + 332, 31, "memory \(Words.address(fact.given.address))", "b")
      picture.text(
        x + 332, 49, fact.isStale ? "by a stale translation" : "reached",
        fact.isStale ? "old b" : "dim")
      if fact.isStale {
        picture.text(x, 84, "the tables say: \(Words.say(fact.tables))", "old b")
      }
    }
    return picture
  }

  /// What the fault led to: record, message, interrupt.
  private func fault(at unit: Int, _ picture: inout Drawing) {
    // Behind many bridges it begins further left, so that the picture is no wider than it must be.
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
    if let reason = fact.given.reason {
      step(
        "reason 0x\(hex(UInt64(reason.rawValue), digits: 2))",
        fact.recorded.map(Words.describe) ?? "", &picture)
    } else {
      step("no fault", Words.say(fact.given), &picture)
      return
    }
    for effect in effects {
      let from = x - 40
      switch effect.what {
      case .message(let message):
        picture.arrow(from, 119, x - 2, 119)
        step(
          "message", "\(Words.address(message.address))/\(Words.address(message.data))", &picture)
      case .interrupt(let interrupt):
        picture.arrow(from, 119, x - 2, 119)
        step("vector \(Words.address(interrupt.vector))", Words.describe(effect.who), &picture)
      default: break
      }
    }
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
