// Room: KernelLog
