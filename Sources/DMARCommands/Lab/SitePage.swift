internal import ArgumentParser
internal import Glibc
internal import Scenario
internal import ScenarioFormat
internal import Text

/// The page that holds the machine, as `make site` built it.
struct SitePage {
  private var html: String

  /// What stands above a report that holds the machine.
  private static let invitation =
    "This report holds the machine: open Play above to change the scenario and run it again."

  /// Where the page is, or would be: beside the scenarios that came with the program.
  static var path: String? {
    guard let shipped = ScenarioPath.shipped else { return nil }
    let folder = shipped.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    // A tree that was installed has share/dmar/site, a checkout .build-site.
    let isInstalled = folder.hasSuffix("/share/dmar")
    return isInstalled ? "\(folder)/site/index.html" : "\(folder)/.build-site/index.html"
  }

  /// Where the page is.
  ///
  /// - Throws: exit 66 where it was not built, and says how to.
  static func find() throws -> String {
    if let path, access(path, R_OK) == 0 { return path }
    let place = path.map { "\($0) is not there" } ?? "this program stands alone"
    StandardError.print("dmar: the page is not built: \(place); `make site` builds it")
    throw ExitStatus.noInput.code
  }

  /// Reads the page.
  init() throws {
    let path = try Self.find()
    html = try reportingInputErrors { try Files.text(at: path) }
  }

  /// The page with a scenario in it, which it begins with.
  ///
  /// - Parameters:
  ///   - files: the scenario and what it names.
  ///   - report: the run as HTML, for readers that run no script; nil for none.
  /// - Throws: exit 66 where the page has no place for it, since it is of another version.
  func beginning(with files: LabFiles, report: String? = nil) throws -> String {
    var members: [(String, JSONValue)] = [
      ("scenario", .string(files.scenario)), ("files", .object(files.contents)),
    ]
    if report != nil { members.append(("report", .boolean(true))) }
    // Inside of a script element nothing may look like its end.
    let start = JSONValue.object(members).compact
      .replacing("<", with: "\\u003c")
    var page = try replacing(
      "<script type=\"application/json\" id=\"start\">{}</script>",
      by: "<script type=\"application/json\" id=\"start\">\(start)</script>", in: html)
    if let report {
      page = try replacing(
        "<!--report-->",
        by:
          "<article id=\"door-report\" class=\"drawn\"><p class=\"dim\">\(Self.invitation)</p>\(report)</article>",
        in: page)
    }
    return page
  }

  private func replacing(_ mark: String, by text: String, in page: String) throws -> String {
    guard let range = page.firstRange(of: mark) else {
      StandardError.print(
        "dmar: \(Self.path ?? "the page") is of another version; `make site` builds it anew")
      throw ExitStatus.noInput.code
    }
    return page[..<range.lowerBound] + text + page[range.upperBound...]
  }
}

/// A scenario's files by the names that the page knows them by.
struct LabFiles {
  /// The scenario's name.
  let scenario: String
  /// The files that did not come with the page: text, or an object with `base64`.
  let contents: [(String, JSONValue)]

  /// - Parameters:
  ///   - scenario: the scenario's path.
  ///   - paths: the files that it was read from.
  /// - Throws: `InputError` where one cannot be read any more.
  init(_ scenario: String, _ paths: [String]) throws {
    let all = ([scenario] + paths).map { Self.absolute($0) }
    if let shipped = ScenarioPath.shipped, all[0].hasPrefix(shipped + "/") {
      self.scenario = String(all[0].dropFirst(shipped.utf8.count + 1))
      contents = []
      return
    }
    let shipped = ScenarioPath.shipped.map { $0 + "/" }
    var own: [String] = []
    for path in all where !own.contains(path) {
      if let shipped, path.hasPrefix(shipped) { continue }
      own.append(path)
    }
    // Files name each other from their folders, so the page keeps how these lie to each other, and
    // nothing of what is above them.
    let root = Self.commonFolder(own)
    self.scenario = String(all[0].dropFirst(root.utf8.count))
    var contents: [(String, JSONValue)] = []
    for path in own {
      let bytes = try Files.bytes(at: path)
      let content: JSONValue =
        if let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) {
          .string(text)
        } else {
          .object([("base64", .string(Self.base64(bytes)))])
        }
      contents.append((String(path.dropFirst(root.utf8.count)), content))
    }
    self.contents = contents
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    var encoder = Base64.Encoder()
    var text: [UInt8] = []
    bytes.withUnsafeBytes { encoder.append($0, to: &text) }
    encoder.finish(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func absolute(_ path: String) -> String {
    guard let whole = realpath(path, nil) else { return path }
    defer { free(whole) }
    return String(cString: whole)
  }

  /// The deepest folder that holds all of them, with its slash.
  private static func commonFolder(_ paths: [String]) -> String {
    var common: [Substring]?
    for path in paths {
      let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      guard let known = common else {
        common = Array(folder)
        continue
      }
      common = Array(zip(known, folder).prefix { $0 == $1 }.map { $0.0 })
    }
    return (common ?? []).map { $0 + "/" }.joined()
  }
}
