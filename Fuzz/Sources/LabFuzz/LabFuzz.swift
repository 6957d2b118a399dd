import IOMMULab

/// Bytes as the calls of a student's program on one lab: whatever their numbers are, every call returns or
/// throws, and what it gives can be printed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLab(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var numbers = Numbers(UnsafeBufferPointer(start: start, count: count))
  let presets: [LabPreset] = [.legacy48, .legacy39, .legacy57, .scalable, .scalableSecondStage]
  guard var lab = try? Lab(numbers.one(of: presets)) else {
    preconditionFailure("a preset makes no lab")
  }
  while !numbers.isOver {
    do throws(LabError) {
      try call(&lab, &numbers)
    } catch {
      _ = error.description
    }
  }
  _ = lab.faultRecords.map(\.description)
  return 0
}

private let devices = ["00:1f.2", "00:02.0", "01:00.0", "ff:1f.7", "", "0000:00:02.0", "00:20.0"]

private func call(_ lab: inout Lab, _ numbers: inout Numbers) throws(LabError) {
  let device = numbers.one(of: devices)
  switch numbers.next(18) {
  case 0:
    let stage = numbers.bool() ? nil : numbers.one(of: TranslationStage.allCases)
    try lab.attach(device, domain: numbers.int(), stage: stage, pasid: numbers.optional())
  case 1:
    try lab.attachNested(
      device, domain: numbers.int(), over: numbers.int(), pasid: numbers.optional())
  case 2: try lab.passThrough(device, domain: numbers.int())
  case 3, 4:
    // As many pages as a program of a lesson maps; the memory for tables bounds the rest.
    let length = numbers.bool() ? nil : UInt64(numbers.next(256)) << 12 | UInt64(numbers.next(2))
    try lab.map(
      numbers.address(), to: numbers.address(), Permissions(rawValue: UInt8(numbers.next(8))),
      length: length, pages: numbers.one(of: PageSize.allCases), domain: numbers.optional())
  case 5:
    try lab.unmap(
      numbers.address(), length: numbers.bool() ? nil : numbers.address(),
      domain: numbers.optional())
  case 6: try lab.start()
  case 7: try lab.flush()
  case 8: try lab.flush(domain: numbers.int())
  case 9: try lab.flush(page: numbers.address(), domain: numbers.optional())
  case 10:
    let bits = numbers.address()
    try lab.change(level: numbers.int(), of: numbers.address(), domain: numbers.optional()) {
      $0 = SecondStageEntry(rawValue: bits)
    }
  case 11:
    let bits = numbers.address()
    try lab.changeFirstStage(
      level: numbers.int(), of: numbers.address(), domain: numbers.optional()
    ) { $0 = FirstStageEntry(rawValue: bits) }
  case 12:
    let access = numbers.one(of: [DMAAccess.read, .write, .atomic])
    let dma = try lab.dma(
      device, access, numbers.address(), pasid: numbers.optional(), isExecute: numbers.bool(),
      isPrivileged: numbers.bool())
    _ = dma.description
    _ = lab.walk(dma).description
    _ = try lab.kernelLine(dma, release: numbers.one(of: [nil, "6.1", "2.6.32", "x"]))
  case 13:
    _ = try lab.walk(device, .write, numbers.address(), pasid: numbers.optional()).description
  case 14:
    try lab.allowInterrupt(
      numbers.int(), from: device, vector: numbers.int(), processor: numbers.int())
  case 15:
    let interrupt =
      numbers.bool()
      ? try lab.interrupt(device, numbers.int())
      : try lab.interrupt(
        device, address: UInt32(truncatingIfNeeded: numbers.address()), data: 0x30)
    _ = interrupt.description + interrupt.walk
  case 16:
    let name = numbers.one(of: ["GCMD", "RTADDR", "IQA", "IQT", "FSTS", "CCMD", "IRTA", "x"])
    try lab.write(name, numbers.address())
    _ = try lab.read(name).description
  default: lab.clearFaults()
  }
}

/// The fuzzer's bytes as numbers of calls; zeros once they are used up.
struct Numbers {
  private var bytes: Slice<UnsafeBufferPointer<UInt8>>

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes[...] }

  var isOver: Bool { bytes.isEmpty }

  mutating func next(_ count: Int) -> Int { Int(bytes.popFirst() ?? 0) % count }

  mutating func one<Value>(of values: [Value]) -> Value { values[next(values.count)] }

  mutating func bool() -> Bool { next(2) == 1 }

  /// Most often one that a program would use, else one at a border.
  mutating func int() -> Int {
    switch next(8) {
    case 0: Int.max - next(2)
    case 1: Int.min + next(2)
    case 2: -1 - next(2)
    case 3: 1 << next(63)
    default: next(256)
    }
  }

  mutating func optional() -> Int? { bool() ? int() : nil }

  mutating func address() -> UInt64 {
    let shift = UInt64(next(64))
    return switch next(6) {
    case 0: 1 << shift
    case 1: (1 << shift) - 1
    case 2: .max << shift
    case 3: (0..<8).reduce(0) { value, _ in value << 8 | UInt64(next(256)) }
    default: UInt64(next(64)) << 12
    }
  }
}
