internal import PCI
internal import ScenarioFormat

#if !hasFeature(Embedded)
  internal import PCIHost
#endif

/// The bus of the machine that the program runs on, for a scenario that asks for it.
enum HostBus {
  case found(PCITopology)
  /// The host has no bus; the reason.
  case missing(String)

  /// Looks at the bus.
  ///
  /// - Parameter place: what asks for it.
  /// - Throws: `InputError` where there is a bus that cannot be read.
  static func look(for place: Place) throws(InputError) -> HostBus {
    #if hasFeature(Embedded)
      return .missing("this build cannot see the machine's PCI bus")
    #else
      do throws(PCIHostError) {
        switch try HostPCISource().enumerate() {
        case .found(let topology, _): return .found(topology)
        case .noPCI(let reason): return .missing("\(reason)")
        }
      } catch {
        throw InputError(at: place, "\(error); a PCI bus that can be read was expected")
      }
    #endif
  }
}
