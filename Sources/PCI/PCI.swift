// Room: PCI
