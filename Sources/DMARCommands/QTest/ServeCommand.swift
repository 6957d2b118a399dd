internal import ArgumentParser
internal import QTest
internal import SessionRecording

/// `dmar serve`: a machine that other programs drive.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Be a machine that QEMU's qtest clients drive.",
    discussion: """
      Without --listen or --connect the session is on standard input and output. A program that \
      starts QEMU itself, with QEMU's own options, starts dmar-system-x86_64 in its place.

      \(ExitStatus.help([.badInput, .noInput, .cannotCreate]))
      """)

  @Flag(help: "Speak the qtest protocol.")
  var qtest = false

  @Option(help: ArgumentHelp("Make a Unix socket that clients connect to.", valueName: "path"))
  var listen: String?

  @Option(help: ArgumentHelp("Connect to a client's Unix socket.", valueName: "path"))
  var connect: String?

  @Option(
    help: ArgumentHelp(
      "A device as QEMU's -device describes it; intel-iommu, edu and iommu-testdev unless given.",
      valueName: "model,key=value"))
  var device: [String] = []

  @Option(help: ArgumentHelp("Memory, such as 512M.", valueName: "size"))
  var memory = "512M"

  @Option(
    help: ArgumentHelp(
      "Write the session as a scenario that dmar replay and dmar test run.", valueName: "file"))
  var record: String?

  @Flag(inversion: .prefixedNo, help: "Differ from the specification where QEMU does.")
  var quirks = true

  func validate() throws {
    guard qtest else { throw ValidationError("--qtest was expected: no other protocol is spoken") }
    guard listen == nil || connect == nil else {
      throw ValidationError("--listen and --connect exclude each other")
    }
    for (name, path) in [("--listen", listen), ("--connect", connect)] where path == "" {
      throw ValidationError("\(name): an empty path; that of a Unix socket was expected")
    }
    do {
      let launch = try Launch(arguments)
      if record != nil, launch.machine?.unit == nil {
        throw ValidationError("--record is for a machine with a unit: --device intel-iommu")
      }
    } catch let error as ValidationError {
      throw error
    } catch {
      throw ValidationError(Self.inOwnWords("\(error)"))
    }
  }

  /// A message about an option of QEMU's as one about the option of this command that became it.
  private static func inOwnWords(_ message: String) -> String {
    for (theirs, own) in [("-m ", "--memory "), ("-device ", "--device ")]
    where message.hasPrefix(theirs) {
      return own + message.dropFirst(theirs.count)
    }
    return message
  }

  /// The same as a command line for the program in QEMU's place.
  private var arguments: [String] {
    var arguments = ["-nodefaults", "-m", memory, "-qtest", endpoint, "-qtest-log", "none"]
    let devices = device.isEmpty ? ["intel-iommu", "edu", "iommu-testdev"] : device
    for device in devices {
      let isUnit = device == "intel-iommu" || device.hasPrefix("intel-iommu,")
      arguments += ["-device", isUnit && !quirks ? device + ",x-quirks=off" : device]
    }
    return arguments
  }

  private var endpoint: String {
    // A comma in a path is doubled, as QEMU has it.
    func escaped(_ path: String) -> String {
      path.split(separator: ",", omittingEmptySubsequences: false).joined(separator: ",,")
    }
    if let listen { return "unix:\(escaped(listen)),server=on,wait=off" }
    if let connect { return "unix:\(escaped(connect))" }
    return "stdio"
  }

  func run() throws {
    let server: Server
    do {
      server = try Server(Launch(arguments))
    } catch {
      StandardError.print("dmar: \(error)")
      let endpoint: ExitStatus = connect == nil ? .cannotCreate : .noInput
      throw (error.isEndpoint ? endpoint : .badInput).code
    }
    guard let record, let machine = server.machine, let unit = machine.configuration.unit else {
      return server.run()
    }
    let file = try RecordedFile(record)
    let recorder = SessionRecorder(machine, unit) { file.file.append($0) }
    machine.observer = recorder
    server.run()
    recorder.finish()
    try file.file.finish()
  }

  /// The file that a session grows in.
  private final class RecordedFile {
    var file: GrowingFile

    init(_ path: String) throws(OutputError) { file = try GrowingFile(path) }
  }
}
