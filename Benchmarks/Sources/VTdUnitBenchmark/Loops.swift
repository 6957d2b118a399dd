import CTranslation
import VTdFormats
import VTdUnit

// The measured loops. Each is one C symbol, so that callgrind can count inside it alone
// (--toggle-collect); what it counts for an iteration includes the loop's own few instructions.

/// Translates every request; returns a sum, so that nothing is optimised away.
@_cdecl("measure_translate")
@inline(never)
public func measureTranslate(
  _ unit: UnsafeRawPointer, _ requests: UnsafeRawPointer, _ count: Int
) -> UInt64 {
  let unit = Unmanaged<RemappingUnit>.fromOpaque(unit).takeUnretainedValue()
  let requests = requests.assumingMemoryBound(to: DMARequest.self)
  var sum: UInt64 = 0
  var index = 0
  while index < count {
    sum &+= unit.translate(requests[index]).address?.rawValue ?? 0
    index &+= 1
  }
  return sum
}

/// The same where each request waits for the answer to the one before, as it does where a device
/// fetches what tells it the next address. Bit 0 of an answer is 0, which nothing here knows.
@_cdecl("measure_translate_chained")
@inline(never)
public func measureTranslateChained(
  _ unit: UnsafeRawPointer, _ requests: UnsafeRawPointer, _ count: Int
) -> UInt64 {
  let unit = Unmanaged<RemappingUnit>.fromOpaque(unit).takeUnretainedValue()
  let requests = requests.assumingMemoryBound(to: DMARequest.self)
  var sum: UInt64 = 0
  var last: UInt64 = 0
  var index = 0
  while index < count {
    last = unit.translate(requests[index &+ Int(last & 1)]).address?.rawValue ?? 0
    sum &+= last
    index &+= 1
  }
  return sum
}

/// As a caller writes it: a request made on the spot, and its outcome taken apart.
@_cdecl("measure_translate_outcome")
@inline(never)
public func measureTranslateOutcome(
  _ unit: UnsafeRawPointer, _ source: UInt16, _ first: UInt64, _ count: Int
) -> UInt64 {
  let unit = Unmanaged<RemappingUnit>.fromOpaque(unit).takeUnretainedValue()
  var sum: UInt64 = 0
  var index: UInt64 = 0
  while index < UInt64(count) {
    let request = DMARequest(
      source: SourceID(rawValue: source), address: IOVA(rawValue: first &+ index &* 4096),
      access: .read)
    switch unit.translate(request).outcome {
    case .translated(let page): sum &+= page.address.rawValue
    case .blocked, .interruptRequest: break
    }
    index &+= 1
  }
  return sum
}

/// Drops one page at a time through the registers: IVA, then IOTLB.
@_cdecl("measure_invalidate")
@inline(never)
public func measureInvalidate(_ unit: UnsafeRawPointer, _ first: UInt64, _ count: Int) {
  let unit = Unmanaged<RemappingUnit>.fromOpaque(unit).takeUnretainedValue()
  let offset = unit.configuration.extendedCapability.iotlbRegisterOffset
  var command = IOTLBCommand()
  command[flag: .invalidate] = true
  command[.requestedGranularity] = 3
  command[.domainID] = 1
  var index: UInt64 = 0
  while index < UInt64(count) {
    unit.write64(first &+ index &* 4096, at: offset)
    unit.write64(command.rawValue, at: offset &+ 8)
    index &+= 1
  }
}

/// Drops one page at a time through the queue: the descriptor's two words (four in a wide queue),
/// then the tail.
@_cdecl("measure_invalidate_queued")
@inline(never)
public func measureInvalidateQueued(
  _ unit: UnsafeRawPointer, _ low: UInt64, _ first: UInt64, _ wide: Bool, _ count: Int
) {
  let unit = Unmanaged<RemappingUnit>.fromOpaque(unit).takeUnretainedValue()
  let size: UInt64 = wide ? 32 : 16
  var index: UInt64 = 0
  while index < UInt64(count) {
    let place = BenchUnit.queue &+ index &* size & 0xfff
    unit.memory.store64(low, at: PhysicalAddress(rawValue: place))
    unit.memory.store64(first &+ index &* 4096, at: PhysicalAddress(rawValue: place &+ 8))
    unit.write64((index &+ 1) &* size & 0xfff, at: RegisterOffset.iqt)
    index &+= 1
  }
}

@_cdecl("measure_c_hit")
@inline(never)
public func measureCHit(
  _ requesters: UnsafePointer<UInt64>, _ cache: UnsafePointer<c_cache>,
  _ iovas: UnsafePointer<UInt64>, _ attributes: UInt64, _ count: Int
) -> UInt64 {
  var sum: UInt64 = 0
  var index = 0
  while index < count {
    sum &+= c_translate_hit(requesters, 255, cache.pointee, iovas[index], attributes)
    index &+= 1
  }
  return sum
}

@_cdecl("measure_c_walk")
@inline(never)
public func measureCWalk(
  _ memory: UnsafePointer<UInt8>, _ size: UInt64, _ table: UInt64, _ iovas: UnsafePointer<UInt64>,
  _ count: Int
) -> UInt64 {
  var sum: UInt64 = 0
  var index = 0
  while index < count {
    sum &+= c_walk(memory, size, table, iovas[index], 1 << 62 | 0x880)
    index &+= 1
  }
  return sum
}

@_cdecl("measure_c_walk_chained")
@inline(never)
public func measureCWalkChained(
  _ memory: UnsafePointer<UInt8>, _ size: UInt64, _ table: UInt64, _ iovas: UnsafePointer<UInt64>,
  _ count: Int
) -> UInt64 {
  var sum: UInt64 = 0
  var last: UInt64 = 0
  var index = 0
  while index < count {
    last = c_walk(memory, size, table, iovas[index &+ Int(last & 1)], 1 << 62 | 0x880)
    sum &+= last
    index &+= 1
  }
  return sum
}

@_cdecl("measure_c_miss")
@inline(never)
public func measureCMiss(
  _ pages: UnsafePointer<c_cache>, _ tables: UnsafePointer<c_cache>,
  _ memory: UnsafePointer<UInt8>, _ size: UInt64, _ table: UInt64, _ iovas: UnsafePointer<UInt64>,
  _ count: Int
) -> UInt64 {
  var sum: UInt64 = 0
  var index = 0
  while index < count {
    sum &+= c_miss(pages.pointee, tables.pointee, memory, size, table, iovas[index])
    index &+= 1
  }
  return sum
}
