import Foundation
import TestSupport
import Testing

@testable import QTest

/// The monitor's answers, checked against what QEMU 7.2 answered.
@Suite struct MonitorTests {
  private struct Client {
    let host: MonitorHost
    var session = MonitorSession()

    init(_ arguments: [String], isPaused: Bool = false) throws {
      let machine = try Launch(arguments).machine.map { try Q35Machine($0) }
      host = MonitorHost(machine: machine, catalog: .standard, isPaused: isPaused)
      _ = ask(#"{"execute":"qmp_capabilities"}"#)
    }

    mutating func ask(_ text: String) -> String {
      var output: [UInt8] = []
      let lives = Array(text.utf8).withUnsafeBytes { session.consume($0, host, &output) }
      return lives ? String(decoding: output, as: UTF8.self) : "gone"
    }
  }

  private static let machine = [
    "-nodefaults", "-device", "intel-iommu", "-device", "edu,id=e0", "-device", "iommu-testdev",
  ]

  static let answers: [(request: String, answer: String)] = [
    (#"{"execute":"query-status","id":[1,{"a":"b"}]}"#, #""id":[1,{"a":"b"}]}"#),
    (#"{"execute":"query-status"}"#, #"{"return":{"running":true,"status":"running"}}"#),
    (#"{'execute': 'query-target'}"#, #"{"return":{"arch":"x86_64"}}"#),
    (
      #"{"execute":"query-uuid"}"#,
      #"{"return":{"UUID":"00000000-0000-0000-0000-000000000000"}}"#
    ),
    (#"{"execute":"query-name"}"#, #"{"return":{}}"#),
    (
      #"{"execute":"bogus","id":7}"#,
      #"{"error":{"class":"CommandNotFound","desc":"The command bogus has not been found"},"id":7}"#
    ),
    (
      #"{"execute":"qmp_capabilities"}"#,
      "Capabilities negotiation is already complete, command ignored"
    ),
    (#"{"execute":"system_reset","arguments":{"x":1}}"#, "Parameter 'x' is unexpected"),
    (#"{"exec":"x"}"#, "QMP input member 'exec' is unexpected"),
    (#"{"exec-oob":"x","id":3}"#, "QMP input member 'exec-oob' is unexpected"),
    (#"{"execute":5}"#, "QMP input member 'execute' must be a string"),
    (#"{"id":5}"#, "QMP input lacks member 'execute'"),
    (#"{"execute":"query-status","foo":1}"#, "QMP input member 'foo' is unexpected"),
    (
      #"{"execute":"query-status","arguments":5}"#,
      "QMP input member 'arguments' must be an object"
    ),
    ("[]", "QMP input must be a JSON object"),
    ("garbage\n", "JSON parse error"),
    (
      #"{"execute":"qom-list","arguments":{"path":"/machine/peripheral"}}"#,
      #"{"return":[{"name":"type","type":"string"},{"name":"e0","type":"child<edu>"}]}"#
    ),
    (
      #"{"execute":"qom-list","arguments":{"path":"/machine/peripheral-anon"}}"#,
      #"{"name":"device[1]","type":"child<iommu-testdev>"}"#
    ),
    (
      #"{"execute":"qom-get","arguments":{"path":"/machine/peripheral/e0","property":"type"}}"#,
      #"{"return":"edu"}"#
    ),
    (
      #"{"execute":"qom-get","arguments":{"path":"/machine/peripheral/e0","property":"x"}}"#,
      "Property 'edu.x' not found"
    ),
    (
      #"{"execute":"qom-list","arguments":{"path":"/bogus"}}"#,
      #""class":"DeviceNotFound","desc":"Device '/bogus' not found""#
    ),
    (#"{"execute":"qom-list"}"#, "Parameter 'path' is missing"),
    (
      #"{"execute":"qom-list-types","arguments":{"implements":"device","abstract":false}}"#,
      #"{"name":"iommu-testdev","parent":"pci-device"}"#
    ),
    (
      #"{"execute":"human-monitor-command","arguments":{"command-line":"info status"}}"#,
      #"{"return":"VM status: running\r\n"}"#
    ),
    (
      #"{"execute":"human-monitor-command","arguments":{"command-line":"frobnicate 1"}}"#,
      #"{"return":"unknown command: 'frobnicate'\r\n"}"#
    ),
    (
      #"{"execute":"device_add","arguments":{"driver":"nope"}}"#,
      "'nope' is not a device of this machine"
    ),
    (#"{"execute":"device_add","arguments":{"id":"e1"}}"#, "Parameter 'driver' is missing"),
    (
      #"{"execute":"device_del","arguments":{"id":"e9"}}"#,
      #""class":"DeviceNotFound","desc":"Device 'e9' not found""#
    ),
  ]

  @Test("requests get QEMU's answers", arguments: answers)
  func answer(request: String, answer: String) throws {
    var client = try Client(Self.machine)
    let reply = client.ask(request)
    #expect(reply.contains(answer), "\(reply)")
    #expect(reply.hasSuffix("\r\n"))
  }

  @Test("a paused machine says so, and goes through QEMU's states with QEMU's events")
  func states() throws {
    var client = try Client(Self.machine, isPaused: true)
    func status(_ client: inout Client) -> String { client.ask(#"{"execute":"query-status"}"#) }
    #expect(status(&client).contains("prelaunch"))
    _ = client.ask(#"{"execute":"stop"}"#)
    #expect(status(&client).contains("prelaunch"))
    _ = client.ask(#"{"execute":"cont"}"#)
    #expect(status(&client).contains("running"))
    _ = client.ask(#"{"execute":"stop"}"#)
    #expect(status(&client).contains("paused"))
    _ = client.ask(#"{"execute":"system_powerdown"}{"execute":"system_reset"}"#)
    #expect(client.host.takeEvents().map(\.name) == ["RESUME", "STOP", "POWERDOWN", "RESET"])
  }

  @Test("machine none lists its machines, so that a client can ask for q35 first")
  func none() throws {
    var client = try Client(["-machine", "none"])
    #expect(client.ask(#"{"execute":"query-machines"}"#).contains(#""alias":"q35""#))
    #expect(
      client.ask(#"{"execute":"qom-list","arguments":{"path":"/machine"}}"#)
        == #"{"return":[{"name":"type","type":"string"}]}"# + "\r\n")
  }

  @Test("a reset by port 0xcf9 resets the machine and is told as the guest's")
  func resetPort() throws {
    let machine = try #require(try Launch(Self.machine).machine.map { try Q35Machine($0) })
    let host = MonitorHost(machine: machine, catalog: .standard, isPaused: false)
    var session = QTestSession()
    func ask(_ text: String) -> String {
      String(decoding: session.consume(Array((text + "\n").utf8), machine), as: UTF8.self)
    }
    _ = ask("writel 0xfed90038 0")
    _ = ask("outb 0xcf9 2")
    #expect(ask("readl 0xfed90038") == "OK 0x0000000000000000\n")
    _ = ask("outb 0xcf9 6")
    #expect(ask("readl 0xfed90038") == "OK 0x0000000080000000\n")
    #expect(host.takeEvents().map(\.name) == ["RESET"])
  }

  @Test("what a fuzz case sends is answered line by line", arguments: FuzzCases.all("Monitor"))
  func fuzzCase(_ file: URL) throws {
    var client = try Client(Self.machine)
    let text = String(decoding: try FuzzCases.bytes(file), as: UTF8.self)
    let answers = client.ask(text).split(separator: "\r\n")
    #expect(answers.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
  }

  @Test(
    "a command line of a fuzz case is taken, or refused with words",
    arguments: FuzzCases.all("Launch"))
  func fuzzLaunch(_ file: URL) throws {
    let words = String(decoding: try FuzzCases.bytes(file), as: UTF8.self).split(separator: "\n")
    do {
      _ = try Launch(words.map(String.init))
    } catch {
      #expect(!"\(error)".isEmpty)
    }
  }
}
