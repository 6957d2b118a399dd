internal import Glibc
internal import KernelLog
internal import LogReading
internal import MemoryImages
internal import QTest
internal import Rebuild
internal import ScenarioFormat
internal import SessionRecording
import Text
internal import VTdFormats
internal import VTdUnit

/// What an emulator wrote of its unit: a trace beside an image of the guest's memory, or the log of a
/// qtest session.
struct EmulatorImport {
  /// So much of a file tells what it is.
  private static let beginning = 1 << 16

  private var trace = EmulatorTrace()
  private var transcript = SessionTranscript()
  private var images: [String] = []
  private let files: [String]

  /// Reads the files where one of them is an emulator's; nil where they are logs of kernels.
  init?(_ files: [String]) throws(LogInputError) {
    self.files = files
    guard files.contains(where: Self.isOfEmulator) else { return nil }
    for path in files {
      if path != "-", let head = HeadOfFile.read(path, Self.beginning), head.contains(0) {
        images.append(path)
        continue
      }
      try read(path)
    }
  }

  private static func isOfEmulator(_ path: String) -> Bool {
    guard path != "-", let head = HeadOfFile.read(path, beginning), !head.contains(0) else {
      return false
    }
    var transcript = SessionTranscript()
    for line in head.split(separator: UInt8(ascii: "\n")) {
      let isOurs = line.withUnsafeBytes { bytes in
        transcript.take(bytes)
        if case .registerWritten = EmulatorEvent(bytes) { return true }
        return false
      }
      if isOurs || !transcript.isEmpty { return true }
    }
    return false
  }

  private mutating func read(_ path: String) throws(LogInputError) {
    guard let file = fopen(path, "re") else { throw LogInputError(path: path, number: errno) }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while true {
      let count = getline(&line, &capacity, file)
      guard count > 0, let start = line else { break }
      let bytes = UnsafeRawBufferPointer(start: start, count: count)
      transcript.take(bytes)
      if let event = EmulatorEvent(bytes) { trace.take(event) }
    }
  }

  // MARK: The scenario

  /// What was made, and what of the input is not in it.
  struct Result {
    var yaml: String
    var leftOut: [String]
    /// The faults that a replay has to give.
    var faults: [EmulatorTrace.Fault]
  }

  /// - Throws: `ExitCode` after saying what is wrong with an image.
  func result() throws -> Result {
    if !transcript.isEmpty { return try session() }
    return try traced()
  }

  private func session() throws -> Result {
    var options = "intel-iommu"
    if let cap = transcript.registerRead(at: RegisterOffset.cap),
      Capability(rawValue: cap).maximumGuestAddressWidth >= 48
    {
      options += ",aw-bits=48"
    }
    if let ecap = transcript.registerRead(at: RegisterOffset.ecap) {
      let extended = ExtendedCapability(rawValue: ecap)
      if extended[flag: .scalableMode] {
        options += ",scalable-mode=on"
        if extended[flag: .firstStage] { options += ",fsts=on" }
      }
    }
    let devices = transcript.devices
    let models = devices.map { device in
      "\(device.id == 0x0005_1b36 ? "iommu-testdev" : "edu"),addr=\(device.place)"
    }
    let launch = try configuration(
      [options] + (models.isEmpty ? ["edu", "iommu-testdev"] : models))
    let machine = try Self.saying { try Q35Machine(launch) }
    guard let unit = launch.unit else { throw ExitStatus.badInput.code }
    var text: [UInt8] = []
    let recorder = SessionRecorder(machine, unit) { text += $0 }
    machine.observer = recorder
    let others = transcript.play(on: machine)
    recorder.finish()
    var leftOut: [String] = []
    if let first = others.first {
      leftOut.append(
        "\(files[0]):\(first): \(others.count) of \(counted(transcript.requests.count, "request")) are answered "
          + "otherwise by this machine: of devices it has edu and iommu-testdev alone")
    }
    return Result(yaml: String(decoding: text, as: UTF8.self), leftOut: leftOut, faults: [])
  }

  private func traced() throws -> Result {
    let root = trace.root
    let isScalable = root.map { RootTableAddress(rawValue: $0).mode == .scalable } ?? false
    let launch = try configuration([
      "intel-iommu,aw-bits=48" + (isScalable ? ",scalable-mode=on" : "")
    ])
    guard let unit = launch.unit else { throw ExitStatus.badInput.code }
    var leftOut: [String] = []
    var tables: [UInt64: UInt64] = [:]
    var gone: Set<EmulatorTrace.Request> = []
    var memorySize: UInt64 = 1 << 30
    if let path = images.first, let root {
      let image = try Self.saying { try MemoryImage(path) }
      let low = image.ranges.filter { $0.base < 1 << 32 }
      let end = low.map { $0.base &+ $0.size }.max() ?? memorySize
      memorySize = max((end &+ 0xfff).pageStart, 16 << 20)
      for request in trace.requests {
        let report = try Self.saying {
          try WalkImage.report(
            image, root: root,
            DMARequest(
              source: request.source, address: request.address,
              access: request.isWrite ? .write : .read), cap: nil, ecap: nil)
        }
        if case .blocked = report.verdict, !request.isRefused {
          gone.insert(request)
          continue
        }
        for step in report.steps {
          for (index, word) in step.words.enumerated() {
            tables[step.address &+ UInt64(index) &* 8] = word
          }
        }
      }
    } else {
      leftOut.append(
        images.isEmpty
          ? "the tables: a trace does not tell what memory held; give an image of the guest's memory too "
            + "(dump-guest-memory or pmemsave in QEMU's monitor)"
          : "the tables: the trace has no write of the root table's register")
    }
    if !gone.isEmpty {
      leftOut.append(
        "\(counted(gone.count, "request")) that the trace shows granted: the image no longer has their mappings"
      )
    }
    if images.count > 1 { leftOut.append("\(images[1]): one image of memory is enough") }
    if trace.requestsLeftOut > 0 {
      leftOut.append(
        "\(counted(trace.requestsLeftOut, "request")) beyond \(EmulatorTrace.mostRequests)")
    }
    let scenario = trace.scenario(unit: unit, memorySize: memorySize, tables: tables, without: gone)
    return Result(
      yaml: scenario.written.document(isSpaced: true), leftOut: leftOut, faults: trace.faults)
  }

  private func configuration(_ devices: [String]) throws -> Q35Configuration {
    let launch = try Self.saying {
      try Launch(["-nodefaults", "-m", "1G"] + devices.flatMap { ["-device", $0] })
    }
    guard let machine = launch.machine else { throw ExitStatus.badInput.code }
    return machine
  }

  /// Does something, and ends the command after saying what is wrong.
  private static func saying<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      StandardError.print("dmar: \(error)")
      throw ExitStatus.badInput.code
    }
  }

  /// The faults that a replay did not give, of those that the trace tells.
  static func missing(_ faults: [EmulatorTrace.Fault], in lines: [String]) -> [String] {
    var given: [EmulatorTrace.Fault: Int] = [:]
    var reader = LogReader()
    func take(_ event: LogEvent) {
      guard case .fault(let fault) = event.kind, let reason = fault.reason,
        case .dma(let access, _, let address) = fault.request
      else { return }
      given[
        .init(
          source: fault.source, reason: reason, address: IOVA(rawValue: address.rawValue.pageStart),
          isWrite: access == .write), default: 0] += 1
    }
    var text = lines.map { $0 + "\n" }.joined()
    text.withUTF8 { reader.read(UnsafeRawBufferPointer($0), emit: take) }
    reader.finish(emit: take)
    return faults.compactMap { fault in
      var key = fault
      key.address = IOVA(rawValue: fault.address.rawValue.pageStart)
      if let count = given[key], count > 0 {
        given[key] = count - 1
        return nil
      }
      return "a fault of \(fault.source), reason 0x\(hex(UInt64(fault.reason), digits: 2)), at "
        + "\(fault.address): the replay gives none"
    }
  }
}
