internal import ArgumentParser
internal import Glibc
internal import Scenario

/// `dmar lab`: the page with the machine inside.
struct LabCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab",
    abstract: "Open the page that runs scenarios and explains logs in a browser.",
    discussion: """
      The page is one file that holds the machine itself: it needs no server, and nothing leaves it. \
      With a scenario it begins with that one; the page is then a file of its own, which can be kept \
      and mailed (--output). Without a display, the path of the page is printed and nothing is opened. \
      `make site` builds the page.

      \(ExitStatus.help([.badInput, .noInput, .cannotCreate]))
      """)

  @Argument(help: ArgumentHelp("A scenario file.", valueName: "scenario"))
  var scenario: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write the page with the scenario there, instead of to a temporary file, and open nothing.",
      valueName: "file"))
  var output: String?

  func validate() throws {
    if output != nil, scenario == nil {
      throw ValidationError("--output writes a page with a scenario, so a scenario was expected")
    }
  }

  func run() throws {
    guard let scenario else { return try Self.open(SitePage.find()) }
    let page = try SitePage().beginning(with: Self.files(of: scenario, ScenarioOptions.parse([])))
    if let output { return try OutputFile.write(page, to: output) }
    let path = try Self.temporaryFile(named: scenario)
    try OutputFile.write(page, to: path)
    try Self.open(path)
  }

  /// The files of a scenario, which has to be in order.
  static func files(of name: String, _ options: ScenarioOptions) throws -> LabFiles {
    try reportingInputErrors {
      let tree = try options.tree(of: name)
      let scenario = try tree.scenario()
      return try LabFiles(ScenarioPath.find(name), tree.files(of: scenario))
    }
  }

  /// A file that nobody else has: its name says which scenario it is of.
  private static func temporaryFile(named scenario: String) throws -> String {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var name = scenario.split(separator: "/").last.map(String.init) ?? "scenario"
    for end in [".yaml", ".yml"] where name.hasSuffix(end) { name.removeLast(end.count) }
    let isPlain = name.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
    }
    var template = Array("\(folder)/dmar-\(isPlain ? name : "scenario")-XXXXXX.html\0".utf8CString)
    let descriptor = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { mkstemps($0, 5) } ?? -1
    }
    guard descriptor >= 0 else { throw OutputError.cannotCreate(folder, errno) }
    close(descriptor)
    return String(
      decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Opens a page where there is a display and the desktop's own opener, and prints its path elsewhere.
  private static func open(_ path: String) throws {
    let hasDisplay = ["DISPLAY", "WAYLAND_DISPLAY"].contains { (name: String) -> Bool in
      getenv(name).map { $0.pointee != 0 } ?? false
    }
    if hasDisplay, start("xdg-open", path) { return }
    var output = Output()
    output.print(path)
    try output.flush()
  }

  /// Starts a program with one argument and waits for its end.
  private static func start(_ program: String, _ argument: String) -> Bool {
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(program), strdup(argument), nil]
    defer { for each in arguments { free(each) } }
    var process: pid_t = 0
    guard posix_spawnp(&process, program, nil, nil, &arguments, environ) == 0 else { return false }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 { if errno != EINTR { return false } }
    return status == 0
  }
}
