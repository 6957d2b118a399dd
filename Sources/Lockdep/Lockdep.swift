// Room: Lockdep
