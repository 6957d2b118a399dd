// Room: PCIHost
