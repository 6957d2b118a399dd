/// The notation of lock programs, for `dmar help lockcheck`.
enum LockcheckHelp {
  static let notation = """
    A program is a row of words, one for each operation, which one task runs from a clean checker:

      L U     spinlock         RAWL RAWU  raw spinlock    WL WU RL RU  rwlock
      ML MU   mutex            WSL WSU RSL RSU  rwsem     RTL RTU      rt_mutex
      LLL LLU local_lock       RCU_LOCK RCU_UNLOCK, RCU_BH_…, RCU_SCHED_…
      LT RAWT WT MT WST        trylocks      SI RWI MI RWSI RTI  initialise
      L_NEST(A,nest=B)         any taking word with _NEST
      HARDIRQ_DISABLE _ENABLE _ENTER _ENTER_NOTTHREADED _EXIT, SOFTIRQ_… likewise
      MIGHT_LOCK SYNC DOWNGRADE PIN UNPIN KFREE, EXIT, USER, NMI_ENTER NMI_EXIT
      SEQL SEQR SEQU, MAP_ACQUIRE MAP_RELEASE, FSR_ACQUIRE FSR_RELEASE
      MIGHT_ALLOC(KERNEL)
      ww_mutex: WWAI WWAD WWAF WWL WWL1 WWL_SLOW WWT WWU MLBASE MUBASE
                SET[…] EXPECT(…)

    A, B, … are locks of their own class, X1 and X2 two of class X; other names stand for \
    themselves (`L(&k->k_lock)`), `name:1` and `name:2` share a class, and `A/1` has subclass 1.

    Several contexts, an addition to the kernel's notation: `@name` or `@name/cpu` says who runs \
    the words that follow, until the next one. `@irq`, `@hardirq` and `@softirq` \
    (`@irq:name/cpu`) are handlers on top of what runs on that processor; entering and leaving is \
    implied, and `@hardirq` is one that never becomes a thread. Words run in the order written; with --interleavings, each context's own order is kept and all mixtures are searched.

    A file has one program in each row: name, operations, and FAILURE (something is to be reported) or \
    SUCCESS (nothing is), separated by tabs. A first row with the titles `name`, `ops`, `expected` \
    allows any order, other columns, which are ignored, and `read_lock_recursive` (1: every RL is \
    recursive; otherwise in interrupts only). Lines that begin with # are left out.

      dmar lockcheck --program 'L(A) L(B) U(B) U(A) L(B) L(A)' --report
    """
}
