internal import ArgumentParser
internal import KernelProfiles
import Text

/// `dmar profiles`: what each kernel release does, and since which commit.
struct ProfilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profiles",
    abstract: "Show how kernel releases differ, change by change.",
    discussion: """
      Without a release: every change, oldest first, with the settings that it changes and their new
      values. With one: the settings of that release, which is
      what `kernel.profile` of a scenario stands for.

      \(ExitStatus.help())
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text
    case markdown
    case json
  }

  @Argument(help: ArgumentHelp("A release, such as 4.19 or 6.1.192.", valueName: "release"))
  var release: String?

  @Option(help: "A table, a page of documentation, or one JSON document.")
  var format = Format.text

  func run() throws {
    var output = Output()
    do throws(ProfileListing.NoProfile) {
      switch format {
      case .markdown: output.print(String(ProfileTable.markdown.dropLast()))
      case .text: for line in try ProfileListing.lines(of: release) { output.print(line) }
      case .json: output.print(try ProfileListing.json(of: release).pretty)
      }
    } catch {
      throw ValidationError(error.description)
    }
    try output.flush()
  }
}
