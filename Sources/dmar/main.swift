import DMARCommands

Program.main()
