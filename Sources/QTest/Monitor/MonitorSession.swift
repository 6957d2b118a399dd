import KernelLog
import Text

/// One client of the monitor: JSON objects come in, JSON objects go out, a line each.
///
/// The session finds the objects in the stream and speaks the protocol's outer form (greeting,
/// negotiation, `id`, errors). What a command does is the ``MonitorHost``'s affair.
public struct MonitorSession {
  /// A longer message is refused, and the client with it.
  static let longestMessage = 1 << 16

  private var message: [UInt8] = []
  private var depth = 0
  private var quote: UInt8?
  private var isEscaped = false
  private var isNegotiated = false

  /// A client that has said nothing yet.
  public init() {}

  /// What a client reads first.
  static let greeting = line(
    .object([
      (
        "QMP",
        .object([
          ("version", MonitorHost.version), ("capabilities", .array([])),
        ])
      )
    ]))

  static func line(_ value: JSONValue) -> [UInt8] { Array(value.compact.utf8) + [0x0d, 0x0a] }

  /// Takes input, executes what is complete, and appends replies.
  ///
  /// - Parameters:
  ///   - input: the next bytes of the client.
  ///   - host: what its commands act on.
  ///   - output: gets the replies, a line of JSON each.
  /// - Returns: false where the client has to go.
  public mutating func consume(
    _ input: UnsafeRawBufferPointer, _ host: MonitorHost, _ output: inout [UInt8]
  ) -> Bool {
    for byte in input {
      // Blanks between messages mean nothing; everything else belongs to one.
      if message.isEmpty && (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) {
        continue
      }
      message.append(byte)
      guard message.count <= Self.longestMessage else { return false }
      if isComplete(after: byte) {
        output += Self.line(answer(to: message, host))
        message.removeAll(keepingCapacity: true)
        depth = 0
      }
    }
    return true
  }

  /// Whether an object ends with this byte. Garbage outside an object ends with its line.
  private mutating func isComplete(after byte: UInt8) -> Bool {
    if let open = quote {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == open {
        quote = nil
      }
      return false
    }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
    case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      depth -= 1
      return depth <= 0
    case 0x0a: return depth == 0
    default: break
    }
    return false
  }

  /// The command and its arguments.
  private static func request(
    _ message: MonitorArguments
  ) throws(MonitorError) -> (command: String, parameters: [(String, JSONValue)]) {
    let known = ["execute", "arguments", "id"]
    if let other = message.members.first(where: { !known.contains($0.0) }) {
      throw MonitorError("GenericError", "QMP input member '\(other.0)' is unexpected")
    }
    guard let execute = message["execute"] else {
      throw MonitorError("GenericError", "QMP input lacks member 'execute'")
    }
    guard case .string(let command) = execute else {
      throw MonitorError("GenericError", "QMP input member 'execute' must be a string")
    }
    guard let arguments = message["arguments"] else { return (command, []) }
    guard case .object(let parameters) = arguments else {
      throw MonitorError("GenericError", "QMP input member 'arguments' must be an object")
    }
    return (command, parameters)
  }

  private mutating func answer(to message: [UInt8], _ host: MonitorHost) -> JSONValue {
    let members: [(String, JSONValue)]
    do {
      guard case .object(let found) = try JSONReader.value(message) else {
        return MonitorError("GenericError", "QMP input must be a JSON object").reply(id: nil)
      }
      members = found
    } catch {
      return MonitorError(
        "GenericError", "JSON parse error at byte \(error.offset): expected \(error.expected)"
      ).reply(id: nil)
    }
    let arguments = MonitorArguments(members)
    let id = arguments["id"]
    do throws(MonitorError) {
      let (command, parameters) = try Self.request(arguments)
      let result: JSONValue
      if command == "qmp_capabilities" {
        guard !isNegotiated else {
          throw MonitorError(
            "CommandNotFound", "Capabilities negotiation is already complete, command ignored")
        }
        if case .array(let wanted)? = MonitorArguments(parameters)["enable"], !wanted.isEmpty {
          throw MonitorError("GenericError", "No capability is available")
        }
        isNegotiated = true
        result = .object([])
      } else if !isNegotiated {
        throw MonitorError(
          "CommandNotFound",
          "Expecting capabilities negotiation with 'qmp_capabilities'")
      } else {
        result = try host.execute(command, MonitorArguments(parameters))
      }
      return .object([("return", result)] + (id.map { [("id", $0)] } ?? []))
    } catch {
      return error.reply(id: id)
    }
  }
}

/// An error as the monitor tells it.
struct MonitorError: Error {
  let kind: String
  let description: String

  init(_ kind: String, _ description: String) {
    self.kind = kind
    self.description = description
  }

  func reply(id: JSONValue?) -> JSONValue {
    .object(
      [("error", .object([("class", .string(kind)), ("desc", .string(description))]))]
        + (id.map { [("id", $0)] } ?? []))
  }
}

/// The members of an object.
struct MonitorArguments {
  let members: [(String, JSONValue)]

  init(_ members: [(String, JSONValue)]) { self.members = members }

  subscript(key: String) -> JSONValue? { members.last { $0.0 == key }?.1 }

  func text(_ key: String) throws(MonitorError) -> String {
    guard case .string(let text)? = self[key] else {
      throw MonitorError("GenericError", "Parameter '\(key)' is missing")
    }
    return text
  }

  /// A device as `device_add` and the JSON form of `-device` describe it.
  var device: KeyValueList {
    get throws(Q35MachineError) {
      var driver: String?
      var pairs: [(key: String, value: String)] = []
      for (key, value) in members {
        let text: String
        switch value {
        case .string(let value): text = value
        case .unsigned(let value): text = String(value)
        case .signed(let value): text = String(value)
        case .boolean(let value): text = value ? "on" : "off"
        default: throw Q35MachineError("Invalid parameter type for '\(key)'")
        }
        if key == "driver" { driver = text } else { pairs.append((key, text)) }
      }
      guard let driver else { throw Q35MachineError("Parameter 'driver' is missing") }
      return KeyValueList(name: driver, pairs: pairs)
    }
  }
}
