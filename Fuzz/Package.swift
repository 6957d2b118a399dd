// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, apart from the package so that users never build them. Each is a static library
// with libFuzzer's entry point; `Fuzz/run` links it, for SwiftPM would rename the fuzzer's main.
func fuzz(_ name: String, _ rooms: String...) -> Target {
  .target(name: name, dependencies: rooms.map { .product(name: $0, package: "dmar") })
}

let targets = [
  fuzz("DMARTableFuzz", "ACPITables", "PCI"),
  fuzz("LockProgramFuzz", "Lockdep"),
  fuzz("UnitFuzz", "VTdUnit", "VTdFormats", "PhysicalMemory"),
  fuzz("LogReaderFuzz", "KernelLog", "LogReading"),
  fuzz("LogExplanationFuzz", "Diagnosis", "KernelLog", "LogReading", "Rebuild"),
  fuzz("PageFuzz", "Diagnosis", "LogReading", "Recording", "Report"),
  fuzz("DriverStepsFuzz", "Scenario", "ScenarioFormat"),
  fuzz("ScenarioTextFuzz", "Scenario", "ScenarioFormat"),
  fuzz("PlatformFileFuzz", "Scenario", "PCI", "ACPITables"),
  fuzz("QTestSessionFuzz", "QTest"),
  fuzz("LaunchFuzz", "QTest"),
  fuzz("UnpackerFuzz", "Unpacking"),
  fuzz("RecordReplayFuzz", "QTest", "SessionRecording", "Scenario", "ScenarioFormat"),
  fuzz(
    "ImportReplayFuzz", "Diagnosis", "LogReading", "PhysicalMemory", "Rebuild", "Scenario",
    "ScenarioFormat", "VTdFormats"),
  fuzz("HistoryFuzz", "MachineEvidence"),
  fuzz("MemoryImageFuzz", "MemoryImages"),
  fuzz("MachineFileFuzz", "Diagnosis", "LogReading"),
  fuzz("EmulatorLogFuzz", "QTest", "SessionRecording", "VTdUnit"),
  fuzz("MonitorFuzz", "QTest"),
  fuzz("RecordFuzz", "Recording"),
  fuzz("LessonFuzz", "Course", "ScenarioFormat"),
  fuzz("PageCallFuzz", "Browser"),
  fuzz("LabFuzz", "IOMMULab"),
]

let package = Package(
  name: "dmar-fuzz",
  products: targets.map { .library(name: $0.name, type: .static, targets: [$0.name]) },
  dependencies: [.package(name: "dmar", path: "..")],
  targets: targets,
  swiftLanguageModes: [.v6]
)
