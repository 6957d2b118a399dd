internal import Diagnosis
internal import KernelLog
internal import LogReading
internal import PCI
internal import ScenarioFormat
internal import VTdFormats

/// Requests for pages that the driver refused: the descriptor in the log says who asked for what.
extension ScenarioBuilder {
  mutating func refusedPage(_ refusal: FaultTimeline.RefusedPage, _ image: TableImage) {
    let request = refusal.request
    let device = refusal.device
    let unit = log.units[log.unitIndex(of: device)]
    let first = scenario.steps.count
    if asking.insert(device).inserted {
      write(allowed(device, image), from: device, unit)
      var cache = EventAction.DeviceTLBStep()
      cache.device = .address(device)
      step(.event(.deviceTLB(cache)), notes: ["assumed: the device's own TLB is on"])
    }
    var page = PageRequestStep()
    page.device = .address(device)
    page.address = IOVA(rawValue: request[inPlace: .address])
    page.pasid =
      request[flag: .pasidPresent]
      ? PASID(rawValue: UInt32(truncatingIfNeeded: request[.pasid])) : nil
    page.reads = request[flag: .readRequested]
    page.writes = request[flag: .writeRequested]
    page.executes = request[flag: .executeRequested]
    page.isPrivileged = request[flag: .privilegedMode]
    page.isLast = request[flag: .lastInGroup]
    page.group = UInt16(truncatingIfNeeded: request[.groupIndex])
    step(.pageRequest(page), notes: ["line \(refusal.place.line) of the log"])
    pageRequestCount += 1
    if plan.usesTimes, first < scenario.steps.count {
      scenario.steps[scenario.steps.count - 1].times = FaultTimeline.ascending(refusal.times)
    }
  }

  /// A context entry that lets a device ask for pages, in the place where one lies.
  private func allowed(_ device: PCIAddress, _ image: TableImage) -> TableImage.Need {
    func load(_ address: UInt64) -> UInt64 { memory[address] ?? baseline(address) }
    var need = TableImage.Need()
    let source = device.sourceID
    let place = image.root + ScalableRootEntry.offset(of: source)
    var root = ScalableRootEntry(low: load(place), high: load(place + 8))
    let isUpper = ScalableRootEntry.isUpper(source)
    if !(isUpper ? root[flag: .upperPresent] : root[flag: .lowerPresent]) {
      need.assumptions.append("the log shows no root entry")
      let table = image.contextTable(source) + (isUpper ? Paging.pageSize : 0)
      root[inPlace: isUpper ? .upperContextTable : .lowerContextTable] = table
      root[flag: isUpper ? .upperPresent : .lowerPresent] = true
      (need.words[place], need.words[place + 8]) = (root.low, root.high)
    }
    let contextPlace =
      root[inPlace: isUpper ? .upperContextTable : .lowerContextTable]
      + ScalableContextEntry.offset(of: source)
    var context = ScalableContextEntry(words: [load(contextPlace), load(contextPlace + 8)])
    if !context[flag: .present] {
      need.assumptions.append("the log shows no context entry")
      context[flag: .present] = true
      context[inPlace: .pasidDirectory] = image.page(source, 1)
      context[.directorySize] = 7
    }
    for flag in [BitField<ScalableContextEntry>.pageRequestEnable, .deviceTLBEnable, .pasidEnable] {
      context[flag: flag] = true
    }
    need.words[contextPlace] = context[word: 0]
    need.words[contextPlace + 8] = context[word: 1]
    return need
  }
}
