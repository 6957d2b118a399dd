import QTest
import VTdUnit

/// A machine with one client.
final class Conversation {
  let machine: Q35Machine
  private var session = QTestSession()

  init(_ configuration: Q35Configuration) throws { machine = try Q35Machine(configuration) }

  /// A machine without QEMU's own devices: what is plugged in begins at slot 1.
  convenience init(
    unit: UnitOptions? = UnitOptions(),
    memorySize: UInt64 = 64 << 20
  ) throws {
    try self.init(
      Q35Configuration(
        memorySize: memorySize, unit: unit?.configuration, hasVGA: false, hasNetwork: false))
  }

  static func edu(_ unit: UnitOptions? = UnitOptions()) throws -> Conversation {
    try Conversation(arguments: ["-device", "edu"], unit: unit)
  }

  convenience init(arguments: [String], unit: UnitOptions? = UnitOptions()) throws {
    var configuration = try Launch(["-nodefaults", "-m", "64"] + arguments).machine
    configuration?.unit = unit?.configuration
    try self.init(configuration ?? Q35Configuration())
  }

  /// Everything that comes back.
  func send(_ text: String) -> String {
    String(decoding: session.consume(Array(text.utf8), machine), as: UTF8.self)
  }

  /// The lines that come back for one request.
  func lines(_ request: String) -> [String] {
    send(request + "\n").split(separator: "\n").map(String.init)
  }

  /// The reply without events.
  func ask(_ request: String) -> String { lines(request).last ?? "" }

  /// The number of a reply.
  func number(_ request: String) -> UInt64? {
    let reply = ask(request)
    guard reply.hasPrefix("OK 0x") else { return nil }
    return UInt64(reply.dropFirst(5), radix: 16)
  }

  func configure(_ devfn: Int, _ offset: Int, _ value: UInt32) {
    _ = ask("outl 0xcf8 \(0x8000_0000 | devfn << 8 | offset)")
    _ = ask("outl 0xcfc \(value)")
  }

  func configuration(_ devfn: Int, _ offset: Int) -> UInt64? {
    _ = ask("outl 0xcf8 \(0x8000_0000 | devfn << 8 | offset)")
    return number("inl 0xcfc")
  }

  /// Maps the device in slot 1 and lets it send requests.
  func enable(_ devfn: Int = 8, at base: UInt32 = 0xe000_0000) {
    configure(devfn, 0x10, base)
    configure(devfn, 4, 7)
  }
}
