internal import ArgumentParser
import Text

/// What is said where the arguments are not what they should be: the message, then the usage of the
/// command that was meant.
struct UsageMessage {
  let text: String

  /// - Parameters:
  ///   - error: what parsing or running threw.
  ///   - command: the command that ran; nil where the arguments could not be parsed.
  ///   - arguments: the arguments, without the program's name.
  init(_ error: any Error, from command: (any ParsableCommand.Type)?, _ arguments: [String]) {
    if let command, let error = error as? ValidationError {
      text = "Error: \(error.message)\n" + Self.usage(of: command)
    } else if command == nil, let unknown = Self.unknownCommand(arguments, error) {
      text = unknown
    } else if command == nil, let unknown = Self.unknownOption(arguments, error) {
      text = unknown
    } else {
      text = DMARCommand.fullMessage(for: error)
    }
  }

  /// Says that the command has no option of a name that was given, and which one may have been meant; nil
  /// where the names are right.
  ///
  /// The parser tells a missing argument before a misspelt option, and it does not know the options
  /// that every command has.
  private static func unknownOption(_ arguments: [String], _ error: any Error) -> String? {
    guard DMARCommand.exitCode(for: error) == .validationFailure else { return nil }
    let (command, rest) = named(by: arguments)
    let names = optionNames(of: command)
    for argument in rest.prefix(while: { $0 != "--" }) where argument.hasPrefix("--") {
      let name = String(argument.dropFirst(2).prefix { $0 != "=" })
      guard !name.isEmpty, !names.contains(name) else { continue }
      let meant = names.min { nearness(name, $0) < nearness(name, $1) }
      let isNear = meant.map { nearness(name, $0).edits <= 2 } ?? false
      let advice = isNear ? meant.map { ". Did you mean '--\($0)'?" } ?? "" : ""
      return "Error: Unknown option '--\(name)'\(advice)\n" + usage(of: command)
    }
    return nil
  }

  /// How far a name is from another: the number of edits, then 0 if both have the same letters.
  /// Swapped letters are the commonest slip, so they come first among names with as many edits.
  private static func nearness(_ name: String, _ other: String) -> (edits: Int, swapped: Int) {
    (editDistance(name, other), name.sorted() == other.sorted() ? 0 : 1)
  }

  /// The command that the first words of `arguments` call, and the arguments behind them.
  private static func named(by arguments: [String])
    -> (command: any ParsableCommand.Type, rest: ArraySlice<String>)
  {
    var command: any ParsableCommand.Type = DMARCommand.self
    var rest = arguments[...]
    while let word = rest.first,
      let child = command.configuration.subcommands.first(where: {
        $0.configuration.commandName == word
      })
    {
      command = child
      rest = rest.dropFirst()
    }
    return (command, rest)
  }

  /// The long names of a command's options, `help` and `version` among them, as its help lists them.
  private static func optionNames(of command: any ParsableCommand.Type) -> [String] {
    let help = DMARCommand.helpMessage(for: command, includeHidden: true, columns: 1000)
    return help.split(separator: "\n").filter { $0.hasPrefix("  -") }.flatMap { line in
      line.prefix(while: { $0 != "<" }).split(whereSeparator: { " ,/".contains($0) })
        .prefix { $0.hasPrefix("-") }
        .filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) }
    }
  }

  /// The usage of a command, with the words that call it.
  private static func usage(of command: any ParsableCommand.Type) -> String {
    let name = words(of: command).joined(separator: " ")
    return "Usage: \(DMARCommand.usageString(for: command))\n"
      + "  See '\(name) --help' for more information."
  }

  /// The words that call a command: `dmar pci list`.
  private static func words(of command: any ParsableCommand.Type) -> [String] {
    func search(_ node: any ParsableCommand.Type) -> [String]? {
      let name = node.configuration.commandName ?? ""
      if node == command { return [name] }
      for child in node.configuration.subcommands {
        if let found = search(child) { return [name] + found }
      }
      return nil
    }
    return search(DMARCommand.self) ?? [DMARCommand.configuration.commandName ?? ""]
  }

  /// Says that no command has the name that was given, and which one may have been meant; nil where
  /// the names are right.
  ///
  /// - Parameter error: of several things that may be wrong, the parser has to have met a word too many.
  private static func unknownCommand(_ arguments: [String], _ error: any Error) -> String? {
    guard DMARCommand.exitCode(for: error) == .validationFailure,
      DMARCommand.message(for: error).lowercased().contains("unexpected argument")
    else { return nil }
    return misspelt(in: arguments)
  }

  /// The message about the first word of `arguments` that should name a command and does not.
  static func misspelt(in arguments: [String]) -> String? {
    var words = arguments[...]
    if words.first == "help" { words = words.dropFirst() }
    return misspelt(words, below: DMARCommand.self)
  }

  private static func misspelt(
    _ words: ArraySlice<String>, below command: any ParsableCommand.Type
  ) -> String? {
    let children = command.configuration.subcommands
    let names = children.map { $0.configuration.commandName ?? "" }
    guard let word = words.first, !names.isEmpty, !word.hasPrefix("-") else { return nil }
    if let index = names.firstIndex(of: word) {
      return misspelt(words.dropFirst(), below: children[index])
    }
    let advice =
      nearest(to: word, in: names).map { "did you mean \"\($0)\"?" }
      ?? "one of \(names.joined(separator: ", ")) was expected"
    return "Error: no command is called \"\(word)\"; \(advice)\n" + usage(of: command)
  }
}
