/// Whether a function keeps its requests from reaching peers behind the unit's back.
///
/// The rules are those of the kernel's pci_acs_enabled: what the specification demands of each
/// kind of function, its control bits, and the ports that are known to do without.
struct Isolation {
  /// Which control bits count.
  let state: AccessControlState

  /// Whether `function` has every one of `flags`, or needs none.
  func holds(for function: PCIFunction, isMultiFunction: Bool, flags: AccessControl = .isolation)
    -> Bool
  {
    let space = function.configuration
    // Conventional functions never have ACS.
    guard let express = space.express else { return false }
    for row in KnownDevice.rows(for: function.identity) where express.portType == .rootPort {
      switch row.effect {
      case .isolatesWithoutACS: return AccessControl.isolation.isSuperset(of: flags)
      case .wideACSRegisters:
        guard let services = space.wideAccessControlServices else { continue }
        return has(services, flags)
      default: continue
      }
    }
    switch express.portType {
    case .expressToPCIBridge, .pciToExpressBridge, .eventCollector, nil: return false
    case .downstreamPort, .rootPort: return has(space.accessControlServices, flags)
    case .endpoint, .legacyEndpoint, .upstreamPort, .rootComplexEndpoint:
      // Alone in its device, it has no peer to reach (6.12.1.2).
      return !isMultiFunction || has(space.accessControlServices, flags)
    }
  }

  /// A control that is not even offered is taken for hard-wired on, save egress control.
  private func has(_ services: AccessControlServices?, _ flags: AccessControl) -> Bool {
    guard let services else { return false }
    let needed = flags.intersection(services.capability.union(.egressControl))
    return control(services).isSuperset(of: needed)
  }

  /// The control bits that count.
  func control(_ services: AccessControlServices) -> AccessControl {
    switch state {
    case .asConfigured: services.control
    case .asLinuxEnables: services.control.union(services.capability.intersection(.isolation))
    }
  }
}

/// Which ACS control bits to go by.
public enum AccessControlState: Hashable, Sendable {
  /// Those in configuration space.
  case asConfigured
  /// With those that Linux sets when it boots with remapping on (pci_std_enable_acs).
  case asLinuxEnables
}
