extension Terms {
  static let locks: [Term] = [
    Term(
      "lockdep", ["lock validator", "PROVE_LOCKING"],
      "A part of Linux that watches every lock and proves orders wrong before they deadlock: a single "
        + "run of each order is enough.",
      see: ["lock class", "splat"]),
    Term(
      "lock class", ["class", "lock key"],
      "All locks that are set up at one place of the source. Lockdep reasons about classes, not about "
        + "single locks.",
      see: ["lockdep", "subclass"]),
    Term(
      "dependency", ["edge", "lock order"],
      "Lock B was taken while A was held: an edge from A to B. A circle of edges can deadlock.",
      see: ["AB-BA", "lockdep"]),
    Term(
      "AB-BA", ["circular locking dependency", "deadlock"],
      "One task takes A then B, another B then A. Each can wait for the other for ever.",
      see: ["dependency"]),
    Term(
      "usage bits", ["four letters", "{?.+.}", "usage"],
      "How a class was used, printed in braces: one character each for hard interrupts, the same for "
        + "readers, soft interrupts, the same for readers. `.` never there and never with them on, `-` "
        + "taken in that context, `+` taken with it enabled, `?` both: a deadlock.",
      see: ["irq-safe", "hard interrupt context"]),
    Term(
      "irq-safe", ["irq-unsafe", "hardirq-safe"],
      "A class that is taken in interrupts must never be taken with interrupts on: the interrupt could "
        + "come while it is held and wait for ever. Nor may an irq-unsafe class be taken inside it.",
      see: ["usage bits", "inconsistent lock state"]),
    Term(
      "inconsistent lock state", ["IN-HARDIRQ-W", "HARDIRQ-ON-W"],
      "Lockdep's title for a class that was taken in an interrupt and elsewhere with interrupts on. "
        + "The report that this project starts from has it.",
      see: ["irq-safe", "splat"]),
    Term(
      "wait context", ["invalid wait context", "wait type"],
      "What a lock may do while it is waited for: spin (raw), spin or sleep on a real-time kernel "
        + "(spinlock), sleep (mutex). A lock that may sleep must not be taken inside one that may not.",
      see: ["lockdep", "raw spinlock"]),
    Term(
      "raw spinlock", ["raw_spinlock_t", "spinlock", "spinlock_t"],
      "A lock that always spins with preemption off, on real-time kernels too. Hard interrupt handlers "
        + "may take no other kind.",
      see: ["wait context"]),
    Term(
      "subclass", ["nesting", "lock subclass"],
      "A number by which the source tells apart locks of one class that are taken inside each other on "
        + "purpose.",
      see: ["lock class"]),
    Term(
      "splat", ["lock report", "lockdep splat"],
      "The block of lines that lockdep prints once, when it has found something: title, locks, how "
        + "each came about, stack. After it lockdep is off.",
      see: ["lockdep"]),
    Term(
      "klist", ["k_lock", "klist_next"],
      "Linux's list of a bus's or a driver's devices, with a lock of its own (k_lock). Walking it in "
        + "the fault handler was the bug of the report.",
      see: ["fault handler", "inconsistent lock state"]),
  ]
}
