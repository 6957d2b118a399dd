/// Classes with all their usages, and the paths between them.
extension ReportWriter {
  /// `print_lock_class_header`; `depth` is the distance from the root.
  private mutating func classHeader(_ lockClass: ClassDescription, depth: Int) {
    let blanks = String(repeating: " ", count: depth)
    print("\(blanks)->\(nameAndUsage(lockClass)) {")
    for bit in lockClass.usage.bits {
      print("\(blanks)   \(bit) at:")
      trace(
        lockClass.usageTraces[bit] ?? [], indent: 2 * depth + bit.description.utf8.count + 7)
    }
    print("\(blanks) }")
    print(
      "\(blanks) ... key      at: [<\(hex16(lockClass.key.rawValue))>]"
        + " \(environment.symbol(for: lockClass.key))")
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
    var remembered: [Frame]?
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
