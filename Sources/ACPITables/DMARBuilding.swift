extension DMARTable {
  /// The table as bytes, with its length and the checksum: the right one, or the wrong one that was
  /// read. So a table that was read is written byte for byte.
  public var bytes: [UInt8] { bytes(withChecksum: header.wrongChecksum ?? rightChecksum) }

  /// The checksum with which all bytes add up to zero.
  public var rightChecksum: UInt8 { 0 &- bytes(withChecksum: 0).reduce(0) { $0 &+ $1 } }

  private func bytes(withChecksum checksum: UInt8) -> [UInt8] {
    var writer = TableWriter(.table)
    writer.set(.signature, to: Array("DMAR".utf8))
    writer.set(.revision, to: header.revision)
    writer.set(.checksum, to: checksum)
    writer.set(.oemID, to: header.oemID)
    writer.set(.oemTableID, to: header.oemTableID)
    writer.set(.oemRevision, to: header.oemRevision)
    writer.set(.creatorID, to: header.creatorID)
    writer.set(.creatorRevision, to: header.creatorRevision)
    writer.set(.hostAddressWidth, to: rawHostAddressWidth)
    writer.set(.tableFlags, to: flags.rawValue)
    writer.set(.tableReserved, to: reserved)
    for structure in structures { writer.append(structure.bytes) }
    writer.set(.tableLength, to: UInt32(truncatingIfNeeded: writer.bytes.count))
    return writer.bytes
  }
}

extension RemappingStructure {
  /// The structure as bytes, with type and length.
  public var bytes: [UInt8] {
    var writer = TableWriter(layout)
    writer.set(.type, to: type)
    switch self {
    case .unit(let unit):
      writer.set(.structureFlags, to: unit.flags)
      writer.set(.registerSetSize, to: unit.size)
      writer.set(.segment, to: unit.segment)
      writer.set(.registerBase, to: unit.registerBase)
    case .reservedMemory(let region):
      writer.set(.reservedWord, to: region.reserved)
      writer.set(.segment, to: region.segment)
      writer.set(.regionBase, to: region.base)
      writer.set(.regionLimit, to: region.limit)
    case .rootPortATS(let ports):
      writer.set(.structureFlags, to: ports.flags)
      writer.set(.reservedByte, to: ports.reserved)
      writer.set(.segment, to: ports.segment)
    case .affinity(let affinity):
      writer.set(.affinityReserved, to: affinity.reserved)
      writer.set(.registerBase, to: affinity.registerBase)
      writer.set(.proximityDomain, to: affinity.proximityDomain)
    case .namespaceDevice(let device):
      writer.set(.namespaceReserved, to: device.reserved)
      writer.set(.deviceNumber, to: device.number)
      writer.append(device.nameBytes)
    case .socATC(let cache):
      writer.set(.structureFlags, to: cache.flags)
      writer.set(.reservedByte, to: cache.reserved)
      writer.set(.segment, to: cache.segment)
    case .socProperties(let properties):
      writer.set(.reservedWord, to: properties.reserved)
      writer.set(.segment, to: properties.segment)
    case .unknown(_, let body):
      writer = TableWriter(.unknown)
      writer.set(.type, to: type)
      writer.append(body)
    }
    for scope in scopes { writer.append(scope.bytes) }
    writer.set(.length, to: UInt16(truncatingIfNeeded: writer.bytes.count))
    return writer.bytes
  }
}

extension DeviceScope {
  /// The scope as bytes, with its length.
  public var bytes: [UInt8] {
    var writer = TableWriter(.scope)
    writer.set(.scopeType, to: kind.rawValue)
    writer.set(.scopeFlags, to: flags)
    writer.set(.scopeReserved, to: reserved)
    writer.set(.enumerationID, to: enumerationID)
    writer.set(.startBus, to: startBus)
    for hop in path { writer.append([hop.device, hop.function]) }
    writer.set(.scopeLength, to: UInt8(truncatingIfNeeded: writer.bytes.count))
    return writer.bytes
  }
}
