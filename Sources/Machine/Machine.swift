// Room: Machine
