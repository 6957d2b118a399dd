internal import Recording
import Text
internal import VTdFormats
internal import VTdUnit

/// Pictures of a walk: the address cut into the slices that index the tables, the chain of entries,
/// and the entry where the walk stops.
struct WalkDrawing {
  let walk: [WalkFact]
  /// Whether each entry's box carries the entry's address, so that a page can link to it.
  var isLive = false

  /// The entries that translate the request's own address. In a nested walk these are the first
  /// stage's and the entries above them, without the second stage's reads.
  static func chain(_ walk: [WalkFact]) -> [WalkFact] {
    let isNested = walk.contains { $0.structure == .firstStageEntry }
    guard isNested else { return walk }
    var chain: [WalkFact] = []
    for (index, step) in walk.enumerated() {
      // The second-stage entry at which the walk fails belongs to the chain.
      let isEnd = index == walk.count - 1 && step.failure != nil
      if step.structure != .secondStageEntry || isEnd { chain.append(step) }
    }
    return chain
  }

  /// What an entry is called beside its index.
  static func name(_ step: WalkFact) -> String {
    switch step.structure {
    case .rootEntry, .scalableRootEntry: "root"
    case .contextEntry, .scalableContextEntry: "context"
    case .pasidDirectoryEntry: "PASID dir"
    case .pasidTableEntry: "PASID"
    case .firstStageEntry: "1st L\(step.level)"
    case .secondStageEntry: "L\(step.level)"
    case .interruptEntry, .postedInterruptEntry: "IRTE"
    case .postedInterruptDescriptor: "PID"
    }
  }

  /// What an entry allows, or that it is not there, in a few characters.
  static func state(_ step: WalkFact) -> String {
    guard let word = step.words.first else { return "unreadable" }
    switch step.structure {
    case .secondStageEntry:
      let entry = SecondStageEntry(rawValue: word)
      if !entry.isPresent { return "not present" }
      return (entry[flag: .read] ? "R" : "-") + (entry[flag: .write] ? "W" : "-")
        + (entry[flag: .pageSize] && step.level > 1 && step.level < 4 ? " page" : "")
    case .firstStageEntry:
      let entry = FirstStageEntry(rawValue: word)
      if !entry[flag: .present] { return "not present" }
      return "R" + (entry[flag: .write] ? "W" : "-") + (entry[flag: .user] ? "U" : "-")
        + (entry[flag: .pageSize] && step.level > 1 ? " page" : "")
    case .postedInterruptDescriptor: return "descriptor"
    case .scalableContextEntry, .contextEntry, .rootEntry, .scalableRootEntry, .pasidDirectoryEntry,
      .pasidTableEntry, .interruptEntry, .postedInterruptEntry:
      return word & 1 == 0 && step.structure != .scalableRootEntry ? "not present" : "present"
    }
  }

  /// The address that the ruler shows: the request's. Where a nested walk failed before it used
  /// that, it is the address that the second stage was translating.
  static func ruled(_ walk: [WalkFact], _ address: UInt64) -> UInt64 {
    if walk.contains(where: { isPaging($0) && $0.input == address }) { return address }
    return walk.last { isPaging($0) }?.input ?? address
  }

  private static func isPaging(_ step: WalkFact) -> Bool {
    step.structure == .firstStageEntry || step.structure == .secondStageEntry
  }

  /// The bits that the paging levels of a walk cut out of an address, the highest first.
  static func slices(
    _ walk: [WalkFact], of address: UInt64
  ) -> [(level: Int, high: Int, low: Int, value: UInt64)] {
    let isNested = walk.contains { $0.structure == .firstStageEntry }
    var slices: [(level: Int, high: Int, low: Int, value: UInt64)] = []
    for step in walk {
      guard step.structure == (isNested ? .firstStageEntry : .secondStageEntry),
        step.input == address, let high = step.sliceHigh, let low = step.sliceLow,
        let index = step.index,
        !slices.contains(where: { $0.level == step.level })
      else { continue }
      slices.append((step.level, high, low, index))
    }
    return slices
  }

  /// The slices of an address below the level at which the walk stopped, the highest first.
  static func unused(
    below last: (level: Int, high: Int, low: Int, value: UInt64), _ walk: [WalkFact],
    of address: UInt64
  ) -> [(level: Int, high: Int, low: Int, value: UInt64)] {
    guard let step = walk.last(where: { $0.level == last.level && isPaging($0) }),
      step.failure != nil, !isLargePage(step)
    else { return [] }
    // A record that somebody wrote may have any level; there are five.
    return stride(from: min(last.level - 1, 4), through: 1, by: -1).map { level in
      (
        level, Paging.shift(level: level + 1) - 1, Paging.shift(level: level),
        Paging.index(of: address, level: level)
      )
    }
  }

  /// Whether an entry above the lowest level maps a page: bit 7 says so in both stages.
  private static func isLargePage(_ step: WalkFact) -> Bool {
    step.level > 1 && SecondStageEntry(rawValue: step.words.first ?? 0)[flag: .pageSize]
  }

  /// The address as a ruler of coloured slices; those that the walk did not use have no colour.
  func ruler(_ request: UInt64) -> Element? {
    let address = Self.ruled(walk, request)
    let slices = Self.slices(walk, of: address)
    guard var last = slices.last else { return nil }
    var picture = Drawing("The address \(Words.address(address)) cut into the index of each level")
    var x = 4
    for slice in slices {
      picture.box(x, 22, 104, 30, Tone.level(slice.level).style)
      picture.text(x + 52, 42, "\(slice.value)", "on b", "middle")
      picture.text(x + 52, 16, "\(slice.high):\(slice.low)", "dim s", "middle")
      picture.text(x + 52, 68, "L\(slice.level)", "b", "middle")
      x += 108
    }
    for slice in Self.unused(below: last, walk, of: address) {
      picture.box(x, 22, 104, 30, "cell")
      picture.text(x + 52, 42, "\(slice.value)", "dim", "middle")
      picture.text(x + 52, 16, "\(slice.high):\(slice.low)", "dim s", "middle")
      picture.text(x + 52, 68, "L\(slice.level): not read", "dim", "middle")
      x += 108
      last = slice
    }
    let offset = address & ((1 &<< UInt64(truncatingIfNeeded: last.low)) &- 1)
    picture.box(x, 22, 150, 30, isAtPage ? Tone.page.style : "cell")
    picture.text(x + 75, 42, Words.address(offset), isAtPage ? "on b" : "dim", "middle")
    picture.text(x + 75, 16, "\(last.low - 1):0", "dim s", "middle")
    picture.text(x + 75, 68, isAtPage ? "in the page" : "in the page: not used", "dim", "middle")
    if address != request {
      picture.text(
        4, 90, "of \(Words.address(address)), where the first stage's table is for the second",
        "dim")
    }
    return picture.element
  }

  private var isAtPage: Bool { walk.last?.failure == nil }

  /// The chain of entries, each with its address, its word and what it allows, and behind them what they
  /// lead to.
  func chain(_ end: WalkEnd) -> Drawing {
    let steps = Self.chain(walk)
    var picture = Drawing(
      "The walk through \(counted(steps.count, "entry", many: "entries")); the request \(end.sentence)"
    )
    let (columns, width, height) = (4, 236, 104)
    for (index, step) in steps.enumerated() {
      let x = 4 + index % columns * (width + 34)
      let y = 4 + index / columns * (height + 30)
      draw(step, x, y, width, &picture)
      if index + 1 < steps.count || step.failure == nil {
        if index % columns == columns - 1 {
          // The arrow leads down to the left end of the next row.
          let turn = y + height + 14
          picture.line(x + width / 2, y + height - 18, x + width / 2, turn)
          picture.line(x + width / 2, turn, 30, turn)
          picture.arrow(30, turn, 30, turn + 16)
        } else {
          picture.arrow(x + width, y + 42, x + width + 32, y + 42)
        }
      }
    }
    if let last = steps.last, last.failure == nil {
      let index = steps.count
      let x = 4 + index % columns * (width + 34)
      let y = 4 + index / columns * (height + 30)
      picture.box(x, y, width, 84, "cell")
      picture.box(x, y, width, 22, Tone.page.style)
      picture.text(x + 8, y + 16, end.title, "on b")
      picture.text(x + 8, y + 42, end.place, "b")
      picture.text(x + 8, y + 62, end.detail, "dim")
    }
    return picture
  }

  private func draw(
    _ step: WalkFact, _ x: Int, _ y: Int, _ width: Int, _ picture: inout Drawing
  ) {
    let isBad = step.failure != nil
    picture.box(
      x, y, width, 84, isBad ? "stopbox" : "cell", entry: isLive ? step.address : nil)
    picture.box(x, y, width, 22, Tone(step.structure, level: step.level).style)
    picture.text(x + 8, y + 16, Self.indexedName(step), "on b")
    picture.text(x + 8, y + 40, "at \(Words.address(step.address))", "dim")
    let word = step.words.first.map { hex($0, digits: 16) } ?? "no memory there"
    picture.text(x + 8, y + 58, word)
    picture.text(x + 8, y + 76, Self.state(step), isBad ? "bad b" : "b")
    if let allowed = step.allowed {
      picture.text(x + width - 8, y + 76, "so far \(allowed)", "dim", "end")
    }
    if isBad {
      picture.cross(x + width - 16, y + 34)
      picture.text(x + width - 28, y + 40, "stops", "bad b", "end")
    }
  }

  /// What an entry is called, with its place in its table.
  static func indexedName(_ step: WalkFact) -> String {
    guard let index = step.index else { return name(step) }
    let place =
      switch step.structure {
      case .rootEntry, .scalableRootEntry: "bus " + hex(index, digits: 2)
      // The index in a scalable context table covers half a bus only, so the source-id is used.
      case .contextEntry, .scalableContextEntry:
        "dev \(deviceAndFunction(step.input ?? index))"
      default: "\(index)"
      }
    return "\(name(step))[\(place)]"
  }

  private static func deviceAndFunction(_ source: UInt64) -> String {
    let source = SourceID(rawValue: UInt16(truncatingIfNeeded: source))
    return "\(hex(UInt64(source.device), digits: 2)).\(source.function)"
  }
}

/// What the entries of a walk lead to.
struct WalkEnd {
  /// The result as a sentence on the request (`sentence`), and as what the tables say (`words`).
  let sentence: String
  let words: String
  /// What the request reaches: its name, its address, and a detail such as the permissions.
  let title: String
  let place: String
  let detail: String

  /// A page of memory.
  init(_ answer: Answer) {
    sentence = Words.describe(answer)
    words = "\(Words.say(answer)) \(answer.permissions ?? "")"
    title = "memory"
    place = Words.address(answer.address)
    detail = answer.permissions.map { "allowed \($0)" } ?? ""
  }

  /// A processor, or the descriptor that an interrupt is posted in.
  init(_ answer: InterruptAnswer) {
    sentence = Words.describe(answer)
    words = Words.describe(answer)
    let isPosted = answer.result == .posted
    title = isPosted ? "descriptor" : "processor"
    place =
      isPosted ? Words.address(answer.descriptor) : "APIC \(Words.address(answer.destination))"
    detail = "vector \(Words.address(answer.vector))"
  }
}
