internal import KernelProfiles
internal import LinuxIOMMU
internal import PCI
public import QTest
internal import ScenarioFormat
public import VTdFormats
public import VTdUnit

/// Writes a qtest session as a scenario while it goes on: what reaches memory and unit becomes steps,
/// what the client read becomes checks, so that `dmar test` can tell whether a replay gave the same.
///
/// Steps go to the file as they come. Memory stays bounded however long the session is, and a
/// session that is killed leaves a scenario of what came before.
public final class SessionRecorder: MachineObserver {
  /// Takes the scenario piece by piece.
  private let write: ([UInt8]) -> Void
  private let names: [Int: String]
  private var buffer: [UInt8] = []
  private var hasSteps = false
  /// The check that was written last. A client that polls repeats its reads; equal checks that
  /// follow each other are written once.
  private var lastCheck: [String] = []
  /// A stretch of equal bytes that the client is writing. It becomes one step when something else
  /// happens, so that a client that clears its memory makes one step and not one for each page.
  private var filling: MemoryContent?
  /// The virtual clock, in nanoseconds.
  private var clock: UInt64 = 0
  /// How many microseconds the steps so far have waited together.
  private var waited: UInt64 = 0

  private static let bufferSize = 1 << 16
  /// The largest number of bytes that one step writes.
  private static let pieceSize = 4096

  /// Begins a scenario of `machine`, which has the unit.
  ///
  /// - Parameters:
  ///   - machine: the machine.
  ///   - unit: the remapping unit.
  ///   - write: takes the scenario piece by piece.
  public init(
    _ machine: Q35Machine, _ unit: UnitConfiguration, writing write: @escaping ([UInt8]) -> Void
  ) {
    self.write = write
    names = Dictionary(
      unit.registers.map { ($0.offset, $0.name) }, uniquingKeysWith: { first, _ in first })
    clock = machine.clock
    waited = clock / 1000
    // The head is written now; each step is written when it happens.
    let head = Self.scenario(of: machine, unit).written.document(isSpaced: true)
    put(head.hasSuffix(Self.noSteps) ? String(head.dropLast(Self.noSteps.utf8.count)) : head)
  }

  /// How a scenario without steps ends.
  private static let noSteps = " []\n"

  /// The scenario of a session in which nothing has happened yet.
  private static func scenario(of machine: Q35Machine, _ unit: UnitConfiguration)
    -> ScenarioDescription
  {
    var scenario = ScenarioDescription()
    scenario.summary =
      "A qtest session, recorded by dmar serve --record. Its client programmed the unit; the kernel"
      + " prints the faults."
    scenario.kernel.profile = KernelProfile.newest.release
    scenario.kernel.configuration.values.dumpsTables = true
    scenario.machine.memorySize = machine.configuration.memoryEnd
    var description = UnitDescription()
    description.name = unitName
    description.hardware = unit
    scenario.machine.units = [description]
    scenario.machine.functions = machine.devices.map { place, layout in
      .init(
        at: PCIAddress(sourceID: place), vendor: layout.vendorID, device: layout.deviceID,
        classCode: UInt32(layout.classCode))
    }
    scenario.boot.leavesUnits = true
    return scenario
  }

  private static let unitName = "dmar0"

  /// Ends the scenario.
  public func finish() {
    writeFilling()
    wait()
    if !hasSteps { put(Self.noSteps) }
    flush()
  }

  /// The client is silent: writes what is held back, since nothing more may come.
  public func clientPaused() {
    writeFilling()
    flush()
  }

  // MARK: What happens

  /// The client wrote memory.
  public func memoryWritten(_ bytes: UnsafeRawBufferPointer, at address: UInt64) {
    for piece in Self.pieces(of: bytes, at: address) {
      if piece.fill == nil { step(.writeMemory(piece)) } else { fill(piece) }
    }
  }

  /// The client read memory.
  public func memoryRead(_ bytes: UnsafeRawBufferPointer, at address: UInt64) {
    for piece in Self.pieces(of: bytes, at: address) { check(.checkMemory(piece)) }
  }

  /// The client wrote a register of the unit.
  public func registerWritten(_ value: UInt64, at offset: Int, width: Int) {
    step(.writeRegister(register(value, offset, width)))
  }

  /// The client read a register of the unit.
  public func registerRead(_ value: UInt64, at offset: Int, width: Int) {
    check(.checkRegister(register(value, offset, width)))
  }

  /// A device read memory.
  public func deviceRead(_ source: SourceID, _ address: IOVA, count: Int) {
    guard count > 0 else { return }
    step(.dma(Self.request(source, .read, address, count)))
  }

  /// A device wrote memory.
  public func deviceWrote(_ source: SourceID, _ bytes: UnsafeRawBufferPointer, to address: IOVA) {
    guard !bytes.isEmpty else { return }
    var request = Self.request(source, .write, address, bytes.count)
    // Each 4 bytes that are written to the interrupt range are one interrupt message.
    guard address.rawValue.isInterruptAddress, address.rawValue & 3 == 0, bytes.count % 4 == 0
    else {
      request.bytes = Array(bytes)
      return step(.dma(request))
    }
    request.length = 4
    for offset in stride(from: 0, to: bytes.count, by: 4) {
      request.address = .number(
        IOVA(rawValue: address.rawValue.saturatingAdd(UInt64(clamping: offset))))
      request.data = UInt32(
        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      step(.dma(request))
    }
  }

  /// The virtual clock went on.
  public func clockMoved(to time: UInt64) { clock = max(clock, time) }

  /// The machine was reset.
  public func machineReset() { step(.resetUnit(Self.unitName)) }

  // MARK: Steps

  private func check(_ action: StepAction) {
    let lines = Self.lines(action)
    if lines == lastCheck { return }
    step(lines)
    lastCheck = lines
  }

  private func step(_ action: StepAction) { step(Self.lines(action)) }

  private func step(_ lines: [String]) {
    writeFilling()
    wait()
    lastCheck = []
    put(lines)
  }

  /// Takes a stretch of equal bytes, and joins it to the one before where it continues that.
  private func fill(_ piece: MemoryContent) {
    if clock / 1000 <= waited, let longer = filling?.followed(by: piece) {
      filling = longer
      return
    }
    writeFilling()
    wait()
    lastCheck = []
    filling = piece
  }

  private func writeFilling() {
    guard let filling else { return }
    self.filling = nil
    put(Self.lines(.writeMemory(filling)))
  }

  /// The time since the step before, in whole microseconds.
  private func wait() {
    let now = clock / 1000
    guard now > waited else { return }
    let time = now - waited
    waited = now
    put(Self.lines(.wait(time)))
  }

  private static func lines(_ action: StepAction) -> [String] {
    ScenarioStep(action).written.element(indent: "  ")
  }

  private func register(_ value: UInt64, _ offset: Int, _ width: Int)
    -> RegisterContent
  {
    var content = RegisterContent(
      unit: Self.unitName, offset: offset, value: value, isWide: width == 8)
    content.notes.behind = names[offset] ?? ""
    return content
  }

  private static func request(
    _ source: SourceID, _ access: DMAAccess, _ address: IOVA, _ count: Int
  ) -> DMADescription {
    .init(
      .address(PCIAddress(sourceID: source)), access, address, length: UInt64(clamping: count))
  }

  /// Bytes as what steps write or check, in pieces.
  private static func pieces(of bytes: UnsafeRawBufferPointer, at address: UInt64)
    -> [MemoryContent]
  {
    stride(from: 0, to: bytes.count, by: pieceSize).map { start in
      let piece = UnsafeRawBufferPointer(
        rebasing: bytes[start..<min(start + pieceSize, bytes.count)])
      var content = MemoryContent()
      content.address = PhysicalAddress(
        rawValue: address.saturatingAdd(UInt64(clamping: start)))
      if piece.count > 8, let first = Self.onlyByte(of: piece) {
        (content.fill, content.size) = (first, UInt64(clamping: piece.count))
      } else if piece.count % 8 == 0, piece.count <= 64 {
        content.words = stride(from: 0, to: piece.count, by: 8).map { offset in
          UInt64(
            littleEndian: piece.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
      } else {
        content.bytes = Array(piece)
      }
      return content
    }
  }

  /// The byte of which a whole piece consists; nil where it has different bytes. Eight are compared
  /// at once for speed: a client may clear gigabytes.
  private static func onlyByte(of piece: UnsafeRawBufferPointer) -> UInt8? {
    guard let first = piece.first else { return nil }
    let word = UInt64(first) &* 0x0101_0101_0101_0101
    var offset = 0
    while offset &+ 8 <= piece.count {
      guard piece.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == word else { return nil }
      offset &+= 8
    }
    return piece[offset...].allSatisfy { $0 == first } ? first : nil
  }

  // MARK: The text

  private func put(_ lines: [String]) {
    if !hasSteps { put("\n") }
    hasSteps = true
    for line in lines { put(line + "\n") }
  }

  private func put(_ text: String) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.bufferSize { flush() }
  }

  private func flush() {
    if buffer.isEmpty { return }
    write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }
}
