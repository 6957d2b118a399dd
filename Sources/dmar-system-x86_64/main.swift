import Glibc
import QTest

exit(SystemCommand.run(Array(CommandLine.arguments.dropFirst())))
