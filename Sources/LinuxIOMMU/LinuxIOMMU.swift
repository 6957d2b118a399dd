// Room: LinuxIOMMU
