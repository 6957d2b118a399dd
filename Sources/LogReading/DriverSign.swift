import Text

/// What a line of a device's driver, or of the bus below it, tells of the device: recognised by the words
/// that drivers have for it.
public enum DriverSign: Hashable, Sendable, CaseIterable {
  /// The device is being taken away.
  case removed
  /// The device is gone.
  case lost
  /// The device is reset, or does not come back from a reset.
  case reset
  /// Something that the device was doing was stopped, or did not end.
  case stopped
  /// Something went wrong.
  case trouble
  /// The device, or the machine, changes its power state.
  case power
  /// The device has a domain of its own.
  case privateDomain
  /// The device gets another domain.
  case movedDomain
  /// The core tells how the device's addresses are mapped.
  case mapping
  /// A request of the device came back as one that nobody serves (PCI Express).
  case unsupportedRequest
  /// A request of the device was aborted, or was not answered (PCI Express).
  case aborted
  /// The DMA layer's checks: the driver freed memory in a way that does not fit.
  case wrongFree

  /// Case counts.
  private var words: [StaticString] {
    switch self {
    case .removed: ["removed", "Removing", "inaccessible", "hot-remove", "unbind", "FLR"]
    case .lost: ["inaccessible", "Unable to change power", "Card not present", "Surprise"]
    case .reset: ["reset", "Reset", "not ready"]
    case .stopped:
      [
        "timeout", "timed out", "reset", "disconnect", "remove", "stop", "Stop", "abort", "Abort",
        "cancel", "Set TR Deq", "Link down", "Link is Down", "shutdown", "hung",
        "not part of current",
      ]
    case .trouble:
      [
        "died", "imeout", "timed out", "ailed", "rror", "halt", "not responding", "bort", "hung",
        "lost", "WARN", "unable",
      ]
    case .power: ["suspend", "D3", "power state"]
    case .privateDomain: ["private"]
    case .movedDomain: ["uses non-identity mapping", "Using iommu dma mapping"]
    case .mapping: ["Using iommu "]
    case .unsupportedRequest: ["UnsupReq"]
    case .aborted: ["CmpltAbrt", "CmpltTO"]
    case .wrongFree: ["frees DMA memory"]
    }
  }

  /// Whether a line tells it.
  package func isTold(by text: String) -> Bool {
    let text = Array(text.utf8)
    return words.contains { ByteSearch.contains(exactly: $0, in: text) }
  }
}

/// A line about one device, with who says it.
public struct DriverRemark: Hashable, Sendable {
  /// The driver.
  public var driver: String
  /// What it says.
  public var text: String
  /// Whether the remapping driver says it of the device, in the device's driver's name.
  public var isOfRemapping = false

  package init(driver: String, text: String) {
    self.driver = driver
    self.text = text
  }

  /// A line of the remapping driver about a device, given without the tag that it has there.
  package init(remapping words: String, driver: String) {
    self.init(driver: driver, text: "DMAR: " + words)
    isOfRemapping = true
  }

  /// Whether the line tells one of some things.
  package func tells(_ signs: DriverSign...) -> Bool { signs.contains { $0.isTold(by: text) } }

  /// Whether the bus or the IOMMU code speaks, and not the device's own driver.
  package var isOfCore: Bool {
    driver == "pci" || isOfRemapping || tells(.mapping)
  }

  /// Whether the driver is one that gives devices to guests.
  package var isOfGuests: Bool { Self.givesToGuests(driver) }

  /// Whether a driver gives devices to guests.
  package static func givesToGuests(_ driver: String) -> Bool { driver.hasPrefix("vfio") }
}

extension KernelMessage {
  /// The address in what the DMA layer's checks say, `[device address=0x00000000ffffd000]`.
  package var deviceAddress: UInt64? {
    for piece in text.split(separator: "[") where piece.hasPrefix("device address=0x") {
      return UInt64(piece.dropFirst(17).prefix { $0.isHexDigit }, radix: 16)
    }
    return nil
  }
}

/// An option of the kernel's command line that says something about remapping.
public enum KernelOption: Sendable {
  /// Graphics devices are left out.
  case graphicsOff
  /// Scalable mode may be used.
  case scalableMode

  /// Whether a command line has it.
  package func isSet(in commandLine: String) -> Bool {
    switch self {
    case .graphicsOff: commandLine.contains("igfx_off")
    case .scalableMode: commandLine.contains("sm_on")
    }
  }
}

/// What lspci calls a function.
public enum FunctionWords {
  /// Whether the words are those of a function that draws.
  package static func isDisplay(_ words: String) -> Bool {
    let bytes = Array(words.utf8)
    return ByteSearch.contains(exactly: "VGA compatible", in: bytes)
      || ByteSearch.contains(exactly: "Display controller", in: bytes)
  }
}

/// A controller that is known to read past the end of what it was given.
public enum Prefetcher: String, Sendable, CaseIterable {
  /// VIA, 1106:3483.
  case vl805 = "VL805"
  /// VIA, 1106:3432.
  case vl80 = "VL80"
  /// Zhaoxin, 1d17:9202.
  case zx100 = "ZX-100"
  /// Zhaoxin, 1d17:9203.
  case zx200 = "ZX-200"

  private var ids: (vendor: UInt16, device: UInt16) {
    switch self {
    case .vl805: (0x1106, 0x3483)
    case .vl80: (0x1106, 0x3432)
    case .zx100: (0x1d17, 0x9202)
    case .zx200: (0x1d17, 0x9203)
    }
  }

  /// The one that a function is, by its ids or by what lspci calls it.
  package static func known(vendor: UInt16?, device: UInt16?, words: String) -> Prefetcher? {
    allCases.first {
      $0.ids.vendor == vendor && $0.ids.device == device || words.contains($0.rawValue)
    }
  }
}
