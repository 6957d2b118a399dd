import PhysicalMemory
import VTdFormats
import VTdUnit

/// Bytes as the actions of software and devices on one unit: registers, memory, DMAs, interrupts,
/// page requests. Whatever they are, every call returns, and an explanation agrees with the walk.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzUnit(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
  guard let memory = try? PhysicalMemory(size: 1 << 20) else { return 0 }
  var configuration = UnitConfiguration(
    cap: bytes.bool ? bytes.word : 0xd2008c_222f0606, ecap: bytes.bool ? bytes.word : 0xf00f4a)
  configuration.quirks = UnitQuirks(
    rawValue: bytes.bool ? .init(truncatingIfNeeded: bytes.word) : 0)
  configuration.caches.isEnabled = bytes.bool
  // Capabilities that do not go together are refused: that is all they may do.
  guard let unit = try? RemappingUnit(configuration: configuration, memory: memory) else {
    return 0
  }
  unit.attach(ATSDevice(source: SourceID(rawValue: 0x18)))
  let registers = configuration.registers
  while !bytes.isEmpty { act(&bytes, unit, memory, registers) }
  return 0
}

private func act(
  _ bytes: inout Bytes, _ unit: RemappingUnit, _ memory: PhysicalMemory,
  _ registers: [RegisterDescription]
) {
  switch bytes.byte % 8 {
  case 0:
    let register = registers[Int(bytes.byte) % registers.count]
    if register.width > 32 && bytes.bool {
      unit.write64(bytes.word, at: register.offset)
    } else {
      unit.write32(UInt32(truncatingIfNeeded: bytes.word), at: register.offset)
    }
  case 1:
    _ = unit.read64(Int(bytes.byte) * 8)
    unit.write64(bytes.word, at: Int(truncatingIfNeeded: bytes.word))
  case 2, 3:
    // A page and one of its first entries: tables that point at each other and at themselves.
    let address = UInt64(bytes.byte) << 12 | UInt64(bytes.byte & 3) << 3
    let entry = UInt64(bytes.byte) << 12 | UInt64(bytes.byte) | (bytes.bool ? bytes.word : 0)
    memory.store64(entry, at: PhysicalAddress(rawValue: address))
  case 4, 5, 6:
    let request = DMARequest(
      source: SourceID(rawValue: bytes.bool ? 0x18 : UInt16(bytes.byte)),
      address: IOVA(rawValue: bytes.bool ? UInt64(bytes.byte) << 12 : bytes.word),
      access: DMAAccess(rawValue: bytes.byte % 3) ?? .read, isZeroLength: bytes.bool,
      pasid: bytes.bool ? PASID(rawValue: UInt32(bytes.byte)) : nil, isPrivileged: bytes.bool,
      isExecute: bytes.bool, addressType: AddressType(rawValue: bytes.byte % 3) ?? .untranslated)
    _ = unit.explain(request)
    if bytes.bool, let device = unit.device(request.source) {
      _ = device.access(request.access, request.address, pasid: request.pasid, through: unit)
    }
    _ = unit.translate(request).outcome
    _ = unit.translate(request).outcome
  default:
    let source = SourceID(rawValue: UInt16(bytes.byte))
    let interrupt = InterruptRequest(
      source: source, address: 0xfee0_0000 | UInt32(truncatingIfNeeded: bytes.word & 0xfffff),
      data: UInt32(bytes.byte))
    _ = unit.explain(interrupt)
    _ = unit.interrupt(interrupt)
    _ = unit.pageRequest(PageRequest(source: source, address: IOVA(rawValue: bytes.word)))
  }
}

/// The input, read from the front; zeros once it is used up.
struct Bytes {
  private var rest: Slice<UnsafeBufferPointer<UInt8>>
  init(_ buffer: UnsafeBufferPointer<UInt8>) { rest = buffer[...] }
  var isEmpty: Bool { rest.isEmpty }
  var byte: UInt8 { mutating get { rest.popFirst() ?? 0 } }
  var bool: Bool { mutating get { byte & 1 != 0 } }
  var word: UInt64 {
    mutating get { (0..<8).reduce(0) { value, _ in value << 8 | UInt64(byte) } }
  }
}
