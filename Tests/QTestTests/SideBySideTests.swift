import Foundation
import TestSupport
import Testing

/// QEMU's own `intel-iommu` and ours, asked the same.
///
/// Debian's QEMU has no `-accel qtest`: here its processor executes a ROM that halts, and its clock
/// runs by instructions, so it jumps to the next timer at once.
@Suite(.serialized, .enabled(if: Peer.isInstalled, "qemu-system-x86_64 is not installed"))
struct SideBySideTests {
  static let options = ["aw-bits=39", "aw-bits=48", "aw-bits=48,caching-mode=on"]
  static let kinds: [(kind: SessionKind, options: String)] =
    options.map { (.legacy, $0) } + [
      (.scalable, "aw-bits=48,x-scalable-mode=on"),
      (.interrupts, "aw-bits=48,intremap=on"),
      (.interrupts, "aw-bits=39,intremap=on,eim=off,device-iotlb=on"),
    ]

  @Test("random sessions get the same replies from QEMU and from us", arguments: kinds)
  func sessions(kind: SessionKind, options: String) throws {
    let folder = try TemporaryFolder()
    let peers = try (
      Peer(options, in: folder, isQEMU: true), Peer(options, in: folder, isQEMU: false)
    )
    try compare(RandomSession.opening, peers, "opening")
    for seed in 1...8 {
      var session = RandomSession(seed: UInt64(seed), kind: kind)
      guard try compare(session.steps(250), peers, "seed \(seed)", kind: kind) else { return }
    }
  }

  /// Commands, which do something, and FECTL and IECTL, whose 64-bit writes end QEMU.
  private static let commands: Set<UInt64> = [0x18, 0x2c, 0x88, 0x8c, 0xfc]

  @Test("the same bits of every register can be written", arguments: options)
  func masks(options: String) throws {
    let folder = try TemporaryFolder()
    let peers = try (
      Peer(options, in: folder, isQEMU: true), Peer(options, in: folder, isQEMU: false)
    )
    for offset in stride(from: UInt64(0), to: 0x230, by: 4) where !Self.commands.contains(offset) {
      let address = RandomSession.unit + offset
      let steps =
        ["writel \(address) 0xffffffff", "readl \(address)", "writel \(address) 0"]
        .map(SessionStep.request) + [.request("readl \(address)")]
      try compare(steps, peers, "register 0x\(String(offset, radix: 16))")
    }
  }

  /// Sends the steps to both; false at the first difference, which is an issue with what led to it.
  @discardableResult
  private func compare(
    _ steps: [SessionStep], _ peers: (qemu: Peer, ours: Peer), _ name: String,
    kind: SessionKind = .legacy
  ) throws -> Bool {
    var before: [String] = []
    for (index, step) in steps.enumerated() {
      let replies = try (
        step.comparable(peers.qemu.perform(step), kind),
        step.comparable(peers.ours.perform(step), kind)
      )
      if replies.0 != replies.1 {
        Issue.record(
          """
          \(name), step \(index): \(step)
          QEMU: \(replies.0)
          ours: \(replies.1)
          after
          \(before.suffix(30).joined(separator: "\n"))
          """)
        return false
      }
      before.append("  \(step): \(replies.0.joined(separator: ", "))")
    }
    return true
  }
}

extension SessionStep {
  /// A reply without what QEMU 7.2 does in another way than its successors.
  fileprivate func comparable(_ reply: [String], _ kind: SessionKind) -> [String] {
    guard case .request(let request) = self else { return reply }
    let words = request.split(separator: " ")
    guard words.count == 2, let address = UInt64(words[1]), words[0].hasPrefix("read"),
      (0x220..<0x230).contains(address &- RandomSession.unit)
    else { return reply }
    switch kind {
    case .legacy: return reply
    // Faults of interrupts are not recorded.
    case .interrupts: return []
    // Every fault of a PASID directory or entry has one reason.
    case .scalable:
      let shift: UInt64 = words[0] == "readq" ? 32 : 0
      return reply.map { line in
        guard let value = UInt64(line.dropFirst(5), radix: 16) else { return line }
        let reason = value >> shift & 0xff
        guard [0x50, 0x51, 0x59, 0x5b].contains(reason) else { return line }
        let hex = String(value & ~(0xff << shift) | 0x58 << shift, radix: 16)
        return "OK 0x" + String(repeating: "0", count: 16 - hex.count) + hex
      }
    }
  }
}

/// One of the two machines.
final class Peer {
  private static let qemu = "/usr/bin/qemu-system-x86_64"
  static let isInstalled = FileManager.default.isExecutableFile(atPath: qemu)

  private let program: Program
  private let socket: Socket
  private let isQEMU: Bool
  private let errors: URL

  init(_ options: String, in folder: TemporaryFolder, isQEMU: Bool) throws {
    self.isQEMU = isQEMU
    errors = folder.url.appending(path: isQEMU ? "qemu.err" : "ours.err")
    // cli; hlt; jmp back, at the reset vector.
    var rom = [UInt8](repeating: 0, count: 65536)
    rom.replaceSubrange(0xfff0..<0xfff4, with: [0xfa, 0xf4, 0xeb, 0xfd])
    let romFile = folder.url.appending(path: "halt.bin")
    if isQEMU { try Data(rom).write(to: romFile) }
    let path = folder.url.appending(path: isQEMU ? "qemu" : "ours").path(percentEncoded: false)
    let listener = try Socket.listen(at: path)
    program = try Program(
      [
        "-machine", "q35", "-nodefaults", "-m", "64", "-display", "none", "-qtest", "unix:\(path)",
        "-qtest-log", "/dev/null", "-accel", "tcg", "-icount", "shift=0,sleep=off", "-bios",
        romFile.path(percentEncoded: false), "-device", "intel-iommu,\(options)", "-device",
        "edu,dma_mask=0xffffffffffffffff",
      ], in: folder, binary: isQEMU ? Self.qemu : Program.path, errors: errors)
    socket = try listener.accept()
  }

  /// A peer that went away is a reply as well: with its status and its last words.
  func perform(_ step: SessionStep) throws -> [String] {
    do {
      return try answer(step)
    } catch {
      let words = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
      let status = program.process.isRunning ? "runs" : "ended, \(program.exitStatus ?? -1)"
      return ["\(error): the peer \(status)"]
        + words.split(separator: "\n").suffix(5).map(String.init)
    }
  }

  private func answer(_ step: SessionStep) throws -> [String] {
    switch step {
    case .request(let text): return try socket.ask(text)
    case .transfer(let source, let destination, let count, let toMemory):
      for (offset, value) in [
        (0x80, source), (0x88, destination), (0x90, count), (0x98, toMemory ? 3 : 1),
      ] {
        _ = try socket.ask("writeq \(RandomSession.edu + UInt64(offset)) \(value)")
      }
      let command = "readq \(RandomSession.edu + 0x98)"
      if !isQEMU { _ = try socket.ask("clock_step 100000000") }
      for _ in 0..<100_000 {
        let reply = try socket.ask(command)
        if reply.last?.hasSuffix(toMemory ? "2" : "0") == true { return reply }
      }
      return ["the transfer does not end"]
    }
  }
}
