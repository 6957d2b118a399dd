/// Access Control Services (PCI Express Base 5.0, 7.7.8): what a port does with requests from one
/// function to another that could pass the root complex, and its unit, by.
extension ConfigurationField {
  static let accessControlCapability = ConfigurationField("ACS Capability", 0x04, 0..<16)
  static let accessControlControl = ConfigurationField("ACS Control", 0x06, 0..<16)
  /// Intel's root ports of the 100 and 200 series have both registers as double words, the second
  /// at 8 (their errata; pci_quirk_intel_spt_pch_acs).
  static let wideAccessControlCapability = ConfigurationField("ACS Capability", 0x04, 0..<32)
  static let wideAccessControlControl = ConfigurationField("ACS Control", 0x08, 0..<32)
}

/// The bits that both registers share.
public struct AccessControl: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// V: a request whose requester id is not from the buses below is refused.
  public static let sourceValidation = AccessControl(rawValue: 1 << 0)
  /// B: a request that claims to be translated is refused.
  public static let translationBlocking = AccessControl(rawValue: 1 << 1)
  /// R: a request to a peer goes up to the root complex.
  public static let requestRedirect = AccessControl(rawValue: 1 << 2)
  /// C: the same for completions.
  public static let completionRedirect = AccessControl(rawValue: 1 << 3)
  /// U: what a redirected request became comes up without being turned round at this port.
  public static let upstreamForwarding = AccessControl(rawValue: 1 << 4)
  /// E: requests to chosen peers are refused.
  public static let egressControl = AccessControl(rawValue: 1 << 5)
  /// T: translated requests may go to a peer directly, whatever R says.
  public static let directTranslated = AccessControl(rawValue: 1 << 6)

  /// What Linux demands before it calls functions apart (REQ_ACS_FLAGS).
  public static let isolation: AccessControl = [
    .sourceValidation, .requestRedirect, .completionRedirect, .upstreamForwarding,
  ]

  /// Each bit with the letter and name that `lspci` and the specification have for it.
  public static let names: [(bit: AccessControl, letter: String, name: String)] = [
    (.sourceValidation, "V", "Source Validation"),
    (.translationBlocking, "B", "Translation Blocking"),
    (.requestRedirect, "R", "P2P Request Redirect"),
    (.completionRedirect, "C", "P2P Completion Redirect"),
    (.upstreamForwarding, "U", "Upstream Forwarding"),
    (.egressControl, "E", "P2P Egress Control"),
    (.directTranslated, "T", "Direct Translated P2P"),
  ]

  /// The letters of the bits that are set, `VRCU`.
  public var letters: String {
    Self.names.filter { contains($0.bit) }.map { $0.letter }.joined()
  }
}

/// A function's ACS: what it can do and what it has been told to.
public struct AccessControlServices: Hashable, Sendable {
  /// What the function can do.
  public let capability: AccessControl
  /// What of it software has switched on.
  public let control: AccessControl
}

extension ConfigurationSpace {
  /// ACS as the specification lays it out; nil where there is none or it is not known.
  public var accessControlServices: AccessControlServices? {
    accessControl(.accessControlCapability, .accessControlControl)
  }

  /// ACS as Intel's 100 and 200 series root ports lay it out.
  var wideAccessControlServices: AccessControlServices? {
    accessControl(.wideAccessControlCapability, .wideAccessControlControl)
  }

  private func accessControl(_ capability: ConfigurationField, _ control: ConfigurationField)
    -> AccessControlServices?
  {
    guard let base = self.capability(.accessControlServices)?.offset,
      let can = self[capability, at: base], let does = self[control, at: base]
    else { return nil }
    return AccessControlServices(
      capability: AccessControl(rawValue: UInt16(truncatingIfNeeded: can)),
      control: AccessControl(rawValue: UInt16(truncatingIfNeeded: does)))
  }
}
