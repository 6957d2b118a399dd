extension ConfigurationSpace {
  /// The capabilities that matter for remapping, a few words each: `Root Port`, `MSI 1 of 4`,
  /// `ATS on`, `ACS VRCU`.
  public var capabilitySummary: [String] {
    var parts: [String] = []
    func state(_ isOn: Bool) -> String { isOn ? "on" : "off" }
    if let express {
      parts.append(express.portType?.name ?? "PCI Express function of a reserved type")
      if express.phantomFunctionsEnabled { parts.append("phantom functions on") }
    }
    if let msi { parts.append("MSI \(msi.isEnabled ? msi.enabledVectors : 0) of \(msi.vectors)") }
    if let msiX { parts.append("MSI-X \(state(msiX.isEnabled)), \(msiX.vectors) vectors") }
    if let ats = addressTranslationServices { parts.append("ATS \(state(ats.isEnabled))") }
    if let pri = pageRequestInterface { parts.append("PRI \(state(pri.isEnabled))") }
    if let pasid { parts.append("PASID \(state(pasid.isEnabled)), \(pasid.width) bits") }
    if let virtualization = singleRootIOV {
      let count = virtualization.isEnabled ? virtualization.count : 0
      parts.append("SR-IOV \(count) of \(virtualization.total)")
    }
    if let services = accessControlServices {
      let letters = services.control.letters
      parts.append("ACS \(letters.isEmpty ? "off" : letters) of \(services.capability.letters)")
    }
    return parts
  }
}
