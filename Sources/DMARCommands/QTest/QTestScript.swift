internal import Machine
internal import PCI
internal import QTest
internal import Scenario
internal import ScenarioFormat
internal import VTdFormats
internal import VTdUnit

/// A scenario as a qtest session: what its kernel and its steps write and read becomes requests, its
/// DMAs become transfers of `edu` devices in the same places.
struct QTestScript {
  /// One request a line.
  private(set) var requests: [String] = []
  /// The arguments of `dmar-system-x86_64` for the machine that the session is for.
  private(set) var arguments: [String] = []

  private let machine: MachineDescription
  private let unit: UnitDescription
  private let configuration: Q35Configuration
  private var edus = EduFleet()
  private var writes = MemoryRun()
  private var failure: InputError?

  /// Runs the scenario and writes down what it does.
  ///
  /// - Throws: `InputError` at the first thing that no qtest client of such a machine can do.
  static func make(of scenario: ScenarioDescription) throws -> QTestScript? {
    let box = Box(try QTestScript(scenario))
    let result = try ScenarioRun.run(scenario) { box.script.take($0, at: $1) }
    guard case .finished = result else { return nil }
    return try box.script.finished()
  }

  private final class Box {
    var script: QTestScript
    init(_ script: QTestScript) { self.script = script }
  }

  private init(_ scenario: ScenarioDescription) throws {
    machine = scenario.machine
    guard let unit = machine.units.first, machine.units.count == 1 else {
      throw InputError(
        at: machine.units.dropFirst().first?.place ?? machine.memoryPlace,
        "\(machine.units.count) units; a machine with one was expected, for qtest")
    }
    self.unit = unit
    configuration = Q35Configuration(
      memorySize: Q35Configuration.memorySize(reaching: machine.memorySize))
  }

  private func finished() throws -> QTestScript {
    var script = self
    script.flush()
    if let failure = script.failure { throw failure }
    let properties = UnitOptions.properties(for: unit.hardware)
    let size = configuration.memorySize
    script.requests = edus.opening + script.requests
    script.arguments =
      [
        "-machine", "q35", "-nodefaults", "-m",
        size % (1 << 20) == 0 ? "\(size >> 20)M" : "\(size >> 10)K", "-device",
        properties.isEmpty ? "intel-iommu" : "intel-iommu,\(properties)",
      ] + edus.arguments + ["-qtest", "stdio"]
    return script
  }

  // MARK: Accesses

  private mutating func take(_ access: HardwareAccess, at place: Place) {
    guard failure == nil else { return }
    if case .writeMemory(let address, let bytes) = access {
      guard hasMemory(at: address, bytes.count, place) else { return }
      if !writes.append(bytes, at: address.rawValue) {
        flush()
        _ = writes.append(bytes, at: address.rawValue)
      }
      return
    }
    flush()
    let base = unit.hardware.registerBase.rawValue
    switch access {
    case .writeMemory: break
    case .readMemory(let address, let count):
      guard hasMemory(at: address, count, place) else { return }
      requests.append("read \(address) \(count)")
    case .writeRegister(_, let offset, let value, let isWide):
      requests.append(
        "\(isWide ? "writeq" : "writel") 0x\(hex(base + UInt64(offset))) 0x\(hex(value))")
    case .readRegister(_, let offset, let isWide):
      requests.append("\(isWide ? "readq" : "readl") 0x\(hex(base + UInt64(offset)))")
    case .dma(let dma, let landed):
      do {
        requests += try edus.requests(for: dma)
      } catch {
        return refuse(error.what, place)
      }
      for piece in landed {
        requests += MemoryRun.requests(piece.bytes, at: piece.address.rawValue)
      }
    case .wait(let time):
      // The protocol's clock counts nanoseconds in 63 bits.
      guard time <= UInt64(Int64.max) / 1000 else {
        return refuse("a wait of \(time / 1_000_000) s, beyond the clock of the protocol", place)
      }
      requests.append("clock_step \(time * 1000)")
    case .pageRequest: refuse("a page request, which edu cannot send", place)
    case .resetUnit: refuse("a reset, which is the monitor's affair", place)
    }
  }

  private mutating func refuse(_ what: String, _ place: Place) {
    failure = InputError(at: place, "\(what); what a qtest client can do was expected")
  }

  private mutating func hasMemory(
    at address: PhysicalAddress, _ count: Int, _ place: Place
  ) -> Bool {
    if configuration.hasMemory(at: address.rawValue, count: UInt64(count)) { return true }
    refuse("memory at \(address), where a Q35 machine has none", place)
    return false
  }

  private mutating func flush() { requests += writes.take() }
}

/// Writes to neighbouring addresses, which become one request.
private struct MemoryRun {
  private var start: UInt64 = 0
  private var bytes: [UInt8] = []
  private static let longest = 4096

  /// False where the bytes do not go on where the last ones ended.
  mutating func append(_ more: [UInt8], at address: UInt64) -> Bool {
    if bytes.isEmpty {
      start = address
    } else if address != start + UInt64(bytes.count) || bytes.count + more.count > Self.longest {
      return false
    }
    bytes += more
    return true
  }

  mutating func take() -> [String] {
    defer { bytes = [] }
    return Self.requests(bytes, at: start)
  }

  static func requests(_ bytes: [UInt8], at address: UInt64) -> [String] {
    guard let first = bytes.first else { return [] }
    let place = "0x\(hex(address))"
    if bytes.count == 8 {
      let word = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return ["writeq \(place) 0x\(hex(word))"]
    }
    if bytes.allSatisfy({ $0 == first }) {
      return ["memset \(place) \(bytes.count) 0x\(hex(UInt64(first), digits: 2))"]
    }
    let digits = bytes.map { hex(UInt64($0), digits: 2) }.joined()
    return ["write \(place) \(bytes.count) 0x\(digits)"]
  }
}
