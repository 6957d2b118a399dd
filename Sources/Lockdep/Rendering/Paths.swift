/// Classes with all their usages, and the paths between them.
extension ReportWriter {
  /// `print_lock_class_header`; `depth` is the distance from the root.
  private mutating func classHeader(_ lockClass: ClassDescription, depth: Int) {
    let blanks = String(repeating: " ", count: depth)
    let uses = style.uses == .counted ? " ops: \(lockClass.uses)" : ""
    print("\(blanks)->\(nameAndUsage(lockClass))\(uses) {")
    for (bit, frames) in usages(of: lockClass) {
      print("\(blanks)   \(bit) at:")
      let indent = 2 * depth + bit.description.utf8.count + 7 + style.overcount
      trace(frames, indent: indent)
    }
    print("\(blanks) }")
    let key = lockClass.key.rawValue
    print(
      "\(blanks) ... key      at: [<\(hex16(style.locks == .hashedPlace ? hashed(key) : key))>]"
        + " \(environment.symbol(for: lockClass.key))")
  }

  /// The usages in bit order, each with where it was first seen.
  private func usages(of lockClass: ClassDescription) -> [(UsageBit, [LockdepFrame])] {
    lockClass.usage.bits.compactMap { bit in
      let frames = lockClass.usageTraces[bit] ?? []
      guard style.firstUse == .one, bit == .usedRead else { return (bit, frames) }
      // A class that was used in both ways counts as used from the first time on, which of the two
      // it was is not known: the exclusive one stands for it.
      return lockClass.usage.contains(.used) ? nil : (.used, frames)
    }
  }

  /// Prints a trace whose first frame may stand on the line of a piece in front of it.
  mutating func firstJoined(_ piece: String, _ frames: [LockdepFrame]) {
    guard style.pieces != .apart, let first = frames.first else {
      print(piece)
      return trace(frames, indent: 1)
    }
    print("\(piece)  \(text(of: first))")
    trace(Array(frames.dropFirst()), indent: 1)
  }

  /// Two pieces of a line.
  mutating func pieces(_ first: String, _ second: String) {
    if style.pieces == .apart {
      print(first)
      print(second)
    } else {
      print(first + second)
    }
  }

  /// `print_shortest_lock_dependencies`: from the leaf to the root, each with where it was taken.
  mutating func forwardPath(_ path: [PathStep]) {
    for (index, step) in path.enumerated() {
      let depth = path.count - 1 - index
      classHeader(step.lockClass, depth: depth)
      print(String(repeating: " ", count: depth) + " ... acquired at:")
      trace(step.trace, indent: 2)
      print("")
    }
  }

  /// `print_shortest_lock_dependencies_backwards`: an edge found backwards carries the trace of
  /// its *other* end, so each trace is printed with the entry after its own.
  mutating func backwardPath(_ path: [PathStep]) {
    var remembered: [LockdepFrame]?
    for (index, step) in path.enumerated() {
      let depth = path.count - 1 - index
      classHeader(step.lockClass, depth: depth)
      if let remembered {
        print(String(repeating: " ", count: depth) + " ... acquired at:")
        trace(remembered, indent: 2)
        print("")
      }
      remembered = step.trace
    }
  }
}
