/// A way to cure the report's bug, as somebody proposed it.
public struct KernelCure: Sendable {
  public let name: String
  public let summary: String
  let apply: @Sendable (inout KernelBehaviour) -> Void

  public static let all: [KernelCure] = [
    KernelCure(name: "klist-irqsave", summary: "klist_add_* save and disable interrupts") {
      $0.klistAdd = .irqsave
    },
    KernelCure(name: "klist-irqsave-all", summary: "klist_put, hence klist_del, does so too") {
      $0.klistAdd = .irqsave
      $0.klistPut = .irqsave
    },
    KernelCure(name: "revert-2018", summary: "624fa7790f80 reverted: klist_next locks plainly") {
      $0.klistNext = .plain
    },
    KernelCure(name: "upstream", summary: "6ad931a23223: the dump walks from the entry") {
      $0.tableWalk = .entry
    },
  ]

  /// The behaviour with the cure in it.
  public func applied(to behaviour: KernelBehaviour) -> KernelBehaviour {
    var cured = behaviour
    apply(&cured)
    return cured
  }
}
