// Room: DMARCommands
