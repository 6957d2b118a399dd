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
