internal import KernelLog
internal import KernelProfiles
internal import KernelRuntime
internal import PCI
internal import VTdFormats

/// prq_event_thread: the thread of the page-request interrupt.
extension PageRequests {
  func handlePageRequests(of unit: IntelIOMMU) throws(DriverError) {
    guard let queue = unit.pageRequests else { return }
    // Before head and tail are read, so that a request that comes meanwhile raises the event again.
    var pending = PageRequestStatus()
    pending[flag: .pendingRequest] = true
    unit.port.write32(pending.rawValue, at: RegisterOffset.prs)
    // Whatever stands in the registers, a whole descriptor is meant: head meets tail.
    let tail = queue.place(of: unit.port.read64(at: RegisterOffset.pqt))
    var head = queue.place(of: unit.port.read64(at: RegisterOffset.pqh))
    while head != tail {
      var request = PageRequestDescriptor()
      for word in 0..<4 {
        request[word: word] = tables.load(queue.address(at: head) + UInt64(word) * 8)
      }
      try handle(request, of: unit)
      head = queue.next(after: head)
    }
    unit.port.write64(tail, at: RegisterOffset.pqh)
    finish(queue, of: unit)
  }

  /// Lets a queue that overflowed go on, once it is empty.
  private func finish(_ queue: PageRequestQueue, of unit: IntelIOMMU) {
    let status = PageRequestStatus(rawValue: unit.port.read32(at: RegisterOffset.prs))
    guard status[flag: .overflow] else { return }
    let isTold = kernel.build.behaviour.pageRequestLines != .long
    if isTold { tell(.overflow(unit: unit.name)) }
    let isEmpty =
      unit.port.read64(at: RegisterOffset.pqh) == unit.port.read64(at: RegisterOffset.pqt)
    guard isEmpty else { return }
    var overflow = PageRequestStatus()
    overflow[flag: .overflow] = true
    unit.port.write32(overflow.rawValue, at: RegisterOffset.prs)
    if isTold { tell(.overflowCleared(unit: unit.name)) }
  }

  private func tell(_ line: PageRequestLine) { kernel.print(.pageRequest(line)) }

  private func handle(_ request: PageRequestDescriptor, of unit: IntelIOMMU) throws(DriverError) {
    if let line = complaint(about: request, of: unit) {
      tell(line)
      return try refuse(request, of: unit)
    }
    // A stop marker ends a PASID's requests; nobody waits for an answer.
    if request[flag: .lastInGroup], !request[flag: .readRequested], !request[flag: .writeRequested]
    {
      return
    }
    let source = SourceID(rawValue: UInt16(truncatingIfNeeded: request[.requesterID]))
    let device = PCIAddress(segment: unit.segment, sourceID: source)
    let answer =
      pci.isPresent(device) ? core.reporting { serve(request, from: device) } : .unknown
    switch answer {
    case .served, .refused:
      try core.answering { () throws(DriverError) in
        try respond(answer == .served ? .success : .invalidRequest, to: request, of: unit)
      }
    case .unknown:
      if kernel.build.behaviour.pageRequestLines == .long {
        let pasid = UInt32(truncatingIfNeeded: request[.pasid])
        tell(.unknownPASID(unit: unit.name, pasid: pasid, request.firstWords))
      }
      try refuse(request, of: unit)
    }
  }

  /// What is wrong with a request by itself.
  private func complaint(
    about request: PageRequestDescriptor, of unit: IntelIOMMU
  ) -> PageRequestLine? {
    let lines = kernel.build.behaviour.pageRequestLines
    let isLong = lines == .long
    let name: String? = isLong ? nil : unit.name
    if !request[flag: .pasidPresent], lines != .pasidOptional {
      return .withoutPASID(unit: unit.name, isLong ? request.firstWords : nil)
    }
    let address = Int64(bitPattern: request[inPlace: .address])
    if !isLong, (address << 7) >> 7 != address { return .notCanonical(unit: unit.name) }
    if request[flag: .privilegedMode],
      request[flag: .readRequested] || request[flag: .writeRequested]
    {
      return .privileged(unit: name)
    }
    if request[flag: .executeRequested], request[flag: .readRequested] {
      return .execute(unit: name)
    }
    return nil
  }

  /// handle_bad_prq_event.
  private func refuse(_ request: PageRequestDescriptor, of unit: IntelIOMMU) throws(DriverError) {
    if kernel.build.behaviour.pageRequestLines != .long {
      tell(.invalid(unit: unit.name, request.firstWords))
    }
    try respond(.invalidRequest, to: request, of: unit)
  }

  /// A page-group response, which only the last request of a group gets.
  private func respond(
    _ response: PageResponseCode, to request: PageRequestDescriptor, of unit: IntelIOMMU
  ) throws(DriverError) {
    guard request[flag: .lastInGroup] || request[flag: .privateDataPresent] else { return }
    var descriptor = PageGroupResponseDescriptor()
    descriptor[flag: .pasidPresent] = request[flag: .pasidPresent]
    descriptor[flag: .privateDataPresent] = request[flag: .privateDataPresent]
    descriptor[.responseCode] = UInt64(response.rawValue)
    descriptor[.requesterID] = request[.requesterID]
    descriptor[.pasid] = request[.pasid]
    descriptor[.groupIndex] = request[.groupIndex]
    var words = descriptor.words
    if request[flag: .privateDataPresent] { words += [request[word: 2], request[word: 3]] }
    try flusher.submit([words], to: unit)
  }

  /// Asks whoever has bound the device's PASID to a process.
  private func serve(_ request: PageRequestDescriptor, from device: PCIAddress)
    -> PageRequestAnswer
  {
    serve(
      request[flag: .pasidPresent] ? PASID(rawValue: UInt32(request[.pasid])) : nil, of: device,
      at: IOVA(rawValue: request[inPlace: .address]), writes: request[flag: .writeRequested])
  }
}

extension PageRequestDescriptor {
  fileprivate var firstWords: PageRequestLine.Words {
    PageRequestLine.Words(low: self[word: 0], high: self[word: 1])
  }
}
