internal import KernelProfiles
internal import QTest
internal import VTdFormats
internal import VTdUnit

/// Writes a qtest session as a scenario while it goes on: what reaches memory and unit becomes steps,
/// what the client read becomes checks, so that `dmar test` can tell whether a replay gave the same.
///
/// Steps go to the file as they come. Memory stays bounded however long the session is, and a
/// session that is killed leaves a scenario of what came before.
final class ScenarioRecorder: MachineObserver {
  private var file: GrowingFile
  private let names: [Int: String]
  private var buffer: [UInt8] = []
  private var hasSteps = false
  /// The check written last, which need not be written again: clients poll.
  private var lastCheck = ""
  /// Nanoseconds.
  private var clock: UInt64 = 0
  /// Microseconds that steps have waited.
  private var waited: UInt64 = 0

  private static let bufferSize = 1 << 16
  /// Bytes of memory in one step.
  private static let pieceSize = 4096

  /// Begins a scenario of `machine`, which has a unit.
  ///
  /// - Throws: `OutputError` where the file cannot be made.
  init(_ machine: Q35Machine, _ unit: UnitConfiguration, path: String) throws {
    file = try GrowingFile(path)
    names = Dictionary(
      unit.registers.map { ($0.offset, $0.name) }, uniquingKeysWith: { first, _ in first })
    clock = machine.clock
    waited = clock / 1000
    put(Self.head(machine, unit))
  }

  private static func head(_ machine: Q35Machine, _ unit: UnitConfiguration) -> String {
    let functions = machine.devices.map { place, layout in
      """
            "\(place)": {vendor: \(number(layout.vendorID)), device: \(number(layout.deviceID)), \
      class: 0x\(hex(UInt64(layout.classCode), digits: 6))}

      """
    }
    let names = unit.quirks.namesOfAll
    let quirks = names.isEmpty ? "" : ", quirks: [\(names.joined(separator: ", "))]"
    return """
      description: >
        A qtest session, recorded by dmar serve --record. Its client programmed the unit; the kernel
        prints the faults.

      kernel:
        profile: "\(KernelProfile.newest.release)"
        configuration: {INTEL_IOMMU_DEBUGFS: true}

      machine:
        memory: \(number(machine.configuration.memoryEnd))
        units:
          dmar0:
            {base: \(unit.registerBase), version: \(number(unit.version.rawValue)),
             cap: \(number(unit.capability.rawValue)), ecap: \(number(unit.extendedCapability.rawValue)),
             host_address_width: \(unit.hostAddressWidth)\(quirks)}

      """
        + (functions.isEmpty ? "" : "  pci:\n    functions:\n" + functions.joined())
        + "\nboot: {driver: off}\n\nsteps:"
  }

  /// Ends the file.
  ///
  /// - Throws: `OutputError` where it is not whole.
  func finish() throws {
    wait()
    put(hasSteps ? "\n" : " []\n")
    flush()
    try file.finish()
  }

  /// The client is silent: what came so far is written, in case it is the last.
  func clientPaused() { flush() }

  // MARK: What happens

  func memoryWritten(_ bytes: UnsafeRawBufferPointer, at address: UInt64) {
    for piece in Self.pieces(of: bytes, at: address) { step("write_memory", piece) }
  }

  func memoryRead(_ bytes: UnsafeRawBufferPointer, at address: UInt64) {
    for piece in Self.pieces(of: bytes, at: address) { check("check_memory", piece) }
  }

  func registerWritten(_ value: UInt64, at offset: Int, width: Int) {
    step("write_register", register(value, offset, width))
  }

  func registerRead(_ value: UInt64, at offset: Int, width: Int) {
    check("check_register", register(value, offset, width))
  }

  func deviceRead(_ source: SourceID, _ address: IOVA, count: Int) {
    guard count > 0 else { return }
    step("dma", "{device: \"\(source)\", access: read, address: \(address), length: \(count)}")
  }

  func deviceWrote(_ source: SourceID, _ bytes: UnsafeRawBufferPointer, to address: IOVA) {
    guard !bytes.isEmpty else { return }
    let head = "{device: \"\(source)\", access: write, address: "
    // Each 4 bytes to the interrupt range are a message of its own.
    if address.rawValue >> 20 == 0xfee, address.rawValue & 3 == 0, bytes.count % 4 == 0 {
      for offset in stride(from: 0, to: bytes.count, by: 4) {
        let place = IOVA(rawValue: address.rawValue + UInt64(offset))
        let data = UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        step("dma", head + "\(place), length: 4, data: \(Self.number(data))}")
      }
    } else {
      step(
        "dma",
        head + "\(address), length: \(bytes.count), bytes: \"\(Self.digits(bytes))\"}")
    }
  }

  func clockMoved(to time: UInt64) { clock = max(clock, time) }

  func machineReset() { step("reset_unit", "dmar0") }

  // MARK: Steps

  private func check(_ name: String, _ value: String) {
    let text = name + value
    if text == lastCheck { return }
    step(name, value)
    lastCheck = text
  }

  private func step(_ name: String, _ value: String) {
    wait()
    lastCheck = ""
    hasSteps = true
    put("\n  - \(name): \(value)")
  }

  /// The time since the step before, in whole microseconds.
  private func wait() {
    let now = clock / 1000
    guard now > waited else { return }
    let time = now - waited
    waited = now
    let fraction = String(time % 1_000_000)
    let zeros = String(repeating: "0", count: 6 - fraction.count)
    hasSteps = true
    put("\n  - wait: \(time / 1_000_000).\(zeros)\(fraction)")
  }

  private func register(_ value: UInt64, _ offset: Int, _ width: Int) -> String {
    let name = names[offset].map { "  # \($0)" } ?? ""
    return "{unit: dmar0, offset: \(Self.number(offset)), value: \(Self.number(value))"
      + (width == 8 ? ", width: 64}" : "}") + name
  }

  /// Bytes as the value of a step, in pieces.
  private static func pieces(of bytes: UnsafeRawBufferPointer, at address: UInt64) -> [String] {
    stride(from: 0, to: bytes.count, by: pieceSize).map { start in
      let piece = UnsafeRawBufferPointer(
        rebasing: bytes[start..<min(start + pieceSize, bytes.count)])
      return "{address: \(number(address + UInt64(start))), \(content(piece))}"
    }
  }

  private static func content(_ bytes: UnsafeRawBufferPointer) -> String {
    if bytes.count > 8, let first = bytes.first, bytes.allSatisfy({ $0 == first }) {
      return "fill: \(number(first)), size: \(bytes.count)"
    }
    guard bytes.count % 8 == 0, bytes.count <= 64 else { return "bytes: \"\(digits(bytes))\"" }
    let words = stride(from: 0, to: bytes.count, by: 8).map { offset in
      number(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }
    return "words: [\(words.joined(separator: ", "))]"
  }

  private static func number(_ value: some BinaryInteger) -> String {
    "0x\(hex(UInt64(truncatingIfNeeded: value)))"
  }

  private static func digits(_ bytes: UnsafeRawBufferPointer) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 0xf)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  // MARK: The file

  private func put(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.bufferSize { flush() }
  }

  private func flush() {
    if buffer.isEmpty { return }
    file.append(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
