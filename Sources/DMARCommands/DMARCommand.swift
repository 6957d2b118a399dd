public import ArgumentParser

/// The command: one subcommand for each thing that a user does.
public struct DMARCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "dmar",
    abstract: "DMA faults of an Intel IOMMU under Linux, without the hardware.",
    version: ProgramVersion.text,
    subcommands: [
      ReplayCommand.self, ReportCommand.self, TestCommand.self, CheckCommand.self, NewCommand.self,
      WalkCommand.self,
      TablesCommand.self, CollectCommand.self, MatrixCommand.self, SweepCommand.self,
      ProfilesCommand.self,
      ExplainCommand.self, CalibrateCommand.self,
      ImportCommand.self,
      LockcheckCommand.self, PCICommand.self, ACPICommand.self,
      DecodeCommand.self, WordsCommand.self, LearnCommand.self, LabCommand.self,
      SchemaCommand.self,
      ServeCommand.self,
    ])

  public init() {}

  /// The subcommand of that name; nil where none is called that.
  static func subcommand(_ name: String?) -> (any ParsableCommand.Type)? {
    configuration.subcommands.first { $0.configuration.commandName == name }
  }
}
