import Foundation
import Testing

@testable import MemoryImages

/// Debian's libkdumpfile reads the same file: the reader of another author judges ours.
@Suite("The reader of compressed dumps before a judge")
struct JudgeTests {
  private static let python = "/usr/bin/python3"

  /// A page's number and a sum of its bytes (FNV-1a) in each line.
  private static let script = """
    import sys, kdumpfile
    core = kdumpfile.kdumpfile(sys.argv[1])
    for number in range(int(sys.argv[2])):
        try:
            page = core.read(kdumpfile.KDUMP_MACHPHYSADDR, number << 12, 4096)
        except Exception:
            continue
        value = 0x811c9dc5
        for byte in page:
            value = (value ^ byte) * 0x01000193 & 0xffffffff
        print(number, value)
    """

  private static func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: python)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  static let hasJudge: Bool =
    FileManager.default.isExecutableFile(atPath: python)
    && (try? run(["-c", "import kdumpfile"]).status) == 0

  @Test(
    "each page that libkdumpfile reads of a dump is read here, and no other",
    .enabled(if: hasJudge, "python3-libkdumpfile is not installed"))
  func pages() throws {
    let files = try ImageFiles()
    let path = try files.write(try ImageFiles.golden("guest-6.1.kdump.gz"))
    let count = 1 << 15
    let judge = try Self.run(["-c", Self.script, path, "\(count)"])
    #expect(judge.status == 0)
    let image = try MemoryImage(path)
    var lines: [String] = []
    for number in 0..<count {
      guard let page = image.page(at: UInt64(number) << 12) else { continue }
      var value: UInt32 = 0x811c_9dc5
      for byte in page { value = (value ^ UInt32(byte)) &* 0x0100_0193 }
      lines.append("\(number) \(value)")
    }
    #expect(lines.count > 10)
    #expect(judge.text.split(separator: "\n").map(String.init) == lines)
  }
}
