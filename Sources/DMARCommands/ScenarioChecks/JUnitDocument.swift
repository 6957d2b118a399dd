import Text

/// Results in the XML form that JUnit began and CI servers read.
struct JUnitDocument {
  let text: String

  init(_ results: [TestResult], _ tally: TestTally) {
    let total = results.reduce(Duration.zero) { $0 + $1.duration }
    var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#, "<testsuites>"]
    lines.append(
      #"  <testsuite name="dmar test" tests="\#(results.count)" failures="\#(tally.failed)""#
        + #" errors="0" skipped="\#(tally.skipped)" time="\#(Self.seconds(total))">"#)
    for result in results { lines += Self.testCase(result) }
    lines += ["  </testsuite>", "</testsuites>", ""]
    text = lines.joined(separator: "\n")
  }

  private static func testCase(_ result: TestResult) -> [String] {
    let slash = result.file.lastIndex(of: "/")
    let folder = slash.map { String(result.file[..<$0]) } ?? "."
    let name = slash.map { String(result.file[result.file.index(after: $0)...]) } ?? result.file
    let head =
      #"    <testcase classname="\#(Escaping.xml(folder))" name="\#(Escaping.xml(name))""#
      + #" time="\#(seconds(result.duration))""#
    switch result.outcome {
    case .passed: return [head + "/>"]
    case .skipped(let reason):
      return [
        head + ">", #"      <skipped message="\#(Escaping.xml(reason))"/>"#, "    </testcase>",
      ]
    case .failed(let reasons):
      let first = reasons.first ?? ""
      return [
        head + ">",
        #"      <failure message="\#(Escaping.xml(first))">"#
          + Escaping.xml(reasons.joined(separator: "\n")) + "</failure>",
        "    </testcase>",
      ]
    }
  }

  private static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration / .milliseconds(1)
    let whole = Int(milliseconds.rounded())
    let fraction = String(whole % 1000)
    return "\(whole / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
  }
}
