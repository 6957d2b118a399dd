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
    } else {
      text = Self.withAdvice(DMARCommand.fullMessage(for: error))
    }
  }

  /// The parser's message, with the option that was meant where it is one that every command has: the
  /// parser knows only those that a command declares.
  private static func withAdvice(_ message: String) -> String {
    let prefix = "Error: Unknown option '"
    guard message.hasPrefix(prefix) else { return message }
    let end = message.firstIndex(of: "\n") ?? message.endIndex
    let first = message[..<end]
    let option = String(first.dropFirst(prefix.count).dropLast())
    let word = String(option.drop { $0 == "-" }.prefix { $0 != "=" })
    guard first == prefix + option + "'",
      let meant = ["help", "version"].first(where: { editDistance(word, $0) <= 2 })
    else {
      return message
    }
    return "\(first). Did you mean '--\(meant)'?\(message[end...])"
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
