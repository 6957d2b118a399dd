internal import ArgumentParser
internal import Glibc
internal import Scenario
internal import ScenarioFormat

/// The process: from its arguments to its exit status.
public enum Program {
  /// Runs the command that the arguments name, and ends the process.
  ///
  /// Help and results that cannot be written whole end with 74, as `ExitStatus` has it.
  public static func main() -> Never {
    Descriptor.reserveStandardStreams()
    var status: Int32 = 0
    var ran: (any ParsableCommand.Type)?
    do {
      var command = try command(Array(CommandLine.arguments.dropFirst()))
      ran = Swift.type(of: command)
      try command.run()
    } catch {
      status = report(error, from: ran)
    }
    // What a file system tells only when a file is closed (a quota, a network) is an error as well.
    if close(STDOUT_FILENO) != 0, status == 0 {
      status = report(OutputError.cannotWrite("standard output", errno))
    }
    exit(status)
  }

  /// The command that the arguments name, with its options.
  ///
  /// Where the first argument names a command, only that one is parsed: setting up the declarations
  /// of all commands takes longer than most runs. If that fails or gives something else (help, a
  /// completion script, a mistake), the parser for all commands answers, whose texts name the
  /// others.
  static func command(_ arguments: [String]) throws -> any ParsableCommand {
    if let type = DMARCommand.subcommand(arguments.first),
      let command = try? type.parseAsRoot(Array(arguments.dropFirst())),
      Swift.type(of: command) == type
    {
      return command
    }
    return try DMARCommand.parseAsRoot(arguments)
  }

  /// Prints the message for an error.
  ///
  /// - Parameter command: the command that ran, if the arguments named one.
  /// - Returns: the exit status.
  private static func report(_ error: any Error, from command: (any ParsableCommand.Type)? = nil)
    -> Int32
  {
    switch error {
    case let error as ExitCode: return error.rawValue
    case let error as OutputError:
      StandardError.print("dmar: \(error)")
      return error.status.rawValue
    case let error as InputError:
      StandardError.print("dmar: \(error)")
      return (error.kind == .notFound ? ExitStatus.noInput : .badInput).rawValue
    default: break
    }
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "help", let text = UsageMessage.misspelt(in: arguments) {
      StandardError.write(text + "\n")
      return ExitStatus.wrongUsage.rawValue
    }
    let code = DMARCommand.exitCode(for: error)
    let text = UsageMessage(error, from: command, arguments).text
    guard code == .success else {
      StandardError.write(text + "\n")
      // The parser gives 1 for an error that it does not know, which is a defect of this program.
      return code == .failure ? ExitStatus.defect.rawValue : code.rawValue
    }
    var output = Output()
    if !text.isEmpty { output.print(text) }
    do {
      try output.flush()
      return code.rawValue
    } catch {
      return report(error)
    }
  }
}
