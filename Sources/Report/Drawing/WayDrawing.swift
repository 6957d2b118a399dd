internal import Recording
internal import VTdFormats

/// The way of a request: from the device through the unit to memory, or to the fault record, the
/// interrupt and the CPU.
struct WayDrawing {
  let record: RunRecord
  let event: RunEvent
  let fact: DMAFact

  var drawing: Drawing {
    var picture = Drawing("The way of the request: \(Words.headline(fact))")
    let isBlocked = fact.given.result == .blocked
    picture.box(4, 10, 170, 50, "cell")
    picture.text(16, 31, fact.device, "b")
    picture.text(16, 49, "the device", "dim")
    picture.arrow(174, 35, 318, 35)
    picture.text(246, 26, "\(fact.access.word) \(Words.address(fact.address))", "", "middle")
    if let pasid = fact.pasid {
      picture.text(246, 52, "PASID \(Words.address(UInt64(pasid)))", "dim", "middle")
    }
    picture.box(320, 10, 170, 50, isBlocked ? "stopbox" : fact.isStale ? "stalebox" : "cell")
    picture.text(332, 31, fact.unit, "b")
    picture.text(332, 49, "remapping unit", "dim")
    if isBlocked {
      picture.line(490, 35, 560, 35, "stop")
      picture.cross(568, 35)
      picture.box(640, 10, 200, 50, "cell")
      picture.text(652, 31, "memory", "b")
      picture.text(652, 49, "untouched", "dim")
      fault(&picture)
    } else {
      picture.arrow(490, 35, 638, 35, fact.isStale ? "stale" : "wire")
      picture.box(640, 10, 260, 50, fact.isStale ? "stalebox" : "cell")
      picture.text(652, 31, "memory \(Words.address(fact.given.address))", "b")
      picture.text(
        652, 49, fact.isStale ? "by a stale translation" : "reached",
        fact.isStale ? "old b" : "dim")
      if fact.isStale {
        picture.text(320, 84, "the tables say: \(Words.say(fact.tables))", "old b")
      }
    }
    return picture
  }

  /// What the fault led to: record, message, interrupt.
  private func fault(_ picture: inout Drawing) {
    var x = 320
    picture.line(405, 60, 405, 92, "wire")
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
  private var effects: [RunEvent] {
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
