extension Page {
  /// Every page that has Swift on it.
  static let all = [
    Page("docs/dmar.docc/dmar.md", from: "Programs.swift", [("fault", fault)]),
    lab("IOMMULab", ("fault", fault)),
    lab("HowADMAIsTranslated", ("spoil", spoil)),
    lab("HowAFaultTravels", ("fault", fault), ("log", log)),
    lab("CachesAndInvalidation", ("stale", stale)),
    lab("ProcessAddressSpaces", ("pasid", pasid)),
    lab("InterruptRemapping", ("interrupt", interrupt)),
    lab("WhatLockdepProves", ("locks", locks)),
    product("PhysicalMemory", ("physicalMemory", physicalMemory)),
    product("RemappingTables", ("remappingTables", remappingTables)),
    product("VTdUnit", ("remappingUnit", remappingUnit)),
    product("KernelLog", ("kernelLog", kernelLog)),
    product("Machine", ("machine", machine)),
    product("VTdFormats", ("formats", formats)),
    product("Glossary", ("glossary", glossary)),
    product("Lockdep", ("lockdep", lockdep)),
    product("LogReading", ("logReading", logReading)),
    product("Diagnosis", ("diagnosis", diagnosis)),
    product("Rebuild", ("rebuild", rebuild)),
    product("Scenario", ("scenarioText", scenarioText)),
    product("ScenarioFormat", ("scenarioFormat", scenarioFormat)),
    product("QTest", ("qtest", qtest)),
    product("LinuxIOMMU", ("linuxIOMMU", linuxIOMMU)),
    product("Unpacking", ("unpacking", unpacking)),
    product("Recording", ("recording", recording)),
    product("Report", ("report", report)),
    product("MachineEvidence", ("machineEvidence", machineEvidence)),
    product("MemoryImages", ("memoryImages", memoryImages)),
    product("ACPITables", ("acpiTables", acpiTables)),
    product("PCI", ("pci", pci)),
    product("KernelRuntime", ("kernelRuntime", kernelRuntime)),
    Page(
      "Sources/KernelProfiles/KernelProfiles.docc/Module.md", from: "KernelProfilesPage.swift",
      [("kernelProfiles", kernelProfiles)]),
    Page(
      "Sources/QTest/QTest.docc/AddingADevice.md", from: "QTestPage.swift",
      [("addingADevice", addingADevice)]),
  ]

  /// An article of the library for teachers, whose programs the package of lessons runs too.
  private static func lab(
    _ article: String, _ programs: (name: String, run: @Sendable () throws -> Void)...
  ) -> Page {
    Page("Sources/IOMMULab/IOMMULab.docc/\(article).md", from: "Programs.swift", programs)
  }

  /// The first page of a product.
  private static func product(
    _ name: String, _ programs: (name: String, run: @Sendable () throws -> Void)...
  ) -> Page {
    Page("Sources/\(name)/\(name).docc/\(name).md", from: "\(name)Page.swift", programs)
  }
}
