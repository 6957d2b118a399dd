import Glibc
import PhysicalMemory
import VTdFormats
import VTdUnit

// Memory addresses: memory itself, registers, and nothing.
extension Q35Machine: QTestTarget {
  /// A transfer may cover all memory, and 4 GiB in any case.
  public var longestTransfer: UInt64 {
    memory.ranges.map { $0.base.rawValue + $0.size }.reduce(Q35MemoryMap.fourGibibytes, max)
  }

  /// Where everything answers now; to be called when a BAR moved.
  func mapRegions() {
    var map: [MappedRegion] = []
    if let unit {
      let registers = UnitRegisterPort.byteCount(unit.configuration)
      map.append(
        .init(
          kind: .unit, base: unit.configuration.registerBase.rawValue, size: UInt64(registers),
          widths: 4...8))
    }
    map.append(.init(kind: .ioapic, base: IOAPIC.base, size: IOAPIC.size, widths: 1...4))
    map.append(
      .init(
        kind: .localAPIC, base: UInt64.interruptRange.lowerBound,
        size: UInt64(UInt64.interruptRange.count), widths: 1...4))
    if let window = enhancedConfigurationWindow {
      map.append(
        .init(
          kind: .enhancedConfiguration, base: window.lowerBound,
          size: window.upperBound - window.lowerBound, widths: 1...4))
    }
    for (slot, function) in functions.enumerated() {
      for region in function.layout?.regions ?? [] {
        let place = FunctionConfiguration.Region(bar: region.bar, size: region.size)
        guard let base = function.configuration.base(of: place) else { continue }
        map.append(
          .init(
            kind: .device(slot: slot, bar: region.bar), base: base, size: region.size,
            widths: region.widths))
      }
    }
    regions = map
  }

  /// PCIEXBAR of the host bridge: bit 0 enables, bits 2:1 say 256, 128 or 64 MiB.
  private var enhancedConfigurationWindow: Range<UInt64>? {
    let low = functions[0].configuration.read(0x60, width: 4)
    let high = functions[0].configuration.read(0x64, width: 4)
    guard low & 1 != 0, low >> 1 & 3 != 3 else { return nil }
    let size = UInt64(256 << 20) >> UInt64(low >> 1 & 3)
    let base = (UInt64(high) << 32 | UInt64(low)) & 0xf_ffff_ffff & ~(size - 1)
    return base..<base + size
  }

  /// Reads as a processor does: memory, registers, and zeros where nobody answers.
  public func readMemory(_ address: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
    _ = read(address, into: buffer, by: .processor)
  }

  /// Writes as a processor does; where nobody answers nothing happens.
  public func writeMemory(_ address: UInt64, from bytes: UnsafeRawBufferPointer) {
    _ = write(address, from: bytes, by: .processor)
  }

  /// Bytes as the processor would see them; nil where a part of them answered nowhere.
  func readPhysical(_ address: UInt64, count: Int) -> [UInt8]? {
    var isComplete = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      isComplete = read(address, into: UnsafeMutableRawBufferPointer(buffer))
      filled = count
    }
    return isComplete ? bytes : nil
  }

  /// Fills the buffer; whether all of it answered. What did not is zero.
  func read(
    _ address: UInt64, into buffer: UnsafeMutableRawBufferPointer, by origin: AccessOrigin = .device
  ) -> Bool {
    var isComplete = true
    var done = 0
    while done < buffer.count {
      let place = address &+ UInt64(done)
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      switch answer(at: place, upTo: rest.count) {
      case .memory(let pointer, let count, _):
        let bytes = UnsafeRawBufferPointer(start: pointer, count: count)
        rest.copyMemory(from: bytes)
        if origin == .processor { observer?.memoryRead(bytes, at: place) }
        done += count
      case .registers(let region, let width):
        var value: UInt64 = 0
        if region.widths.contains(width) {
          value = readRegister(region, place - region.base, width: width)
        } else {
          isComplete = false
        }
        withUnsafeBytes(of: value.littleEndian) {
          rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<width]))
        }
        done += width
      case .nothing(let count):
        for index in 0..<count { rest[index] = 0 }
        isComplete = false
        done += count
      }
    }
    return isComplete
  }

  /// Writes the bytes; whether all of them were taken.
  func write(
    _ address: UInt64, from bytes: UnsafeRawBufferPointer, by origin: AccessOrigin = .device
  ) -> Bool {
    var isComplete = true
    var done = 0
    while done < bytes.count {
      let place = address &+ UInt64(done)
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      switch answer(at: place, upTo: rest.count) {
      case .memory(let pointer, let count, let isReadOnly):
        if !isReadOnly, let start = rest.baseAddress {
          pointer.copyMemory(from: start, byteCount: count)
          if origin == .processor {
            observer?.memoryWritten(UnsafeRawBufferPointer(rebasing: rest[..<count]), at: place)
          }
        }
        done += count
      case .registers(let region, let width):
        if region.widths.contains(width) {
          var value: UInt64 = 0
          withUnsafeMutableBytes(of: &value) {
            $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<width]))
          }
          writeRegister(region, UInt64(littleEndian: value), place - region.base, width: width)
        } else {
          isComplete = false
        }
        done += width
      case .nothing(let count):
        isComplete = false
        done += count
      }
    }
    return isComplete
  }

  /// Who answers at an address.
  private enum Answer {
    /// This many bytes of memory.
    case memory(UnsafeMutableRawPointer, count: Int, isReadOnly: Bool)
    /// Registers, in one access of this width.
    case registers(MappedRegion, width: Int)
    /// Nobody, for this many bytes.
    case nothing(count: Int)
  }

  private func answer(at address: UInt64, upTo count: Int) -> Answer {
    var free = UInt64.max
    for range in memory.ranges {
      let offset = address &- range.base.rawValue
      if offset < range.size {
        let here = Int(min(UInt64(count), range.size - offset))
        guard
          let pointer = memory.view.pointer(to: address, count: UInt64(here), writing: false)
        else { return .nothing(count: here) }
        return .memory(pointer, count: here, isReadOnly: range.isReadOnly)
      }
      if range.base.rawValue > address { free = min(free, range.base.rawValue - address) }
    }
    for region in regions {
      if region.contains(address) {
        let left = min(UInt64(count), region.size - (address - region.base))
        return .registers(region, width: Self.width(of: left, at: address, region.widths))
      }
      if region.base > address { free = min(free, region.base - address) }
    }
    return .nothing(count: Int(min(UInt64(count), free)))
  }

  /// The widest single access: a power of 2, aligned, no wider than the registers take.
  private static func width(of count: UInt64, at address: UInt64, _ widths: ClosedRange<Int>) -> Int
  {
    var width = widths.upperBound
    while width > 1 && (UInt64(width) > count || address & UInt64(width - 1) != 0) { width >>= 1 }
    return width
  }

  private func readRegister(_ region: MappedRegion, _ offset: UInt64, width: Int) -> UInt64 {
    switch region.kind {
    case .unit: return readUnit(offset, width: width)
    case .ioapic: return UInt64(ioapic.read(offset))
    case .localAPIC: return 0
    case .enhancedConfiguration: return UInt64(readEnhancedConfiguration(offset, width: width))
    case .device(let slot, let bar):
      return withDevice(slot) { $0.read(bar: bar, offset: offset, width: width, port: $1) } ?? 0
    }
  }

  private func writeRegister(
    _ region: MappedRegion, _ value: UInt64, _ offset: UInt64, width: Int
  ) {
    switch region.kind {
    case .unit: writeUnit(value, offset, width: width)
    case .ioapic:
      if ioapic.write(UInt32(truncatingIfNeeded: value), offset) { serviceIOAPIC() }
    case .localAPIC:
      // Registers belong to a processor, and there is none. Everything else is a message.
      if width == 4 && (offset == 0 || offset > 0xfff) {
        deliver(vector: UInt8(truncatingIfNeeded: value))
      }
    case .enhancedConfiguration:
      writeEnhancedConfiguration(UInt32(truncatingIfNeeded: value), offset, width: width)
    case .device(let slot, let bar):
      _ = withDevice(slot) {
        $0.write(value, bar: bar, offset: offset, width: width, port: $1)
      }
    }
  }
}
