internal import KernelLog
internal import KernelProfiles
public import VTdFormats
public import VTdUnit

// What devices do, and what is left of it.
extension Lab {
  /// Sends a DMA to the unit.
  ///
  /// - Parameters:
  ///   - device: `bus:device.function`.
  ///   - access: read, write or AtomicOp.
  ///   - address: the address that the device puts on the bus.
  ///   - pasid: the process whose address space it means; nil for none.
  ///   - isExecute: the device fetches instructions; only with a PASID.
  ///   - isPrivileged: supervisor privilege; only with a PASID.
  /// - Throws: ``LabError/device(_:)``.
  @discardableResult
  public func dma(
    _ device: String, _ access: DMAAccess, _ address: UInt64, pasid: Int? = nil,
    isExecute: Bool = false, isPrivileged: Bool = false
  ) throws(LabError) -> LabDMA {
    if let pasid, !(0...0xf_ffff).contains(pasid) {
      throw .number(what: "PASID", value: pasid, range: 0...0xf_ffff)
    }
    let request = DMARequest(
      source: try Self.source(device), address: IOVA(rawValue: address), access: access,
      pasid: pasid.map { PASID(rawValue: UInt32($0)) }, isPrivileged: isPrivileged,
      isExecute: isExecute)
    // The tables are asked first: a fault that the unit records does not change them.
    let tables = unit.explain(request).verdict
    let outcome = unit.translate(request).outcome
    var record: FaultRecord?
    if case .blocked(_, .recorded(let index)) = outcome { record = faultRecord(index) }
    return LabDMA(request: request, outcome: outcome, tables: tables, record: record)
  }

  /// The way of a DMA through the tables as they are now.
  public func walk(_ dma: LabDMA) -> LabWalk { LabWalk(report: unit.explain(dma.request)) }

  /// The way that a DMA would take through the tables; nothing is sent and nothing recorded.
  public func walk(_ device: String, _ access: DMAAccess, _ address: UInt64, pasid: Int? = nil)
    throws(LabError) -> LabWalk
  {
    if let pasid, !(0...0xf_ffff).contains(pasid) {
      throw .number(what: "PASID", value: pasid, range: 0...0xf_ffff)
    }
    return LabWalk(
      report: unit.explain(
        DMARequest(
          source: try Self.source(device), address: IOVA(rawValue: address), access: access,
          pasid: pasid.map { PASID(rawValue: UInt32($0)) })))
  }

  // MARK: Fault records

  private func faultRecord(_ index: Int) -> FaultRecord {
    let offset = preset.unit.capability.faultRecordOffset + index * FaultRecord.byteCount
    return FaultRecord(low: unit.read64(offset), high: unit.read64(offset + 8))
  }

  /// The fault records that are in use, by their place in the unit.
  public var faultRecords: [FaultRecord] {
    (0..<preset.unit.capability.faultRecordCount).map(faultRecord).filter { $0[flag: .fault] }
  }

  /// Empties the fault records and the overflow, as a driver does when it has read them.
  public func clearFaults() {
    var used = FaultRecord()
    used[flag: .fault] = true
    for index in 0..<preset.unit.capability.faultRecordCount {
      let offset = preset.unit.capability.faultRecordOffset + index * FaultRecord.byteCount
      unit.write64(used.high, at: offset + 8)
    }
    var status = FaultStatus()
    status[flag: .primaryFaultOverflow] = true
    unit.write32(status.rawValue, at: RegisterOffset.fsts)
  }

  /// What Linux prints for the record that a DMA left.
  ///
  /// - Parameters:
  ///   - dma: what was sent.
  ///   - release: whose words, such as `4.19` or `6.12`; nil for the newest known.
  /// - Returns: nil where nothing was recorded.
  /// - Throws: ``LabError/input(_:)`` where the text is not a release.
  public func kernelLine(_ dma: LabDMA, release: String? = nil) throws(LabError) -> String? {
    try dma.record.map { (record) throws(LabError) in try Self.kernelLine(record, release: release)
    }
  }

  /// What Linux prints for a fault record.
  public static func kernelLine(_ record: FaultRecord, release: String? = nil) throws(LabError)
    -> String
  {
    var profile = KernelProfile.newest
    if let release {
      guard let known = KernelProfile.named(release) else {
        throw .input("\"\(release)\" is not a kernel release; one such as 6.12 was expected")
      }
      profile = known
    }
    let line = FaultLine(
      reason: record.reason.rawValue, isRead: record[flag: .type1], pasid: record.pasid,
      source: record.source, faultInfo: record.low)
    return line.text(profile.behaviour.faultLines, reasons: profile.behaviour.faultReasons)
  }
}
