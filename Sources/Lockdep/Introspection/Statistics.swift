import Text

/// How full the validator's tables are.
public struct ValidatorStatistics: Hashable, Sendable {
  /// A counter, and the limit of its table if it has one.
  public struct Counter: Hashable, Sendable {
    /// What is counted, as /proc/lockdep_stats calls it.
    public var name: String
    /// How many there are.
    public var value: Int
    /// How many there can be; nil where nothing limits them.
    public var limit: Int?
  }

  /// All counters, in the kernel's order.
  public var counters: [Counter]

  /// As /proc/lockdep_stats prints them: the name, the value in 11 columns from column 32, the
  /// limit.
  public var lines: [String] {
    counters.map { counter in
      let name = " \(counter.name):"
      let value = "\(counter.value)"
      return name.padded(to: max(32, name.utf8.count + 1)) + value.aligned(to: 11)
        + (counter.limit.map { " [max: \($0)]" } ?? "")
    }
  }

  /// The value of the counter with that name; nil where there is none.
  public subscript(name: String) -> Int? { counters.first { $0.name == name }?.value }
}

extension Validator {
  /// The counters of /proc/lockdep_stats that this validator keeps.
  public var statistics: ValidatorStatistics {
    typealias Counter = ValidatorStatistics.Counter
    let limits = configuration.limits
    let classes = classes
    func count(_ bit: UsageBit) -> Int { classes.count { $0.usage.contains(bit) } }
    let contexts = core.pointee.chainStore.chains.map { $0.irqContext }
    return ValidatorStatistics(counters: [
      Counter(name: "lock-classes", value: classes.count, limit: limits.classes),
      Counter(
        name: "direct dependencies", value: core.pointee.graph.edges.count * 2,
        limit: limits.entries),
      Counter(
        name: "dependency chains", value: core.pointee.chainStore.chains.count, limit: limits.chains
      ),
      Counter(
        name: "dependency chain hlocks used", value: core.pointee.chainStore.locks.count,
        limit: limits.chainLocks),
      Counter(name: "in-hardirq chains", value: contexts.count { $0 & 2 != 0 }),
      Counter(name: "in-softirq chains", value: contexts.count { $0 == 1 }),
      Counter(name: "in-process chains", value: contexts.count { $0 == 0 }),
      Counter(
        name: "stack-trace entries", value: traces.words, limit: limits.traceWords),
      Counter(name: "number of stack traces", value: traces.count),
      Counter(name: "hardirq-safe locks", value: count(.usedInHardirq)),
      Counter(name: "hardirq-unsafe locks", value: count(.enabledHardirq)),
      Counter(name: "softirq-safe locks", value: count(.usedInSoftirq)),
      Counter(name: "softirq-unsafe locks", value: count(.enabledSoftirq)),
      Counter(name: "hardirq-read-safe locks", value: count(.usedInHardirqRead)),
      Counter(name: "hardirq-read-unsafe locks", value: count(.enabledHardirqRead)),
      Counter(name: "softirq-read-safe locks", value: count(.usedInSoftirqRead)),
      Counter(name: "softirq-read-unsafe locks", value: count(.enabledSoftirqRead)),
      Counter(
        name: "unused locks",
        value: classes.count { $0.usage.rawValue == 0 }),
      Counter(name: "debug_locks", value: isOn ? 1 : 0),
    ])
  }
}
