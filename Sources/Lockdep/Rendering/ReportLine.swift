/// The lines of reports that have words of their own: reports are printed by them, and found again in a log.
///
/// A `%S` stands for what differs; where `%|` stands a line in a log may be cut. What is not here differs in its shape and not in its words: the line of a
/// lock and those of a stack (`ReportStyle` has their shapes), and the drawings of scenarios, which nobody
/// reads back.
package enum ReportLine: CaseIterable, Sendable {
  // Titles, between two rules.
  case recursive, circular, inconsistent, unsafeOrder, inversion, waitContext
  case suspiciousRCU, suspiciousRCUStopped, nestedLock, imbalance, freed, exitTime, stillHeld,
    userReturn, contention
  // Heads without rules.
  case nonStaticKey, sleeping, tooLow, invalidSubclass, unregisteredKey
  // Who did what.
  case acquiresLock, acquires, locks, takes, changesState
  case releases, contends, frees, leavesKernel, exits
  // What it goes against.
  case states, registered, alreadyHolding, isHolding, alreadyDepends, existingChain
  case wouldCreate, connectsSafe, becameSafe, toUnsafe, becameUnsafe, becameUnsafeApart
  case tookUnsafe, takenBySafe, createInverse, notHolding, noLocksToRelease, noLocksHeld
  case comparison, dependenciesOfSafe, dependenciesOfUnsafe, dependenciesTo, shortestDependencies
  // What is told beside it.
  case otherInfo, context, heldByOnCPU, heldBy, oneHeldBy, noneHeldBy, backtrace
  case eventStamp, hardEnabled, hardDisabled, softEnabled, softDisabled
  case inAtomic, inAtomicBlocking, preemptCount, preemptCountAlone, rcuDepth, rcuActive, rcuIdle
  case turningOff, annotate, annotateMaybe, initialize, depth, lockdepOff

  package var words: StaticString {
    switch self {
    case .recursive: "possible recursive locking%| detected"
    case .circular: "possible circular locking dependency%| detected"
    case .inconsistent: "inconsistent lock state"
    case .unsafeOrder: "%S-safe -> %S-unsafe lock order detected"
    case .inversion: "possible irq lock inversion%| dependency detected"
    case .waitContext: "Invalid wait context"
    case .suspiciousRCU: "suspicious RCU usage"
    case .suspiciousRCUStopped: "suspicious RCU usage."
    case .nestedLock: "Nested lock was not taken"
    case .imbalance: "bad unlock balance%| detected!"
    case .freed: "held lock freed%|!"
    case .exitTime: "lock held at task exit time%|!"
    case .stillHeld: "%S still has locks held%|!"
    case .userReturn: "lock held when returning to user space%|!"
    case .contention: "bad contention detected%|!"
    case .nonStaticKey: "INFO: trying to register non-static key%|."
    case .sleeping: "BUG: sleeping function called from invalid context%| at %S"
    case .tooLow: "BUG: MAX_%S too low%|!"
    case .invalidSubclass: "BUG: looking up invalid subclass: %S"
    case .unregisteredKey: "BUG: key %S has not been registered!"

    case .acquiresLock: "%S is trying to acquire lock:"
    case .acquires: "%S is trying to acquire:"
    case .locks: "%S is trying to lock:"
    case .takes: "%S takes:"
    case .changesState: "%S just changed the state of lock:"
    case .releases: "%S is trying to release lock (%S) at:"
    case .contends: "%S is trying to contend lock (%S) at:"
    case .frees: "%S is freeing memory %S, with a lock still held there!"
    case .leavesKernel: "%S is leaving the kernel with locks still held!"
    case .exits: "%S is exiting with locks still held!"

    case .states: "inconsistent {%S} -> {%S} usage."
    case .registered: "{%S} state was registered at:"
    case .alreadyHolding: "\nbut task is already holding lock:"
    case .isHolding: "\nand this task is already holding:"
    case .alreadyDepends: "\nwhich lock already depends on the new lock.\n"
    case .existingChain: "\nthe existing dependency chain (in reverse order) is:"
    case .wouldCreate: "which would create a new lock dependency:"
    case .connectsSafe: "\nbut this new dependency connects a %S-irq-safe lock:"
    case .becameSafe: "\n... which became %S-irq-safe at:"
    case .toUnsafe: "\nto a %S-irq-unsafe lock:"
    case .becameUnsafe: "\n... which became %S-irq-unsafe at:"
    case .becameUnsafeApart: "..."
    case .tookUnsafe: "but this lock took another, %S-unsafe lock in the past:"
    case .takenBySafe: "but this lock was taken by another, %S-safe lock in the past:"
    case .createInverse: "\n\nand interrupts could create inverse lock ordering between them.\n"
    case .notHolding: "\nbut this task is not holding:"
    case .noLocksToRelease: "but there are no more locks to release!"
    case .noLocksHeld: "but there are no locks held!"
    case .comparison: "and the lock comparison function returns %S:"
    case .dependenciesOfSafe:
      "\nthe dependencies between %S-irq-safe lock and the holding lock:"
    case .dependenciesOfUnsafe: "\nthe dependencies between the lock to be acquired"
    case .dependenciesTo: " and %S-irq-unsafe lock:"
    case .shortestDependencies: "\nthe shortest dependencies between 2nd lock and 1st lock:"

    case .otherInfo: "\nother info that might help us debug this:"
    case .context: "context-{%S}"
    case .heldByOnCPU: "locks held by %S: %S CPU#%S"
    case .heldBy: "%S locks held by %S:"
    case .oneHeldBy: "1 lock held by %S:"
    case .noneHeldBy: "no locks held by %S."
    case .backtrace: "stack backtrace:"
    case .eventStamp: "irq event stamp: %S"
    case .hardEnabled: "hardirqs last  enabled at (%S): %S"
    case .hardDisabled: "hardirqs last disabled at (%S): %S"
    case .softEnabled: "softirqs last  enabled at (%S): %S"
    case .softDisabled: "softirqs last disabled at (%S): %S"
    case .inAtomic: "in_atomic(): %S, irqs_disabled(): %S, non_block: %S, pid: %S, name: %S"
    case .inAtomicBlocking: "in_atomic(): %S, irqs_disabled(): %S, pid: %S, name: %S"
    case .preemptCount: "preempt_count: %S, expected: %S"
    case .preemptCountAlone: "preempt_count: %S"
    case .rcuDepth: "RCU nest depth: %S, expected: %S"
    case .rcuActive: "rcu_scheduler_active = %S, debug_locks = %S"
    case .rcuIdle: "RCU used illegally from extended quiescent state!"
    case .turningOff: "turning off the locking correctness validator."
    case .annotate: "the code is fine but needs lockdep annotation."
    case .annotateMaybe: "The code is fine but needs lockdep annotation, or maybe"
    case .initialize: "you didn't initialize this object before use?"
    case .depth: "depth: %S  max: %S!"
    case .lockdepOff: "INFO: lockdep is turned off."
    }
  }

  /// The line with its values, in order.
  package func text(_ values: [String] = []) -> String {
    words.withUTF8Buffer { bytes in
      var (text, values): ([UInt8], _) = ([], values[...])
      var at = 0
      while at < bytes.count {
        let isMark = bytes[at] == UInt8(ascii: "%")
        if !isMark {
          text.append(bytes[at])
        } else if bytes[at + 1] == UInt8(ascii: "S") {
          text += (values.popFirst() ?? "").utf8
        }
        at += isMark ? 2 : 1
      }
      return String(decoding: text, as: UTF8.self)
    }
  }
}
