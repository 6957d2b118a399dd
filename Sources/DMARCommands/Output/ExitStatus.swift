internal import ArgumentParser

/// The exit codes of the command: those of sysexits.h, besides 1.
enum ExitStatus: Int32, CaseIterable {
  case done = 0
  case expectationNotMet = 1
  case wrongUsage = 64
  case badInput = 65
  case noInput = 66
  case defect = 70
  case cannotCreate = 73
  case cannotWrite = 74

  var code: ExitCode { ExitCode(rawValue) }

  /// What the code says, for the help of the commands.
  private var meaning: String {
    switch self {
    case .done: "done"
    case .expectationNotMet: "an expectation was not met"
    case .wrongUsage: "wrong usage"
    case .badInput: "input that is not what it should be, files that an input names included"
    case .noInput: "an input named on the command line is not there or cannot be read"
    case .defect: "a defect of dmar itself"
    case .cannotCreate: "an output cannot be made"
    case .cannotWrite: "an output could not be written whole: the disk is full, or it is closed"
    }
  }

  /// The paragraph on exit codes that ends each command's help.
  ///
  /// - Parameters:
  ///   - status: the codes that the command has besides those of every command: 0, 64, 70, 74.
  ///   - failure: what 1 says, for a command that has it.
  static func help(_ status: [ExitStatus] = [], failure: String? = nil) -> String {
    let common: Set<ExitStatus> = [.done, .wrongUsage, .defect, .cannotWrite]
    // Made at each start of the program, for the command that runs: a plain loop costs least.
    var text = "Exit status:"
    for each in allCases
    where common.contains(each) || status.contains(each)
      || (failure != nil && each == .expectationNotMet)
    {
      let meaning = each == .expectationNotMet ? failure ?? each.meaning : each.meaning
      text += "\n  \(each.rawValue)" + (each.rawValue < 10 ? "   " : "  ") + meaning
    }
    return text
  }
}
