internal import Recording
internal import VTdFormats
internal import VTdUnit

/// The tables that walks went through, as a tree, with the words that changed.
struct TableTree {
  private struct Node {
    var step: WalkFact
    var children: [UInt64] = []
  }

  private var nodes: [UInt64: Node] = [:]
  private var roots: [UInt64] = []
  /// By address of a 64-bit word: what it became, and in which step.
  private var changes: [UInt64: [(fact: MemoryFact, step: Int)]] = [:]
  private static let limit = 200

  init(_ record: RunRecord) {
    for event in record.events {
      if let request = event.what.request { add(request.walk) }
      if case .memory(let fact) = event.what {
        changes[fact.address, default: []].append((fact, event.step))
      }
    }
  }

  private mutating func add(_ walk: [WalkFact]) {
    for step in walk where nodes.count < Self.limit {
      let parent = step.parent.flatMap { walk.indices.contains($0) ? walk[$0].address : nil }
      if nodes[step.address] == nil {
        nodes[step.address] = Node(step: step)
        if let parent, nodes[parent] != nil {
          nodes[parent]?.children.append(step.address)
        } else {
          roots.append(step.address)
        }
      } else {
        nodes[step.address]?.step = step
      }
    }
  }

  var isEmpty: Bool { roots.isEmpty }

  /// The place of an entry in a page; nil where the tree has it not.
  func place(of step: WalkFact) -> String? {
    nodes[step.address] == nil ? nil : Self.id(step.address)
  }

  private static func id(_ address: UInt64) -> String { "entry-\(hex(address))" }

  var element: Element { .tag("ul", [.style("tree")], roots.map { item($0, depth: 0) }) }

  /// The words of an entry, the highest first; those above two that are zero are left out.
  private static func text(_ words: [UInt64]) -> String {
    var shown = words
    while shown.count > 2, shown.last == 0 { shown.removeLast() }
    return shown.reversed().map { hex($0, digits: 16) }.joined(separator: ":")
  }

  private func item(_ address: UInt64, depth: Int) -> Element {
    guard let node = nodes[address] else { return .group([]) }
    let step = node.step
    let tone = Tone(step.structure, level: step.level)
    var content: [Element] = [
      .tag(
        "span", [.style("chip \(tone.style)")],
        WalkDrawing.indexedName(step)),
      .tag(
        "span", [.style("m")],
        "\(Words.address(step.address)): "
          + (step.words.isEmpty
            ? "no memory"
            : Self.text(step.words))
          + " "),
      .tag("span", [.style(step.failure == nil ? "dim" : "bad")], WalkDrawing.state(step)),
    ]
    var told: [String] = []
    for word in 0..<UInt64(max(step.words.count, 1)) {
      for change in changes[address &+ word &* 8] ?? [] {
        told.append(
          "\(Words.step(change.step)): \(Words.address(change.fact.old)) \u{2192} \(Words.address(change.fact.new))"
        )
      }
    }
    if !told.isEmpty {
      content.append(
        .tag("span", [.style("dim m")], " \u{270E} \(told.suffix(4).joined(separator: ", "))"))
    }
    if !node.children.isEmpty, depth < 64 {
      content.append(
        .tag("ul", [.style("tree")], node.children.map { item($0, depth: depth + 1) }))
    }
    return .tag("li", [.id(Self.id(address))], content)
  }
}
