import ArgumentParser
import DMARCommands

DMARCommand.main()
