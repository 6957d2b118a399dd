public import PCI

/// Where functions come from: this machine, or whatever a test invents.
public protocol PCISource: Sendable {
  /// Everything on the bus, now.
  ///
  /// - Throws: ``PCIHostError`` where there is a bus that cannot be read.
  func enumerate() throws(PCIHostError) -> PCIEnumeration
}

/// What asking for the bus gave.
public enum PCIEnumeration: Hashable, Sendable {
  /// This machine has no PCI, which is not an error: virtual machines and boards do without.
  case noPCI(NoPCI)
  /// The functions, and what could not be read of them.
  case found(PCITopology, remarks: [PCIRemark])
}

/// How it is known that there is no PCI.
public enum NoPCI: Hashable, Sendable, CustomStringConvertible {
  /// The kernel has no PCI bus: the directory is missing.
  case noBus(directory: String)
  /// The kernel has one, without any function.
  case emptyBus(directory: String)

  public var description: String {
    switch self {
    case .noBus(let directory): "this machine has no PCI bus (no \(directory))"
    case .emptyBus(let directory): "this machine's PCI bus is empty (\(directory))"
    }
  }
}

/// Something about one function that the reader should know, though the bus could be listed.
public struct PCIRemark: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// Only so many bytes of configuration space could be read. With 64, the reader lacks the
    /// permission (CAP_SYS_ADMIN) for the capabilities.
    case shortConfiguration(Int)
    /// The configuration space could not be read at all; the number is an errno.
    case unreadableConfiguration(Int32)
    /// Base addresses and sizes could not be read; the number is an errno.
    case unreadableRegions(Int32)
    /// The bus lists an entry that is not an address. The library would have listed the function
    /// before it once more.
    case strangeEntry(String)
  }

  /// The function; nil where the entry has no address.
  public let address: PCIAddress?
  public let kind: Kind

  public init(_ address: PCIAddress?, _ kind: Kind) {
    self.address = address
    self.kind = kind
  }

  public var description: String {
    let place = address.map { "\($0): " } ?? ""
    switch kind {
    case .shortConfiguration(ConfigurationSpace.headerSize):
      return place + "only 64 bytes of configuration space are readable, the capabilities are "
        + "missing (reading them needs CAP_SYS_ADMIN)"
    case .shortConfiguration(let count):
      return place
        + "only \(count) \(count == 1 ? "byte" : "bytes") of configuration space can be read"
    case .unreadableConfiguration(let code):
      return place + "configuration space is not readable (\(systemMessage(code)))"
    case .unreadableRegions(let code):
      return place + "base addresses are not readable (\(systemMessage(code)))"
    case .strangeEntry(let name):
      return "\"\(name)\" on the PCI bus is not an address and was left out"
    }
  }
}

/// This machine has a PCI bus, but it could not be listed.
public struct PCIHostError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The bus' directory cannot be read; the library would have said "no functions".
    case unreadableBus(directory: String)
    /// The library failed as a whole. `culprits` are the entries that make it fail.
    case initialisation(culprits: [String])
    /// The library could not go through its list.
    case iteration
  }

  public let kind: Kind
  /// The errno that came with it; 0 for none.
  public let code: Int32

  public init(_ kind: Kind, code: Int32) {
    self.kind = kind
    self.code = code
  }

  public var description: String {
    switch kind {
    case .unreadableBus(let directory):
      return "\(directory): \(systemMessage(code))"
    case .initialisation(let culprits):
      let names = culprits.map { "\"\($0)\"" }.joined(separator: ", ")
      let cause = culprits.isEmpty ? "" : ", it stumbles over \(names)"
      return "libpciaccess cannot read the PCI bus (\(systemMessage(code))\(cause))"
    case .iteration:
      return "libpciaccess cannot list the PCI bus (\(systemMessage(code)))"
    }
  }
}
