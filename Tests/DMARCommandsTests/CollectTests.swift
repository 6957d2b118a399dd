import Foundation
import TestSupport
import Testing

@testable import DMARCommands

/// What is taken out of a bundle, and what has to stay.
@Suite("Pseudonyms of a bundle")
struct PseudonymTests {
  static func replaced(_ text: String, users: [String] = []) -> String {
    var pseudonyms = Pseudonyms(host: "moon.example.org", users: users)
    return String(decoding: pseudonyms.replace(Array(text.utf8)), as: UTF8.self)
  }

  @Test(
    "what tells whose machine it is gets another name",
    arguments: [
      ("root=UUID=1b4e28ba-2fa1-11d2-883f-0016d3cca427 ro", "1b4e28ba"),
      ("e1000e: eth0 52:54:00:12:34:56", "52:54:00"), ("from 10.20.30.40 port 22", "10.20.30.40"),
      ("addr fe80::5054:ff:fe12:3456", "5054"), ("moon kernel: up", "moon"),
      ("SerialNumber: S3Z9NB0K", "S3Z9NB0K"), ("rd.luks.passphrase=hunter2 quiet", "hunter2"),
      ("Linux version 6.1 (anna@venus)", "venus"),
    ])
  func taken(text: String, secret: String) {
    let result = Self.replaced(text)
    #expect(!result.contains(secret), "\(result)")
  }

  @Test("a builder's name with a sign that changes its at sign is taken out as well")
  func combining() {
    let result = Self.replaced("Linux version 6.1 (anna@\u{301}venus) (gcc)")
    #expect(!result.contains("venus") && result.hasSuffix(") (gcc)"), "\(result)")
  }

  @Test(
    "text put together at random stays as many lines, and comes out the same again",
    arguments: 1...40)
  func random(seed: UInt64) {
    let parts = [
      "(", ")", "@", "anna", "moon", "moon.example.org", "10.20.30.40", ".", ":", "::", "fe80",
      "52",
      "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "-", "=", "password", "serial=", "Serial Number: ",
      "\"", " ", "\n", "\r\n", "\u{301}", "\u{1f600}", "\u{fffd}", "0", "ffff", "255", "999", "x",
    ]
    var numbers = SplitMix(state: seed)
    for _ in 0..<100 {
      var bytes: [UInt8] = []
      for _ in 0..<numbers.next(below: 40) {
        bytes += Array(parts[numbers.next(below: parts.count)].utf8)
        if numbers.chance(20) { bytes.append(UInt8(numbers.next(below: 256))) }
      }
      var first = Pseudonyms(host: "moon.example.org", users: ["anna"])
      var second = Pseudonyms(host: "moon.example.org", users: ["anna"])
      let result = first.replace(bytes)
      #expect(second.replace(bytes) == result)
      #expect(result.count { $0 == 10 } == bytes.count { $0 == 10 })
    }
  }

  @Test(
    "addresses of devices, of memory and versions stay",
    arguments: [
      "DMAR: [DMA Write NO_PASID] Request device [0000:03:00.0] fault addr 0xffffd000",
      "Linux version 6.1.0-57-amd64 (gcc 12.2.0) #1 SMP 6.1.192-3", "10000:e1:00.0 0000:00:1f.3",
      "0x0000000000000000:0x0000000000000102", "BIOS 1.16.2-debian-1.16.2-1 04/01/2014",
      "version 1.2.3.4.5", "moonlight",
    ])
  func kept(text: String) {
    #expect(Self.replaced(text) == text)
  }

  @Test("the same value gets the same name")
  func same() {
    let words = Self.replaced("a 10.0.0.1 b 10.0.0.2 c 10.0.0.1").split(separator: " ")
    #expect(words[1] == words[5] && words[1] != words[3])
  }

  @Test("a folder of a user's is named otherwise")
  func users() {
    #expect(!Self.replaced("/home/marianne/x", users: ["marianne"]).contains("marianne"))
  }
}

/// `dmar collect` on a folder that stands for a machine.
@Suite("Bundles of a machine")
struct CollectTests {
  @Test("a bundle holds the files that are there, says what is not, and explain reads it")
  func bundle() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "root-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = [
      "proc/version": "Linux version 6.12.1 (build@host)\n",
      "dev/kmsg": "4,1,10200000,-;DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr "
        + "0xffffd000 [fault reason 0x05] PTE Write access is not set\n",
      "sys/kernel/tracing/trace": "           dd-123     [001] d..2.    10.100000: dma_unmap_page: "
        + "0000:03:00.0 dir=FROM_DEVICE dma_addr=ffffd000 size=4096 attrs=\n",
    ]
    for (name, text) in files {
      let file = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let bundle = folder.appending(path: "bundle.tar").path
    let collected = try Tool.dmar("collect", "--system-root", folder.path, "-o", bundle)
    #expect(collected.status == 0, "\(collected.errorText)")
    let attributes = try FileManager.default.attributesOfItem(atPath: bundle)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    let explained = try Tool.dmar("explain", bundle)
    let text = String(decoding: explained.output, as: UTF8.self)
    #expect(text.contains("100 ms after it was unmapped"), "\(text)")
    // A bundle that is there is not written over.
    #expect(try Tool.dmar("collect", "--system-root", folder.path, "-o", bundle).status == 73)
  }

  @Test("a pipe, an empty file and a file that is too long are named and hold nothing up")
  func unusual() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "root-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let intel = folder.appending(path: "sys/kernel/debug/iommu/intel")
    let proc = folder.appending(path: "proc")
    for path in [intel, proc] {
      try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
    }
    // Whoever opens a pipe to read waits for a writer, and there is none.
    #expect(mkfifo(proc.appending(path: "interrupts").path, 0o600) == 0)
    #expect(mkfifo(intel.appending(path: "iommu_regset").path, 0o600) == 0)
    try Data().write(to: proc.appending(path: "modules"))
    // Longer than the limit, without room on the disk.
    let iomem = proc.appending(path: "iomem").path
    #expect(FileManager.default.createFile(atPath: iomem, contents: nil))
    #expect(truncate(iomem, SystemFiles.mostBytes + 5000) == 0)
    let bundle = folder.appending(path: "bundle.tar").path
    let collected = try Tool.dmar("collect", "--system-root", folder.path, "-o", bundle)
    #expect(collected.status == 0, "\(collected.errorText)")
    for line in [
      "/proc/interrupts: a pipe", "iommu_regset: a pipe", "/proc/modules: it is empty",
      "proc/iomem: cut at 64 MiB",
    ] {
      #expect(collected.outputText.contains(line), "\(collected.outputText)")
    }
  }
}

/// From a machine's files to its fault once more: collect, explain, import, replay.
@Suite("From a bundle to a replay")
struct BundleReplayTests {
  /// The files that the first process of a golden log printed, below a folder that stands for a root:
  /// headings are `== PATH`, lines with a time are the kernel's.
  static func root(of log: [String], in folder: URL) throws {
    var files: [String: String] = [:]
    var heading: String?
    var sequence = 0
    for line in log {
      if line.hasPrefix("== /") {
        let path = String(line.dropFirst(3).prefix { $0 != " " })
        heading = files[path] == nil ? path : nil
      } else if line.hasPrefix("== ") || line.hasPrefix("-- ") {
        heading = nil
      } else if line.hasPrefix("["), let close = line.firstIndex(of: "]"),
        let seconds = Double(line[line.index(after: line.startIndex)..<close].drop { $0 == " " })
      {
        sequence += 1
        let time = Int((seconds * 1_000_000).rounded())
        files["/dev/kmsg", default: ""] +=
          "6,\(sequence),\(time),-;\(line[line.index(after: close)...].dropFirst())\n"
      } else if let heading {
        files[heading, default: ""] += line + "\n"
      }
    }
    for (path, text) in files {
      let file = folder.appending(path: String(path.dropFirst()))
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  @Test("the scenario of a bundle replays each fault with the machine's own tables")
  func replay() throws {
    let folder = try TemporaryFolder()
    let log = try Golden.lines("legacy.log.gz")
    try Self.root(of: log, in: folder.url.appending(path: "root"))
    let made = try Tool.shell(
      "$DMAR collect --system-root root -o bundle.tar && $DMAR import bundle.tar -o s.yaml",
      in: folder)
    #expect(made.status == 0, "\(made.errorText)")
    let replayed = try Tool.shell("$DMAR replay s.yaml", in: folder).outputText
      .split(separator: "\n").map(String.init)
    func entries(_ lines: [String]) -> [String] {
      lines.filter { line in
        ["fault addr", "root entry", "context entry", "pte level"].contains(where: line.contains)
      }.map { $0.split(separator: "DMAR: ", maxSplits: 1).last.map(String.init) ?? $0 }
    }
    #expect(entries(replayed).count > 20)
    #expect(entries(replayed) == entries(log))
  }
}
