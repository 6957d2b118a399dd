// Room: PhysicalMemory
