import Foundation
import TestSupport
import Testing
import Text

@testable import Unpacking

/// What comes out of packed input, whatever it is packed in.
@Suite("Unpacking")
struct UnpackerTests {
  /// What came out of an input.
  struct Result: Equatable {
    var members: [String: String] = [:]
    var failures: [UnpackingFailure] = []
  }

  static let folder = Repository.path("Tests/Golden/inputs/")
  static let packed = [
    "packed.log.gz", "packed.log.xz", "packed.log.zst", "packed.log.lz4", "packed.log.bz2",
    "two-streams.log.xz", "packed.zip", "stored.zip", "stream.zip", "ustar.tar", "gnu.tar.xz",
    "pax.tar.zst", "nested.tar.gz",
  ]

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: name)))
  }

  /// Unpacks `bytes`, given in pieces of `size`.
  static func unpack(
    _ bytes: [UInt8], size: Int = .max, limits: UnpackingLimits = UnpackingLimits()
  ) -> Result {
    var unpacker = Unpacker(path: "input", limits: limits)
    var result = Result()
    var path = ""
    var text: [UInt8] = []
    func take(_ piece: UnpackedPiece) {
      switch piece {
      case .begin(let name): (path, text) = (name, [])
      case .bytes(let bytes): if text.count < 1 << 16 { text += bytes }
      case .end: result.members[path] = String(decoding: text, as: UTF8.self)
      case .failure(_, let failure): result.failures.append(failure)
      }
    }
    var at = 0
    while at < bytes.count {
      let end = min(bytes.count, at + min(size, bytes.count))
      bytes[at..<end].withUnsafeBytes { unpacker.take($0, take) }
      at = end
    }
    unpacker.finish(take)
    return result
  }

  @Test("every kind gives the log that was packed, in one piece or byte by byte", arguments: packed)
  func everyKind(_ name: String) throws {
    let bytes = try Self.bytes(Self.folder + name)
    let log = String(decoding: try Self.bytes(Self.folder + "dmesg.log"), as: UTF8.self)
    for size in [Int.max, 1, 7, 513] {
      let result = Self.unpack(bytes, size: size)
      #expect(result.failures.isEmpty, "\(size): \(result.failures)")
      #expect(Array(result.members.values) == [log], "\(size)")
    }
  }

  @Test(
    "gzip is read alike by zlib and where there is no zlib, whole and cut anywhere",
    arguments: ["packed.log.gz", "nested.tar.gz"])
  func twoReadersOfGzip(_ name: String) throws {
    let packed = try Self.bytes(Self.folder + name)
    for end in 0...packed.count {
      let cut = Array(packed[..<end])
      let isAlike = Self.byZlib(cut) == Self.byText(cut)
      #expect(isAlike, "the first \(end) bytes")
    }
    // A byte that is not what was packed, those of checksum and length among them. What stands in
    // front of it, the file's age and name, neither looks at.
    for place in 10..<packed.count {
      var damaged = packed
      damaged[place] ^= 0x10
      let isAlike = Self.byZlib(damaged) == Self.byText(damaged)
      #expect(isAlike, "byte \(place)")
    }
    // Two files in one are one after the other, and what is no gzip behind them does not count.
    let twice = packed + packed
    #expect(Self.byZlib(twice) == Self.byText(twice))
    #expect(Self.byText(twice)?.count == 2 * (Self.byText(packed)?.count ?? 0))
  }

  @Test(
    "what came out before gzip data is damaged or cut is handed out, and why it ends is told alike")
  func damagedGzip() throws {
    let packed = try Self.bytes(Self.folder + "packed.log.gz")
    let log = try Self.bytes(Self.folder + "dmesg.log")
    var unpacker = Gunzip(Array(packed.dropLast(4)))
    var text: [UInt8] = []
    #expect(throws: Gunzip.Failure.truncated) { try unpacker.unpack { text += $0 } }
    #expect(text == log)
    #expect(
      Gunzip.Failure.truncated.description == UnpackingFailure.truncated(.gzip).description)
    #expect(Gunzip.Failure.corrupt.description == UnpackingFailure.damaged(.gzip).description)
    let bomb = try Self.bytes(Repository.path("Tests/Golden/bombs/zeros.gz"))
    var endless = Gunzip(bomb)
    var count = 0
    #expect(throws: Gunzip.Failure.tooLarge(limit: 1 << 20)) {
      try endless.unpack(atMost: 1 << 20) { count += $0.count }
    }
    #expect(count < 3 << 20)
  }

  /// What zlib makes of `packed`; nil where it says that this is damaged or cut.
  private static func byZlib(_ packed: [UInt8]) -> [UInt8]? {
    let stream = ZlibStream(.gzip)
    var output = [UInt8](repeating: 0, count: 1 << 16)
    var all: [UInt8] = []
    var at = 0
    while at < packed.count {
      let step = packed[at...].withUnsafeBytes { input in
        output.withUnsafeMutableBytes { try? stream.step(input, into: $0) }
      }
      guard let step, step.failure == nil else { return nil }
      all += output[..<step.produced]
      at += step.consumed
      if step.isEnd {
        if at == packed.count { return all }
        stream.restart()
      } else if step.consumed == 0 && step.produced == 0 {
        return nil
      }
    }
    return nil
  }

  /// What the reader without a library makes of it; nil where it says that this is damaged or cut.
  private static func byText(_ packed: [UInt8]) -> [UInt8]? {
    var unpacker = Gunzip(packed)
    var all: [UInt8] = []
    do throws(Gunzip.Failure) {
      try unpacker.unpack { all += $0 }
      return all
    } catch {
      return nil
    }
  }

  @Test("members are named by their place, long names whole")
  func names() throws {
    func names(_ name: String) throws -> [String] {
      Array(Self.unpack(try Self.bytes(Self.folder + name)).members.keys)
    }
    #expect(try names("packed.log.xz") == ["input"])
    #expect(try names("packed.zip") == ["input/logs/dmesg"])
    #expect(try names("ustar.tar") == ["input/var/log/dmesg"])
    let long = "input/" + String(repeating: "a/", count: 70) + "dmesg"
    #expect(try names("gnu.tar.xz") == [long])
    #expect(try names("pax.tar.zst") == [long])
    #expect(try names("nested.tar.gz") == ["input/inner.zip/dmesg.lz4"])
  }

  @Test("a stream that is cut off anywhere is told", arguments: packed.prefix(5))
  func cut(_ name: String) throws {
    let bytes = try Self.bytes(Self.folder + name)
    for end in 16..<bytes.count {
      #expect(!Self.unpack(Array(bytes[..<end])).failures.isEmpty, "\(end)")
    }
  }

  @Test("an archive that is cut off in a member is told", arguments: packed.suffix(7))
  func cutArchive(_ name: String) throws {
    let bytes = try Self.bytes(Self.folder + name)
    let end = min(bytes.count / 2, 600)
    #expect(!Self.unpack(Array(bytes[..<end])).failures.isEmpty)
  }

  @Test("damaged input ends with a failure or with what came out", arguments: packed)
  func damaged(_ name: String) throws {
    let bytes = try Self.bytes(Self.folder + name)
    for index in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 200)) {
      var broken = bytes
      broken[index] ^= 0x55
      let result = Self.unpack(broken)
      #expect(result.members.count + result.failures.count > 0, "\(index)")
    }
  }

  @Test(
    "a small file that unfolds to megabytes of nothing is told early",
    arguments: ["zeros.gz", "zeros.xz", "zeros.zst", "zeros.bz2"])
  func bombs(_ name: String) throws {
    let result = Self.unpack(try Self.bytes(Repository.path("Tests/Golden/bombs/" + name)))
    let limits = UnpackingLimits()
    guard case .unfolds(limits.ratio, let read)? = result.failures.first else {
      Issue.record("\(result.failures)")
      return
    }
    #expect(result.failures.count == 1 && (1...limits.ratioStart).contains(read))
  }

  @Test(
    "reading ends at the limit, and the message says how much was read",
    arguments: ["gz", "xz", "zst", "lz4", "bz2", "zip", "gz.gz", "tar.gz"])
  func limited(_ ending: String) throws {
    let bytes = try Self.bytes(Repository.path("Tests/Golden/bombs/lines." + ending))
    var limits = UnpackingLimits()
    limits.bytes = 1 << 19
    var read = 0
    var unpacker = Unpacker(path: "input", limits: limits)
    var messages: [String] = []
    func take(_ piece: UnpackedPiece) {
      if case .bytes(let bytes) = piece { read += bytes.count }
      if case .failure(_, let failure) = piece { messages.append("\(failure)") }
    }
    bytes.withUnsafeBytes { unpacker.take($0, take) }
    unpacker.finish(take)
    #expect(unpacker.isOver)
    #expect((limits.bytes / 4...limits.bytes).contains(read))
    #expect(
      messages == [
        "it unfolds to more than the \(read >> 10) KiB that were read of it; "
          + "unpack it first, and give the files that matter"
      ])
    #expect(Self.unpack(bytes).failures.isEmpty)
  }

  @Test("what came out before damage is kept, though both stand in one piece")
  func beforeDamage() {
    let line = Array("[    1.000000] DMAR: IOMMU enabled\n".utf8)
    // Gzip's header, a block that is stored as it is, and a block of the type that no format has.
    let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
    let count = UInt8(line.count)
    let bytes = header + [0, count, 0, ~count, 0xff] + line + [0x07]
    for size in [Int.max, 1] {
      let result = Self.unpack(bytes, size: size)
      #expect(result.members == ["input": String(decoding: line, as: UTF8.self)], "\(size)")
      #expect(result.failures.map { "\($0)" } == ["the gzip data is damaged"], "\(size)")
    }
  }

  /// What fuzzing starts from and what it ever found.
  static let cases: [String] = {
    let folder = Repository.path("Fuzz/Cases/Unpacker/")
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
    return (names ?? []).sorted().map { folder + $0 }
  }()

  @Test("a case of the fuzzer comes out the same in pieces", arguments: cases)
  func fuzzCase(_ path: String) throws {
    let bytes = try Self.bytes(path)
    #expect(Self.unpack(bytes) == Self.unpack(bytes, size: 5))
  }

  @Test("an archive that holds itself ever again is too deep")
  func deep() throws {
    var bytes = try Self.bytes(Self.folder + "dmesg.log")
    for _ in 0..<12 { bytes = Self.stored(bytes) }
    let result = Self.unpack(bytes)
    #expect(result.failures == [.tooDeep(limit: UnpackingLimits().layers)])
  }

  /// `bytes` as the one member of a zip, stored.
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    func word(_ value: Int) -> [UInt8] { [UInt8(value & 0xff), UInt8(value >> 8 & 0xff)] }
    let size = word(bytes.count & 0xffff) + word(bytes.count >> 16)
    let member =
      [0x50, 0x4b, 3, 4] + [UInt8](repeating: 0, count: 14) + size + size + word(1) + word(0)
      + Array("m".utf8) + bytes
    return member + [0x50, 0x4b, 5, 6] + [UInt8](repeating: 0, count: 18)
  }

  @Test("an encrypted member is named, and the others are read")
  func encrypted() throws {
    var bytes = Self.stored(Array("DMAR\n".utf8))
    bytes[6] |= 1
    #expect(Self.unpack(bytes) == Result(failures: [.encrypted]))
  }

  @Test("UTF-16 in either order becomes UTF-8, characters of two units too")
  func utf16() {
    let text = "DMAR: \u{e9}\u{1f600}\n"
    var little: [UInt8] = [0xff, 0xfe]
    var big: [UInt8] = [0xfe, 0xff]
    for unit in text.utf16 {
      little += [UInt8(unit & 0xff), UInt8(unit >> 8)]
      big += [UInt8(unit >> 8), UInt8(unit & 0xff)]
    }
    for bytes in [little, big] {
      for size in [Int.max, 1, 3] {
        #expect(Self.unpack(bytes, size: size).members == ["input": text])
      }
    }
  }

  @Test("what is not text is named by its first bytes")
  func kinds() {
    #expect(InputKind(head: Array("LPKSHHRH".utf8))?.name.contains("journal") == true)
    #expect(InputKind(head: [0x89, 0x50, 0x4e, 0x47])?.name == "a PNG picture")
    for dump in ["00000000: 5b20", "00000000  5b 20", "0000000   [  "] {
      #expect(InputKind(head: Array(dump.utf8))?.name.hasPrefix("a dump of a file's bytes") == true)
    }
    #expect(InputKind(head: Array("DMAR: ".utf8)) == nil)
  }
}
