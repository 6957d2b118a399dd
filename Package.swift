// swift-tools-version: 6.2
import PackageDescription

// Every room is checked alike: a warning is an error, an existential says `any`, and an import is
// private unless it says otherwise.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A room of the house: a library target under Sources/ that imports only rooms listed before it.
func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
    resources: resources, swiftSettings: strict)
}

/// The rooms of the house, in the order in which they may use one another, and the two programs.
let rooms: [Target] = [
  room("Text"),
  room("Glossary", ["Text"]),
  room("YAMLNodes"),
  .systemLibrary(
    name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
  room("YAMLReading", ["YAMLNodes", "CLibYAML"]),
  room("VTdFormats", ["Text"]),
  room("PhysicalMemory", ["VTdFormats"]),
  room("MemoryImages", ["VTdFormats", "CZlib", "CZstd"]),
  room("PCI", ["VTdFormats"]),
  .systemLibrary(
    name: "CPCIAccess", pkgConfig: "pciaccess", providers: [.apt(["libpciaccess-dev"])]),
  room("PCIHost", ["VTdFormats", "PCI", "CPCIAccess"]),
  room("ACPITables", ["VTdFormats", "PCI"]),
  room("VTdUnit", ["Text", "VTdFormats", "PhysicalMemory"]),
  room("Lockdep", ["Text"]),
  room("KernelLog", ["Text", "VTdFormats", "PCI"]),
  room("RemappingTables", ["VTdFormats", "PhysicalMemory", "VTdUnit"]),
  room("Wording", ["Text", "VTdFormats", "VTdUnit", "KernelLog"]),
  room("KernelProfiles", ["Text", "Lockdep", "KernelLog"]),
  room("KernelRuntime", ["Text", "PCI", "Lockdep", "KernelLog", "KernelProfiles"]),
  .systemLibrary(name: "CWordScan"),
  room("LogReading", ["Text", "VTdFormats", "PCI", "Lockdep", "KernelLog", "CWordScan"]),
  room("MachineEvidence", ["Text", "VTdFormats", "PCI", "CWordScan"]),
  room(
    "LinuxIOMMU",
    [
      "VTdFormats", "PhysicalMemory", "PCI", "ACPITables", "Lockdep", "KernelLog",
      "KernelProfiles", "KernelRuntime",
    ]),
  room(
    "Machine",
    [
      "VTdFormats", "PhysicalMemory", "PCI", "ACPITables", "VTdUnit", "Lockdep", "KernelLog",
      "LinuxIOMMU",
    ]),
  room(
    "Recording",
    [
      "Text", "VTdFormats", "PhysicalMemory", "PCI", "VTdUnit", "Lockdep", "KernelLog",
      "LinuxIOMMU", "Machine",
    ]),
  room(
    "ScenarioFormat",
    [
      "Text", "YAMLNodes", "VTdFormats", "PCI", "ACPITables", "VTdUnit", "Lockdep", "KernelLog",
      "KernelProfiles", "LinuxIOMMU",
    ]),
  room(
    "Scenario",
    [
      "Text", "VTdFormats", "PhysicalMemory", "PCI", "PCIHost", "ACPITables", "VTdUnit",
      "RemappingTables", "Lockdep",
      "KernelLog", "KernelProfiles", "LinuxIOMMU", "Machine", "Recording", "YAMLNodes",
      "YAMLReading", "ScenarioFormat",
    ]),
  room(
    "Diagnosis",
    [
      "Text", "VTdFormats", "PCI", "ACPITables", "KernelLog", "KernelProfiles", "LogReading",
      "MachineEvidence",
    ]),
  room(
    "Report",
    [
      "Text", "VTdFormats", "VTdUnit", "Lockdep", "KernelLog", "LogReading", "Recording",
      "Diagnosis",
    ]),
  room(
    "Rebuild",
    [
      "Text", "VTdFormats", "PCI", "VTdUnit", "KernelLog", "KernelProfiles", "LinuxIOMMU",
      "LogReading", "Diagnosis", "ScenarioFormat",
    ]),
  room(
    "Course",
    [
      "Text", "VTdFormats", "PCI", "VTdUnit", "Lockdep", "KernelLog", "KernelProfiles",
      "LinuxIOMMU", "LogReading", "Machine", "PhysicalMemory", "Recording", "ScenarioFormat",
      "Scenario", "Diagnosis", "Rebuild",
    ]),
  room(
    "IOMMULab",
    [
      "VTdFormats", "PhysicalMemory", "PCI", "VTdUnit", "RemappingTables", "Lockdep",
      "KernelLog",
      "KernelProfiles", "Wording", "Machine", "ScenarioFormat", "Scenario", "LogReading",
      "Diagnosis",
    ]),
  // What a web page's module exports; make browser builds that. No program of this package needs it.
  room(
    "Browser",
    [
      "Text", "YAMLNodes", "Glossary", "VTdFormats", "PhysicalMemory", "PCI", "ACPITables",
      "VTdUnit", "KernelLog", "Wording", "KernelProfiles", "KernelRuntime", "LogReading",
      "MachineEvidence", "Machine", "Recording", "ScenarioFormat", "Scenario", "Diagnosis",
      "Report", "Rebuild", "Course",
    ]),
  .systemLibrary(name: "CEpoll"),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
  .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
  .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
  .systemLibrary(name: "CBZip2", providers: [.apt(["libbz2-dev"])]),
  room("Unpacking", ["Text", "CZlib", "CLZMA", "CZstd", "CLZ4", "CBZip2"]),
  // The commit that the program was built from; `make` writes it.
  .target(name: "CBuildInfo"),
  room("QTest", ["Text", "VTdFormats", "PhysicalMemory", "VTdUnit", "KernelLog", "CEpoll"]),
  room(
    "SessionRecording",
    [
      "Text", "VTdFormats", "PCI", "VTdUnit", "KernelProfiles", "LinuxIOMMU", "ScenarioFormat",
      "QTest",
    ]),
  room(
    "DMARCommands",
    [
      "CBuildInfo",
      "Text", "Course", "Glossary", "Diagnosis", "LogReading", "MachineEvidence", "MemoryImages",
      "Rebuild", "Wording",
      "VTdFormats", "PhysicalMemory", "PCI", "PCIHost", "ACPITables", "VTdUnit", "Lockdep",
      "KernelLog",
      "KernelProfiles", "LinuxIOMMU", "Machine", "Recording", "Report", "SessionRecording",
      "ScenarioFormat",
      "Scenario", "QTest", "Unpacking",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ]),
  .executableTarget(
    name: "dmar",
    dependencies: [
      "DMARCommands", .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ],
    swiftSettings: strict),

  .executableTarget(
    name: "dmar-system-x86_64", dependencies: ["QTest"], swiftSettings: strict),
]

/// The tests of each room, and what only tests use: no product and no plain `swift build` needs it.
let checks: [Target] = [
  .testTarget(
    name: "TestSupport", dependencies: ["Text"], path: "Tests/TestSupport", swiftSettings: strict),
  // Points libpciaccess at an invented /sys. It is no test target because SwiftPM has none in C.
  .target(name: "CFakeSysfs", path: "Tests/CFakeSysfs"),
  tests("Text", ["TestSupport"]),
  tests("Glossary"),
  tests("Unpacking", ["TestSupport", "Text"]),
  tests("YAMLReading", ["Text", "TestSupport", "YAMLNodes"]),
  tests("VTdFormats"),
  tests("PhysicalMemory", ["VTdFormats"]),
  tests("MemoryImages", ["Text", "VTdFormats"], resources: [.copy("Golden")]),
  tests("PCI", ["TestSupport", "VTdFormats"]),
  tests("PCIHost", ["PCI", "VTdFormats", "CFakeSysfs"]),
  tests("ACPITables", ["PCI", "TestSupport", "VTdFormats"]),
  tests(
    "VTdUnit", ["TestSupport", "VTdFormats", "PhysicalMemory"], resources: [.copy("Golden")]),
  tests("Lockdep", ["TestSupport"], resources: [.copy("Golden")]),
  tests("RemappingTables", ["VTdFormats", "PhysicalMemory", "VTdUnit"]),
  tests("IOMMULab", ["TestSupport"]),
  tests("Browser", ["Scenario", "TestSupport", "YAMLNodes", "YAMLReading"]),
  tests("Course", ["ScenarioFormat"]),
  tests("KernelLog", ["VTdFormats", "PCI"]),
  tests("MachineEvidence", ["PCI"]),
  tests(
    "LogReading",
    [
      "Text", "VTdFormats", "PCI", "Lockdep", "KernelLog", "KernelProfiles", "Diagnosis",
      "TestSupport",
    ]),
  tests(
    "KernelProfiles", ["KernelLog", "Lockdep", "TestSupport"], resources: [.copy("Golden")]),
  tests("KernelRuntime", ["KernelProfiles"]),
  tests(
    "LinuxIOMMU",
    [
      "VTdFormats", "PhysicalMemory", "PCI", "Lockdep", "KernelLog", "KernelProfiles",
      "LogReading", "TestSupport",
    ],
    resources: [.copy("Golden")]),
  tests(
    "Machine",
    [
      "VTdFormats", "PhysicalMemory", "PCI", "VTdUnit", "Lockdep", "KernelLog", "KernelProfiles",
      "LinuxIOMMU",
    ],
    resources: [.copy("Golden")]),
  tests(
    "Recording",
    ["Scenario", "ScenarioFormat", "TestSupport", "VTdFormats", "Machine", "KernelLog"]),
  tests(
    "Report",
    ["Diagnosis", "LogReading", "Recording", "Scenario", "TestSupport", "VTdFormats"]),
  tests(
    "Scenario",
    [
      "ACPITables", "Machine", "KernelLog", "LinuxIOMMU", "PCI", "TestSupport", "VTdFormats",
      "VTdUnit", "ScenarioFormat",
    ]),
  tests(
    "ScenarioFormat",
    [
      "Scenario", "TestSupport", "YAMLNodes", "YAMLReading", "VTdFormats", "VTdUnit",
      "LinuxIOMMU",
      "ACPITables",
    ], resources: [.copy("Wrong")]),
  tests(
    "QTest",
    [
      "dmar-system-x86_64", "Text", "VTdFormats", "PhysicalMemory", "VTdUnit", "KernelLog",
      "TestSupport",
    ]),
  tests(
    "DMARCommands",
    [
      "dmar", "ACPITables", "CFakeSysfs", "KernelLog", "LinuxIOMMU", "LogReading", "Machine",
      "PCI", "PhysicalMemory", "QTest", "SessionRecording", "Scenario", "ScenarioFormat",
      "TestSupport", "Unpacking",
      "VTdFormats", "VTdUnit", "Wording",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ]),
  tests(
    "Diagnosis",
    [
      "VTdFormats", "PCI", "ACPITables", "KernelLog", "LogReading", "MachineEvidence", "Rebuild",
      "TestSupport",
    ]),
  tests(
    "Rebuild",
    [
      "VTdFormats", "PhysicalMemory", "Diagnosis", "KernelLog", "LogReading", "Machine",
      "Scenario", "ScenarioFormat", "TestSupport",
    ]),
  // The programs of the documentation's pages, compiled and run as they stand there.
  .testTarget(
    name: "ExamplesTests",
    dependencies: [
      "VTdFormats", "PhysicalMemory", "PCI", "VTdUnit", "RemappingTables", "KernelLog",
      "LinuxIOMMU", "Machine", "QTest", "IOMMULab", "Glossary", "Lockdep", "LogReading",
      "Diagnosis", "Rebuild", "Scenario", "ScenarioFormat", "Unpacking", "Recording", "Report",
      "MachineEvidence", "MemoryImages", "ACPITables", "KernelProfiles", "KernelRuntime",
      "TestSupport",
    ], swiftSettings: strict),
]

let package = Package(
  name: "dmar",
  products: [
    .executable(name: "dmar", targets: ["dmar"]),
    .executable(name: "dmar-system-x86_64", targets: ["dmar-system-x86_64"]),
    .library(name: "Glossary", targets: ["Glossary"]),
    .library(name: "VTdFormats", targets: ["VTdFormats"]),
    .library(name: "PhysicalMemory", targets: ["PhysicalMemory"]),
    .library(name: "PCI", targets: ["PCI"]),
    .library(name: "ACPITables", targets: ["ACPITables"]),
    .library(name: "VTdUnit", targets: ["VTdUnit"]),
    .library(name: "Lockdep", targets: ["Lockdep"]),
    .library(name: "Diagnosis", targets: ["Diagnosis"]),
    .library(name: "KernelLog", targets: ["KernelLog"]),
    .library(name: "ScenarioFormat", targets: ["ScenarioFormat"]),
    .library(name: "LogReading", targets: ["LogReading"]),
    .library(name: "Rebuild", targets: ["Rebuild"]),
    .library(name: "Recording", targets: ["Recording"]),
    .library(name: "SessionRecording", targets: ["SessionRecording"]),
    .library(name: "Report", targets: ["Report"]),
    .library(name: "MachineEvidence", targets: ["MachineEvidence"]),
    .library(name: "MemoryImages", targets: ["MemoryImages"]),
    .library(name: "Scenario", targets: ["Scenario"]),
    .library(name: "QTest", targets: ["QTest"]),
    .library(name: "Unpacking", targets: ["Unpacking"]),
    .library(name: "KernelProfiles", targets: ["KernelProfiles"]),
    .library(name: "KernelRuntime", targets: ["KernelRuntime"]),
    .library(name: "LinuxIOMMU", targets: ["LinuxIOMMU"]),
    .library(name: "Machine", targets: ["Machine"]),
    .library(name: "RemappingTables", targets: ["RemappingTables"]),
    .library(name: "IOMMULab", targets: ["IOMMULab"]),
    .library(name: "Course", targets: ["Course"]),
    .library(name: "Browser", targets: ["Browser"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: rooms + checks,
  swiftLanguageModes: [.v6]
)
