// Room: VTdUnit
