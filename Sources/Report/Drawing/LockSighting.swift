public import Recording
internal import Text

/// When something about a lock was first seen: a class in a new state, or an order of two classes.
public struct LockSighting: Sendable {
  /// The class: that of the state, or the one that was taken under the other.
  public var lockClass: String
  /// The states that were new, as reports print them.
  public var usages: [String]
  /// The orders that were new.
  public var orders: [RunLockDependency]
  /// `boot`, `step 3`, `word 5`.
  public var when: String
  /// Microseconds since the kernel's boot; nil for what has no clock.
  public var microseconds: UInt64?
  /// Where: `task`, `hardirq`, `softirq`.
  public var context: String
  /// Who.
  public var who: String
  /// The functions that took the locks; of an order the outer one first.
  public var functions: [String]

  /// A moment.
  public init(
    lockClass: String, usages: [String], orders: [RunLockDependency], when: String,
    microseconds: UInt64?, context: String, who: String, functions: [String]
  ) {
    self.lockClass = lockClass
    self.usages = usages
    self.orders = orders
    self.when = when
    self.microseconds = microseconds
    self.context = context
    self.who = who
    self.functions = functions
  }

  /// `step 1, 32.288581 s`; without the time where there is no clock.
  var place: String { when + (time.map { ", \($0)" } ?? "") }

  /// `32.288581 s`; nil where there is no clock.
  var time: String? {
    microseconds.map { time in
      "\(time / 1_000_000)." + "\(time % 1_000_000)".aligned(to: 6, with: "0") + " s"
    }
  }

  /// The moments of a record, in order.
  static func all(of record: RunRecord) -> [LockSighting] {
    var moments: [LockSighting] = []
    // Where each class was taken last, by whom.
    var takers: [String: String] = [:]
    for event in record.events {
      guard case .lock(let fact) = event.what else { continue }
      let who = Words.describe(event.who)
      let function = fact.site.map(Words.function)
      if fact.verb != "released", let function { takers["\(who) \(fact.lockClass)"] = function }
      var usages: [(lockClass: String, names: [String])] = [(fact.lockClass, [])]
      for usage in fact.newUsages where !usage.name.hasPrefix("INITIAL") {
        if let index = usages.firstIndex(where: { $0.lockClass == usage.lockClass }) {
          usages[index].names.append(usage.name)
        } else {
          usages.append((usage.lockClass, [usage.name]))
        }
      }
      for (index, usage) in usages.enumerated() {
        let orders = index == 0 ? fact.newDependencies : []
        if usage.names.isEmpty, orders.isEmpty { continue }
        let outer = orders.first.flatMap { takers["\(who) \($0.from)"] }
        moments.append(
          LockSighting(
            lockClass: usage.lockClass, usages: usage.names, orders: orders,
            when: Words.step(event.step),
            microseconds: event.microseconds, context: context(fact.context), who: who,
            functions: [outer, function].compactMap { $0 }))
      }
    }
    return moments
  }

  /// The kind of context in `[HC1[1]:SC0[0]:HE0:SE1]`: HC is not 0 in a hard interrupt, SC in a
  /// soft one.
  private static func context(_ flags: String) -> String {
    if !flags.hasPrefix("[HC0") { return "hardirq" }
    for part in flags.split(separator: ":") where part.hasPrefix("SC") {
      if !part.hasPrefix("SC0") { return "softirq" }
    }
    return "task"
  }
}
