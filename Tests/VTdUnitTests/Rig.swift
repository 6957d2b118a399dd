import PhysicalMemory
import Synchronization
import VTdFormats

@testable import VTdUnit

/// A unit with memory and the messages that it sent; tables are written by the methods below.
final class Rig: Sendable {
  let memory: PhysicalMemory
  let unit: RemappingUnit
  let log = MessageLog()

  /// Where the tables of a rig lie.
  static let root: UInt64 = 0x10_0000
  static let contextTable: UInt64 = 0x11_0000
  static let topTable: UInt64 = 0x20_0000

  init(
    cap: UInt64 = 0xd2008c_222f0606, ecap: UInt64 = 0xf00f4a, quirks: UnitQuirks = [],
    caches: CacheConfiguration = CacheConfiguration(), hostAddressWidth: Int = 52,
    over memory: PhysicalMemory? = nil
  ) throws {
    self.memory = try memory ?? PhysicalMemory(size: 64 << 20)
    var configuration = UnitConfiguration(cap: cap, ecap: ecap)
    configuration.quirks = quirks
    configuration.caches = caches
    configuration.hostAddressWidth = hostAddressWidth
    let log = log
    unit = try RemappingUnit(
      configuration: configuration, memory: self.memory, messages: { log.append($0) })
  }

  func store(_ words: UInt64..., at address: UInt64) {
    for (index, word) in words.enumerated() {
      memory.store64(word, at: PhysicalAddress(rawValue: address + UInt64(index) * 8))
    }
  }

  /// Latches the root table and turns translation on, as a driver does.
  func enable(root: UInt64 = Rig.root, mode: TranslationTableMode = .legacy) {
    unit.write64(root | UInt64(mode.rawValue) << 10, at: RegisterOffset.rtaddr)
    unit.write32(command(setting: .setRootTable), at: RegisterOffset.gcmd)
    unit.write32(command(setting: .translation), at: RegisterOffset.gcmd)
  }

  /// GSTS with one command bit added, as the specification wants GCMD written.
  func command(setting field: BitField<GlobalCommand>) -> UInt32 {
    var value = GlobalCommand(rawValue: unit.read32(RegisterOffset.gsts) & 0x96ff_ffff)
    value[flag: field] = true
    return value.rawValue
  }

  func command(clearing field: BitField<GlobalCommand>) -> UInt32 {
    var value = GlobalCommand(rawValue: unit.read32(RegisterOffset.gsts) & 0x96ff_ffff)
    value[flag: field] = false
    return value.rawValue
  }

  func record(_ index: Int = 0) -> FaultRecord {
    let offset = unit.configuration.capability.faultRecordOffset + index * 16
    return FaultRecord(low: unit.read64(offset), high: unit.read64(offset + 8))
  }

  var status: FaultStatus { FaultStatus(rawValue: unit.read32(RegisterOffset.fsts)) }
  var faultControl: EventControl { EventControl(rawValue: unit.read32(RegisterOffset.fectl)) }
}

/// Messages in the order in which they came.
final class MessageLog: Sendable {
  private let store = Mutex<[InterruptMessage]>([])
  func append(_ message: InterruptMessage) { store.withLock { $0.append(message) } }
  var all: [InterruptMessage] { store.withLock { $0 } }
}

extension DMARequest {
  /// A request of 00:03.0, the device of most tests.
  static func test(
    _ access: DMAAccess = .read, _ address: UInt64 = 0x4000_0000,
    source: SourceID = SourceID(rawValue: 0x18), isZeroLength: Bool = false, pasid: UInt32? = nil,
    isPrivileged: Bool = false, isExecute: Bool = false, addressType: AddressType = .untranslated,
    noWrite: Bool = false
  ) -> DMARequest {
    DMARequest(
      source: source, address: IOVA(rawValue: address), access: access,
      isZeroLength: isZeroLength, pasid: pasid.map(PASID.init), isPrivileged: isPrivileged,
      isExecute: isExecute, addressType: addressType, noWrite: noWrite)
  }
}
