import Foundation
import Testing
import Text

@testable import MemoryImages

/// Image files in a folder of their own, which goes with the value.
final class ImageFiles {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "images-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func write(_ bytes: [UInt8], _ name: String = "image") throws -> String {
    let file = folder.appending(path: name)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// A packed file of the folder Golden, unpacked.
  static func golden(_ name: String) throws -> [UInt8] {
    let url = try #require(Bundle.module.url(forResource: "Golden/\(name)", withExtension: nil))
    var unpacker = Gunzip([UInt8](try Data(contentsOf: url)))
    var bytes: [UInt8] = []
    try unpacker.unpack { bytes += $0 }
    return bytes
  }

  static func lines(_ name: String) throws -> [String] {
    let url = try #require(Bundle.module.url(forResource: "Golden/\(name)", withExtension: nil))
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
      .filter { !$0.hasPrefix("#") }
  }
}
